"""What happens to metadata definitions.

A namespace holds objects, properties and tags, called its items here: rows of a table each, found by their name within
the namespace.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select, update

from pileus.image.metadefs.errors import (
    AssociationNotFound,
    DuplicateAssociation,
    DuplicateItem,
    DuplicateNamespace,
    ItemNotFound,
    NamespaceNotFound,
    Protected,
)
from pileus.image.metadefs.table import ASSOCIATIONS, NAMESPACES, OBJECTS, PROPERTIES, RESOURCE_TYPES, TAGS
from pileus.kernel.auth.caller import Caller
from pileus.kernel.store import DuplicateRow, Row, Tx
from pileus.kernel.world import World

KINDS = {OBJECTS.name: "object", PROPERTIES.name: "property", TAGS.name: "tag"}
"""What the rows of each table of items are called in messages."""


class Definitions:
    """The metadata definitions of the cloud."""

    def __init__(self, world: World) -> None:
        self._world = world

    def visible(self, who: Caller) -> ColumnElement[bool] | None:
        """The condition of a namespace's being in the caller's lists; None for no condition."""
        c = NAMESPACES.c
        return None if who.is_admin else or_(c.owner == who.project_id, c.visibility == "public")

    async def find(self, tx: Tx, who: Caller, name: str) -> Row:
        """A namespace that the caller may see.

        Raises:
            NamespaceNotFound: there is none, or it is hidden from the caller.
        """
        statement = select(NAMESPACES).where(NAMESPACES.c.namespace == name)
        condition = self.visible(who)
        row = await tx.first(statement if condition is None else statement.where(condition))
        if row is None:
            raise NamespaceNotFound(name=name)
        return row

    async def create(self, tx: Tx, who: Caller, body: dict[str, Any]) -> Row:
        """Make a namespace, with nothing in it.

        Raises:
            DuplicateNamespace: there is one of that name.
        """
        row = {"id": self._world.ids.uuid(), **_attributes(who, body), **self._moments()}
        try:
            async with tx.savepoint():
                await tx.insert(NAMESPACES, row)
        except DuplicateRow:
            raise DuplicateNamespace(name=row["namespace"]) from None
        return row

    async def replace(self, tx: Tx, who: Caller, namespace: Row, body: dict[str, Any]) -> Row:
        """Give a namespace other attributes; those not given become what a new one's would be.

        Raises:
            DuplicateNamespace: there is one of the new name.
        """
        values = {**_attributes(who, body), "updated_at": self._world.clock.now()}
        try:
            async with tx.savepoint():
                await tx.run(update(NAMESPACES).where(NAMESPACES.c.id == namespace["id"]).values(**values))
        except DuplicateRow:
            raise DuplicateNamespace(name=values["namespace"]) from None
        return {**namespace, **values}

    async def delete(self, tx: Tx, namespace: Row) -> None:
        """Forget a namespace with all that is in it.

        Raises:
            Protected: it is protected.
        """
        refuse_protected(namespace, "namespace", namespace["namespace"])
        await tx.run(NAMESPACES.delete().where(NAMESPACES.c.id == namespace["id"]))

    async def items(self, tx: Tx, table: Table, namespace: Row) -> list[Row]:
        """The items of a namespace, oldest first."""
        statement = select(table).where(table.c.namespace_id == namespace["id"])
        return await tx.all(statement.order_by(table.c.created_at, table.c.name))

    async def item(self, tx: Tx, table: Table, namespace: Row, name: str) -> Row:
        """An item by its name.

        Raises:
            ItemNotFound: there is none.
        """
        c = table.c
        row = await tx.first(select(table).where(c.namespace_id == namespace["id"], c.name == name))
        if row is None:
            raise ItemNotFound(kind=KINDS[table.name], name=name, namespace=namespace["namespace"])
        return row

    async def add(self, tx: Tx, table: Table, namespace: Row, name: str, **values: Any) -> Row:
        """Add an item.

        Raises:
            DuplicateItem: there is one of that name.
        """
        row = {"namespace_id": namespace["id"], "name": name, **values, **self._moments()}
        try:
            async with tx.savepoint():
                await tx.insert(table, row)
        except DuplicateRow:
            raise self._duplicate(table, namespace, name) from None
        return row

    async def change(self, tx: Tx, table: Table, namespace: Row, row: Row, **values: Any) -> Row:
        """Change an item, its name included.

        Raises:
            DuplicateItem: there is one of the new name.
        """
        values["updated_at"] = self._world.clock.now()
        c = table.c
        try:
            async with tx.savepoint():
                statement = update(table).where(c.namespace_id == namespace["id"], c.name == row["name"])
                await tx.run(statement.values(**values))
        except DuplicateRow:
            raise self._duplicate(table, namespace, values["name"]) from None
        return {**row, **values}

    def _duplicate(self, table: Table, namespace: Row, name: str) -> DuplicateItem:
        return DuplicateItem(kind=KINDS[table.name], name=name, namespace=namespace["namespace"])

    async def remove(self, tx: Tx, table: Table, namespace: Row, name: str) -> None:
        """Remove an item.

        Raises:
            ItemNotFound: there is none.
            Protected: the namespace is protected.
        """
        await self.item(tx, table, namespace, name)
        refuse_protected(namespace, KINDS[table.name], name)
        await tx.run(table.delete().where(table.c.namespace_id == namespace["id"], table.c.name == name))

    async def clear(self, tx: Tx, table: Table, namespace: Row) -> None:
        """Remove every item of a kind.

        Raises:
            Protected: the namespace is protected.
        """
        refuse_protected(namespace, "namespace", namespace["namespace"])
        await tx.run(table.delete().where(table.c.namespace_id == namespace["id"]))

    async def retag(self, tx: Tx, namespace: Row, names: Sequence[str], *, append: bool) -> None:
        """Give a namespace tags, in the place of those it has or beside them.

        Raises:
            DuplicateItem: a tag comes twice.
        """
        if names and not append:
            await tx.run(TAGS.delete().where(TAGS.c.namespace_id == namespace["id"]))
        for name in names:
            await self.add(tx, TAGS, namespace, name)

    async def associations(self, tx: Tx, namespaces: Sequence[Row]) -> dict[str, list[Row]]:
        """The resource types that namespaces apply to, by the namespace's id."""
        found: dict[str, list[Row]] = {row["id"]: [] for row in namespaces}
        c = ASSOCIATIONS.c
        for row in await tx.all(
            select(ASSOCIATIONS).where(c.namespace_id.in_(list(found))).order_by(c.created_at, c.name)
        ):
            found[row["namespace_id"]].append(row)
        return found

    async def associate(
        self, tx: Tx, namespace: Row, name: str, *, prefix: str | None = None, properties_target: str | None = None
    ) -> Row:
        """Apply a namespace to a resource type, which is made if there is none of that name.

        Raises:
            DuplicateAssociation: it applies to that already.
        """
        if await tx.first(select(RESOURCE_TYPES).where(RESOURCE_TYPES.c.name == name)) is None:
            await tx.insert(RESOURCE_TYPES, {"name": name, "protected": False, **self._moments()})
        row = {"namespace_id": namespace["id"], "name": name, "prefix": prefix, **self._moments()}
        row["properties_target"] = properties_target
        try:
            async with tx.savepoint():
                await tx.insert(ASSOCIATIONS, row)
        except DuplicateRow:
            raise DuplicateAssociation(name=name, namespace=namespace["namespace"]) from None
        return row

    async def association(self, tx: Tx, namespace: Row, name: str) -> Row:
        """How a namespace applies to a resource type.

        Raises:
            AssociationNotFound: it does not.
        """
        c = ASSOCIATIONS.c
        row = await tx.first(select(ASSOCIATIONS).where(c.namespace_id == namespace["id"], c.name == name))
        if row is None:
            raise AssociationNotFound(name=name, namespace=namespace["namespace"])
        return row

    async def part(self, tx: Tx, namespace: Row, name: str) -> None:
        """Let a namespace apply to a resource type no more.

        Raises:
            AssociationNotFound: it does not now.
            Protected: the namespace is protected.
        """
        await self.association(tx, namespace, name)
        refuse_protected(namespace, "resource-type-association", name)
        c = ASSOCIATIONS.c
        await tx.run(ASSOCIATIONS.delete().where(c.namespace_id == namespace["id"], c.name == name))

    def _moments(self) -> dict[str, Any]:
        now = self._world.clock.now()
        return {"created_at": now, "updated_at": now}


def refuse_protected(namespace: Row, kind: str, name: str) -> None:
    """Keep what is in a protected namespace.

    Raises:
        Protected: the namespace is protected.
    """
    if namespace["protected"]:
        raise Protected(kind=kind, name=name)


def _attributes(who: Caller, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": body["namespace"],
        "display_name": body.get("display_name"),
        "description": body.get("description"),
        "visibility": body.get("visibility") or "private",
        "protected": body.get("protected") or False,
        "owner": body.get("owner") or who.project_id,
    }
