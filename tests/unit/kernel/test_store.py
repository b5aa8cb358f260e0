"""The store's calls mean the same in every database."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, ForeignKey, Integer, String, Table, select, text

from pileus.kernel.store import METADATA, DuplicateRow, Json, MissingReference, NestedTransaction, UtcDateTime
from pileus.kernel.store.database import retrying
from pileus.kernel.store.errors import NoDatabase, UnfitValue
from pileus.kernel.store.postgres import PostgresStore, Turns
from pileus.kernel.store.sqlite import SqliteStore

BOXES = Table(
    "test_boxes",
    METADATA,
    Column("id", String, primary_key=True),
    Column("n", Integer),
    Column("at", UtcDateTime),
    Column("doc", Json),
)
LIDS = Table("test_lids", METADATA, Column("id", String, primary_key=True), Column("box", ForeignKey("test_boxes.id")))


async def test_values_come_back_as_they_went_in(store):
    moment = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
    row = {"id": "a", "n": 1, "at": moment, "doc": {"x": [1, None, "é"]}}
    async with store.write() as tx:
        await tx.insert(BOXES, row)
        await tx.insert(BOXES, [{"id": "b", "n": 2}, {"id": "c", "n": 3}])
    async with store.read() as tx:
        assert await tx.first(select(BOXES).where(BOXES.c.id == "a")) == row
        assert [r["id"] for r in await tx.all(select(BOXES.c.id).order_by(BOXES.c.id))] == ["a", "b", "c"]
        assert await tx.scalar(select(BOXES.c.n).where(BOXES.c.id == "c")) == 3
        assert await tx.first(select(BOXES).where(BOXES.c.id == "z")) is None


async def test_constraints_have_names(store):
    async with store.write() as tx:
        await tx.insert(BOXES, {"id": "a"})
    with pytest.raises(DuplicateRow):
        async with store.write() as tx:
            await tx.insert(BOXES, {"id": "a"})
    with pytest.raises(MissingReference):
        async with store.write() as tx:
            await tx.insert(LIDS, {"id": "l", "box": "nowhere"})


async def test_an_exception_undoes_the_transaction_and_forgets_its_hooks(store):
    called = []
    with pytest.raises(ZeroDivisionError):
        async with store.write() as tx:
            await tx.insert(BOXES, {"id": "a"})
            tx.after_commit(lambda: called.append(1))
            raise ZeroDivisionError
    async with store.write() as tx:
        assert await tx.all(select(BOXES)) == []
        tx.after_commit(lambda: called.append(2))
        assert called == []
    assert called == [2]


async def test_a_savepoint_fails_alone(store):
    async with store.write() as tx:
        await tx.insert(BOXES, {"id": "a"})
        with pytest.raises(DuplicateRow):
            async with tx.savepoint():
                await tx.insert(BOXES, {"id": "b"})
                await tx.insert(BOXES, {"id": "a"})
        await tx.insert(BOXES, {"id": "c"})
    async with store.read() as tx:
        assert [r["id"] for r in await tx.all(select(BOXES).order_by(BOXES.c.id))] == ["a", "c"]


async def test_writers_do_not_lose_updates(store):
    async with store.write() as tx:
        await tx.insert(BOXES, {"id": "a", "n": 0})

    async def add(tx):
        n = await tx.scalar(select(BOXES.c.n))
        await asyncio.sleep(0)
        await tx.run(BOXES.update().values(n=n + 1))

    await asyncio.gather(*[retrying(store, add) for _ in range(6)])
    async with store.read() as tx:
        assert await tx.scalar(select(BOXES.c.n)) == 6


async def test_a_task_cannot_wait_for_itself(store):
    with pytest.raises(NestedTransaction):
        async with store.write(), store.write():
            pass
    async with store.write():  # the lock is free again
        pass


async def test_a_cancelled_writer_frees_the_lock(store):
    entered = asyncio.Event()

    async def hold():
        async with store.write() as tx:
            await tx.insert(BOXES, {"id": "held"})
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.write() as tx:
        assert await tx.all(select(BOXES)) == []


@pytest.mark.parametrize(
    "row", [{"n": 2**70}, {"doc": None, "n": -(2**64)}, {"id": "\ud800"}], ids=["big", "small", "half"]
)
async def test_a_value_that_no_column_holds_is_told_apart(store, row):
    with pytest.raises(UnfitValue):
        async with store.write() as tx:
            await tx.insert(BOXES, {"id": "a", **row})
    async with store.read() as tx:
        assert await tx.all(select(BOXES)) == []


async def test_documents_are_written_by_the_same_hand(store):
    moment = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    async with store.write() as tx:
        await tx.insert(BOXES, {"id": "a", "doc": {"at": moment, "big": 2**60, "text": "ü\n"}})
    async with store.read() as tx:
        doc = await tx.scalar(select(BOXES.c.doc))
        assert doc == {"at": "2026-05-04T03:02:01Z", "big": 2**60, "text": "ü\n"}


async def test_a_reader_sees_one_moment(store):
    async with store.write() as tx:
        await tx.insert(BOXES, {"id": "a", "n": 1})
    async with store.read() as tx:
        before = await tx.scalar(select(BOXES.c.n))

        async def add():
            async with store.write() as other:
                await other.run(BOXES.update().values(n=2))

        task = asyncio.create_task(add())
        await asyncio.sleep(0.05)
        assert await tx.scalar(select(BOXES.c.n)) == before == 1
    await task
    async with store.read() as tx:
        assert await tx.scalar(select(BOXES.c.n)) == 2


async def test_many_writers_of_one_row_all_get_their_turn(store):
    """The worst case of a serializable database: everybody reads what everybody writes."""
    async with store.write() as tx:
        await tx.insert(BOXES, {"id": "a", "n": 0})

    async def add(tx):
        n = await tx.scalar(select(BOXES.c.n))
        await tx.run(BOXES.update().values(n=n + 1))

    await asyncio.gather(*[retrying(store, add) for _ in range(40)])
    async with store.read() as tx:
        assert await tx.scalar(select(BOXES.c.n)) == 40


@pytest.fixture
async def alone_and_killer(postgres_url):
    """A store with one connection, and what ends that connection from the server's side."""
    stores = [PostgresStore(postgres_url, prepare=lambda _: None, pool_size=1) for _ in range(2)]
    for opened in stores:
        await opened.start()

    async def kill(process):
        async with stores[1].write() as tx:
            assert await tx.scalar(text(f"SELECT pg_terminate_backend({process})"))

    yield stores[0], kill
    for opened in stores:
        await opened.stop()


PROCESS = text("SELECT pg_backend_pid()")


async def test_a_connection_that_ended_while_it_lay_there_is_replaced(alone_and_killer):
    store, kill = alone_and_killer
    async with store.read() as tx:
        lost = await tx.scalar(PROCESS)
    await kill(lost)
    await asyncio.sleep(0.2)
    async with store.read() as tx:
        assert await tx.scalar(PROCESS) != lost


async def test_a_transaction_whose_connection_ends_is_run_again(alone_and_killer):
    store, kill = alone_and_killer
    seen = []

    async def body(tx):
        seen.append(await tx.scalar(PROCESS))
        if len(seen) == 1:
            await kill(seen[0])
        return await tx.scalar(PROCESS)

    assert await retrying(store, body) == seen[1] != seen[0]


async def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path):
    store = PostgresStore(f"postgresql://pileus:hush@/cloud?host={tmp_path}", prepare=lambda _: None)
    with pytest.raises(NoDatabase, match=r"cloud.*cannot be opened") as caught:
        await store.start()
    assert "hush" not in str(caught.value)
    with pytest.raises(NoDatabase, match="address is not as postgresql://"):
        await PostgresStore("postgresql://pileus:hush@host:port/cloud", prepare=lambda _: None).start()


async def test_who_lost_writes_alone():
    """Rivals that each read everything: without turns one of them starves, however often it tries."""
    turns, seen, inside = Turns(), [], 0

    async def write(alone):
        nonlocal inside
        async with turns.turn(alone=alone):
            inside += 1
            seen.append((alone, inside))
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*[write(alone) for alone in (False, False, True, False, True, False, False)])
    assert [count for alone, count in seen if alone] == [1, 1]
    assert max(count for alone, count in seen if not alone) == 2
    assert [alone for alone, _ in seen] == [False, False, True, False, True, False, False]


async def test_a_writer_that_is_cancelled_while_it_waits_leaves_no_gap():
    turns = Turns()
    async with turns.turn(alone=False):
        waits = asyncio.create_task(turns.turn(alone=True).__aenter__())
        await asyncio.sleep(0)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        async with asyncio.timeout(1), turns.turn(alone=False):
            pass
    async with asyncio.timeout(1), turns.turn(alone=True):
        pass


async def test_what_hangs_on_a_commit_is_done_even_when_its_task_is_cancelled_meanwhile(tmp_path):
    store = SqliteStore(tmp_path / "durable.db", durable=True, prepare=METADATA.create_all)
    await store.start()
    called = []

    async def write():
        async with store.write() as tx:
            await tx.insert(BOXES, {"id": "a"})
            tx.after_commit(lambda: called.append(1))
            asyncio.get_running_loop().call_soon(task.cancel)

    task = asyncio.create_task(write())
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.read() as tx:
        assert await tx.scalar(select(BOXES.c.id)) == "a"
    assert called == [1]
    await store.stop()
