"""Which data belong to which image: the truth that stores are compared with."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select

from pileus.image.locations.table import LOCATIONS, STAGED
from pileus.image.staging.area import Staged
from pileus.image.stores.registry import Stores
from pileus.kernel.store import Row, Tx
from pileus.kernel.world import World


class Locations:
    """The places of images' data.

    Args:
        show: whether images show the best one ("direct"), or "all" of them.
    """

    def __init__(self, stores: Stores, world: World, *, show: str = "none") -> None:
        self._stores = stores
        self._world = world
        self.show = show

    async def attach(self, tx: Tx, rows: Sequence[Row]) -> None:
        """Give each image its `locations`: rows with an `url` each, the best first."""
        ids = [row["id"] for row in rows]
        statement = select(LOCATIONS).where(LOCATIONS.c.image_id.in_(ids)).order_by(LOCATIONS.c.position)
        found: dict[str, list[Row]] = {image_id: [] for image_id in ids}
        for place in await tx.all(statement) if ids else []:
            found[place["image_id"]].append({**place, "url": self.url(place)})
        for row in rows:
            places = sorted(found[row["id"]], key=lambda place: -self._weight(place["store"]))
            row["locations"] = places
            if self.show == "all":
                row["shown_locations"] = shown(places)
            if self.show != "none" and places:
                row["direct_url"] = places[0]["url"]

    def _weight(self, store: str) -> int:
        member = self._stores.get(store)
        return member.weight if member is not None else 0

    def url(self, place: Row) -> str:
        """The address of a place."""
        member = self._stores.get(place["store"])
        return member.shelf.url(place["name"]) if member is not None else f"{place['store']}:{place['name']}"

    async def of(self, tx: Tx, image_id: str) -> list[Row]:
        """An image's places, the best first."""
        row: Row = {"id": image_id}
        await self.attach(tx, [row])
        places: list[Row] = row["locations"]
        return places

    async def add(self, tx: Tx, image_id: str, store: str, name: str, metadata: dict[str, Any] | None = None) -> None:
        """Say that an image's data lie there; saying it twice is saying it once."""
        c = LOCATIONS.c
        same = select(c.id).where(c.image_id == image_id, c.store == store, c.name == name)
        if await tx.first(same) is not None:
            return
        last = await tx.scalar(select(func.max(c.position)).where(c.image_id == image_id))
        row = {
            "id": self._world.ids.uuid(),
            "image_id": image_id,
            "position": (last or 0) + 1,
            "store": store,
            "name": name,
            "metadata": metadata or {},
            "created_at": self._world.clock.now(),
        }
        await tx.insert(LOCATIONS, row)

    async def remove(self, tx: Tx, image_id: str, store: str, name: str) -> bool:
        """Say that they no longer do; whether they did."""
        c = LOCATIONS.c
        return bool(await tx.run(delete(LOCATIONS).where(c.image_id == image_id, c.store == store, c.name == name)))

    async def clear(self, tx: Tx, image_id: str) -> None:
        """Say that an image without data has no place, wherever a failed import may have left one."""
        await tx.run(delete(LOCATIONS).where(LOCATIONS.c.image_id == image_id))

    async def used(self, tx: Tx, store: str, name: str) -> bool:
        """Whether any image's data lie there."""
        c = LOCATIONS.c
        return await tx.first(select(c.id).where(c.store == store, c.name == name).limit(1)) is not None

    async def names(self, tx: Tx, store: str) -> set[str]:
        """Every name that images know in a store."""
        rows = await tx.all(select(LOCATIONS.c.name).where(LOCATIONS.c.store == store).distinct())
        return {row["name"] for row in rows}

    async def stage(self, tx: Tx, image_id: str, staged: Staged, node: str) -> None:
        """Say that an image's data wait in the staging area of a node."""
        values = {
            "image_id": image_id,
            "name": staged.name,
            "size": staged.size,
            "md5": staged.md5,
            "algorithm": staged.algorithm,
            "digest": staged.digest,
            "node": node,
        }
        await tx.run(insert(STAGED).values(values))

    async def staged(self, tx: Tx, image_id: str) -> Staged | None:
        """What of an image waits for its import."""
        row = await tx.first(select(STAGED).where(STAGED.c.image_id == image_id))
        if row is None:
            return None
        return Staged(row["name"], row["size"], row["md5"], row["algorithm"], row["digest"])

    async def unstage(self, tx: Tx, image_id: str) -> None:
        """Say that nothing waits any more."""
        await tx.run(delete(STAGED).where(STAGED.c.image_id == image_id))

    async def waiting(self, tx: Tx, node: str) -> set[str]:
        """Every file of a node's staging area that waits for its image's import."""
        return {row["name"] for row in await tx.all(select(STAGED.c.name).where(STAGED.c.node == node))}


def shown(places: Iterable[Row]) -> list[dict[str, Any]]:
    """Places as the API shows them."""
    return [{"url": place["url"], "metadata": {"store": place["store"], **place["metadata"]}} for place in places]
