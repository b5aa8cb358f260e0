"""Bodies that an operation's schema takes: the smallest one, made from the schema."""

import re
from typing import Any

from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.seeds import ABSENT, claim

from pileus.kernel.api.declare import Operation, Service
from pileus.kernel.api.openapi import full_path

Json = dict[str, Any]

_FORMATS = {
    "uuid-like": ABSENT,
    "ipv4": "10.9.0.9",
    "ipv6": "fd00::9",
    "ip": "10.9.0.9",
    "ip-or-empty": "10.9.0.9",
    "cidr": "10.7.0.0/24",
    "mac": "fa:16:3e:00:00:09",
    "base64": "YQ==",
    "date-time": "2030-01-01T00:00:00Z",
}
_WORDS = ("seed2", "1", "a", "10.7.0.0/24", "http://seed", ABSENT, "a" * 32, "true", "hw:seed", "/x")


def smallest(json: Json) -> Any:
    """A small value that a JSON Schema takes, as far as these few rules tell."""
    if "const" in json:
        return json["const"]
    if "enum" in json:
        return json["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in json:
            return smallest({**{k: v for k, v in json.items() if k != word}, **json[word][0]})
    kind = json.get("type", "string" if "pattern" in json or "format" in json else "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        known = json.get("properties", {})
        made = {name: smallest(known.get(name, {})) for name in json.get("required", ())}
        for name, shape in known.items():
            if len(made) >= json.get("minProperties", 0):
                break
            made.setdefault(name, smallest(shape))
        return made
    if kind == "array":
        return [smallest(json.get("items", {})) for _ in range(json.get("minItems", 0))]
    if kind in {"integer", "number"}:
        return json.get("minimum", 1)
    return {"boolean": True, "null": None}.get(kind, _text(json) if kind == "string" else None)


def _text(json: Json) -> str:
    if json.get("format") in _FORMATS:
        return _FORMATS[json["format"]]
    for word in (*_WORDS, "a" * json.get("minLength", 0)):
        if json.get("minLength", 0) <= len(word) <= json.get("maxLength", 255) and (
            "pattern" not in json or re.search(json["pattern"], word)
        ):
            return word
    return "seed"


def body_of(cloud: FuzzCloud, service: Service, operation: Operation, version: int) -> Any:
    """A body that the operation takes; None if it takes none."""
    key = f"{operation.method} {full_path(service, operation.resource, operation)} {operation.action}".strip()  # type: ignore[arg-type]
    own = _OWN.get(f"{service.type} {key}")
    if own is not None:
        return own(cloud.seeds)
    if operation.body is not None:
        return smallest(operation.body.form(operation.kind, version).json)
    return {operation.action: None} if operation.action else None


_SEEN = {"resource_provider_generation": 1}
"""The seeded provider's generation."""

_OWN: dict[str, Any] = {
    "network POST /v2.0/networks": lambda s: {"network": {"name": "n"}},
    "network POST /v2.0/ports": lambda s: {"port": {"network_id": s["network/networks"]}},
    "network POST /v2.0/subnets": lambda s: {
        "subnet": {"network_id": s["network/networks"], "ip_version": 4, "cidr": "10.10.0.0/24"}
    },
    "network POST /v2.0/floatingips": lambda s: {"floatingip": {"floating_network_id": s["outside"]}},
    "network POST /v2.0/security-group-rules": lambda s: {
        "security_group_rule": {
            "direction": "egress",
            "security_group_id": s["network/security-groups"],
            "protocol": "tcp",
        }
    },
    "network PUT /v2.0/routers/{id}/add_router_interface": lambda s: {"subnet_id": s["network/subnets"]},
    "compute POST /v2.1/servers": lambda s: {
        "server": {
            "name": "s",
            "flavorRef": "1",
            "imageRef": s["image/images"],
            "networks": [{"uuid": s["network/networks"]}],
        }
    },
    "compute POST /v2.1/os-server-groups": lambda s: {"server_group": {"name": "g", "policies": ["affinity"]}},
    "identity PUT /v3/domains/{domain_id}/config": lambda s: {"config": {"ldap": {"url": "ldap://seed"}}},
    "identity PATCH /v3/domains/{domain_id}/config": lambda s: {"config": {"ldap": {"url": "ldap://seed"}}},
    "identity PATCH /v3/domains/{domain_id}/config/{group}": lambda s: {"config": {"ldap": {"url": "ldap://seed"}}},
    "identity PATCH /v3/domains/{domain_id}/config/{group}/{option}": lambda s: {"config": {"url": "ldap://seed"}},
    "identity PUT /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}": lambda s: {
        "protocol": {"mapping_id": "seed"}
    },
    "identity PATCH /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}": lambda s: {
        "protocol": {"mapping_id": "seed"}
    },
    "image POST /v2/images/{id}/import": lambda _s: {
        "method": {"name": "web-download", "uri": "http://images.invalid/disk"}
    },
    "identity POST /v3/auth/tokens": lambda s: {
        "auth": {"identity": {"methods": ["password"], "password": {"user": {"id": s["user:reader"], "password": "x"}}}}
    },
    "placement PUT /resource_providers/{id}": lambda s: {"name": "renamed"},
    "placement POST /resource_providers/{id}/inventories": lambda s: {"resource_class": "DISK_GB", "total": 1},
    "placement PUT /resource_providers/{id}/inventories": lambda s: {"inventories": {}, **_SEEN},
    "placement PUT /resource_providers/{id}/inventories/{name}": lambda s: {"total": 9, **_SEEN},
    "placement PUT /resource_providers/{id}/aggregates": lambda s: {"aggregates": [ABSENT], **_SEEN},
    "placement PUT /resource_providers/{id}/traits": lambda s: {"traits": ["CUSTOM_SEED"], **_SEEN},
    "placement PUT /allocations/{consumer}": lambda s: claim(s, 1),
    "placement POST /allocations": lambda s: {s["placement/allocations"]: claim(s, 1)},
    "placement POST /reshaper": lambda s: {
        "inventories": {s["placement/resource_providers"]: {"inventories": {}, **_SEEN}},
        "allocations": {},
    },
    "placement POST /resource_classes": lambda s: {"name": "CUSTOM_OTHER"},
}
"""Bodies that name resources, by service and operation, from the seeds."""
