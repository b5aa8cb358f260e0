"""The list of images: filters, sort keys, pages.

Source: Glance's API reference, "List images".
"""

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from pileus.image.errors import ImageNotFound
from pileus.image.images.logic import Images, age_condition
from pileus.image.images.schema import VISIBILITIES
from pileus.image.images.table import IMAGES
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.formats import is_whole
from pileus.kernel.api.paging import UnknownMarker, page
from pileus.kernel.store.types import json_has, json_text

MOST = 1000
DEFAULT = 25
SORT_KEYS = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at")
LISTS = frozenset(["id", "name", "status", "container_format", "disk_format"])
"""Attributes that may be one of several: `in:a,b`."""
WORDS = frozenset(["owner", "checksum", "os_hash_algo", "os_hash_value"])
NUMBERS = frozenset(["min_disk", "min_ram", "size"])
MOMENTS = frozenset(["created_at", "updated_at"])
CONTROL = frozenset(
    ["limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status", "tag", "os_hidden"]
)
_PARTS = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)",?|([^,]+),?|,')


async def listed(images: Images, call: Call) -> Page:
    """The page that the query string asks for.

    Raises:
        BadRequest: a parameter is wrong.
    """
    params = call.params
    last = dict(params)
    visibility = last.get("visibility") or None
    if visibility is not None and visibility not in {*VISIBILITIES, "all"}:
        raise BadRequest(f"Invalid visibility value: {visibility}")
    member_status = last.get("member_status", "accepted")
    if member_status not in {"pending", "accepted", "rejected", "all"}:
        raise BadRequest(f"Invalid status: {member_status}")
    if last.get("changes-since"):
        raise BadRequest('The "changes-since" filter is no longer available on v2.')
    statement = select(IMAGES)
    condition = images.visible(call.who, visibility, member_status)
    if condition is not None:
        statement = statement.where(condition)
    statement = statement.where(IMAGES.c.os_hidden == _boolean("os_hidden", last.get("os_hidden", "false").lower()))
    for name, value in params:
        if name == "tag":
            statement = statement.where(json_has(IMAGES.c.tags, value.strip()))
        elif name not in CONTROL:
            statement = _filtered(statement, name, value)
    limit = min(_integer("limit", last["limit"]), MOST) if "limit" in last else DEFAULT
    marker = last.get("marker")
    try:
        if marker:
            await images.get(call.tx, call.who, marker)
        found = await page(call.tx, statement, IMAGES, sort=sort_keys(params), limit=limit, marker=marker)
    except (UnknownMarker, ImageNotFound):
        raise BadRequest(f"Invalid marker. Image {marker} could not be found.") from None
    await images.locate(call.tx, found.rows)
    return found


def _filtered(statement: Select[Any], name: str, value: str) -> Select[Any]:
    if name in LISTS:
        operator, rest = value.split(":", 1) if ":" in value else ("eq", value)
        if operator not in {"in", "eq"}:
            raise BadRequest(f"Unable to filter by unknown operator '{operator}'.")
        return statement.where(IMAGES.c[name].in_(in_list(rest) if operator == "in" else [rest]))
    if name in WORDS:
        return statement.where(IMAGES.c[name] == value)
    if name in NUMBERS:
        return statement.where(IMAGES.c[name] == _integer(name, value))
    if name in {"size_min", "size_max"}:
        bound = IMAGES.c.size >= _bound(value) if name == "size_min" else IMAGES.c.size <= _bound(value)
        return statement.where(bound)
    if name == "protected":
        return statement.where(IMAGES.c.protected == _boolean(name, value))
    if name in MOMENTS:
        return statement.where(_at(name, value))
    if name.startswith("$"):  # SQLite would read it as a path
        raise BadRequest(f"Invalid filter {name}")
    return statement.where(json_text(IMAGES.c.extra, name) == value)


def _at(name: str, value: str) -> ColumnElement[bool]:
    operator, rest = "eq", value
    if moment_of(value) is None and ":" in value:
        operator, rest = value.split(":", 1)
    moment = moment_of(rest)
    if moment is None:
        raise BadRequest(f'Bad "{name}" query filter format. Use ISO 8601 DateTime notation.')
    return age_condition(IMAGES.c[name], operator_of(operator), moment)


def in_list(value: str) -> list[str]:
    """The values of `a,"b,c"`.

    Raises:
        BadRequest: the quotes do not match, or stand within a value.
    """
    opening = True
    for place, letter in enumerate(value):
        if letter != '"' or value[place - 1 : place] == "\\":
            continue
        if opening and place and value[place - 1] != ",":
            raise BadRequest(f"Invalid filter value {value}. There is no comma before opening quotation mark.")
        if not opening and value[place + 1 : place + 2] not in {"", ","}:
            raise BadRequest(f"Invalid filter value {value}. There is no comma after closing quotation mark.")
        opening = not opening
    if not opening:
        raise BadRequest(f"Invalid filter value {value}. The quote is not closed.")
    return [quoted or plain for quoted, plain in _PARTS.findall(value)]


def operator_of(word: str) -> str:
    """A comparison's name.

    Raises:
        BadRequest: there is none of that name.
    """
    if word not in {"gt", "gte", "eq", "neq", "lt", "lte"}:
        raise BadRequest(f"Unable to filter by unknown operator '{word}'.")
    return word


def moment_of(value: str) -> datetime | None:
    """A time in ISO 8601, UTC where it names no zone; None if it is none."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
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
            raise BadRequest(f"Invalid sort key: {key}. It must be one of the following: {', '.join(SORT_KEYS)}.")
        if direction not in {"asc", "desc"}:
            raise BadRequest(f"Invalid sort direction: {direction}")
    for extra in ("created_at", "id"):
        if extra not in dict(keys):
            keys.append((extra, keys[0][1]))
    return keys


def _integer(name: str, value: str) -> int:
    if not is_whole(value):
        negative = is_whole(value.removeprefix("-"))
        raise BadRequest(f"{name} param must be positive" if negative else f"{name} param must be an integer")
    return int(value)


def _bound(value: str) -> int:
    if not is_whole(value.removeprefix("-")):
        raise BadRequest("Unable to filter on a range with a non-numeric value.")
    return int(value)


def _boolean(name: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise BadRequest(f"Invalid value '{value}' for '{name}' filter. Valid values are 'true' or 'false'.")
    return value == "true"
