"""What a project's limits are, for the services that keep to them."""

from sqlalchemy import and_, or_, select

from pileus.identity.limits.table import LIMITS, REGISTERED_LIMITS
from pileus.identity.services.table import SERVICES
from pileus.kernel.store import Tx


async def limits_of(tx: Tx, type: str, region: str, project_id: str) -> dict[str, int]:
    """A project's limits on the resources of a service, by the resource's name.

    A registered limit of the region counts before one of every region, and the project's own before both.  What has no
    registered limit is not there.
    """
    r, s, own = REGISTERED_LIMITS.c, SERVICES.c, LIMITS.c
    joined = REGISTERED_LIMITS.join(SERVICES, s.id == r.service_id).outerjoin(
        LIMITS, and_(own.registered_limit_id == r.id, own.project_id == project_id)
    )
    statement = (
        select(r.resource_name, r.region_id, r.default_limit, own.resource_limit)
        .select_from(joined)
        .where(s.type == type, or_(r.region_id.is_(None), r.region_id == region))
    )
    rows = sorted(await tx.all(statement), key=lambda row: row["region_id"] is not None)
    return {
        row["resource_name"]: row["default_limit"] if row["resource_limit"] is None else row["resource_limit"]
        for row in rows
    }
