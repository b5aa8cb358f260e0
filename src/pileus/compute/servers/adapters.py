"""Compute's other resources as servers' neighbours: thin views of their own logic."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select

from pileus.compute.flavors import logic as flavors
from pileus.compute.keypairs.table import KEYPAIRS
from pileus.compute.quotas import logic as quotas
from pileus.compute.server_groups.table import GROUPS, MEMBERS
from pileus.compute.servers.neighbours import FlavorRecord, GroupRecord, KeypairRecord
from pileus.kernel.api.errors import Forbidden, NotFound
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Tx


class FlavorsBeside:
    """Fulfils `neighbours.Flavors`."""

    async def find(self, tx: Tx, who: Caller, id: str) -> FlavorRecord | None:
        """See Flavors."""
        try:
            row = await flavors.find(tx, who, id)
        except NotFound:
            return None
        return FlavorRecord(
            id=row["flavorid"],
            name=row["name"],
            vcpus=row["vcpus"],
            ram=row["memory_mb"],
            disk=row["root_gb"],
            ephemeral=row["ephemeral_gb"],
            swap=row["swap"],
            disabled=bool(row["disabled"]),
            extra_specs=row["extra_specs"],
        )


class KeypairsBeside:
    """Fulfils `neighbours.Keypairs`."""

    async def find(self, tx: Tx, user_id: str, name: str) -> KeypairRecord | None:
        """See Keypairs."""
        c = KEYPAIRS.c
        row = await tx.first(select(KEYPAIRS).where(c.user_id == user_id, c.name == name))
        return KeypairRecord(row["name"], row["type"], row["public_key"]) if row is not None else None


class QuotasBeside:
    """Fulfils `neighbours.Quotas`."""

    async def limits(self, tx: Tx, project_id: str, user_id: str) -> dict[str, int]:
        """See Quotas."""
        return await quotas.limits(tx, project_id, user_id)


class GroupsBeside:
    """Fulfils `neighbours.Groups`."""

    async def find(self, tx: Tx, who: Caller, id: str) -> GroupRecord | None:
        """See Groups."""
        row = await tx.first(select(GROUPS).where(GROUPS.c.id == id))
        if row is None or (row["project_id"] != who.project_id and not who.is_admin):
            return None
        members = await tx.all(select(MEMBERS.c.server_id).where(MEMBERS.c.group_id == id))
        return GroupRecord(
            id=id,
            policy=row["policy"],
            most=row["max_server_per_host"] or 1,
            members=tuple(member["server_id"] for member in members),
        )

    async def join(self, tx: Tx, group_id: str, server_id: str) -> None:
        """See Groups."""
        project = await tx.scalar(select(GROUPS.c.project_id).where(GROUPS.c.id == group_id))
        short = await quotas.shortages(tx, project, {"server_group_members": 1}, group_id=group_id)
        if short:
            raise Forbidden("Quota exceeded, too many servers in group")
        last = await tx.scalar(select(func.max(MEMBERS.c.number)).where(MEMBERS.c.group_id == group_id))
        await tx.insert(MEMBERS, {"server_id": server_id, "group_id": group_id, "number": (last or 0) + 1})

    async def leave(self, tx: Tx, server_id: str) -> None:
        """See Groups."""
        await tx.run(delete(MEMBERS).where(MEMBERS.c.server_id == server_id))

    async def of_servers(self, tx: Tx, server_ids: Sequence[str]) -> dict[str, str]:
        """See Groups."""
        rows: list[dict[str, Any]] = await tx.all(select(MEMBERS).where(MEMBERS.c.server_id.in_(server_ids)))
        return {row["server_id"]: row["group_id"] for row in rows}
