"""What entries of a directory mean as users and groups, and the filters that find them.  Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pileus.identity.directory.options import Enabling, Kind, truth

Attributes = Mapping[str, list[bytes]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A user or a group of a directory.

    Attributes:
        dn: the entry's name in the directory.
        extra: what else is known of it.
    """

    dn: str
    local_id: str
    name: str
    enabled: bool = True
    description: str | None = None
    default_project_id: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    members: tuple[str, ...] = ()


def public_id(domain_id: str, kind: str, local_id: str) -> str:
    """The identifier of a user or group of a directory: the same as Keystone's."""
    return hashlib.sha256((domain_id + kind + local_id).encode()).hexdigest()


def escaped(value: str) -> str:
    """A value as it may stand in a filter (RFC 4515)."""
    return "".join(f"\\{ord(c):02x}" if c in "\\*()\0" else c for c in value)


def filter_of(kind: Kind, **wanted: str) -> str:
    """The filter of users (or groups) with the attributes that are wanted, by our names."""
    own = kind.filter if not kind.filter or kind.filter.startswith("(") else f"({kind.filter})"
    conditions = "".join(f"({kind.attributes[ours]}={escaped(value)})" for ours, value in wanted.items())
    return f"(&{own}(objectClass={escaped(kind.object_class)})({kind.attributes['id']}=*){conditions})"


def attributes_of(kind: Kind, *more: str) -> list[str]:
    """The attributes to ask for."""
    return list(dict.fromkeys([*kind.attributes.values(), *(theirs for _, theirs in kind.more), *filter(None, more)]))


def _first(attributes: Attributes, name: str) -> str | None:
    values = attributes.get(name.lower()) or []
    return values[0].decode("utf-8", "replace") if values else None


def _rest(attributes: Attributes, kind: Kind) -> dict[str, Any]:
    found = {ours: _first(attributes, theirs) for ours, theirs in kind.more}
    return {ours: value for ours, value in found.items() if value is not None}


def is_enabled(attributes: Attributes, enabling: Enabling) -> bool:
    """Whether the directory says that a user is enabled, in its own spelling of truth."""
    given = _first(attributes, enabling.attribute) if enabling.attribute else None
    value = given if given is not None else enabling.default
    if enabling.mask:
        try:
            return int(value) & enabling.mask != enabling.mask
        except ValueError:
            return False
    return truth(value) != enabling.invert


def user(dn: str, attributes: Attributes, kind: Kind, enabling: Enabling, enabled: bool | None) -> Entry | None:
    """The user that an entry is; None where it lacks a name or an identifier.

    Args:
        enabled: what the group of enabled users says; None where it is not asked.
    """
    local_id, name = (_first(attributes, kind.attributes[part]) for part in ("id", "name"))
    if not local_id or not name or len(name) > 255:
        return None
    known = {ours: _first(attributes, theirs) for ours, theirs in kind.attributes.items() if ours not in {"id", "name"}}
    extra = {ours: known[ours] for ours in ("email", "description") if known.get(ours) is not None}
    return Entry(
        dn=dn,
        local_id=local_id,
        name=name,
        enabled=is_enabled(attributes, enabling) if enabled is None else enabled,
        default_project_id=(known.get("default_project_id") or "")[:64] or None,
        extra={**_rest(attributes, kind), **extra},
    )


def group(dn: str, attributes: Attributes, kind: Kind, member: str) -> Entry | None:
    """The group that an entry is; None where it lacks a name or an identifier."""
    local_id, name = (_first(attributes, kind.attributes[part]) for part in ("id", "name"))
    if not local_id or not name or len(name) > 64:
        return None
    described = kind.attributes.get("description")
    members = tuple(value.decode("utf-8", "replace") for value in attributes.get(member.lower()) or ())
    return Entry(
        dn=dn,
        local_id=local_id,
        name=name,
        description=_first(attributes, described) if described else None,
        extra=_rest(attributes, kind),
        members=members,
    )


def same_dn(one: str) -> str:
    """A name in a form in which equal names are equal texts."""
    import ldap.dn

    try:
        parts = ldap.dn.str2dn(one)
    except ldap.DECODING_ERROR:
        return one.lower()
    return ",".join("+".join(f"{a.lower()}={v.strip().lower()}" for a, v, _ in sorted(rdn)) for rdn in parts)
