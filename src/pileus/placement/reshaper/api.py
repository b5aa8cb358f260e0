"""The reshaper on the wire."""

from typing import Any

from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import post, resource
from pileus.kernel.store import Tx
from pileus.placement.allocations.logic import Allocations
from pileus.placement.allocations.schema import claim_of
from pileus.placement.errors import CannotAllocate, ConcurrentUpdate, InventoryInUse, NoSuchProvider
from pileus.placement.inventories.logic import Inventories
from pileus.placement.providers.logic import Providers
from pileus.placement.reshaper.logic import reshape
from pileus.placement.reshaper.schema import NewShape
from pileus.placement.rules import SERVICE
from pileus.placement.versions import RESHAPER


@resource("/reshaper", policy="placement:reshaper:%s", since=RESHAPER)
class ReshaperResource:
    """Moves inventories between providers while something is allocated of them."""

    def __init__(self, providers: Providers, inventories: Inventories, allocations: Allocations) -> None:
        self._providers = providers
        self._inventories = inventories
        self._allocations = allocations

    @post(
        rule="reshape",
        allow=SERVICE,
        status=204,
        body=NewShape,
        transaction="none",
        raises=(CannotAllocate, ConcurrentUpdate, InventoryInUse, NoSuchProvider),
    )
    async def reshape(self, call: Call, body: dict[str, Any]) -> None:
        """Replace inventories of providers and allocations of consumers, all or nothing."""
        claims = [claim_of(uid, said, said["project_id"], said["user_id"]) for uid, said in body["allocations"].items()]

        async def write(tx: Tx) -> None:
            await reshape(tx, self._providers, self._inventories, self._allocations, body["inventories"], claims)

        await self._allocations.in_turn(write)
