"""The file storage itself: lists against a model, counts, crashes, leftovers, several processes."""

import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import pileus
from pileus.kernel.clock import SimulatedClock
from pileus.kernel.ids import SystemIds
from pileus.kernel.world import World
from pileus.object_store.storage.content.uploads import SMALL
from pileus.object_store.storage.disk import GRACE
from pileus.object_store.storage.files import FileStorage
from pileus.object_store.storage.protocol import (
    AlreadyThere,
    Draft,
    NoContainer,
    NotEmpty,
    ObjectRecord,
    Query,
    Subdir,
)

DRAFT = Draft("a/b", {})


@pytest.fixture
def clock():
    return SimulatedClock(datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture
async def storage(tmp_path, clock):
    made = FileStorage(tmp_path, World(clock, SystemIds()), shards=2, durable=False)
    await made.start()
    yield made
    await made.stop()


async def put(storage, name, content, account="a", container="c", **options):
    upload = storage.upload(account, container, name)
    try:
        await upload.add(content)
        await upload.seal()
        return await storage.put_object(account, container, name, upload, DRAFT, **options)
    except BaseException:
        await upload.abandon()
        raise


async def content(storage, name, account="a", container="c"):
    record = await storage.object(account, container, name, content=True)
    return b"".join([chunk async for chunk in storage.read(record, 0, record.size)])


def files(folder: Path):
    return [p for p in (folder / "files").rglob("*") if p.is_file()]


def expected(names, query):
    """What a list is, said in the simplest way."""
    out = []
    ordered = sorted(names, key=str.encode, reverse=query.reverse)

    def before(one, other):
        return one.encode() < other.encode() if not query.reverse else one.encode() > other.encode()

    for name in ordered:
        if not name.startswith(query.prefix):
            continue
        if query.marker and not before(query.marker, name):
            continue
        if query.end_marker and not before(name, query.end_marker):
            continue
        at = name.find(query.delimiter, len(query.prefix)) if query.delimiter else -1
        entry = name if at < 0 else name[: at + len(query.delimiter)]
        if at >= 0 and (entry == query.marker or (out and out[-1] == entry)):
            continue
        out.append(entry)
    return out[: query.limit]


async def test_lists_are_as_a_model_says(storage):
    choose = random.Random(1)
    names = {"".join(choose.choices("ab/é", k=choose.randint(1, 6))) for _ in range(400)}
    await storage.put_container("a", "c", "p", {})
    for name in names:
        await put(storage, name, b"")
    for _ in range(400):
        word = lambda: "".join(choose.choices("ab/é", k=choose.randint(0, 3)))  # noqa: E731
        query = Query(
            marker=word(),
            end_marker=word(),
            prefix=word(),
            delimiter=choose.choice(["", "/", "/", "a", "//"]),
            limit=choose.choice([1, 3, 1000]),
            reverse=choose.random() < 0.5,
        )
        found = [entry.name for entry in await storage.objects("a", "c", query)]
        assert found == expected(names, query), query


async def test_a_page_of_directories_leaps(storage):
    await storage.put_container("a", "c", "p", {})
    await asyncio.gather(*(put(storage, f"d{i % 5}/{i}", b"") for i in range(3000)))
    found = await storage.objects("a", "c", Query(delimiter="/"))
    assert found == [Subdir(f"d{i}/") for i in range(5)]


async def test_counts_follow_every_change(storage):
    for container in ("c", "d"):
        await storage.put_container("a", container, "p", {})
    for size in (0, 10, SMALL, SMALL + 1, 3 * SMALL, 5):
        await put(storage, "o", bytes(size))
        record = await storage.container("a", "c")
        assert (record.usage.objects, record.usage.bytes) == (1, size)
    await put(storage, "o", b"12", container="d")
    account = await storage.account("a")
    assert (account.containers, account.usage.objects, account.usage.bytes) == (2, 2, 7)
    with pytest.raises(NotEmpty):
        await storage.delete_container("a", "c")
    await storage.delete_object("a", "c", "o")
    await storage.delete_container("a", "c")
    with pytest.raises(NoContainer):
        await storage.delete_container("a", "c")
    assert (await storage.account("a")).usage.bytes == 2


async def test_one_that_fails_takes_nothing_else_with_it(storage):
    await storage.put_container("a", "c", "p", {})
    await put(storage, "there", b"1")
    results = await asyncio.gather(
        put(storage, "1", b"1"),
        put(storage, "there", b"2", absent=True),
        put(storage, "x", b"2", container="none"),
        put(storage, "2", b"2"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [ObjectRecord, AlreadyThere, NoContainer, ObjectRecord]
    assert [e.name for e in await storage.objects("a", "c", Query())] == ["1", "2", "there"]
    assert await content(storage, "there") == b"1"


async def test_files_outlive_their_object_for_a_while(storage, tmp_path, clock):
    await storage.put_container("a", "c", "p", {})
    await put(storage, "o", bytes(SMALL + 1))
    old = await storage.object("a", "c", "o")
    await put(storage, "o", b"x" * (SMALL + 1))
    assert len(files(tmp_path)) == 2
    assert await storage.sweep() == 0
    assert storage.file(old).exists()
    await clock.advance(GRACE + 1)
    assert await storage.sweep() == 1
    assert not storage.file(old).exists()
    assert await content(storage, "o") == b"x" * (SMALL + 1)
    await storage.delete_account("a")
    await clock.advance(GRACE + 1)
    assert await storage.sweep() == 1
    assert files(tmp_path) == []


async def test_what_was_given_up_leaves_nothing(storage, tmp_path):
    await storage.put_container("a", "c", "p", {})
    upload = storage.upload("a", "c", "o")
    await upload.add(bytes(3 << 20))
    await upload.abandon()
    with pytest.raises(NoContainer):
        await put(storage, "o", bytes(SMALL + 1), container="none")
    assert files(tmp_path) == []
    assert {p.name for p in (tmp_path / "incoming").rglob("*") if p.is_file()} == {"lock", "census"}


WRITER = """
import asyncio, hashlib, sys
from pathlib import Path
from pileus.kernel.world import World
from pileus.object_store.storage.files import FileStorage
from pileus.object_store.storage.protocol import Draft

async def one(storage, worker):
    round = 0
    while True:
        round += 1
        size = (100, 70_000, 300_000)[round % 3]
        name = f"{worker}-{round % 4}"
        body = hashlib.shake_128(f"{name} {round}".encode()).digest(size)
        upload = storage.upload("a", "c", name)
        for at in range(0, size, 50_000):
            await upload.add(body[at : at + 50_000])
        etag = await upload.seal()
        await storage.put_object("a", "c", name, upload, Draft("a/b", {}))
        print(name, round, etag, flush=True)

async def main():
    storage = FileStorage(Path(sys.argv[1]), World(), durable=False)
    await storage.start()
    await storage.put_container("a", "c", "p", {})
    await asyncio.gather(*(one(storage, worker) for worker in range(int(sys.argv[2]), int(sys.argv[2]) + 4)))

asyncio.run(main())
"""


def writer(folder, first):
    env = {**os.environ, "PYTHONPATH": str(Path(pileus.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(first)], stdout=subprocess.PIPE, env=env, text=True
    )


@pytest.mark.slow
async def test_killed_writers_leave_whole_objects_and_no_files(tmp_path):
    """Two processes at once, killed at any moment: what was answered is there, and nothing else lies about."""
    for turn in range(3):
        writers = [writer(tmp_path, 0), writer(tmp_path, 4)]
        first = [await asyncio.to_thread(process.stdout.readline) for process in writers]
        await asyncio.sleep(0.5 + 0.13 * turn)
        for process in writers:
            process.send_signal(signal.SIGKILL)
        rest = [line for process in writers for line in process.communicate()[0].splitlines()]
        lines = [line.split() for line in first + rest]
        assert len(lines) > 8
        last = {name: int(number) for name, number, _etag in (line for line in lines if len(line) == 3)}
        storage = FileStorage(tmp_path, World(), durable=False)
        await storage.start()
        named = set()
        for entry in await storage.objects("a", "c", Query()):
            body = await content(storage, entry.name)
            assert hashlib.md5(body).hexdigest() == entry.etag
            candidates = [f"{entry.name} {last.get(entry.name, 0) + 4 * ahead}" for ahead in range(2)]
            sums = {hashlib.shake_128(c.encode()).digest(len(body)) for c in candidates}
            assert body in sums or entry.name not in last, "an older object came back"
            if entry.data.startswith("f"):
                named.add(entry.data[1:])
        assert set(last) <= {entry.name for entry in await storage.objects("a", "c", Query())}
        waiting = {name for shard in storage.disk.shards for (name,) in shard.look(_garbage)}
        assert {p.name for p in files(tmp_path)} == named | waiting
        await storage.stop()


def _garbage(connection):
    return connection.execute("SELECT file FROM garbage").fetchall()
