"""Which policy document belongs to an endpoint.

That is its own, else its service's in its region or in one above, else its service's everywhere.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, or_, select

from pileus.identity.endpoint_policies.table import POLICY_ASSOCIATIONS
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.regions.table import REGIONS
from pileus.kernel.store import Row, Tx


async def _parents(tx: Tx) -> dict[str, str | None]:
    return {row["id"]: row["parent_region_id"] for row in await tx.all(select(REGIONS))}


def upwards(region_id: str | None, parents: dict[str, str | None]) -> list[str]:
    """A region and those above it, nearest first."""
    found: list[str] = []
    while region_id is not None and region_id not in found:
        found.append(region_id)
        region_id = parents.get(region_id)
    return found


async def policy_of(tx: Tx, endpoint: Row) -> str | None:
    """The id of the policy document that belongs to an endpoint."""
    a = POLICY_ASSOCIATIONS.c
    rows = await tx.all(
        select(POLICY_ASSOCIATIONS).where(or_(a.endpoint_id == endpoint["id"], a.service_id == endpoint["service_id"]))
    )
    by_key = {(row["endpoint_id"], row["service_id"], row["region_id"]): row["policy_id"] for row in rows}
    service = endpoint["service_id"]
    regions = upwards(endpoint["region_id"], await _parents(tx))
    keys = [(endpoint["id"], "", ""), *(("", service, region) for region in regions), ("", service, "")]
    return next((by_key[key] for key in keys if key in by_key), None)


async def endpoints_of(tx: Tx, policy_id: str) -> list[Row]:
    """The endpoints that a policy document was given to, directly or through services and regions."""
    a = POLICY_ASSOCIATIONS.c
    given = await tx.all(select(POLICY_ASSOCIATIONS).where(a.policy_id == policy_id))
    parents = await _parents(tx)
    found = []
    for row in await tx.all(select(ENDPOINTS).order_by(ENDPOINTS.c.id)):
        regions = upwards(row["region_id"], parents)
        if any(_covers(one, row, regions) for one in given):
            found.append(row)
    return found


def _covers(given: Row, endpoint: Row, regions: list[str]) -> bool:
    if given["endpoint_id"]:
        return bool(given["endpoint_id"] == endpoint["id"])
    return given["service_id"] == endpoint["service_id"] and (not given["region_id"] or given["region_id"] in regions)


async def forget(tx: Tx, column: str, ids: Sequence[str] | Select[Any]) -> None:
    """Remove what was said of endpoints, services, regions or policies that go (ids, or a statement of them)."""
    await tx.run(delete(POLICY_ASSOCIATIONS).where(POLICY_ASSOCIATIONS.c[column].in_(ids)))
