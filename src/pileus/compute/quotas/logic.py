"""Limits, usage counted from live rows, and the check that both decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, select

from pileus.compute.errors import OverQuota
from pileus.compute.keypairs.table import KEYPAIRS
from pileus.compute.quotas.table import CLASSES, QUOTAS
from pileus.compute.server_groups.table import GROUPS, MEMBERS
from pileus.compute.servers.table import SERVERS
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Tx

UNLIMITED = -1

DEFAULTS = {
    "instances": 10,
    "cores": 20,
    "ram": 50 * 1024,
    "metadata_items": 128,
    "injected_files": 5,
    "injected_file_content_bytes": 10 * 1024,
    "injected_file_path_bytes": 255,
    "key_pairs": 100,
    "server_groups": 10,
    "server_group_members": 10,
    "fixed_ips": UNLIMITED,
    "floating_ips": UNLIMITED,
    "security_groups": UNLIMITED,
    "security_group_rules": UNLIMITED,
}
"""What a project may have where nobody said otherwise; ram in MiB.  The last four are the network service's matter."""

COUNTED = ("instances", "cores", "ram", "server_groups")
"""The resources of which a whole project has some; others are limits of one thing or one user."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A resource of which more was wanted than is left."""

    resource: str
    wanted: int
    used: int
    most: int


async def _stored(tx: Tx, table: Table, **where: str) -> dict[str, int]:
    statement = select(table.c.resource, table.c.most)
    for name, value in where.items():
        statement = statement.where(table.c[name] == value)
    return {row["resource"]: row["most"] for row in await tx.all(statement)}


async def class_limits(tx: Tx, name: str = "default") -> dict[str, int]:
    """The limits of a quota class; of the class `default`, what projects get."""
    return {**DEFAULTS, **await _stored(tx, CLASSES, name=name)}


async def limits(tx: Tx, project_id: str, user_id: str = "") -> dict[str, int]:
    """What a project may have, or one user in it; `UNLIMITED` is no limit."""
    found = {**await class_limits(tx), **await _stored(tx, QUOTAS, project_id=project_id, user_id="")}
    if user_id:
        found |= await _stored(tx, QUOTAS, project_id=project_id, user_id=user_id)
    return found


async def usage(tx: Tx, project_id: str, user_id: str = "") -> dict[str, int]:
    """What a project (or one user in it) has, for every resource; 0 for those that are not counted for projects."""
    servers = select(
        func.count().label("instances"),
        func.coalesce(func.sum(SERVERS.c.vcpus), 0).label("cores"),
        func.coalesce(func.sum(SERVERS.c.memory_mib), 0).label("ram"),
    ).where(SERVERS.c.project_id == project_id)
    groups = select(func.count()).select_from(GROUPS).where(GROUPS.c.project_id == project_id)
    if user_id:
        servers = servers.where(SERVERS.c.user_id == user_id)
        groups = groups.where(GROUPS.c.user_id == user_id)
    found = {name: int(count) for name, count in (await tx.first(servers) or {}).items()}
    return {**dict.fromkeys(DEFAULTS, 0), **found, "server_groups": int(await tx.scalar(groups) or 0)}


async def _used(tx: Tx, project_id: str, user_id: str, wanted: Mapping[str, int], group_id: str) -> dict[str, int]:
    """What is used of each wanted resource, in whatever it is counted for."""
    used = dict.fromkeys(wanted, 0)
    if not used.keys().isdisjoint(COUNTED):
        counted = await usage(tx, project_id, user_id)
        used |= {name: counted[name] for name in wanted}
    if "key_pairs" in wanted:
        mine = select(func.count()).select_from(KEYPAIRS).where(KEYPAIRS.c.user_id == user_id)
        used["key_pairs"] = int(await tx.scalar(mine) or 0)
    if "server_group_members" in wanted:
        members = select(func.count()).select_from(MEMBERS).where(MEMBERS.c.group_id == group_id)
        used["server_group_members"] = int(await tx.scalar(members) or 0)
    return used


async def shortages(
    tx: Tx, project_id: str, wanted: Mapping[str, int], *, user_id: str = "", group_id: str = ""
) -> list[Shortage]:
    """The resources of which not enough is left, by name; empty if all is well.

    Args:
        wanted: how much more of each resource.
        user_id: whose keypairs are meant, and whose own limits count besides the project's.
        group_id: the server group whose members are meant.
    """
    found: dict[str, Shortage] = {}
    project = await limits(tx, project_id)
    used = await _used(tx, project_id, "", {n: v for n, v in wanted.items() if n != "key_pairs"}, group_id)
    rounds: list[tuple[Mapping[str, int], Mapping[str, int]]] = [(project, used)]
    if user_id:
        own = await _stored(tx, QUOTAS, project_id=project_id, user_id=user_id)
        own = {name: most for name, most in own.items() if name in wanted}
        if "key_pairs" in wanted:
            own.setdefault("key_pairs", project["key_pairs"])
        if own:
            rounds.append((own, await _used(tx, project_id, user_id, {n: wanted[n] for n in own}, group_id)))
    for most, has in rounds:
        for name in has:
            if UNLIMITED != most[name] < has[name] + wanted[name]:
                found.setdefault(name, Shortage(name, wanted[name], has[name], most[name]))
    return [found[name] for name in sorted(found)]


async def check(tx: Tx, project_id: str, wanted: Mapping[str, int], *, user_id: str = "", group_id: str = "") -> None:
    """Raise unless enough is left of everything; arguments as for `shortages`.

    Raises:
        OverQuota: it is not; the message tells of the first resource and names all.
    """
    short = await shortages(tx, project_id, wanted, user_id=user_id, group_id=group_id)
    if short:
        first = short[0]
        raise OverQuota(
            overs=", ".join(s.resource for s in short), wanted=first.wanted, used=first.used, allowed=first.most
        )


def _bounded(name: str, most: int, least: int, ceiling: int) -> None:
    """Refuse a limit below what is used, or (for a user) above the project's."""
    reach = float("inf") if most == UNLIMITED else most
    if reach < least:
        raise BadRequest(
            f"Quota limit {most} for {name} must be greater than or equal to already used and reserved {least}."
        )
    if ceiling != UNLIMITED and reach > ceiling:
        raise BadRequest(f"Quota limit {most} for {name} must be less than or equal to {ceiling}.")


async def change(tx: Tx, project_id: str, user_id: str, wanted: Mapping[str, int], *, force: bool) -> None:
    """Set limits of a project, or of one user in it.

    Args:
        force: whether a limit may be below what is used already.

    Raises:
        BadRequest: it may not, but is; or a user would get more than the project.
    """
    used = await usage(tx, project_id, user_id)
    ceilings = await limits(tx, project_id) if user_id else dict.fromkeys(DEFAULTS, UNLIMITED)
    for name, most in wanted.items():
        if not force:
            _bounded(name, most, used[name], ceilings[name])
        await _put(tx, QUOTAS, {"project_id": project_id, "user_id": user_id, "resource": name}, most)


async def change_class(tx: Tx, name: str, wanted: Mapping[str, int]) -> None:
    """Set limits of a quota class."""
    for resource, most in wanted.items():
        await _put(tx, CLASSES, {"name": name, "resource": resource}, most)


async def _put(tx: Tx, table: Table, key: dict[str, Any], most: int) -> None:
    match = [table.c[name] == value for name, value in key.items()]
    await tx.run(delete(table).where(*match))
    await tx.insert(table, {**key, "most": most})


async def forget(tx: Tx, project_id: str, user_id: str = "") -> None:
    """Give a project, or one user in it, the defaults again; a project's users lose theirs with it."""
    these = delete(QUOTAS).where(QUOTAS.c.project_id == project_id)
    await tx.run(these.where(QUOTAS.c.user_id == user_id) if user_id else these)
