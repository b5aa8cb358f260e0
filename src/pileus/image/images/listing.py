"""The list of images: filters, sort keys, pages.

Source: Glance's API reference, "List images".
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select

from pileus.image.images.logic import Images, age_condition
from pileus.image.images.schema import VISIBILITIES
from pileus.image.images.table import IMAGES
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.fields import truth
from pileus.kernel.api.formats import is_whole
from pileus.kernel.api.paging import UnknownMarker, page
from pileus.kernel.store.types import json_text

MOST = 1000
DEFAULT = 25
SORT_KEYS = frozenset(
    [
        "name",
        "status",
        "container_format",
        "disk_format",
        "size",
        "id",
        "created_at",
        "updated_at",
        "visibility",
        "owner",
        "min_disk",
        "min_ram",
    ]
)
WORDS = frozenset(
    ["id", "name", "status", "container_format", "disk_format", "owner", "checksum", "os_hash_algo", "os_hash_value"]
)
NUMBERS = frozenset(["min_disk", "min_ram", "size"])
CONTROL = frozenset(
    [
        "limit",
        "marker",
        "sort",
        "sort_key",
        "sort_dir",
        "visibility",
        "member_status",
        "tag",
        "os_hidden",
        "size_min",
        "size_max",
    ]
)


async def listed(images: Images, call: Call) -> Page:
    """The page that the query string asks for.

    Raises:
        BadRequest: a parameter is wrong.
    """
    params = call.params
    last = dict(params)
    visibility = last.get("visibility")
    if visibility is not None and visibility not in {*VISIBILITIES, "all"}:
        raise BadRequest(f"Invalid visibility value: {visibility}")
    member_status = last.get("member_status", "accepted")
    if member_status not in {"pending", "accepted", "rejected", "all"}:
        raise BadRequest(f"Invalid status: {member_status}")
    statement = select(IMAGES)
    condition = images.visible(call.who, visibility, member_status)
    if condition is not None:
        statement = statement.where(condition)
    statement = statement.where(IMAGES.c.os_hidden == _boolean("os_hidden", last.get("os_hidden", "false")))
    for name, value in params:
        if name not in CONTROL:
            statement = _filtered(statement, name, value)
    if "size_min" in last:
        statement = statement.where(IMAGES.c.size >= _integer("size_min", last["size_min"]))
    if "size_max" in last:
        statement = statement.where(IMAGES.c.size <= _integer("size_max", last["size_max"]))
    tags = [value for name, value in params if name == "tag"]
    if tags:
        statement = await images.tagged(call.tx, statement, tags)
    limit = min(_integer("limit", last["limit"]), MOST) if "limit" in last else DEFAULT
    try:
        found = await page(call.tx, statement, IMAGES, sort=sort_keys(params), limit=limit, marker=last.get("marker"))
    except UnknownMarker:
        raise BadRequest(f"Invalid marker. Image {last['marker']} could not be found.") from None
    await images.locate(call.tx, found.rows)
    return found


def _filtered(statement: Select[Any], name: str, value: str) -> Select[Any]:
    column = IMAGES.c.get(name)
    if name in WORDS:
        assert column is not None
        values = in_list(value)
        return statement.where(column.in_(values)) if values is not None else statement.where(column == value)
    if name in NUMBERS:
        assert column is not None
        return statement.where(column == _integer(name, value))
    if name == "protected":
        return statement.where(IMAGES.c.protected == _boolean(name, value))
    if name in {"created_at", "updated_at"}:
        word, colon, rest = value.partition(":")
        operator, moment = (word, rest) if colon and word.isalpha() else ("eq", value)
        return statement.where(age_condition(column, operator_of(operator), moment_of(moment)))
    if name.startswith("$"):  # SQLite would read it as a path
        raise BadRequest(f"Invalid filter {name}")
    return statement.where(json_text(IMAGES.c.extra, name) == value)


def in_list(value: str) -> list[str] | None:
    """The values of `in:a,"b,c"`; None if it is no such list.

    Raises:
        BadRequest: the quotes do not match.
    """
    if not value.startswith("in:"):
        return None
    values, current, quoted = [], "", False
    for letter in value[3:]:
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            values.append(current)
            current = ""
        else:
            current += letter
    if quoted:
        raise BadRequest("Invalid filter value: the quote is not closed.")
    return [*values, current]


def operator_of(word: str) -> str:
    """A comparison's name.

    Raises:
        BadRequest: there is none of that name.
    """
    if word not in {"gt", "gte", "eq", "neq", "lt", "lte"}:
        raise BadRequest(f"Unable to filter by unknown operator '{word}'.")
    return word


def moment_of(value: str) -> datetime:
    """A time in ISO 8601; UTC where it names no zone.

    Raises:
        BadRequest: it is none.
    """
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadRequest(f"Invalid time value '{value}': it is not in ISO 8601 form.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def sort_keys(params: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The sort keys of a query string: `sort=name:asc,size` or pairs of sort_key and sort_dir.

    Raises:
        BadRequest: an unknown key or direction, or both forms at once.
    """
    both = {name for name, _ in params}
    if "sort" in both:
        if both & {"sort_key", "sort_dir"}:
            raise BadRequest("Old and new sorting syntax cannot be combined")
        parts = [value for name, value in params if name == "sort"][-1].split(",")
        keys = [(p.partition(":")[0].strip(), p.partition(":")[2].strip() or "desc") for p in parts]
    else:
        names = [value.strip() for name, value in params if name == "sort_key"] or ["created_at"]
        directions = [value.strip() for name, value in params if name == "sort_dir"] or ["desc"]
        if len(directions) == 1:
            directions *= len(names)
        if len(directions) != len(names):
            raise BadRequest("Number of sort dirs does not match the number of sort keys")
        keys = list(zip(names, directions, strict=True))
    for key, direction in keys:
        if key not in SORT_KEYS:
            raise BadRequest(
                f"Invalid sort key: {key}. It must be one of the following: {', '.join(sorted(SORT_KEYS))}."
            )
        if direction not in {"asc", "desc"}:
            raise BadRequest(f"Invalid sort direction: {direction}")
    for extra in ("created_at", "id"):
        if extra not in dict(keys):
            keys.append((extra, keys[0][1]))
    return keys


def _integer(name: str, value: str) -> int:
    if not is_whole(value):
        raise BadRequest(
            f"{name} param must be an integer" if not value.startswith("-") else f"{name} param must be positive"
        )
    return int(value)


def _boolean(name: str, value: str) -> bool:
    try:
        return truth(value)
    except ValueError:
        raise BadRequest(
            f"Invalid value '{value}' for '{name}' filter. Valid values are case insensitive 'true' or 'false'."
        ) from None
