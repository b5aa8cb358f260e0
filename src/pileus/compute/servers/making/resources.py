"""What a flavor asks of a host, and what a project's servers use of its quota."""

from math import ceil
from typing import Any

from sqlalchemy import func, select

from pileus.compute.errors import OverQuota
from pileus.compute.servers.table import SERVERS
from pileus.kernel.api.formats import is_whole
from pileus.kernel.store import Tx


def resources_of(flavor: dict[str, Any]) -> dict[str, int]:
    """Amounts by resource class; extra specs `resources:CLASS` replace them."""
    amounts = {
        "VCPU": flavor["vcpus"],
        "MEMORY_MB": flavor["ram"],
        "DISK_GB": flavor["disk"] + flavor["ephemeral"] + ceil(flavor["swap"] / 1024),
    }
    for key, value in flavor.get("extra_specs", {}).items():
        if key.startswith("resources:") and is_whole(str(value)):
            amounts[key.removeprefix("resources:")] = int(value)
    return {name: amount for name, amount in amounts.items() if amount}


async def used(tx: Tx, project_id: str) -> dict[str, int]:
    """What a project's live servers use; counted, never remembered."""
    c = SERVERS.c
    row = await tx.first(
        select(
            func.count().label("instances"),
            func.coalesce(func.sum(c.vcpus), 0).label("cores"),
            func.coalesce(func.sum(c.memory_mib), 0).label("ram"),
        ).where(c.project_id == project_id)
    )
    assert row is not None
    return {name: int(value) for name, value in row.items()}


async def check_quota(
    tx: Tx, limits: dict[str, int], project_id: str, flavor: dict[str, Any], least: int, most: int
) -> int:
    """How many servers of a flavor the quota allows, between `least` and `most`.

    Raises:
        OverQuota: not even `least`; the message names each limit that is in the way.
    """
    usage = await used(tx, project_id)
    each = {"instances": 1, "cores": flavor["vcpus"], "ram": flavor["ram"]}
    count = most
    for name, amount in each.items():
        limit = limits.get(name, -1)
        if limit >= 0 and amount:
            count = min(count, (limit - usage[name]) // amount)
    if count >= least:
        return count
    overs = sorted(
        name for name, amount in each.items() if 0 <= limits.get(name, -1) < usage[name] + amount * least and amount
    )
    raise OverQuota(
        overs=", ".join(overs),
        wanted=", ".join(str(each[name] * least) for name in overs),
        used=", ".join(str(usage[name]) for name in overs),
        allowed=", ".join(str(limits[name]) for name in overs),
    )
