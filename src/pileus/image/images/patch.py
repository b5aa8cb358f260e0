"""JSON patch as Glance takes it.

Source: Glance's API reference, "Update an image"; RFC 6902 for `op` documents (media type …-v2.1-json-patch), and the
older form {"replace": "/name", "value": …} of v2.0, in which adding what is there is refused.  Paths are one attribute
deep, but for the elements of `locations`.
"""

import re
from dataclasses import dataclass
from typing import Any

from pileus.image.errors import ReadOnlyProperty, ReservedProperty
from pileus.image.images.bounds import check_properties, check_tags
from pileus.image.images.logic import COLUMNS
from pileus.image.images.protections import May, refuse
from pileus.image.images.schema import READ_ONLY, Image, is_reserved
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden
from pileus.kernel.store import Row

OLD, NEW = (f"application/openstack-images-v2.{minor}-json-patch" for minor in (0, 1))
MEDIA_TYPES = (OLD, NEW)
"""What a patch is sent as."""
OPERATIONS = ("add", "remove", "replace")
_LISTED = ", ".join(OPERATIONS)
_LOCATION_DEPTHS = {"add": 2, "remove": 2, "replace": 1}
_SETTLED = frozenset({"container_format", "disk_format"})


@dataclass(frozen=True, slots=True)
class Change:
    """One operation of a patch.

    Attributes:
        path: the attribute, and the position within `locations`.
        strict: whether adding what is there is refused.
    """

    operation: str
    path: tuple[str, ...]
    value: Any
    strict: bool

    @property
    def name(self) -> str:
        """The attribute."""
        return self.path[0]


def changes(patch: Any, media_type: str) -> list[Change]:
    """A patch document's operations.

    Raises:
        BadRequest: it is no such document.
        ReadOnlyProperty, ReservedProperty: it names what is not for users.
    """
    if not isinstance(patch, list):
        raise BadRequest("Request body must be a JSON array of operation objects.")
    return [_change(raw, old=media_type == OLD) for raw in patch]


def _change(raw: Any, *, old: bool) -> Change:
    if not isinstance(raw, dict):
        raise BadRequest("Operations must be JSON objects.")
    operation, pointer = _old_form(raw) if old else _new_form(raw)
    path = _path(pointer)
    depth = _LOCATION_DEPTHS[operation] if path[0] == "locations" else 1
    if len(path) != depth:
        raise BadRequest(f"Invalid JSON pointer for this resource: '/{'/'.join(path)}'")
    if operation != "remove" and "value" not in raw:
        raise BadRequest(f'Operation "{operation}" requires a member named "value".')
    change = Change(operation, path, raw.get("value"), old)
    if change.name in READ_ONLY:
        raise ReadOnlyProperty(name=change.name)
    if is_reserved(change.name) and change.name != "locations":
        raise ReservedProperty(name=change.name)
    if operation != "remove" and change.name != "locations":
        Image.form("create", Image.history.maximum).check({change.name: change.value})
    return change


def _new_form(raw: dict[str, Any]) -> tuple[str, Any]:
    operation = raw.get("op")
    if operation is None:
        raise BadRequest(f"Unable to find `op` in JSON Schema change. It must be one of the following: {_LISTED}.")
    if operation not in OPERATIONS:
        raise BadRequest(f"Invalid operation: `{operation}`. It must be one of the following: {_LISTED}.")
    if "path" not in raw:
        raise BadRequest("Unable to find 'path' in JSON Schema change")
    return operation, raw["path"]


def _old_form(raw: dict[str, Any]) -> tuple[str, Any]:
    named = [name for name in OPERATIONS if name in raw]
    if not named:
        raise BadRequest('Operation objects must contain exactly one member named "add", "remove", or "replace".')
    if len(named) > 1:
        raise BadRequest('Operation objects must contain only one member named "add", "remove", or "replace".')
    return named[0], raw[named[0]]


def _path(pointer: Any) -> tuple[str, ...]:
    """The parts of a JSON pointer, of the few that mean something here.

    Raises:
        BadRequest: it is none of them.
    """
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise BadRequest(f'Pointer `{pointer}` does not start with "/".')
    if re.search(r"/\s*/", pointer):
        raise BadRequest(f'Pointer `{pointer}` contains adjacent "/".')
    if len(pointer) > 1 and pointer.endswith("/"):
        raise BadRequest(f'Pointer `{pointer}` end with "/".')
    if not pointer[1:].strip():
        raise BadRequest(f"Pointer `{pointer}` does not contains valid token.")
    if re.search("~(?![01])", pointer):
        raise BadRequest(f'Pointer `{pointer}` contains "~" not part of a recognized escape sequence.')
    parts = pointer[1:].split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~").strip() for part in parts)


def apply(row: Row, document: list[Change], may: May) -> Row:
    """What of the row changes.

    Args:
        may: what the caller may do to free properties.

    Raises:
        BadRequest, Forbidden, Conflict: an operation is not possible.
        TooMany: there would be too many tags or properties.
    """
    known = {name: row[name] for name in COLUMNS}
    extra = dict(row["extra"])
    for change in document:
        if change.name in known:
            _column(known, row, change)
        else:
            _free(extra, change, may)
    check_tags(known["tags"])
    if extra.keys() - row["extra"].keys():
        check_properties(extra)
    return {**known, "extra": extra}


def _column(known: Row, row: Row, change: Change) -> None:
    name, value = change.name, change.value
    if change.operation == "remove":
        raise Forbidden(f"Property {name} may not be removed.")
    if change.operation == "add" and change.strict:
        raise Conflict(f"Property {name} already present.")
    if name in _SETTLED and value != row[name] and row["status"] not in {"queued", "importing"}:
        raise Forbidden(f"Attribute {name} can be only replaced for a queued image.")
    if name == "owner" and value is None:
        raise BadRequest("Provided object does not match schema 'image': an image has an owner")
    known[name] = list(dict.fromkeys(value)) if name == "tags" else value


def _free(extra: dict[str, Any], change: Change, may: May) -> None:
    name = change.name
    there = name in extra and may("read", name)
    if change.operation != "add" and not there:
        raise Conflict(f"Property {name} does not exist.")
    if change.operation == "remove":
        refuse(may, "delete", name)
        del extra[name]
        return
    if change.operation == "add" and change.strict and there:
        raise Conflict(f"Property {name} already present.")
    refuse(may, "update" if there else "create", name)
    if len(name) > 255:
        raise BadRequest("Custom property should not be greater than 255 characters.")
    extra[name] = change.value
