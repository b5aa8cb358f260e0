"""What all network resources do alike: new rows, changes with revisions, lists with filters and pages."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, Table, and_, not_, or_

from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.fields import Field, truth
from pileus.kernel.api.formats import is_whole
from pileus.kernel.api.paging import UnknownMarker, page
from pileus.kernel.api.query import kinds
from pileus.kernel.api.schema import Schema
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World
from pileus.network.errors import InvalidInput, RevisionNumberConstraintFailed

Special = Callable[[Call, list[str]], ColumnElement[bool]]
"""Makes a filter's condition from its values."""

_PAGING = {"limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields"}


def owner(call: Call, body: Mapping[str, Any]) -> str:
    """The project that a new resource belongs to: the caller's, or the one that an administrator names.

    Raises:
        BadRequest: another project's, by somebody who may not; or two that differ.
    """
    named = {body[key] for key in ("project_id", "tenant_id") if body.get(key)}
    if len(named) > 1:
        raise BadRequest("'project_id' and 'tenant_id' do not match")
    wanted: str = named.pop() if named else call.who.project_id
    if wanted != call.who.project_id and not call.who.is_admin:
        raise BadRequest(
            "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires "
            "admin privileges"
        )
    return wanted


def new_row(world: World, project_id: str, body: Mapping[str, Any]) -> Row:
    """The standard columns of a new resource."""
    now = world.clock.now()
    return {
        "id": world.ids.uuid(),
        "project_id": project_id,
        "name": body.get("name") or "",
        "description": body.get("description") or "",
        "tags": "",
        "created_at": now,
        "updated_at": now,
        "revision_number": 1,
    }


def check_revision(call: Call, row: Row) -> None:
    """Honour `If-Match: revision_number=N`.

    Raises:
        RevisionNumberConstraintFailed: the resource has another revision.
        BadRequest: the header has another form.
    """
    header = call.request.headers.get("if-match")
    if header is None:
        return
    name, _, value = header.partition("=")
    if name.strip() != "revision_number" or not is_whole(value.strip()):
        raise BadRequest("If-Match needs the form revision_number=N")
    if int(value) != row["revision_number"]:
        raise RevisionNumberConstraintFailed(expected=value, current=row["revision_number"])


async def change(tx: Tx, world: World, table: Table, row: Row, values: Mapping[str, Any]) -> Row:
    """Write changed columns and the next revision; the row as it is then."""
    fresh = {key: value for key, value in values.items() if key in table.c and row.get(key) != value}
    if not fresh:
        return row
    fresh |= {"updated_at": world.clock.now(), "revision_number": row["revision_number"] + 1}
    await tx.run(table.update().where(table.c.id == row["id"]).values(**fresh))
    return {**row, **fresh}


async def bump(tx: Tx, now: datetime, table: Table, *ids: str) -> None:
    """The next revision for resources of which something else changed."""
    if ids:
        counted = table.c.revision_number + 1
        await tx.run(table.update().where(table.c.id.in_(ids)).values(revision_number=counted, updated_at=now))


def tagged(table: Table, tag: str) -> ColumnElement[bool]:
    """Whether a row has a tag."""
    return table.c.tags.contains(f"\n{tag}\n", autoescape=True)


def _tag_filter(table: Table, name: str, values: list[str]) -> ColumnElement[bool]:
    tags = [tag for value in values for tag in value.split(",")]
    terms = [tagged(table, tag) for tag in tags]
    found = or_(*terms) if name.endswith("-any") else and_(*terms)
    return not_(found) if name.startswith("not-") else found


def _parsed(item: Field, value: str) -> Any:
    types = kinds(item)
    try:
        if "boolean" in types or "enum" in item.json:
            return truth(value) if "boolean" in types or True in item.json["enum"] else value
        if "integer" in types:
            return int(value)
    except ValueError:
        kind = "boolean" if "integer" not in types else "integer"
        raise InvalidInput(f"'{value}' cannot be converted to {kind}") from None
    return value


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of one resource: filters on every attribute, sort keys, pages with links.

    Attributes:
        visible: selects the rows that the caller of a request may know of.
        special: filters that are no plain column, by their name in the query.
    """

    table: Table
    schema: type[Schema]
    visible: Callable[[Call], Select[Any]]
    special: Mapping[str, Special] = field(default_factory=dict)

    async def find(self, call: Call, id: str) -> Row | None:
        """One row that the caller may know of."""
        return await call.tx.first(self.visible(call).where(self.table.c.id == id))

    async def page(self, call: Call) -> Page:
        """The rows that the query string asks for.

        Raises:
            BadRequest: a parameter is unknown or makes no sense.
        """
        asked: dict[str, list[str]] = defaultdict(list)
        for name, value in call.params:
            asked[name].append(value)
        statement = self.visible(call)
        if conditions := self._conditions(call, asked):
            statement = statement.where(*conditions)
        limit = _limit(asked)
        backwards = _flag(asked, "page_reverse")
        marker = asked["marker"][-1] if asked.get("marker") and limit else None
        sort = self._sort(asked)
        try:
            found = await page(
                call.tx, statement, self.table, sort=sort, limit=limit, marker=marker or None, backwards=backwards
            )
        except UnknownMarker:
            raise BadRequest(f"Marker {marker} could not be found") from None
        extra = {}
        if limit:
            links = _links(call, list(found.rows), limit, backwards)
            if links:
                extra[f"{self.schema.plural}_links"] = links
        return Page(found.rows, extra=extra)

    def _conditions(self, call: Call, asked: Mapping[str, list[str]]) -> list[ColumnElement[bool]]:
        fields = {item.wire: item for item in self.schema.fields.values()}
        conditions, unknown = [], []
        for name, values in asked.items():
            if name in _PAGING:
                continue
            if name in self.special:
                conditions.append(self.special[name](call, values))
            elif name in {"tags", "tags-any", "not-tags", "not-tags-any"} and "tags" in self.table.c:
                conditions.append(_tag_filter(self.table, name, values))
            elif name == "changed_since" and "updated_at" in self.table.c:
                conditions.append(self.table.c.updated_at >= _moment(values[-1]))
            elif name in fields and fields[name].filterable and fields[name].source in self.table.c:
                if name in call.hidden:
                    continue
                column = self.table.c[fields[name].source]
                wanted = [_parsed(fields[name], value) for value in values]
                term = column.in_(wanted)
                conditions.append(or_(term, column.is_(None)) if "" in wanted and column.nullable else term)
            else:
                unknown.append(name)
        if unknown:
            raise BadRequest(f"{unknown} is invalid attribute for filtering")
        return conditions

    def _sort(self, asked: Mapping[str, list[str]]) -> list[tuple[str, str]]:
        keys, directions = asked.get("sort_key", []), asked.get("sort_dir", [])
        if len(keys) != len(directions):
            raise BadRequest("The number of sort_keys and sort_dirs must be same")
        fields = {item.wire: item for item in self.schema.fields.values() if item.sortable}
        bad = [key for key in keys if key not in fields or fields[key].source not in self.table.c]
        if bad:
            raise BadRequest(f"{bad} is invalid attribute for sort keys")
        if any(direction not in {"asc", "desc"} for direction in directions):
            raise BadRequest(f"{directions} is invalid value for sort_dirs, valid value is 'asc' and 'desc'")
        return [(fields[key].source, direction) for key, direction in zip(keys, directions, strict=True)]


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput(f"The input {value} must be in the following format: YYYY-MM-DDTHH:MM:SSZ") from None
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(value + "+00:00")
    return moment


def _limit(asked: Mapping[str, list[str]]) -> int | None:
    text = asked["limit"][-1] if asked.get("limit") else ""
    if not text:
        return None
    if not is_whole(text):
        raise BadRequest(f"limit must be an integer 0 or greater and not '{text}'")
    return min(int(text), 1 << 31) or None


def _flag(asked: Mapping[str, list[str]], name: str) -> bool:
    return bool(asked.get(name)) and asked[name][-1].lower() == "true"


def _links(call: Call, rows: list[Row], limit: int, backwards: bool) -> list[dict[str, str]]:
    """A full page may have neighbours on both sides; a page that is not full ends the list in its direction."""
    address = call.base + call.request.url.path.removeprefix(call.service.prefix)
    kept = [(name, value) for name, value in call.params if name not in {"marker", "page_reverse"}]
    links = []
    full = len(rows) >= limit
    if full or backwards:
        query = [*kept, ("marker", rows[-1]["id"])] if rows else kept
        links.append({"rel": "next", "href": f"{address}?{urlencode(query)}"})
    if full or not backwards:
        query = [*kept, ("page_reverse", "True"), *([("marker", rows[0]["id"])] if rows else [])]
        links.append({"rel": "previous", "href": f"{address}?{urlencode(query)}"})
    return links
