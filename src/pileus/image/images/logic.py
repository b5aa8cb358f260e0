"""What happens to images: made, found, changed, deleted.  Data are the business of `data/`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from pileus.image.errors import DuplicateImage, ImageNotFound, ImageProtected
from pileus.image.images.table import IMAGES, MEMBERS
from pileus.image.locations.logic import Locations
from pileus.image.quotas.logic import COUNT, Quotas
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World

COLUMNS = (
    "name",
    "visibility",
    "protected",
    "os_hidden",
    "owner",
    "container_format",
    "disk_format",
    "min_disk",
    "min_ram",
    "tags",
)
"""Attributes that users set and that have a column of their own."""


class Images:
    """The images of the cloud.

    Attributes:
        quotas: how many of them, and how much in them, a project may have.
    """

    def __init__(self, world: World, locations: Locations, quotas: Quotas) -> None:
        self._world = world
        self.quotas = quotas
        self._locations = locations

    def new(self, who: Caller, body: dict[str, Any]) -> Row:
        """The row of a new image without data."""
        now = self._world.clock.now()
        row: Row = {
            "id": body.get("id") or self._world.ids.uuid(),
            "name": None,
            "status": "queued",
            "task": None,
            "owner": who.project_id,
            "visibility": "shared",
            "disk_format": None,
            "container_format": None,
            "size": None,
            "virtual_size": None,
            "checksum": None,
            "os_hash_algo": None,
            "os_hash_value": None,
            "os_hidden": False,
            "protected": False,
            "min_disk": 0,
            "min_ram": 0,
            "tags": [],
            "locations": [],
            "created_at": now,
            "updated_at": now,
        }
        row |= {name: body[name] for name in COLUMNS if name in body}
        row["owner"] = row["owner"] or who.project_id
        row["tags"] = list(dict.fromkeys(row["tags"]))
        row["extra"] = {k: v for k, v in body.items() if k not in COLUMNS and k != "id"}
        return row

    async def create(self, tx: Tx, row: Row) -> Row:
        """Record a new image.

        Raises:
            DuplicateImage: an image has that id.
            QuotaExceeded: its project may not have another.
        """
        try:
            async with tx.savepoint():
                await tx.insert(IMAGES, {name: value for name, value in row.items() if name != "locations"})
        except DuplicateRow:
            raise DuplicateImage(id=row["id"]) from None
        await self.quotas.hold(tx, row["owner"], COUNT, delta=1)
        await self.locate(tx, [row])
        return row

    async def get(self, tx: Tx, who: Caller, id: str) -> Row:
        """An image that the caller may see.

        Raises:
            ImageNotFound: there is none, or it is hidden from the caller.
        """
        row = await tx.first(select(IMAGES).where(IMAGES.c.id == id))
        if row is None or not await self._sees(tx, who, row):
            raise ImageNotFound(id=id)
        await self.locate(tx, [row])
        return row

    async def locate(self, tx: Tx, rows: Sequence[Row]) -> None:
        """Give each image its `locations`."""
        await self._locations.attach(tx, rows)

    async def _sees(self, tx: Tx, who: Caller, row: Row) -> bool:
        if who.is_admin or row["visibility"] in {"public", "community"} or row["owner"] == who.project_id:
            return True
        if row["visibility"] != "shared" or not who.project_id:
            return False
        shared = select(MEMBERS.c.status).where(MEMBERS.c.image_id == row["id"], MEMBERS.c.member_id == who.project_id)
        return await tx.scalar(shared) is not None

    async def save(self, tx: Tx, row: Row, changes: Row) -> Row:
        """Change an image's row."""
        changes = {**changes, "updated_at": self._world.clock.now()}
        await tx.run(update(IMAGES).where(IMAGES.c.id == row["id"]).values(**changes))
        return {**row, **changes}

    async def delete(self, tx: Tx, row: Row) -> None:
        """Forget an image; its data are dropped after the commit, by who is told.

        Raises:
            ImageProtected: it is protected.
        """
        if row["protected"]:
            raise ImageProtected(id=row["id"])
        await tx.run(IMAGES.delete().where(IMAGES.c.id == row["id"]))

    def visible(self, who: Caller, visibility: str | None, member_status: str) -> ColumnElement[bool] | None:
        """The condition of an image's being in the caller's lists; None for no condition."""
        c = IMAGES.c
        mine = c.owner == who.project_id
        shared = and_(
            c.visibility == "shared",
            c.id.in_(
                select(MEMBERS.c.image_id).where(
                    MEMBERS.c.member_id == who.project_id,
                    *([MEMBERS.c.status == member_status] if member_status != "all" else []),
                )
            ),
        )
        if visibility == "all":
            return None if who.is_admin else or_(mine, shared, c.visibility.in_(("public", "community")))
        if visibility == "community":
            return c.visibility == "community"
        if visibility == "public":
            return c.visibility == "public"
        if visibility == "private":
            return c.visibility == "private" if who.is_admin else and_(mine, c.visibility == "private")
        if visibility == "shared":
            return c.visibility == "shared" if who.is_admin else or_(and_(mine, c.visibility == "shared"), shared)
        if who.is_admin:
            return c.visibility != "community" if not who.project_id else or_(c.visibility != "community", mine)
        return or_(mine, shared, c.visibility == "public")


def age_condition(column: Any, operator: str, moment: datetime) -> ColumnElement[bool]:
    """A comparison with a time, by the operator's name in query strings (gt, gte, eq, neq, lt, lte)."""
    comparisons: dict[str, Any] = {
        "gt": column > moment,
        "gte": column >= moment,
        "eq": column == moment,
        "neq": column != moment,
        "lt": column < moment,
        "lte": column <= moment,
    }
    condition: ColumnElement[bool] = comparisons[operator]
    return condition
