"""Bit rot is found, named and kept from everybody; layouts of older folders are led on."""

import sqlite3

import pytest

from pileus.kernel.ids import SystemIds
from pileus.kernel.world import World
from pileus.object_store.storage.audit import Audit
from pileus.object_store.storage.files import FileStorage
from pileus.object_store.storage.index import layout
from pileus.object_store.storage.protocol import Damaged, Draft, Query

DRAFT = Draft("a/b", {})


class Clock:
    """Time that passes by itself: the auditor's rests take none."""

    def __init__(self, clock):
        self._clock = clock

    def __getattr__(self, name):
        return getattr(self._clock, name)

    async def sleep(self, seconds):
        await self._clock.advance(seconds)


@pytest.fixture
def world():
    from pileus.kernel.clock import SimulatedClock

    return World(Clock(SimulatedClock()), SystemIds())


@pytest.fixture
async def storage(tmp_path, world):
    made = FileStorage(tmp_path, world, durable=False)
    await made.start()
    await made.put_container("a", "c", "p", {})
    yield made
    await made.stop()


async def upload(storage, content, **options):
    made = storage.upload("a", "c", "o", **options)
    await made.add(content)
    await made.seal()
    return made


async def put(storage, name, content, **options):
    return await storage.put_object("a", "c", name, await upload(storage, content, **options), DRAFT)


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "flipped":
        data[len(data) // 2] ^= 1
    elif how == "short":
        del data[-1:]
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(data)


@pytest.mark.parametrize("how", ["flipped", "short", "gone"])
@pytest.mark.parametrize("options", [{}, {"encrypt": True}])
async def test_damage_is_found_and_nobody_sees_it(storage, world, tmp_path, how, options):
    fine = await put(storage, "fine", b"f" * 200_000, **options)
    bad = await put(storage, "bad", b"b" * 200_000, **options)
    audit = Audit(storage.disk, world)
    assert await audit.round() == 0
    damage(storage.disk.blobs.path(bad.data[1:]), how)
    assert await audit.round() == 1
    assert await storage.damaged() == ["a/c/bad"]
    with pytest.raises(Damaged, match="a/c/bad"):
        await storage.object("a", "c", "bad", content=True)
    assert await storage.object("a", "c", "fine", content=True) is not None
    assert len(list((tmp_path / "quarantine").iterdir())) == (0 if how == "gone" else 1)
    assert fine.etag != bad.etag
    await put(storage, "bad", b"n" * 200_000, **options)
    assert await storage.object("a", "c", "bad", content=True) is not None
    await world.clock.advance(1000)
    await storage.sweep()
    assert await storage.damaged() == []
    assert list((tmp_path / "quarantine").iterdir()) == []


async def test_a_damaged_piece_damages_its_object(storage, world):
    id = await storage.begin_parts("a", "c", "o", DRAFT)
    part = await storage.put_part("a", "c", id, 1, await upload(storage, b"1" * 100_000))
    await storage.finish_parts("a", "c", id, [(1, part.etag)], "e-1")
    (piece,) = await storage.disk.pieces(await storage.object("a", "c", "o"))
    damage(storage.disk.blobs.path(piece[0].data[1:]), "flipped")
    assert await Audit(storage.disk, world).round() == 1
    with pytest.raises(Damaged):
        await storage.object("a", "c", "o", content=True)
    assert await storage.damaged() == ["a/c/o"]


async def test_what_only_its_owner_opens_is_measured(storage, world):
    locked = await put(storage, "o", b"1" * 100_000, key=b"k" * 32)
    audit = Audit(storage.disk, world)
    assert await audit.round() == 0
    damage(storage.disk.blobs.path(locked.data[1:]), "short")
    assert await audit.round() == 1


async def test_the_auditor_keeps_to_its_rate(storage, world):
    await put(storage, "o", b"1" * 4_000_000)
    before = world.clock.monotonic()
    await Audit(storage.disk, world, rate=1_000_000).round()
    assert world.clock.monotonic() - before >= 3.9


async def test_the_ring_turns_and_old_objects_open(storage, tmp_path):
    await put(storage, "old", b"1" * 100_000, encrypt=True)
    assert storage.disk.sealing.rotate() == 2
    new = await put(storage, "new", b"2" * 100_000, encrypt=True)
    assert new.sealed[1:5] == (2).to_bytes(4, "big")
    other = FileStorage(tmp_path, storage.disk._world, durable=False)
    await other.start()
    for name, byte in (("old", b"1"), ("new", b"2")):
        record = await other.object("a", "c", name)
        assert b"".join([chunk async for chunk in other.read(record, 0, record.size)]) == byte * 100_000
    await other.stop()
    assert {key.stat().st_mode & 0o777 for key in (tmp_path / "keys").iterdir()} == {0o600}
    for file in (tmp_path / "files").rglob("*"):
        assert not file.is_file() or b"1" * 100 not in file.read_bytes()


async def test_a_folder_of_the_first_layout_is_led_on(tmp_path, world):
    (tmp_path / "index").mkdir()
    old = sqlite3.connect(tmp_path / "index" / "000.db", isolation_level=None)
    for statement in layout._FIRST.replace("; END;", "; END\0").replace(";\n", "\0").split("\0"):
        old.execute(statement)
    old.execute("PRAGMA user_version = 1")
    old.execute("INSERT INTO accounts (id, name, created, metadata) VALUES (1, 'a', 5, '{}')")
    old.execute(
        "INSERT INTO containers (id, account, name, created, changed, policy, metadata) VALUES (1, 1, CAST('c' AS BLOB), 5, 5, 'p', '{}')"
    )
    old.execute("UPDATE accounts SET name = CAST('a' AS BLOB)")
    old.execute("INSERT INTO small VALUES (1, CAST('hello' AS BLOB))")
    old.execute(
        "INSERT INTO objects VALUES (1, CAST('o' AS BLOB), 7, 5, '5d41402abc4b2a76b9719d911017c592', 'a/b', '{}', 0, 's1')"
    )
    old.close()
    storage = FileStorage(tmp_path, world, durable=False)
    await storage.start()
    assert (await storage.object("a", "c", "o", content=True)).content == b"hello"
    await storage.change_container("a", "c", {}, versioning="enabled")
    await put(storage, "o", b"new")
    found = await storage.objects("a", "c", Query(versions=True))
    assert [(e.version == "", e.latest) for e in found] == [(False, True), (True, False)]
    assert (await storage.container("a", "c")).usage.bytes == 8
    await storage.stop()
