"""Quotas counted from live rows, in the transaction that adds one."""

from sqlalchemy import Table, func, select

from pileus.kernel.api.errors import Conflict
from pileus.kernel.store import Tx
from pileus.network.errors import OverQuota
from pileus.network.floatingips.table import FLOATINGIPS
from pileus.network.networks.table import NETWORKS
from pileus.network.ports.table import PORTS
from pileus.network.quotas.table import QUOTAS
from pileus.network.rbac.table import RBAC
from pileus.network.routers.table import ROUTERS
from pileus.network.security_groups.table import GROUPS, RULES
from pileus.network.subnetpools.table import SUBNETPOOLS
from pileus.network.subnets.table import SUBNETS

COUNTED: dict[str, tuple[Table, int]] = {
    "network": (NETWORKS, 100),
    "subnet": (SUBNETS, 100),
    "subnetpool": (SUBNETPOOLS, -1),
    "port": (PORTS, 500),
    "router": (ROUTERS, 10),
    "floatingip": (FLOATINGIPS, 50),
    "security_group": (GROUPS, 10),
    "security_group_rule": (RULES, 100),
    "rbac_policy": (RBAC, 10),
}
"""What is counted, and how many a project may have unless told otherwise; -1 for any number."""


class QuotaTooLow(Conflict):
    """409: a limit is less than what is used."""

    type = "InvalidQuotaValue"
    message = "Change would make usage less than 0 for the following resources: {unders}"


async def limits(tx: Tx, project_id: str) -> dict[str, int]:
    """A project's limits by resource."""
    rows = await tx.all(select(QUOTAS).where(QUOTAS.c.project_id == project_id))
    own = {row["resource"]: row["most"] for row in rows}
    return {name: own.get(name, default) for name, (_, default) in COUNTED.items()}


async def used(tx: Tx, project_id: str) -> dict[str, int]:
    """How many of each a project has."""
    counts = [
        select(func.count()).select_from(table).where(table.c.project_id == project_id).scalar_subquery().label(name)
        for name, (table, _) in COUNTED.items()
    ]
    return await tx.first(select(*counts)) or {}


async def must_suffice(tx: Tx, project_id: str, wanted: dict[str, int]) -> None:
    """Refuse limits that the project has passed already.

    Raises:
        QuotaTooLow: one of them is less than what is used.
    """
    have = await used(tx, project_id)
    passed = [name for name, most in wanted.items() if 0 <= most < have[name]]
    if passed:
        raise QuotaTooLow(unders=str(passed))


async def claim(tx: Tx, project_id: str, resource: str, count: int = 1) -> None:
    """Room for some more of a resource, called before they are inserted.

    Raises:
        OverQuota: the project's limit would be passed.
    """
    table, default = COUNTED[resource]
    own = (
        select(QUOTAS.c.most).where(QUOTAS.c.project_id == project_id, QUOTAS.c.resource == resource).scalar_subquery()
    )
    have = select(func.count()).select_from(table).where(table.c.project_id == project_id).scalar_subquery()
    row = await tx.first(select(own.label("most"), have.label("have")))
    assert row is not None
    most = default if row["most"] is None else row["most"]
    if 0 <= most < row["have"] + count:
        raise OverQuota(overs=f"['{resource}']")
