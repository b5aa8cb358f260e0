"""Lists of servers: which filters and sort keys there are, who may use them, and the statement that they make.

Source: API-ref of Nova, "List servers".
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, false, not_, or_, select

from pileus.compute.servers.states import FROM_STATUS, KNOWN_STATUSES
from pileus.compute.servers.table import SERVER_TAGS, SERVERS
from pileus.compute.servers.viewing.enriching import EXTENDED_RIGHT, Enriching
from pileus.compute.versions import (
    CHANGES_BEFORE,
    COMPUTE,
    FILTER_BY_IP6,
    FLAVOR_EMBEDDED,
    IMAGE_PROPERTIES,
    LOCKED_REASON,
    MORE_FILTERS,
    MORE_SERVER_ATTRIBUTES,
    SCHEDULER_HINTS,
    STRICT_FORMS,
    UNKNOWN_STATUS_REFUSED,
)
from pileus.compute.versions import (
    SERVER_TAGS as TAGS,
)
from pileus.kernel.api import fields as f
from pileus.kernel.api.call import Call, Page
from pileus.kernel.api.errors import BadRequest, Forbidden
from pileus.kernel.api.fields import truth
from pileus.kernel.api.paging import UnknownMarker, page
from pileus.kernel.api.schema import Schema

MOST = 1000
ALL_FILTERS = "os_compute_api:servers:allow_all_filters"

_EQUAL = {
    "reservation_id": "reservation_id", "image": "image_id", "image_ref": "image_id", "flavor": "flavor_id",
    "project_id": "project_id", "tenant_id": "project_id", "user_id": "user_id", "uuid": "id", "host": "host",
    "node": "node", "key_name": "key_name", "vm_state": "vm_state", "task_state": "task_state",
    "availability_zone": "zone", "hostname": "hostname", "locked_by": "locked_by",
    "access_ip_v4": "access_ip_v4", "access_ip_v6": "access_ip_v6",
}  # fmt: skip
_MATCH = {"name": "name", "display_name": "name", "description": "description", "display_description": "description"}
_NUMBER = {"power_state": "power_state", "progress": "progress", "launch_index": "launch_index"}
_MOMENT = {"created_at": "created_at", "launched_at": "launched_at", "terminated_at": "terminated_at"}
_TAGS = {"tags", "tags-any", "not-tags", "not-tags-any"}
_EVERYBODY = {
    "reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants", "ip6",
    "changes-before", "locked", *_TAGS,
}  # fmt: skip
_SINCE_2_83 = {
    "availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state",
    "task_state", "vm_state", "progress", "user_id",
}  # fmt: skip
_OTHERS = {"status", "ip", "ip6", "changes-since", "changes-before", "all_tenants", "locked", "config_drive",
           "deleted", "soft_deleted", "kernel_id", "ramdisk_id", "root_device_name", "auto_disk_config"}  # fmt: skip
_PAGING = {"limit", "marker", "sort_key", "sort_dir"}
KNOWN = {*_EQUAL, *_MATCH, *_NUMBER, *_MOMENT, *_TAGS, *_OTHERS, *_PAGING}

SORT = {
    "access_ip_v4": "access_ip_v4", "access_ip_v6": "access_ip_v6", "auto_disk_config": "disk_config",
    "availability_zone": "zone", "config_drive": "config_drive", "created_at": "created_at",
    "display_description": "description", "display_name": "name", "host": "host", "hostname": "hostname",
    "image_ref": "image_id", "instance_type_id": "flavor_id", "key_name": "key_name",
    "launch_index": "launch_index", "launched_at": "launched_at", "locked_by": "locked_by", "node": "node",
    "power_state": "power_state", "progress": "progress", "project_id": "project_id", "task_state": "task_state",
    "terminated_at": "terminated_at", "updated_at": "updated_at", "user_id": "user_id", "uuid": "id",
    "vm_state": "vm_state", "kernel_id": "", "ramdisk_id": "", "root_device_name": "",
}  # fmt: skip
"""Sort keys by the column that they mean; empty for those that mean nothing here."""
_ADMIN_SORT = {"host", "node"}
_IGNORED_SORT = {
    "architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted",
    "deleted_at", "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on",
    "locked", "memory_mb", "os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus",
    "vm_mode",
}  # fmt: skip


class ServersQuery(Schema, history=COMPUTE, extra="keep"):
    """The query string of lists of servers; filters are read by hand because most may repeat."""

    limit = f.integer("How many at the most.", least=0)
    marker = f.text("The id of the last server of the page before.", most=None)


class Listing:
    """Finds servers."""

    def __init__(self, enriching: Enriching) -> None:
        self._enriching = enriching

    async def find(self, call: Call, rule: str) -> Page:
        """A page of rows, not enriched.

        Raises:
            BadRequest: a filter, sort key or marker makes no sense.
            Forbidden: the caller may not see other projects, or deleted servers.
        """
        asked: dict[str, list[str]] = {}
        for name, value in call.params:
            asked.setdefault(name, []).append(value)
        if call.applies(STRICT_FORMS):
            unknown = sorted(name for name in asked if name not in KNOWN)
            if unknown:
                raise BadRequest(f"Additional properties are not allowed ('{unknown[0]}' was unexpected)")
        statement = self._owner(call, asked, rule)
        for name in self._usable(call, asked):
            statement = await self._filter(call, statement, name, asked[name])
        sort = _sort(call, asked)
        narrowed: Any
        if rule == "index":
            narrowed = statement.with_only_columns(SERVERS.c.id, SERVERS.c.name)
        else:
            unread = _unread(call)
            wanted: list[Any] = [c for c in SERVERS.c if c.name not in unread]
            narrowed = statement.with_only_columns(*wanted)
        limit = min(call.query.get("limit", MOST), MOST)
        try:
            return await page(call.tx, narrowed, SERVERS, sort=sort, limit=limit, marker=call.query.get("marker"))
        except UnknownMarker as error:
            raise BadRequest(f"marker [{call.query.get('marker')}] not found") from error

    def _usable(self, call: Call, asked: dict[str, list[str]]) -> list[str]:
        """The filters that count: those that the caller may not use mean nothing."""
        if call.may(ALL_FILTERS):
            return [name for name in asked if name in KNOWN - _PAGING]
        allowed = set(_EVERYBODY)
        if call.applies(MORE_FILTERS):
            allowed |= _SINCE_2_83
        if not call.applies(TAGS):
            allowed -= _TAGS
        if not call.applies(FILTER_BY_IP6):
            allowed.discard("ip6")
        return [name for name in asked if name in allowed]

    def _owner(self, call: Call, asked: dict[str, list[str]], rule: str) -> Select[Any]:
        statement = select(SERVERS)
        everybody = asked.get("all_tenants", ["0"])[-1]
        try:
            wanted = truth(everybody or "1")
        except ValueError as error:
            raise BadRequest(f"all_tenants param must be true or false: {everybody}") from error
        if wanted:
            call.must(f"os_compute_api:servers:{rule}:get_all_tenants")
            return statement
        for name in ("tenant_id", "project_id"):
            asked.pop(name, None)  # Nova ignores another project's id without all_tenants
        return statement.where(SERVERS.c.project_id == call.who.project_id)

    async def _filter(self, call: Call, statement: Select[Any], name: str, values: list[str]) -> Select[Any]:
        c, value = SERVERS.c, values[-1]
        if name in _EQUAL:
            return statement.where(c[_EQUAL[name]].in_(values))
        if name in _MATCH:
            return await self._matching(call, statement, _MATCH[name], value)
        if name in _NUMBER:
            if not re.fullmatch(r"-?\d+", value):
                raise BadRequest(f"Invalid input for query parameters {name}. Value: {value}. It is not a number.")
            return statement.where(c[_NUMBER[name]] == int(value))
        if name in _MOMENT:
            return statement.where(c[_MOMENT[name]] == _moment(name, value))
        if name in _TAGS:
            return statement.where(_by_tags(name, value.split(",")))
        if name in {"ip", "ip6"}:
            return await self._by_address(call, statement, value, 4 if name == "ip" else 6)
        others: dict[str, Callable[[], Select[Any]]] = {
            "status": lambda: statement.where(_by_status(call, values)),
            "changes-since": lambda: statement.where(c.updated_at >= _moment(name, value)),
            "changes-before": lambda: (
                statement.where(c.updated_at <= _moment(name, value)) if call.applies(CHANGES_BEFORE) else statement
            ),
            "locked": lambda: _by_lock(call, statement, value),
            "config_drive": lambda: statement.where(c.config_drive == _truth(name, value)),
            "deleted": lambda: statement.where(false()) if _truth(name, value) else statement,
            "soft_deleted": lambda: statement.where(false()) if _truth(name, value) else statement,
        }
        return others[name]() if name in others else statement

    async def _matching(self, call: Call, statement: Select[Any], column: str, value: str) -> Select[Any]:
        """Regular expressions, as Nova takes them; what has none is searched by the database."""
        if not re.search(r"[\\^$.|?*+()\[\]{}]", value):
            return statement.where(SERVERS.c[column].icontains(value, autoescape=True))
        try:
            pattern = re.compile(value, re.IGNORECASE)
        except re.error as error:
            raise BadRequest(f"Invalid filter: {value} is not a regular expression.") from error
        rows = await call.tx.all(statement.with_only_columns(SERVERS.c.id, SERVERS.c[column]))
        return statement.where(SERVERS.c.id.in_([r["id"] for r in rows if pattern.search(r[column] or "")]))

    async def _by_address(self, call: Call, statement: Select[Any], value: str, version: int) -> Select[Any]:
        try:
            pattern = re.compile(value)
        except re.error as error:
            raise BadRequest(f"Invalid filter: {value} is not a regular expression.") from error
        rows = await call.tx.all(statement.with_only_columns(SERVERS.c.id))
        await self._enriching.ports(call, rows)
        found = [
            row["id"]
            for row in rows
            if any(a.version == version and pattern.search(a.address) for p in row["ports"] for a in p.addresses)
        ]
        return statement.where(SERVERS.c.id.in_(found))


def _unread(call: Call) -> set[str]:
    """Documents that a version's details do not show: reading them is a fifth of the cost of a long list."""
    unread = {"devices"}
    if not call.applies(FLAVOR_EMBEDDED):
        unread.add("flavor")
    if not call.applies(SCHEDULER_HINTS):
        unread.add("hints")
    shows_kernel = call.applies(MORE_SERVER_ATTRIBUTES) and call.may(EXTENDED_RIGHT)
    if not call.applies(IMAGE_PROPERTIES) and not shows_kernel:
        unread.add("image")
    return unread


def _sort(call: Call, asked: dict[str, list[str]]) -> list[tuple[str, str]]:
    keys, directions = asked.get("sort_key", []), asked.get("sort_dir", [])
    sort: list[tuple[str, str]] = []
    for index, key in enumerate(keys):
        if key == "locked" and call.applies(LOCKED_REASON):
            column = "locked_by"
        elif key in SORT:
            column = SORT[key]
        elif key in _IGNORED_SORT and not call.applies(STRICT_FORMS):
            column = ""
        else:
            raise BadRequest(f"Invalid input for query parameters sort_key. Value: {key}. It is no sort key.")
        if key in _ADMIN_SORT and not call.may(ALL_FILTERS):
            raise Forbidden(f"Only administrators can sort servers by {key}")
        direction = directions[min(index, len(directions) - 1)] if directions else "desc"
        if direction not in {"asc", "desc"}:
            raise BadRequest(f"Unknown sort direction, must be one of: asc, desc. Value: {direction}")
        if column and all(column != known for known, _ in sort):
            sort.append((column, direction))
    if not sort:
        direction = directions[0] if directions else "desc"
        sort = [("created_at", direction if direction in {"asc", "desc"} else "desc")]
    return sort


def _by_status(call: Call, values: list[str]) -> Any:
    c = SERVERS.c
    clauses = []
    for value in values:
        word = value.upper()
        if word not in KNOWN_STATUSES and call.applies(UNKNOWN_STATUS_REFUSED):
            raise BadRequest(f"Invalid status value: {value}")
        if word == "DELETED" and not call.who.is_admin:
            raise Forbidden("Only administrators may list deleted instances")
        for state, tasks in FROM_STATUS.get(word, ()):
            passing = c.task_state.in_(tasks) if tasks else or_(
                c.task_state.is_(None), c.task_state.not_in(["rebooting", "rebooting_hard"])
            )  # fmt: skip
            clauses.append(and_(c.vm_state == state, passing))
    return or_(*clauses) if clauses else false()


def _by_tags(name: str, tags: list[str]) -> Any:
    t = SERVER_TAGS.c
    having = [exists().where(t.server_id == SERVERS.c.id, t.tag == tag) for tag in tags]
    found = or_(*having) if name.endswith("any") else and_(*having)
    return not_(found) if name.startswith("not") else found


def _by_lock(call: Call, statement: Select[Any], value: str) -> Select[Any]:
    if not call.applies(LOCKED_REASON):
        return statement
    column = SERVERS.c.locked_by
    return statement.where(column.is_not(None) if _truth("locked", value) else column.is_(None))


def _truth(name: str, value: str) -> bool:
    try:
        return truth(value)
    except ValueError as error:
        raise BadRequest(f"Invalid {name} value: {value}") from error


def _moment(name: str, value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadRequest(f"Invalid input for query parameters {name}. Value: {value}. It is no date-time.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
