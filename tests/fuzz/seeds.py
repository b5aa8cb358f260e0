"""One existing resource of each kind, owned by the project `ours`, and how they stand in the paths of operations."""

import re
from typing import Any

from tests.doubles import oauth1
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.people import checked

from pileus.kernel.api.declare import Operation, Service
from pileus.kernel.api.openapi import full_path

ABSENT = "00000000-0000-4000-8000-000000000000"
_PARAMETER = re.compile(r"([^/{}]*)/\{([a-z_]+)(?::path)?\}")


def make(cloud: FuzzCloud) -> None:
    """Make the resources, through the APIs alone."""
    _identity(cloud)
    _image(cloud)
    _network(cloud)
    _compute(cloud)
    _placement(cloud)


def _made(cloud: FuzzCloud, url: str, key: str, token: str = "member", /, **attributes: Any) -> Any:
    made = checked(cloud.ask("POST", url, token=token, body={key: attributes} if key else attributes))
    return made[key] if key else made


def _keep(cloud: FuzzCloud, url: str, key: str, token: str = "member", by: str = "id", /, **attributes: Any) -> str:
    """Create one, and remember it under its service and collection: `network/ports`."""
    made = _made(cloud, url, key, token, **attributes)
    service, *_, collection = url.strip("/").split("/")
    service = {"networking": "network"}.get(service, service)
    cloud.seeds[f"{service}/{collection}"] = str(made[by])
    return str(made[by])


def _identity(cloud: FuzzCloud) -> None:
    at, seeds = "/identity/v3/", cloud.seeds
    seeds["identity/users"] = seeds["user:member"]
    seeds["identity/projects"] = seeds["ours"]
    seeds["identity/domains"] = "default"
    for collection, key, more in (
        ("groups", "group", {"name": "seed"}),
        ("roles", "role", {"name": "seed"}),
        ("regions", "region", {"id": "seed"}),
        ("services", "service", {"type": "seed", "name": "seed"}),
    ):
        _keep(cloud, at + collection, key, "root", **more)
    point = {"interface": "public", "service_id": seeds["identity/services"], "url": "http://seed"}
    _keep(cloud, at + "endpoints", "endpoint", "root", **point)
    _keep(cloud, at + "policies", "policy", "root", type="text/plain", blob="seed")
    filters = {"filters": {"interface": "public"}, "name": "seed"}
    group = _keep(cloud, at + "OS-EP-FILTER/endpoint_groups", "endpoint_group", "root", **filters)
    checked(cloud.ask("PUT", f"{at}OS-EP-FILTER/endpoint_groups/{group}/projects/{seeds['theirs']}", token="root"))
    config = {"config": {"ldap": {"url": "ldap://seed", "suffix": "dc=seed"}}}
    checked(cloud.ask("PUT", f"{at}domains/default/config", token="root", body=config))
    _logins(cloud)
    other = _made(cloud, at + "roles", "role", "root", name="implied")
    seeds["identity/implies"] = other["id"]
    checked(cloud.ask("PUT", f"{at}roles/{seeds['identity/roles']}/implies/{other['id']}", token="root"))


def _logins(cloud: FuzzCloud) -> None:
    at, seeds = "/identity/v3/OS-FEDERATION/", cloud.seeds
    rules = [{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "REMOTE_USER"}]}]
    provider = {"auth_url": "http://seed/auth", "sp_url": "http://seed/sp"}
    for path, key, body in (
        ("mappings/seed", "mapping", {"rules": rules}),
        ("identity_providers/seed", "identity_provider", {"enabled": True}),
        ("identity_providers/seed/protocols/seed", "protocol", {"mapping_id": "seed"}),
        ("service_providers/seed", "service_provider", provider),
    ):
        checked(cloud.ask("PUT", at + path, token="root", body={key: body}))
        seeds[f"identity/{path.split('/')[-2]}"] = "seed"
    consumer = _made(cloud, "/identity/v3/OS-OAUTH1/consumers", "consumer", "root")
    seeds["identity/consumers"] = consumer["id"]
    url = "/identity/v3/OS-OAUTH1/request_token"
    signed = oauth1.header(f"http://cloud{url}", consumer["id"], consumer["secret"])
    headers = {"Authorization": signed, "Requested-Project-Id": seeds["ours"], "Host": "cloud"}
    reply = cloud.ask("POST", url, headers=headers)
    assert reply.status == 201, reply.body
    seeds["identity/authorize"] = reply.body.decode().partition("oauth_token=")[2].partition("&")[0]


def _image(cloud: FuzzCloud) -> None:
    image = _keep(cloud, "/image/v2/images", "", name="seed", disk_format="raw", container_format="bare")
    kind = {"Content-Type": "application/octet-stream"}
    checked(cloud.ask("PUT", f"/image/v2/images/{image}/file", token="member", headers=kind, body=b"\0" * 1024))
    cloud.seeds["image/members"] = cloud.seeds["theirs"]
    cloud.seeds["image/schemas"] = "image"
    cloud.seeds["image/stores"] = "file"
    _keep(cloud, "/image/v2/tasks", "", "root", type="import", input={})
    cloud.seeds["image/metadefs"] = "namespace"
    cloud.seeds["image/cache"] = cloud.seeds["image/nodes"] = image
    at = "/image/v2/metadefs/namespaces"
    seed = {"namespace": "seed", "owner": cloud.seeds["ours"]}
    _keep(cloud, at, "", "root", "namespace", **seed)
    _keep(cloud, f"{at}/seed/objects", "", "root", "name", name="seed")
    _keep(cloud, f"{at}/seed/properties", "", "root", "name", name="seed", title="Seed", type="string")
    _keep(cloud, f"{at}/seed/tags/seed", "", "root", "name")
    cloud.seeds["image/tags"] = "seed"
    _keep(cloud, f"{at}/seed/resource_types", "", "root", "name", name="seed")


def _network(cloud: FuzzCloud) -> None:
    at, seeds = "/networking/v2.0/", cloud.seeds
    network = _keep(cloud, at + "networks", "network", name="seed")
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.9.0.0/24"}
    _keep(cloud, at + "subnets", "subnet", **subnet)
    _keep(cloud, at + "ports", "port", network_id=network)
    _keep(cloud, at + "routers", "router", name="seed")
    group = _keep(cloud, at + "security-groups", "security_group", name="seed")
    rule = {"direction": "ingress", "security_group_id": group}
    _keep(cloud, at + "security-group-rules", "security_group_rule", **rule)
    _keep(cloud, at + "subnetpools", "subnetpool", name="seed", prefixes=["10.8.0.0/16"])
    _keep(cloud, at + "address-scopes", "address_scope", name="seed", ip_version=4)
    outside = {"name": "outside", "router:external": True, "provider:network_type": "flat"}
    outside["provider:physical_network"] = "public"
    made = _made(cloud, at + "networks", "network", "root", **outside)
    _made(cloud, at + "subnets", "subnet", "root", network_id=made["id"], ip_version=4, cidr="172.30.0.0/24")
    seeds["outside"] = made["id"]
    _keep(cloud, at + "floatingips", "floatingip", floating_network_id=made["id"])
    seeds["network/quotas"] = seeds["ours"]
    seeds["network/extensions"] = "router"
    agents = checked(cloud.ask("GET", at + "agents", token="root"))["agents"]
    seeds["network/agents"] = agents[0]["id"] if agents else ABSENT
    seeds["network/network-ip-availabilities"] = network


def _compute(cloud: FuzzCloud) -> None:
    at, seeds = "/compute/v2.1/", cloud.seeds
    seeds["compute/flavors"] = "1"
    seeds["compute/os-extra_specs"] = "hw:seed"
    _keep(cloud, at + "os-keypairs", "keypair", "member", "name", name="seed")
    _keep(cloud, at + "os-aggregates", "aggregate", "root", name="seed", availability_zone="seed")
    _keep(cloud, at + "os-server-groups", "server_group", name="seed", policies=["affinity"])
    for collection in ("os-quota-sets", "os-quota-class-sets"):
        seeds[f"compute/{collection}"] = seeds["ours"] if collection == "os-quota-sets" else "default"
    for collection, key in (("os-hypervisors", "hypervisors"), ("os-services", "services")):
        listed = checked(cloud.ask("GET", at + collection, token="root"))[key]
        seeds[f"compute/{collection}"] = str(listed[0]["id"])
    server = {"name": "seed", "flavorRef": "1", "imageRef": seeds["image/images"]}
    server["networks"] = [{"uuid": seeds["network/networks"]}]
    made = _made(cloud, at + "servers", "server", **server)
    seeds["compute/servers"] = made["id"]


def _placement(cloud: FuzzCloud) -> None:
    """A provider with something of everything, and an empty one: nothing in use can be taken away."""
    at, seeds = "/placement/", cloud.seeds
    version = {"OpenStack-API-Version": "placement 1.39"}

    def put(path: str, body: Any = b"") -> None:
        checked(cloud.ask("PUT", at + path, token="root", headers=version, body=body))

    for kind, name in (("resource_classes", "CUSTOM_SEED"), ("traits", "CUSTOM_SEED")):
        put(f"{kind}/{name}")
        seeds[f"placement/{kind}"] = name
    body = {"name": "seed", "uuid": "5eed0000-0000-4000-8000-000000000001"}
    provider = checked(cloud.ask("POST", at + "resource_providers", token="root", headers=version, body=body))["uuid"]
    seeds["placement/resource_providers"] = provider
    seeds["placement/inventories"] = "VCPU"
    stock = {"VCPU": {"total": 8}}
    put(f"resource_providers/{provider}/inventories", {"inventories": stock, "resource_provider_generation": 0})
    busy = "5eed0000-0000-4000-8000-000000000002"
    body = {"name": "busy", "uuid": busy}
    checked(cloud.ask("POST", at + "resource_providers", token="root", headers=version, body=body))
    put(f"resource_providers/{busy}/inventories", {"inventories": stock, "resource_provider_generation": 0})
    seeds["placement/busy"] = busy
    seeds["placement/allocations"] = "5eed0000-0000-4000-8000-000000000003"
    put(f"allocations/{seeds['placement/allocations']}", claim(seeds, None))


def claim(seeds: dict[str, str], generation: int | None) -> dict[str, Any]:
    """What the seeded consumer has."""
    owner = {"project_id": seeds["ours"], "user_id": seeds["user:member"], "consumer_type": "INSTANCE"}
    took = {seeds["placement/busy"]: {"resources": {"VCPU": 1}}}
    return {"allocations": took, **owner, "consumer_generation": generation}


def template(service: Service, operation: Operation) -> str:
    """An operation's path as the OpenAPI document has it."""
    path = full_path(service, operation.resource, operation)  # type: ignore[arg-type]
    return path.replace(":path}", "}") or "/"


def values(cloud: FuzzCloud, service: Service, operation: Operation) -> dict[str, str]:
    """The path parameters of an operation that name resources which exist."""
    found = {}
    path = full_path(service, operation.resource, operation)  # type: ignore[arg-type]
    for segment, name in _PARAMETER.findall(path):
        fallback = {
            "target_id": cloud.seeds["ours"],
            "actor_id": cloud.seeds["identity/groups" if "/groups/" in path else "user:reader"],
            "role_id": cloud.seeds["identity/roles"],
            "tag": "seed",
            "group": "ldap",
            "option": "url",
            "verb": "enable",
            "image_id": cloud.seeds["image/images"],
        }
        if name == "target_id" and "/domains/" in path:
            fallback[name] = "default"
        if name in {"actor_id", "target_id"}:
            found[name] = fallback[name]
        else:
            found[name] = cloud.seeds.get(f"{service.type}/{segment}", fallback.get(name, ABSENT))
    return found
