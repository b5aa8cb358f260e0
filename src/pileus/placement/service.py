"""What other services may ask of placement."""

from typing import Protocol

import msgspec

from pileus.kernel.api.declare import Service
from pileus.kernel.store import Tx


class Inventory(msgspec.Struct, frozen=True, gc=False):
    """How much of a resource class a provider has; see the Placement API reference."""

    total: int
    reserved: int = 0
    min_unit: int = 1
    max_unit: int = 2147483647
    step_size: int = 1
    allocation_ratio: float = 1.0


class Provider(msgspec.Struct, frozen=True, gc=False):
    """A root provider and what is free of it, for scheduling.

    Attributes:
        inventories: by resource class.
        used: amounts by resource class.
        traits, aggregates: names and ids.
    """

    id: str
    name: str
    generation: int
    inventories: dict[str, Inventory]
    used: dict[str, int]
    traits: frozenset[str]
    aggregates: frozenset[str]


class DoesNotFit(Exception):
    """A claim asks for more than is left; the message names provider and class."""


class Placement(Protocol):
    """The door to placement."""

    api: Service

    async def snapshot(self, tx: Tx) -> list[Provider]:
        """Every root provider with what is used of it."""
        ...

    async def keep_provider(
        self, tx: Tx, id: str, name: str, inventories: dict[str, Inventory], traits: frozenset[str]
    ) -> None:
        """Make a root provider or bring it up to date; nothing is written when nothing changed."""
        ...

    async def remove_provider(self, tx: Tx, id: str) -> None:
        """Remove a provider that nothing is allocated on; no error if there is none."""
        ...

    async def claim(
        self, tx: Tx, consumer: str, allocations: dict[str, dict[str, int]], *, project_id: str, user_id: str
    ) -> None:
        """Replace a consumer's allocations (by provider, by resource class) in the caller's transaction.

        Raises:
            DoesNotFit: a provider has not enough left, or the amounts break its inventory's rules.
        """
        ...

    async def release(self, tx: Tx, consumer: str) -> None:
        """Drop a consumer's allocations, if there are any."""
        ...

    async def consumers(self, tx: Tx) -> dict[str, dict[str, dict[str, int]]]:
        """Every consumer's allocations by provider and class; for audits."""
        ...
