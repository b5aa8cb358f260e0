"""The JSON of what servers' bodies are made of.  Source: API-ref of Nova, "Create server"."""

from typing import Any

NAME = r"^[^\s\x00-\x1f](.*[^\s\x00-\x1f])?$"
"""A name: printable, no blanks at its ends."""

HOSTNAME = r"^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$"
FQDN = r"^[a-zA-Z0-9-._]*$"
METADATA_KEY = r"^[a-zA-Z0-9-_:. ]{1,255}$"
METADATA_VALUE: dict[str, Any] = {"type": "string", "maxLength": 255}
TAG: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"}
MOST_TAGS = 50

_PORT: dict[str, Any] = {"type": ["string", "null"], "format": "uuid-like"}
_ADDRESS = {"type": "string", "format": "ip"}
_BOOLEANS: list[Any] = [True, False, *(w for v in ("true", "false", "on", "off", "yes", "no", "1", "0", "t", "f")
                                       for w in dict.fromkeys((v, v.upper(), v.title())))]  # fmt: skip


def networks(*, tag: bool, strict: bool) -> dict[str, Any]:
    """The networks of a new server; `strict` forms know "auto" and "none" and want UUIDs."""
    inside: dict[str, Any] = {
        "fixed_ip": _ADDRESS,
        "port": _PORT,
        "uuid": {"type": "string", **({"format": "uuid-like"} if strict else {})},
    }
    if tag:
        inside["tag"] = TAG
    array = {"type": "array", "items": {"type": "object", "properties": inside, "additionalProperties": False}}
    return {"oneOf": [array, {"type": "string", "enum": ["none", "auto"]}]} if strict else array


def block_devices(*, tag: bool = False, volume_type: bool = False) -> dict[str, Any]:
    """The disks of a new server (`block_device_mapping_v2`)."""
    short = {"type": "string", "maxLength": 255}
    number = {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1}
    inside: dict[str, Any] = {
        "virtual_name": short,
        "volume_id": {"type": "string", "format": "uuid-like"},
        "snapshot_id": {"type": "string", "format": "uuid-like"},
        "volume_size": number,
        "device_name": {**short, "minLength": 1, "pattern": "^[a-zA-Z0-9._/-]*$"},
        "delete_on_termination": {"enum": _BOOLEANS},
        "no_device": {},
        "connection_info": {"type": "string"},
        "source_type": {"type": "string", "enum": ["volume", "image", "snapshot", "blank"]},
        "uuid": {**short, "minLength": 1, "pattern": "^[a-zA-Z0-9._-]*$"},
        "image_id": {"type": "string", "format": "uuid-like"},
        "destination_type": {"type": "string", "enum": ["local", "volume"]},
        "guest_format": short,
        "device_type": short,
        "disk_bus": short,
        "boot_index": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$"},
    }
    if tag:
        inside["tag"] = TAG
    if volume_type:
        inside["volume_type"] = {"type": ["string", "null"], "maxLength": 255}
    return {"type": "array", "items": {"type": "object", "properties": inside, "additionalProperties": False}}


_IDS = {"oneOf": [{"type": "string", "format": "uuid-like"},
                  {"type": "array", "items": {"type": "string", "format": "uuid-like"}}]}  # fmt: skip

HINTS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "group": _IDS,
        "different_host": _IDS,
        "same_host": _IDS,
        "query": {"type": ["string", "object"]},
        "build_near_host_ip": _ADDRESS,
        "cidr": {"type": "string", "pattern": "^/[0-9a-f.:]+$"},
    },
}
"""Scheduler hints; unknown ones are kept and shown, and mean nothing."""
