"""JSON patch as Glance takes it.

Source: Glance's API reference, "Update an image"; RFC 6902 for `op` documents (media type …-v2.1-json-patch and later),
and the older form {"replace": "/name", "value": …} of v2.0.  Paths are one attribute deep.
"""

from typing import Any

from pileus.image.errors import ReadOnlyProperty, ReservedProperty
from pileus.image.images.logic import COLUMNS
from pileus.image.images.schema import CONTAINER_FORMATS, DISK_FORMATS, READ_ONLY, VISIBILITIES, is_reserved
from pileus.kernel.api.errors import BadRequest, Conflict, Forbidden
from pileus.kernel.store import Row

MEDIA_TYPES = tuple(f"application/openstack-images-v2.{minor}-json-patch" for minor in (0, 1))
"""What a patch is sent as; 2.0 is the older form."""

_CHOICES = {"visibility": VISIBILITIES, "container_format": CONTAINER_FORMATS, "disk_format": DISK_FORMATS}


def changes(patch: Any, old: bool) -> list[tuple[str, str, Any]]:
    """A patch document as (operation, attribute, value).

    Raises:
        BadRequest: it is no such document.
    """
    if not isinstance(patch, list):
        raise BadRequest("Request body must be a JSON array of operation objects.")
    found = []
    for change in patch:
        if not isinstance(change, dict):
            raise BadRequest("Operations must be JSON objects.")
        operation, path = _operation(change, old)
        value = None
        if operation != "remove":
            if "value" not in change:
                raise BadRequest(f'Operation "{operation}" requires a member named "value".')
            value = change["value"]
        found.append((operation, _attribute(path), value))
    return found


def _operation(change: dict[str, Any], old: bool) -> tuple[str, Any]:
    if old and "op" not in change:
        named = [name for name in ("add", "remove", "replace") if name in change]
        if len(named) != 1:
            raise BadRequest("Operation objects must contain exactly one member named 'add', 'remove', or 'replace'.")
        return named[0], change[named[0]]
    operation = change.get("op")
    if operation is None or "path" not in change:
        raise BadRequest("Unable to find 'op' and 'path' in JSON Schema change")
    if operation not in {"add", "remove", "replace"}:
        raise BadRequest("Operations must be one of 'add', 'remove', or 'replace'.")
    return operation, change["path"]


def _attribute(path: Any) -> str:
    if not isinstance(path, str) or not path.startswith("/"):
        raise BadRequest(f"Pointer `{path}` does not start with '/'.")
    if "//" in path or path == "/":
        raise BadRequest(f"Pointer `{path}` contains an empty segment.")
    parts = path[1:].split("/")
    if len(parts) > 1:
        if parts[0] == "locations":
            raise ReservedProperty(name="locations")
        raise BadRequest(f"Invalid JSON pointer for this resource: '{path}'")
    name = parts[0]
    if "~" in name.replace("~0", "").replace("~1", ""):
        raise BadRequest(f"Pointer `{path}` contains '~' not part of a recognized escape sequence.")
    return name.replace("~1", "/").replace("~0", "~")


def apply(row: Row, document: list[tuple[str, str, Any]]) -> Row:
    """What of the row changes.

    Raises:
        BadRequest, Forbidden, Conflict: an operation is not possible.
    """
    known = {name: row[name] for name in COLUMNS}
    extra = dict(row["extra"])
    for operation, name, value in document:
        if name in READ_ONLY:
            raise ReadOnlyProperty(name=name)
        if is_reserved(name):
            raise ReservedProperty(name=name)
        if name in known:
            if operation == "remove":
                raise Forbidden(f"Property '{name}' may not be removed.")
            known[name] = checked(name, value, row)
        else:
            _free(extra, operation, name, value)
    return {**known, "extra": extra}


def _free(extra: dict[str, Any], operation: str, name: str, value: Any) -> None:
    if operation in {"replace", "remove"} and name not in extra:
        raise Conflict(f"Property {name} does not exist.")
    if operation == "remove":
        del extra[name]
        return
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"Provided object does not match schema 'image': {value!r} is not of type 'string'")
    extra[name] = value


def checked(name: str, value: Any, row: Row) -> Any:
    """A new value of an attribute with a column.

    Raises:
        BadRequest, Forbidden: it cannot have that value.
    """
    wrong = BadRequest(f"Provided object does not match schema 'image': {value!r} is not valid for '{name}'")
    if name in _CHOICES:
        if value not in _CHOICES[name] and not (value is None and name != "visibility"):
            raise wrong
        if name != "visibility" and row["status"] not in {"queued", "importing"} and value != row[name]:
            raise Forbidden(f"Attribute {name} can be only replaced for a queued image.")
    elif name in {"protected", "os_hidden"}:
        if not isinstance(value, bool):
            raise wrong
    elif name in {"min_disk", "min_ram"}:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 2147483647:
            raise wrong
    elif name == "tags":
        if not isinstance(value, list) or not all(isinstance(tag, str) and len(tag) <= 255 for tag in value):
            raise wrong
        value = list(dict.fromkeys(value))
    elif (value is not None and not isinstance(value, str)) or len(value or "") > 255:
        raise wrong
    return value
