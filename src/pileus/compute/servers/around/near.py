"""Compute's other resources as servers ask for them: `Neighbours`, fulfilled."""

from collections.abc import Sequence

from pileus.compute.aggregates import logic as aggregates
from pileus.compute.availability_zones import logic as zones
from pileus.compute.flavors import logic as flavors
from pileus.compute.keypairs import logic as keypairs
from pileus.compute.quotas import logic as quotas
from pileus.compute.server_groups import logic as groups
from pileus.compute.servers.around.neighbours import FlavorRecord, GroupRecord, KeypairRecord, Neighbours
from pileus.compute.settings import ComputeSettings
from pileus.kernel.api.errors import NotFound
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Tx


class NearFlavors:
    """The flavors."""

    async def find(self, tx: Tx, who: Caller, id: str) -> FlavorRecord | None:
        """The flavor that the caller may use."""
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


class NearKeypairs:
    """The keypairs."""

    async def find(self, tx: Tx, user_id: str, name: str) -> KeypairRecord | None:
        """A user's keypair."""
        try:
            row = await keypairs.find(tx, user_id, name)
        except NotFound:
            return None
        return KeypairRecord(row["name"], row["type"], row["public_key"])


class NearQuotas:
    """The limits of projects."""

    async def limits(self, tx: Tx, project_id: str, user_id: str) -> dict[str, int]:
        """The limits by name."""
        return await quotas.limits(tx, project_id, user_id)


class NearGroups:
    """The server groups."""

    async def find(self, tx: Tx, who: Caller, id: str) -> GroupRecord | None:
        """A group that the caller may use."""
        try:
            row = await groups.find(tx, who, id)
        except NotFound:
            return None
        return GroupRecord(
            id=row["id"],
            policy=row["policy"],
            most=row["max_server_per_host"] or 1,
            members=tuple(row["members"]),
        )

    async def join(self, tx: Tx, group_id: str, server_id: str) -> None:
        """Put a server into a group."""
        await groups.join(tx, group_id, server_id)

    async def leave(self, tx: Tx, server_id: str) -> None:
        """Take a server out of its group, if it is in one."""
        await groups.leave(tx, server_id)

    async def of_servers(self, tx: Tx, server_ids: Sequence[str]) -> dict[str, str]:
        """The group of each server that is in one."""
        return await groups.of_servers(tx, server_ids)


class NearZones:
    """The availability zones."""

    def __init__(self, settings: ComputeSettings) -> None:
        self._settings = settings

    async def of_hosts(self, tx: Tx) -> dict[str, str]:
        """The zone of each host that an aggregate puts into one."""
        return await aggregates.zones(tx)

    async def names(self, tx: Tx) -> set[str]:
        """The zones that servers may ask for."""
        return await zones.names(tx, self._settings)


def neighbours(settings: ComputeSettings) -> Neighbours:
    """All of them."""
    return Neighbours(
        flavors=NearFlavors(),
        keypairs=NearKeypairs(),
        quotas=NearQuotas(),
        groups=NearGroups(),
        zones=NearZones(settings),
        default_zone=settings.default_zone,
    )
