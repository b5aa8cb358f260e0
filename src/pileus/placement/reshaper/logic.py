"""Inventories and allocations replaced together."""

from collections.abc import Sequence
from typing import Any

from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Tx
from pileus.placement.allocations.logic import Allocations, Claim
from pileus.placement.errors import ConcurrentUpdate, ResourceClassNotFound
from pileus.placement.inventories.logic import Inventories, completed
from pileus.placement.providers.logic import Providers

Json = dict[str, Any]


async def reshape(
    tx: Tx,
    providers: Providers,
    inventories: Inventories,
    allocations: Allocations,
    wanted: dict[str, Json],
    claims: Sequence[Claim],
) -> None:
    """Make the providers' inventories and the consumers' allocations those wanted.

    An inventory cannot go while something is allocated of it, and nothing can be allocated of one that is not there.
    So inventories are first added to and changed, then the allocations are written, then what is not wanted goes.

    Raises:
        NoSuchProvider, BadRequest: a provider or resource class does not exist.
        ConcurrentUpdate: a provider or consumer is not as the caller knows it.
        InventoryInUse: something is still allocated of an inventory that is to go.
        CannotAllocate: the allocations do not fit.
    """
    rows = {}
    for uid, said in wanted.items():
        rows[uid] = await providers.named_in_body(tx, uid)
        given, actual = said["resource_provider_generation"], rows[uid]["generation"]
        if given != actual:
            raise ConcurrentUpdate(
                f"resource provider generation conflict for provider {uid}: actual: {actual}, given: {given}"
            )
    amounts = {
        uid: {name: completed(inventory) for name, inventory in said["inventories"].items()}
        for uid, said in wanted.items()
    }
    try:
        for uid, row in rows.items():
            if amounts[uid]:
                await inventories.replace(tx, row, amounts[uid], keep=True)
        if claims:
            await allocations.replace(tx, claims)
        for uid in rows:
            await inventories.replace(tx, await providers.get(tx, uid), amounts[uid])
    except ResourceClassNotFound as error:
        raise BadRequest(f"malformed reshaper data: {error.text}") from None
