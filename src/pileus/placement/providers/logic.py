"""Providers: made, moved in their trees, removed; and the writing of their generations and stamps."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, select, update

from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World
from pileus.placement.allocations.table import ALLOCATIONS
from pileus.placement.errors import (
    ConcurrentUpdate,
    DuplicateName,
    NoSuchProvider,
    ProviderInUse,
    ProviderIsParent,
    ProviderNotFound,
)
from pileus.placement.providers.table import PROVIDERS

STAMP_BITS = 40
"""So that the sum of a million stamps is still a 64-bit integer."""


class Providers:
    """The providers of the cloud."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _news(self) -> dict[str, Any]:
        return {"stamp": self._world.ids.random().getrandbits(STAMP_BITS), "updated_at": self._world.clock.now()}

    async def find(self, tx: Tx, uid: str) -> Row | None:
        """A provider's row, if there is one of that id."""
        return await tx.first(select(PROVIDERS).where(PROVIDERS.c.uuid == uid))

    async def get(self, tx: Tx, uid: str) -> Row:
        """A provider's row.

        Raises:
            ProviderNotFound: there is none of that id.
        """
        row = await self.find(tx, uid)
        if row is None:
            raise ProviderNotFound(id=uid)
        return row

    async def many(self, tx: Tx, ids: Iterable[str]) -> dict[str, Row]:
        """The rows of those ids that there are."""
        rows = await tx.all(select(PROVIDERS).where(PROVIDERS.c.uuid.in_(list(ids))))
        return {row["uuid"]: row for row in rows}

    async def create(self, tx: Tx, uid: str, name: str, parent: str | None = None) -> Row:
        """Make a provider.

        Raises:
            BadRequest: its parent is itself or nobody.
            DuplicateName: its name or id is taken.
        """
        root = uid
        if parent is not None:
            above = await self.find(tx, parent) if parent != uid else None
            if above is None:
                reason = "cannot be same as UUID" if parent == uid else "does not exist."
                what = f'Unable to create resource provider "{name}", {uid}: Object action create failed because: '
                raise BadRequest(f"{what}parent provider UUID {reason}")
            root = above["root"]
        row = {"uuid": uid, "name": name, "generation": 0, "root": root, "parent": parent, **self._news()}
        row["created_at"] = row["updated_at"]
        try:
            async with tx.savepoint():
                await tx.insert(PROVIDERS, row)
        except DuplicateRow as error:
            taken = {"uuid": uid} if await self.find(tx, uid) is not None else {}
            if await tx.scalar(select(PROVIDERS.c.uuid).where(PROVIDERS.c.name == name)) is not None:
                taken["name"] = name
            raise DuplicateName(what=", ".join(f"{column}: {value}" for column, value in taken.items())) from error
        return row

    async def update(self, tx: Tx, row: Row, body: dict[str, Any], *, reparenting: bool) -> Row:
        """Rename a provider or move it, with all below it, in or between trees.

        Args:
            reparenting: whether one that has a parent may get another or none.

        Raises:
            BadRequest: the parent is none, lies below, or may not be changed.
            DuplicateName: the name is taken.
        """
        parent = body.get("parent_provider_uuid", row["parent"])
        changed = {"name": body.get("name", row["name"]), "parent": parent, **self._news()}
        try:
            if parent != row["parent"]:
                changed["root"] = await self._move(tx, row, parent, reparenting)
            async with tx.savepoint():
                await tx.run(update(PROVIDERS).where(PROVIDERS.c.uuid == row["uuid"]).values(**changed))
        except _Refused as error:
            what = f"Unable to save resource provider {row['uuid']}: Object action update failed because: {error}"
            raise BadRequest(what) from None
        except DuplicateRow as error:
            raise DuplicateName(what=changed["name"]) from error
        return {**row, **changed}

    async def _move(self, tx: Tx, row: Row, parent: str | None, reparenting: bool) -> str:
        """Give everything below a provider its new root, and return that."""
        if row["parent"] is not None and not reparenting:
            raise _Refused(f"{'un' if parent is None else 're'}-parenting a provider is not currently allowed.")
        below = await self._subtree(tx, row)
        root: str = row["uuid"]
        if parent is not None:
            above = await self.find(tx, parent)
            if above is None:
                raise _Refused("parent provider UUID does not exist.")
            if parent in below:
                raise _Refused("creating loop in the provider tree is not allowed.")
            root = above["root"]
        for uid in below - {row["uuid"]}:
            await tx.run(update(PROVIDERS).where(PROVIDERS.c.uuid == uid).values(root=root, **self._news()))
        return root

    async def _subtree(self, tx: Tx, row: Row) -> set[str]:
        """The ids of a provider and of all below it."""
        columns = select(PROVIDERS.c.uuid, PROVIDERS.c.parent)
        children: dict[str, list[str]] = {}
        for other in await tx.all(columns.where(PROVIDERS.c.root == row["root"])):
            children.setdefault(other["parent"], []).append(other["uuid"])
        found, left = set(), [row["uuid"]]
        while left:
            uid = left.pop()
            found.add(uid)
            left += children.get(uid, ())
        return found

    async def delete(self, tx: Tx, row: Row) -> None:
        """Remove a provider with its inventories, traits and aggregates.

        Raises:
            ProviderIsParent, ProviderInUse: others lie below it, or something is allocated on it.
        """
        uid = row["uuid"]
        if await tx.scalar(select(PROVIDERS.c.uuid).where(PROVIDERS.c.parent == uid).limit(1)) is not None:
            raise ProviderIsParent(id=uid)
        if await tx.scalar(select(ALLOCATIONS.c.provider).where(ALLOCATIONS.c.provider == uid).limit(1)) is not None:
            raise ProviderInUse(id=uid)
        await tx.run(delete(PROVIDERS).where(PROVIDERS.c.uuid == uid))

    async def advance(self, tx: Tx, row: Row) -> Row:
        """The next generation of a provider, whose row is as it was when the change was decided on.

        Raises:
            ConcurrentUpdate: somebody else has changed it since.
        """
        values = {"generation": row["generation"] + 1, **self._news()}
        statement = update(PROVIDERS).where(
            PROVIDERS.c.uuid == row["uuid"], PROVIDERS.c.generation == row["generation"]
        )
        if not await tx.run(statement.values(**values)):
            raise ConcurrentUpdate(
                "update conflict: Another thread concurrently updated the resource provider data. "
                "Please retry your update"
            )
        return {**row, **values}

    async def restamp(self, tx: Tx, ids: Iterable[str], *, grow: bool = False) -> None:
        """Note that something of the providers has changed; with `grow`, in their generations too."""
        for uid in ids:
            values = {"generation": PROVIDERS.c.generation + 1} if grow else {}
            await tx.run(update(PROVIDERS).where(PROVIDERS.c.uuid == uid).values(**values, **self._news()))

    async def named_in_body(self, tx: Tx, uid: str) -> Row:
        """A provider that a body names.

        Raises:
            NoSuchProvider: there is none of that id.
        """
        row = await self.find(tx, uid)
        if row is None:
            raise NoSuchProvider(id=uid)
        return row


class _Refused(Exception):
    """Why a provider cannot be moved."""
