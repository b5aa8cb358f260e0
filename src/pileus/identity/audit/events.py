"""Events in the form of CADF (DMTF DSP0262), as Keystone sends them.  Pure."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_SECURITY = "data/security/"
_TYPES = {
    "user": "account/user",
    "group": "group",
    "project": "project",
    "role": "role",
    "domain": "domain",
    "region": "region",
    "endpoint": "endpoint",
    "service": "service",
    "policy": "policy",
    "OS-TRUST:trust": "trust",
    "application_credential": "credential",
    "credential": "credential",
    "OS-OAUTH1:access_token": "credential",
    "OS-OAUTH1:request_token": "credential",
    "OS-OAUTH1:consumer": "account",
}
_DONE = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "revoke": "deleted",
    "add": "added",
    "remove": "removed",
}
_SPECIAL = {
    "add_user_to_group": ("added", "group"),
    "remove_user_from_group": ("removed", "group"),
    "ec2_create_credential": ("created", "credential"),
    "ec2_delete_credential": ("deleted", "credential"),
    "revoke_token": ("revoked", "token"),
    "create_trust": ("created", "OS-TRUST:trust"),
    "delete_trust": ("deleted", "OS-TRUST:trust"),
}
USER = "service/security/account/user"


@dataclass(frozen=True, slots=True)
class Initiator:
    """Who did it, and from where."""

    user_id: str = ""
    name: str = ""
    project_id: str = ""
    domain_id: str = ""
    address: str = ""
    agent: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """What was done.

    Attributes:
        action: CADF's name for it: `created.user`, `authenticate`.
        event: OpenStack's name for it: `identity.user.created`.
        target_type: CADF's name for the kind of thing it was done to.
        details: what else is told.
    """

    action: str
    event: str
    target_type: str
    target_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def named(rule: str) -> tuple[str, str] | None:
    """What was done to what kind of thing, by the right that it needed: ("created", "user"); None for reading."""
    if "grant" in rule:
        verb = _DONE.get(rule.partition("_")[0])
        return (verb, "role_assignment") if verb else None
    if rule in _SPECIAL:
        return _SPECIAL[rule]
    verb, _, noun = rule.partition("_")
    if verb not in _DONE:
        return None
    for plain in ("project_tag", "domain_config"):
        if noun.startswith(plain):
            return "updated", plain.partition("_")[0]
    return _DONE[verb], noun


def happening(operation: str, noun: str, target_id: str, details: Mapping[str, Any]) -> Happening:
    """A change of something."""
    kind = _SECURITY + _TYPES[noun] if noun in _TYPES else "unknown"
    if noun == "role_assignment":
        kind = USER
    known = {"resource_info": target_id} if noun != "role_assignment" else {}
    event = f"identity.{noun}.{operation}"
    return Happening(f"{operation}.{noun}", event, kind, target_id, {**known, **details})


def login(attachments: list[dict[str, str]] | None = None) -> Happening:
    """Somebody's trying to log in."""
    return Happening(
        "authenticate", "identity.authenticate", USER, "", {"attachments": attachments} if attachments else {}
    )


def fingerprint(password: str, key: str) -> dict[str, str]:
    """A few characters that tell one wrong password from another, and no password from them."""
    digest = hmac.digest(key.encode(), password.encode("utf-8", "surrogatepass"), "sha256")
    content = base64.b64encode(digest).decode()[:5]
    return {"typeURI": "mime:text/plain", "content": content, "name": "partial_password_hash"}


def cadf(
    what: Happening, who: Initiator, *, id: str, moment: str, status: int, reason: str, service_id: str
) -> dict[str, Any]:
    """The event."""
    good = status < 400
    initiator: dict[str, Any] = {
        "typeURI": USER,
        "id": who.user_id or "unknown",
        "host": {"address": who.address, "agent": who.agent},
        "request_id": who.request_id,
    }
    known = {
        "user_id": who.user_id,
        "name": who.name,
        "username": who.name,
        "project_id": who.project_id,
        "domain_id": who.domain_id,
    }
    initiator |= {name: value for name, value in known.items() if value}
    event: dict[str, Any] = {
        "typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event",
        "id": id,
        "eventTime": moment,
        "eventType": "activity",
        "action": what.action,
        "outcome": "success" if good else "failure",
        "initiator": initiator,
        "target": {"typeURI": what.target_type, "id": what.target_id or who.user_id or "unknown"},
        "observer": {"typeURI": "service/security", "id": service_id},
        **what.details,
    }
    if not good:
        event["reason"] = {"reasonCode": str(status), "reasonType": reason}
    return event
