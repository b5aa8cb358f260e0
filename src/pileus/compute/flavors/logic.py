"""What happens to flavors: who finds which, and what a fresh cloud starts with."""

from typing import Any

from sqlalchemy import ColumnElement, Select, delete, or_, select, update

from pileus.compute.flavors.table import ACCESS, FLAVORS
from pileus.kernel.api.errors import Conflict, NotFound
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World


class FlavorNotFound(NotFound):
    """404: there is no such flavor, or the caller may not use it."""

    message = "Flavor {id} could not be found."


class FlavorExists(Conflict):
    """409: another flavor has the name or the id."""

    message = "Flavor with {what} {value} already exists."


def usable(who: Caller) -> ColumnElement[bool]:
    """The flavors that a caller's project may use: public ones and those that it was given."""
    given = select(ACCESS.c.flavor_id).where(ACCESS.c.project_id == who.project_id)
    return or_(FLAVORS.c.is_public, FLAVORS.c.id.in_(given))


async def find(tx: Tx, who: Caller, flavorid: str) -> Row:
    """A flavor that the caller may use, by the id that users know.

    Raises:
        FlavorNotFound: there is none.
    """
    statement = select(FLAVORS).where(FLAVORS.c.flavorid == flavorid)
    if not who.is_admin:
        statement = statement.where(usable(who))
    row = await tx.first(statement)
    if row is None:
        raise FlavorNotFound(id=flavorid)
    return row


def visible(who: Caller, *, is_public: bool | None) -> Select[Any]:
    """A statement of whole rows: the flavors that a list shows.

    Args:
        is_public: whether to show public or private ones; None for all.  Only administrators choose.
    """
    statement = select(FLAVORS)
    if not who.is_admin:
        return statement.where(usable(who), FLAVORS.c.disabled.is_(False))
    if is_public is None:
        return statement
    return statement.where(usable(who) if is_public else FLAVORS.c.is_public.is_(False))


async def create(tx: Tx, world: World, attributes: dict[str, Any]) -> Row:
    """Make a flavor; an id is made for one that has none.

    Raises:
        FlavorExists: its name or id is taken.
    """
    row = {
        "description": None,
        "ephemeral_gb": 0,
        "swap": 0,
        "rxtx_factor": 1.0,
        "is_public": True,
        "disabled": False,
        "extra_specs": {},
        "created_at": world.clock.now(),
        **attributes,
    }
    row["flavorid"] = row.get("flavorid") or world.ids.uuid()
    for column, what in (("name", "name"), ("flavorid", "ID")):
        if await tx.scalar(select(FLAVORS.c.id).where(FLAVORS.c[column] == row[column])) is not None:
            raise FlavorExists(what=what, value=row[column])
    try:
        await tx.insert(FLAVORS, row)
    except DuplicateRow as error:
        raise FlavorExists(what="name", value=row["name"]) from error
    return row


async def describe(tx: Tx, world: World, flavor: Row, description: str | None) -> Row:
    """Change a flavor's description."""
    changes = {"description": description, "updated_at": world.clock.now()}
    await tx.run(update(FLAVORS).where(FLAVORS.c.id == flavor["id"]).values(changes))
    return {**flavor, **changes}


async def remove(tx: Tx, flavor: Row) -> None:
    """Delete a flavor; servers made from it keep their copy."""
    await tx.run(delete(ACCESS).where(ACCESS.c.flavor_id == flavor["id"]))
    await tx.run(delete(FLAVORS).where(FLAVORS.c.id == flavor["id"]))


async def respecify(tx: Tx, world: World, flavor: Row, specs: dict[str, str]) -> None:
    """Replace all extra specs of a flavor."""
    changes = {"extra_specs": specs, "updated_at": world.clock.now()}
    await tx.run(update(FLAVORS).where(FLAVORS.c.id == flavor["id"]).values(changes))


SEEDS = (
    ("42", "m1.nano", 128, 1, 1),
    ("84", "m1.micro", 192, 1, 1),
    ("1", "m1.tiny", 512, 1, 1),
    ("2", "m1.small", 2048, 1, 20),
    ("3", "m1.medium", 4096, 2, 40),
    ("4", "m1.large", 8192, 4, 80),
    ("5", "m1.xlarge", 16384, 8, 160),
)
"""The flavors of a fresh cloud: id, name, MiB of memory, VCPUs, GiB of root disk; ids and sizes as in DevStack."""


async def prepare(tx: Tx, world: World) -> None:
    """Make a fresh cloud's flavors; does nothing where there are any, so an operator's deletions last."""
    if await tx.scalar(select(FLAVORS.c.id).limit(1)) is not None:
        return
    for flavorid, name, memory_mb, vcpus, root_gb in SEEDS:
        values = {"flavorid": flavorid, "name": name, "memory_mb": memory_mb, "vcpus": vcpus, "root_gb": root_gb}
        await create(tx, world, values)
