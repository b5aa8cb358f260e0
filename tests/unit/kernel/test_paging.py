"""Pages over any rows, with ties and nulls, are the whole list."""

import random

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select
from sqlalchemy.schema import CreateTable

from pileus.kernel.api.paging import UnknownMarker, page

ROWS = Table("rows", MetaData(), Column("id", String, primary_key=True), Column("a", Integer), Column("b", String))


async def walk(store, sort, limit, *, backwards=False, between=None):
    seen, marker = [], None
    while True:
        async with store.read() as tx:
            got = await page(tx, select(ROWS), ROWS, sort=sort, limit=limit, marker=marker, backwards=backwards)
        ids = [row["id"] for row in got.rows]
        seen = ids + seen if backwards else seen + ids
        marker = (got.previous or (ids[0] if len(ids) == limit else None)) if backwards else got.next
        if not ids or marker is None or len(ids) < limit:
            return seen
        if between:
            await between()


@pytest.mark.parametrize("seed", range(12))
async def test_pages_are_the_whole_list(quick_store, seed):
    chance = random.Random(seed)
    rows = [
        {"id": f"{n:03}", "a": chance.choice([None, 1, 2]), "b": chance.choice([None, "", "x", "y"])} for n in range(40)
    ]
    async with quick_store.write() as tx:
        await tx.run(CreateTable(ROWS))
        await tx.insert(ROWS, chance.sample(rows, len(rows)))
    sort = [(key, chance.choice(["asc", "desc"])) for key in chance.sample(["a", "b"], chance.randrange(3))]
    async with quick_store.read() as tx:
        whole = [row["id"] for row in (await page(tx, select(ROWS), ROWS, sort=sort, limit=None)).rows]
    assert sorted(whole) == [row["id"] for row in rows]
    for limit in (1, 3, 40, 41):
        assert await walk(quick_store, sort, limit) == whole
        assert await walk(quick_store, sort, limit, backwards=True) == whole

    added = iter(range(1000))

    async def insert():
        async with quick_store.write() as tx:
            new = {"id": f"z{next(added):03}", "a": chance.choice([None, 1, 2]), "b": chance.choice([None, "x"])}
            await tx.insert(ROWS, new)

    seen = [row for row in await walk(quick_store, sort, 7, between=insert) if not row.startswith("z")]
    assert seen == whole  # none twice, none left out, whatever is put in meanwhile
    async with quick_store.read() as tx:
        with pytest.raises(UnknownMarker):
            await page(tx, select(ROWS), ROWS, sort=sort, limit=1, marker="nothing")
