"""Keeping to limits: counted from the rows themselves, in the transaction that makes more of them.

Source: Glance's administrator guide, "Quotas", and its use of unified limits.  A limit that nobody registered does not
bind; -1 is no limit.
"""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy import func, or_, select

from pileus.image.errors import QuotaExceeded
from pileus.image.images.table import IMAGES
from pileus.image.locations.table import LOCATIONS
from pileus.kernel.store import Tx
from pileus.kernel.store.types import json_text

Limits = Callable[[Tx, str], Awaitable[Mapping[str, int]]]
"""Tells a project's limits by resource."""

SIZE, STAGE, COUNT, UPLOADING = "image_size_total", "image_stage_total", "image_count_total", "image_count_uploading"
MIB = 1 << 20
_INCOMING = ("saving", "uploading", "importing")
_STAGED = ("uploading", "importing")


class Quotas:
    """What projects have, and what they may have."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def hold(self, tx: Tx, project: str, *names: str, delta: int = 0) -> None:
        """Refuse what a transaction has made when it is more than the project may have.

        Args:
            delta: by how much the resources grew; counted already, and only told.

        Raises:
            QuotaExceeded: it is more; the transaction must not be committed.
        """
        limits = await self._limits(tx, project)
        for name in names:
            limit = limits.get(name, -1)
            if limit < 0:
                continue
            usage = await self._count(tx, project, name)
            if usage > limit:
                raise QuotaExceeded(project=project, name=name, limit=limit, usage=usage - delta, delta=delta)

    async def usage(self, tx: Tx, project: str) -> dict[str, dict[str, int]]:
        """Limit and usage of everything that is limited."""
        limits = await self._limits(tx, project)
        return {
            name: {"limit": limits[name], "usage": await self._count(tx, project, name)}
            for name in (SIZE, STAGE, COUNT, UPLOADING)
            if name in limits
        }

    async def _count(self, tx: Tx, project: str, name: str) -> int:
        c = IMAGES.c
        copying = func.coalesce(json_text(c.extra, "os_glance_importing_to_stores"), "") != ""
        if name == COUNT:
            statement = select(func.count()).select_from(IMAGES)
        elif name == UPLOADING:
            statement = select(func.count()).select_from(IMAGES).where(or_(c.status.in_(_INCOMING), copying))
        elif name == STAGE:
            statement = select(func.coalesce(func.sum(c.size), 0)).where(or_(c.status.in_(_STAGED), copying))
        else:
            statement = select(func.coalesce(func.sum(c.size), 0)).select_from(
                IMAGES.join(LOCATIONS, LOCATIONS.c.image_id == c.id)
            )
        found = int(await tx.scalar(statement.where(c.owner == project)) or 0)
        return found if name in {COUNT, UPLOADING} else found // MIB
