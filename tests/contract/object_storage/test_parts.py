"""Objects made of parts."""

import os

import pytest

from pileus.object_store.storage.protocol import AlreadyThere, Draft, NoPart, NoUpload, Query, Subdir, WrongKey

DRAFT = Draft("a/b", {"x": "1"})
KEY = b"k" * 32


@pytest.mark.parametrize("key", [None, KEY])
async def test_parts_become_an_object(user, key):
    contents = [os.urandom(size) for size in (200_000, 1_500_000, 10, 70_000)]
    id = await user.storage.begin_parts("a", "c", "o", DRAFT)
    assert await user.storage.object("a", "c", "o") is None
    parts = [await user.part(id, 2 * n + 1, content, key=key) for n, content in enumerate(contents)]
    await user.part(id, 50, b"not chosen" * 10_000, key=key)
    assert [p.number for p in await user.storage.parts("a", "c", id, 1, 3)] == [3, 5, 7]
    chosen = [(part.number, part.etag) for part in parts]
    made = await user.storage.finish_parts("a", "c", id, chosen, "abc-4", change={"y": "2"})
    whole = b"".join(contents)
    assert (made.name, made.size, made.etag, made.metadata) == ("o", len(whole), "abc-4", {"x": "1", "y": "2"})
    record = await user.storage.object("a", "c", "o", content=True)
    assert (record.etag, record.locked) == ("abc-4", key is not None)
    assert await user.read(record, key=key) == whole
    for start, length in ((0, 5), (199_990, 20), (1_699_995, 30), (len(whole) - 70_001, 70_001), (150_000, 1_600_000)):
        assert await user.read(record, start, length, key=key) == whole[start : start + length]
    if key:
        with pytest.raises(WrongKey):
            await user.read(record)
    with pytest.raises(NoUpload):
        await user.storage.finish_parts("a", "c", id, chosen, "abc-4")
    copy = await user.storage.copy_object(record, ("a", "c", "copy"), DRAFT, key=key, new_key=key)
    assert copy.etag == "abc-4"
    await user.storage.delete_object("a", "c", "o")
    await user.clock.advance(1000)
    for _ in range(3):
        if hasattr(user.storage, "sweep"):
            await user.storage.sweep()
    assert await user.read(copy, key=key) == whole


async def test_a_part_is_put_again(user):
    id = await user.storage.begin_parts("a", "c", "o", DRAFT)
    old = await user.part(id, 1, b"x" * 100_000)
    new = await user.part(id, 1, b"y" * 100_001)
    assert await user.storage.parts("a", "c", id, 0, 10) == [new]
    with pytest.raises(NoPart):
        await user.storage.finish_parts("a", "c", id, [(1, old.etag)], "e")
    with pytest.raises(NoPart):
        await user.storage.finish_parts("a", "c", id, [(2, new.etag)], "e")
    await user.storage.finish_parts("a", "c", id, [(1, new.etag)], "e")
    assert await user.content("o") == b"y" * 100_001


async def test_a_part_keeps_its_note(user):
    id = await user.storage.begin_parts("a", "c", "o", DRAFT)
    upload = await user.upload(b"x")
    made = await user.storage.put_part("a", "c", id, 1, upload, note="CRC32=AAAAAA==")
    assert made.note == "CRC32=AAAAAA=="
    assert await user.storage.parts("a", "c", id, 0, 10) == [made]


async def test_a_refused_end_changes_nothing(user):
    await user.put("o", b"1")
    id = await user.storage.begin_parts("a", "c", "o", DRAFT)
    part = await user.part(id, 1, b"22")
    with pytest.raises(AlreadyThere):
        await user.storage.finish_parts("a", "c", id, [(1, part.etag)], "e", absent=True)
    assert await user.storage.parts("a", "c", id, 0, 10) == [part]
    await user.storage.finish_parts("a", "c", id, [(1, part.etag)], "e")
    assert await user.content("o") == b"22"


async def test_uploads_are_listed_and_abandoned(user):
    ids = {}
    for name in ("a", "b/1", "b/2", "c", "c", "c"):
        ids.setdefault(name, []).append(await user.storage.begin_parts("a", "c", name, DRAFT))
    for kept in ids.values():
        kept.sort()
    model = [(name, id) for name in sorted(ids) for id in ids[name]]
    found = await user.storage.uploads("a", "c", Query())
    assert [(entry.name, entry.id) for entry in found] == model
    page = await user.storage.uploads("a", "c", Query(marker="c", version_marker=ids["c"][0], limit=1))
    assert [(entry.name, entry.id) for entry in page] == [("c", ids["c"][1])]
    assert (await user.storage.uploads("a", "c", Query(delimiter="/")))[1] == Subdir("b/")
    record = await user.storage.upload_of_parts("a", "c", ids["a"][0])
    assert (record.name, record.draft) == ("a", DRAFT)
    await user.part(record.id, 1, b"z" * 100_000)
    await user.storage.abandon_parts("a", "c", record.id)
    for again in (user.storage.abandon_parts, user.storage.upload_of_parts):
        if again == user.storage.upload_of_parts:
            assert await again("a", "c", record.id) is None
        else:
            with pytest.raises(NoUpload):
                await again("a", "c", record.id)
    with pytest.raises(NoUpload):
        await user.part(record.id, 1, b"")
    await user.storage.delete_container("a", "c")
    await user.storage.put_container("a", "c", "p", {})
    assert await user.storage.uploads("a", "c", Query()) == []


async def test_parts_in_a_container_with_versions(user):
    await user.keep_versions()
    one = await user.put("o", b"1")
    id = await user.storage.begin_parts("a", "c", "o", DRAFT)
    part = await user.part(id, 1, b"2" * 100_000)
    two = await user.storage.finish_parts("a", "c", id, [(1, part.etag)], "e")
    assert two.version
    assert await user.content("o", one.version) == b"1"
    three = await user.put("o", b"3")
    assert await user.content("o", two.version) == b"2" * 100_000
    await user.storage.delete_object("a", "c", "o", version=three.version)
    assert await user.content("o") == b"2" * 100_000
