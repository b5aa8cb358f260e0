"""Which aggregates providers belong to.  An aggregate is no more than the id that several providers name."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from pileus.kernel.store import Row, Tx
from pileus.placement.providers.logic import Providers
from pileus.placement.providers.table import PROVIDER_AGGREGATES


class Aggregates:
    """The aggregates of the cloud's providers."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    async def of(self, tx: Tx, provider: str) -> list[str]:
        """The aggregates of a provider."""
        c = PROVIDER_AGGREGATES.c
        rows = await tx.all(select(c.aggregate).where(c.provider == provider).order_by(c.aggregate))
        return [row["aggregate"] for row in rows]

    async def replace(self, tx: Tx, provider: Row, wanted: Sequence[str], *, grow: bool) -> Row:
        """Make a provider's aggregates those named, and return its row.

        Args:
            grow: whether that is a new generation of the provider.

        Raises:
            ConcurrentUpdate: it is, and somebody else has changed the provider since its row was read.
        """
        uid = provider["uuid"]
        await tx.run(delete(PROVIDER_AGGREGATES).where(PROVIDER_AGGREGATES.c.provider == uid))
        await tx.insert(PROVIDER_AGGREGATES, [{"provider": uid, "aggregate": aggregate} for aggregate in wanted])
        if grow:
            return await self._providers.advance(tx, provider)
        await self._providers.restamp(tx, [uid])
        return provider
