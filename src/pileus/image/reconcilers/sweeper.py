"""Stores and the staging area hold what belongs to images, and nothing else."""

from sqlalchemy import select

from pileus.image.data.keeping import Keeper
from pileus.image.locations.logic import Locations
from pileus.image.staging.area import Area
from pileus.image.stores.protocol import StoreUnreachable
from pileus.image.stores.registry import Stores
from pileus.kernel import log
from pileus.kernel.operations import OPERATIONS
from pileus.kernel.operations.journal import UNFINISHED
from pileus.kernel.store import Store

LOG = log.get("image")


class Sweeper:
    """Drops what a process that died left behind: data of no image, and files of no request.

    Files of requests that last (`upload-…`, and `staged-…` that no row names yet) are known by their process alone;
    they are dropped at its start, before there are any.
    """

    name = "image.sweeper"
    interval = 3600.0
    topics: tuple[str, ...] = ()

    def __init__(
        self, store: Store, stores: Stores, locations: Locations, area: Area, keeper: Keeper, *, node: str
    ) -> None:
        self._store = store
        self._stores = stores
        self._locations = locations
        self._area = area
        self._keeper = keeper
        self._node = node

    async def converge(self) -> int:
        """Sweep every store that answers, and the staging area; how much there was."""
        found = await self.tidy(everything=False)
        for member in self._stores:
            try:
                found += await self._keeper.sweep(member.id)
            except StoreUnreachable as error:
                LOG.warning("store cannot be swept", store=member.id, error=str(error))
        return found

    async def tidy(self, *, everything: bool) -> int:
        """Drop files of the staging area that nobody will ask for; how many.

        Args:
            everything: whether no request lasts, so that its files are nobody's either.
        """
        names = await self._area.names()
        async with self._store.read() as tx:
            waiting = await self._locations.waiting(tx, self._node)
            c = OPERATIONS.c
            runs = await tx.all(select(c.id).where(c.state.in_(UNFINISHED), c.kind.startswith("image.")))
        running = {row["id"] for row in runs}
        left = [name for name in names if not _wanted(name, waiting, running, everything)]
        for name in left:
            LOG.info("dropping a file of no image", name=name)
        await self._area.drop(*left)
        return len(left)


def _wanted(name: str, waiting: set[str], running: set[str], everything: bool) -> bool:
    kind, _, rest = name.partition("-")
    if kind == "import":
        return rest.partition(".")[0] in running
    return name in waiting or not everything
