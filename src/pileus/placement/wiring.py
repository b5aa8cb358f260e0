"""The placement service, put together."""

from pileus.kernel.api.declare import Service
from pileus.kernel.parts import Parts
from pileus.kernel.store import Tx
from pileus.placement import errors
from pileus.placement.allocations.logic import Allocations
from pileus.placement.providers.logic import Providers
from pileus.placement.service import Inventory, Provider
from pileus.placement.versions import PLACEMENT


class PlacementService:
    """The placement service of one node; other services see it as `service.Placement`."""

    def __init__(self, parts: Parts) -> None:
        self._providers = Providers(parts.world)
        self._allocations = Allocations(parts.world)
        self.api = Service(
            type="placement",
            name="placement",
            prefix="/placement",
            root="",
            history=PLACEMENT,
            fault=errors.fault,
            invalid=errors.invalid,
            policy_file=parts.policy_file("placement"),
        )

    async def snapshot(self, tx: Tx) -> list[Provider]:
        """Every root provider with what is used of it."""
        return await self._providers.snapshot(tx)

    async def keep_provider(
        self, tx: Tx, id: str, name: str, inventories: dict[str, Inventory], traits: frozenset[str]
    ) -> None:
        """Make a root provider or bring it up to date; nothing is written when nothing changed."""
        await self._providers.keep(tx, id, name, inventories, traits)

    async def remove_provider(self, tx: Tx, id: str) -> None:
        """Remove a provider that nothing is allocated on; no error if there is none."""
        await self._providers.remove(tx, id)

    async def claim(
        self, tx: Tx, consumer: str, allocations: dict[str, dict[str, int]], *, project_id: str, user_id: str
    ) -> None:
        """Replace a consumer's allocations, all or nothing.

        Raises:
            DoesNotFit: a provider has not enough left, or the amounts break its inventory's rules.
        """
        await self._allocations.claim(tx, consumer, allocations, project_id=project_id, user_id=user_id)

    async def release(self, tx: Tx, consumer: str) -> None:
        """Drop a consumer's allocations, if there are any."""
        await self._allocations.release(tx, consumer)

    async def consumers(self, tx: Tx) -> dict[str, dict[str, dict[str, int]]]:
        """Every consumer's allocations by provider and class; for audits."""
        return await self._allocations.consumers(tx)


def wire(parts: Parts) -> PlacementService:
    """Build the placement service from the kernel's parts."""
    return PlacementService(parts)
