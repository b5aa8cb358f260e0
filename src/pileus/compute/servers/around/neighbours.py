"""What servers need of compute's other resources, said as protocols so that each can be built and tested alone."""

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import Tx


class FlavorRecord(Struct, frozen=True, kw_only=True):
    """A flavor as servers copy it at their birth.

    Attributes:
        id: what users name it by.
        ram, swap: MiB.
        disk, ephemeral: GiB.
    """

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    ephemeral: int = 0
    swap: int = 0
    disabled: bool = False
    extra_specs: dict[str, str] = {}


class KeypairRecord(Struct, frozen=True):
    """A keypair as servers copy it at their birth."""

    name: str
    type: str
    public_key: str


class GroupRecord(Struct, frozen=True, kw_only=True):
    """A server group.

    Attributes:
        most: members that one host may have under anti-affinity.
        members: ids of servers.
    """

    id: str
    policy: str
    most: int = 1
    members: tuple[str, ...] = ()


class Flavors(Protocol):
    """The flavors."""

    async def find(self, tx: Tx, who: Caller, id: str) -> FlavorRecord | None:
        """The flavor that the caller may use."""
        ...


class Keypairs(Protocol):
    """The keypairs."""

    async def find(self, tx: Tx, user_id: str, name: str) -> KeypairRecord | None:
        """A user's keypair."""
        ...


class Quotas(Protocol):
    """The limits of projects."""

    async def limits(self, tx: Tx, project_id: str, user_id: str) -> dict[str, int]:
        """The limits by name (instances, cores, ram, metadata_items …); -1 is unlimited."""
        ...


class Groups(Protocol):
    """The server groups."""

    async def find(self, tx: Tx, who: Caller, id: str) -> GroupRecord | None:
        """A group that the caller may use."""
        ...

    async def join(self, tx: Tx, group_id: str, server_id: str) -> None:
        """Put a server into a group.

        Raises:
            Forbidden: the group is full.
        """
        ...

    async def leave(self, tx: Tx, server_id: str) -> None:
        """Take a server out of its group, if it is in one."""
        ...

    async def of_servers(self, tx: Tx, server_ids: Sequence[str]) -> dict[str, str]:
        """The group of each server that is in one."""
        ...


class Zones(Protocol):
    """The availability zones."""

    async def of_hosts(self, tx: Tx) -> dict[str, str]:
        """The zone of each host that an aggregate puts into one; others are in the default zone."""
        ...

    async def names(self, tx: Tx) -> set[str]:
        """The zones that servers may ask for."""
        ...


class Neighbours(Struct, frozen=True):
    """All of them."""

    flavors: Any
    keypairs: Any
    quotas: Any
    groups: Any
    zones: Any
    default_zone: str = "nova"
