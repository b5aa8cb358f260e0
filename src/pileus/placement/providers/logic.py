"""Providers: made, kept up to date, looked at as a whole."""

from sqlalchemy import delete, func, select, update

from pileus.kernel.store import Tx
from pileus.kernel.world import World
from pileus.placement.allocations.table import ALLOCATIONS
from pileus.placement.providers.table import INVENTORIES, PROVIDER_AGGREGATES, PROVIDER_TRAITS, PROVIDERS
from pileus.placement.service import Inventory, Provider


class Providers:
    """The providers of the cloud."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def snapshot(self, tx: Tx) -> list[Provider]:
        """Every root provider with what is used of it, in five queries however many there are."""
        inventories: dict[str, dict[str, Inventory]] = {}
        for row in await tx.all(select(INVENTORIES)):
            inventories.setdefault(row["provider"], {})[row["resource_class"]] = inventory_of(row)
        used: dict[str, dict[str, int]] = {}
        c = ALLOCATIONS.c
        amounts = select(c.provider, c.resource_class, func.sum(c.used).label("used"))
        for row in await tx.all(amounts.group_by(c.provider, c.resource_class)):
            used.setdefault(row["provider"], {})[row["resource_class"]] = int(row["used"])
        traits: dict[str, set[str]] = {}
        for row in await tx.all(select(PROVIDER_TRAITS)):
            traits.setdefault(row["provider"], set()).add(row["trait"])
        aggregates: dict[str, set[str]] = {}
        for row in await tx.all(select(PROVIDER_AGGREGATES)):
            aggregates.setdefault(row["provider"], set()).add(row["aggregate"])
        roots = select(PROVIDERS).where(PROVIDERS.c.parent.is_(None)).order_by(PROVIDERS.c.name)
        return [
            Provider(
                id=row["uuid"],
                name=row["name"],
                generation=row["generation"],
                inventories=inventories.get(row["uuid"], {}),
                used=used.get(row["uuid"], {}),
                traits=frozenset(traits.get(row["uuid"], ())),
                aggregates=frozenset(aggregates.get(row["uuid"], ())),
            )
            for row in await tx.all(roots)
        ]

    async def keep(self, tx: Tx, id: str, name: str, inventories: dict[str, Inventory], traits: frozenset[str]) -> None:
        """Make a root provider or bring it up to date; nothing is written when nothing changed."""
        now = self._world.clock.now()
        row = await tx.first(select(PROVIDERS).where(PROVIDERS.c.uuid == id))
        if row is None:
            await tx.insert(
                PROVIDERS,
                {"uuid": id, "name": name, "generation": 0, "root": id, "created_at": now, "updated_at": now},
            )
        changed = await self._keep_inventories(tx, id, inventories)
        changed = await self._keep_traits(tx, id, traits) or changed
        if changed or (row is not None and row["name"] != name):
            await tx.run(
                update(PROVIDERS)
                .where(PROVIDERS.c.uuid == id)
                .values(name=name, generation=PROVIDERS.c.generation + 1, updated_at=now)
            )

    async def _keep_inventories(self, tx: Tx, id: str, wanted: dict[str, Inventory]) -> bool:
        c = INVENTORIES.c
        present = {row["resource_class"]: row for row in await tx.all(select(INVENTORIES).where(c.provider == id))}
        now = self._world.clock.now()
        changed = False
        for name in present.keys() - wanted.keys():
            await tx.run(delete(INVENTORIES).where(c.provider == id, c.resource_class == name))
            changed = True
        for name, inventory in wanted.items():
            values = {field: getattr(inventory, field) for field in inventory.__struct_fields__}
            if name not in present:
                row = {"provider": id, "resource_class": name, "created_at": now, "updated_at": now, **values}
                await tx.insert(INVENTORIES, row)
                changed = True
            elif inventory_of(present[name]) != inventory:
                statement = update(INVENTORIES).where(c.provider == id, c.resource_class == name)
                await tx.run(statement.values(**values, updated_at=now))
                changed = True
        return changed

    async def _keep_traits(self, tx: Tx, id: str, wanted: frozenset[str]) -> bool:
        c = PROVIDER_TRAITS.c
        present = {row["trait"] for row in await tx.all(select(PROVIDER_TRAITS).where(c.provider == id))}
        for trait in present - wanted:
            await tx.run(delete(PROVIDER_TRAITS).where(c.provider == id, c.trait == trait))
        await tx.insert(PROVIDER_TRAITS, [{"provider": id, "trait": trait} for trait in sorted(wanted - present)])
        return present != wanted

    async def remove(self, tx: Tx, id: str) -> None:
        """Remove a provider that nothing is allocated on.

        Raises:
            MissingReference: something still is.
        """
        await tx.run(delete(PROVIDERS).where(PROVIDERS.c.uuid == id))


def inventory_of(row: dict[str, object]) -> Inventory:
    """The inventory that a row tells of."""
    return Inventory(**{field: row[field] for field in Inventory.__struct_fields__})  # type: ignore[arg-type]
