"""Which endpoints the filters of a project leave."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select

from pileus.identity.endpoint_filters.table import ENDPOINT_GROUPS, PROJECT_ENDPOINT_GROUPS, PROJECT_ENDPOINTS
from pileus.kernel.store import Row, Tx


def in_group(endpoint: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Whether an endpoint has what a group's filters ask for."""
    return all(endpoint.get(name) == value for name, value in filters.items())


def shown(endpoints: Iterable[Row], single: set[str], groups: Iterable[Row]) -> set[str]:
    """The ids of the endpoints that are in a project by themselves or by a group."""
    filters = [group["filters"] for group in groups]
    return {row["id"] for row in endpoints if row["id"] in single or any(in_group(row, wanted) for wanted in filters)}


async def groups_of(tx: Tx, project_id: str) -> list[Row]:
    """The endpoint groups of a project."""
    g = PROJECT_ENDPOINT_GROUPS.c
    mine = select(g.endpoint_group_id).where(g.project_id == project_id)
    return await tx.all(select(ENDPOINT_GROUPS).where(ENDPOINT_GROUPS.c.id.in_(mine)).order_by(ENDPOINT_GROUPS.c.id))


async def single_of(tx: Tx, project_id: str) -> set[str]:
    """The ids of the endpoints that a project has by themselves."""
    p = PROJECT_ENDPOINTS.c
    return {row["endpoint_id"] for row in await tx.all(select(p.endpoint_id).where(p.project_id == project_id))}


async def forget_endpoints(tx: Tx, endpoint_ids: Any) -> None:
    """Take endpoints that go out of every project (ids, or a statement that selects them)."""
    await tx.run(delete(PROJECT_ENDPOINTS).where(PROJECT_ENDPOINTS.c.endpoint_id.in_(endpoint_ids)))


async def forget_projects(tx: Tx, project_ids: list[str]) -> None:
    """Remove what was said of projects that go."""
    for table in (PROJECT_ENDPOINTS, PROJECT_ENDPOINT_GROUPS):
        await tx.run(delete(table).where(table.c.project_id.in_(project_ids)))
