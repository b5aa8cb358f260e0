"""A placement service that counts: providers with inventories, and allocations in a table."""

from sqlalchemy import Column, Integer, String, Table, delete, select

from pileus.kernel.store import METADATA, Json
from pileus.placement.service import DoesNotFit, Inventory, Provider

PROVIDERS = Table(
    "double_providers",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String),
    Column("inventories", Json),
    Column("traits", Json),
)
ALLOCATIONS = Table(
    "double_allocations",
    METADATA,
    Column("consumer", String, primary_key=True),
    Column("provider", String, primary_key=True),
    Column("class", String, primary_key=True),
    Column("amount", Integer),
)


class DoublePlacement:
    """Enough of placement for scheduling."""

    async def snapshot(self, tx):
        used = {}
        for row in await tx.all(select(ALLOCATIONS)):
            mine = used.setdefault(row["provider"], {})
            mine[row["class"]] = mine.get(row["class"], 0) + row["amount"]
        return [
            Provider(
                row["id"],
                row["name"],
                1,
                {k: Inventory(**v) for k, v in row["inventories"].items()},
                used.get(row["id"], {}),
                frozenset(row["traits"]),
                frozenset(),
            )
            for row in await tx.all(select(PROVIDERS).order_by(PROVIDERS.c.name))
        ]

    async def keep_provider(self, tx, id, name, inventories, traits):
        plain = {k: {f: getattr(v, f) for f in v.__struct_fields__} for k, v in inventories.items()}
        await tx.run(delete(PROVIDERS).where(PROVIDERS.c.id == id))
        await tx.insert(PROVIDERS, {"id": id, "name": name, "inventories": plain, "traits": sorted(traits)})

    async def remove_provider(self, tx, id):
        await tx.run(delete(PROVIDERS).where(PROVIDERS.c.id == id))

    async def claim(self, tx, consumer, allocations, *, project_id, user_id):
        await self.release(tx, consumer)
        providers = {p.id: p for p in await self.snapshot(tx)}
        for provider, amounts in allocations.items():
            for name, amount in amounts.items():
                inventory = providers[provider].inventories.get(name)
                free = int((inventory.total - inventory.reserved) * inventory.allocation_ratio) if inventory else 0
                if amount > free - providers[provider].used.get(name, 0):
                    raise DoesNotFit(f"{provider} has not enough {name}")
                await tx.insert(
                    ALLOCATIONS, {"consumer": consumer, "provider": provider, "class": name, "amount": amount}
                )

    async def release(self, tx, consumer):
        await tx.run(delete(ALLOCATIONS).where(ALLOCATIONS.c.consumer == consumer))

    async def consumers(self, tx):
        found = {}
        for row in await tx.all(select(ALLOCATIONS)):
            found.setdefault(row["consumer"], {}).setdefault(row["provider"], {})[row["class"]] = row["amount"]
        return found
