"""Giving projects the use of private flavors, and taking it away."""

from sqlalchemy import delete, select

from pileus.compute.flavors.table import ACCESS
from pileus.kernel.api.errors import Conflict, NotFound
from pileus.kernel.store import Row, Tx


class AccessExists(Conflict):
    """409: the project may use the flavor already."""

    message = "Flavor access already exists for flavor {flavor} and project {project} combination."


class AccessNotFound(NotFound):
    """404: the project was never given the flavor."""

    message = "Flavor access not found for {flavor} / {project} combination."


async def grants(tx: Tx, flavor: Row) -> list[Row]:
    """The projects that may use a flavor, with the flavor's public id."""
    rows = await tx.all(select(ACCESS).where(ACCESS.c.flavor_id == flavor["id"]).order_by(ACCESS.c.project_id))
    return [{"flavor_id": flavor["flavorid"], "project_id": row["project_id"]} for row in rows]


async def grant(tx: Tx, flavor: Row, project_id: str) -> None:
    """Let a project use a flavor.

    Raises:
        AccessExists: it may already.
    """
    if any(row["project_id"] == project_id for row in await grants(tx, flavor)):
        raise AccessExists(flavor=flavor["flavorid"], project=project_id)
    await tx.insert(ACCESS, {"flavor_id": flavor["id"], "project_id": project_id})


async def revoke(tx: Tx, flavor: Row, project_id: str) -> None:
    """Take the use of a flavor from a project.

    Raises:
        AccessNotFound: it has not got it.
    """
    these = (ACCESS.c.flavor_id == flavor["id"]) & (ACCESS.c.project_id == project_id)
    if not await tx.run(delete(ACCESS).where(these)):
        raise AccessNotFound(flavor=flavor["flavorid"], project=project_id)
