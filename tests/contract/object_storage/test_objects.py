"""Objects of one piece: written, read, listed, copied, under conditions and under keys."""

import hashlib
import os

import pytest

from pileus.object_store.storage.protocol import (
    AlreadyThere,
    Draft,
    NoContainer,
    NotEmpty,
    OtherObject,
    Query,
    Subdir,
    Usage,
    WrongKey,
)

SIZES = (0, 1, 5000, 64 << 10, (64 << 10) + 1, 3_000_000)
KEY, OTHER = b"k" * 32, b"o" * 32


def md5(content):
    return hashlib.md5(content).hexdigest()


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("encrypt", [False, True])
async def test_what_was_put_is_read(user, key, encrypt):
    for size in SIZES:
        content = os.urandom(size)
        record = await user.put("o", content, key=key, encrypt=encrypt)
        assert (record.size, record.etag) == (size, md5(content))
        seen = await user.storage.object("a", "c", "o")
        assert (seen.size, seen.etag, seen.stamp, seen.version, seen.latest) == (
            size,
            md5(content),
            record.stamp,
            "",
            True,
        )
        assert await user.content("o", key=key) == content
        for start, length in ((0, 1), (size // 2, size), (70_000, 140_000), (max(size - 3, 0), 3)):
            assert (
                await user.read(seen, start, max(0, min(length, size - start)), key=key)
                == content[start : start + length]
            )


async def test_only_its_owners_key_opens_a_locked_object(user):
    for size in SIZES[1:]:
        content = os.urandom(size)
        await user.put("o", content, key=KEY)
        record = await user.storage.object("a", "c", "o", content=True)
        assert record.locked
        assert record.content is None
        assert user.storage.file(record) is None
        for wrong in (None, OTHER):
            with pytest.raises(WrongKey):
                await user.read(record, key=wrong)
        with pytest.raises(WrongKey):
            await user.storage.object(
                "a", "c", "o", content=True, key=OTHER
            ) if size <= 64 << 10 else await user.content("o", key=OTHER)
        assert await user.read(record, key=KEY) == content


async def test_conditions_are_looked_at_with_the_change(user):
    with pytest.raises(OtherObject) as caught:
        await user.put("o", b"1", if_etag=md5(b"0"))
    assert caught.value.missing
    await user.put("o", b"1", absent=True)
    with pytest.raises(AlreadyThere):
        await user.put("o", b"2", absent=True)
    with pytest.raises(OtherObject) as caught:
        await user.put("o", b"2", if_etag=md5(b"0"))
    assert not caught.value.missing
    await user.put("o", b"2", if_etag=md5(b"1"))
    with pytest.raises(OtherObject):
        await user.storage.delete_object("a", "c", "o", if_etag=md5(b"1"))
    assert (await user.storage.delete_object("a", "c", "o", 77)).gone is None
    assert (await user.storage.delete_object("a", "c", "o", if_etag=md5(b"2"))).gone.etag == md5(b"2")
    assert (await user.storage.delete_object("a", "c", "o")).gone is None


async def test_what_has_expired_is_absent(user):
    second = int(user.clock.now().timestamp())
    await user.put("o", b"1", draft=Draft("a/b", {}, second + 5))
    assert await user.storage.expired(second + 4, 10) == []
    await user.clock.advance(6)
    ((account, container, record),) = await user.storage.expired(second + 6, 10)
    assert (account, container, record.name) == ("a", "c", "o")
    await user.put("o", b"2", absent=True)
    assert await user.storage.expired(second + 6, 10) == []


async def test_counts(user):
    await user.storage.put_container("a", "d", "q", {})
    await user.put("o", b"123")
    await user.put("p", b"4567")
    await user.put("o", b"12", container="d")
    account = await user.storage.account("a")
    assert (account.containers, account.usage) == (2, Usage(3, 9))
    assert account.policies == {"p": (1, Usage(2, 7)), "q": (1, Usage(1, 2))}
    with pytest.raises(NotEmpty):
        await user.storage.delete_container("a", "c")
    for name in ("o", "p"):
        await user.storage.delete_object("a", "c", name)
    await user.storage.delete_container("a", "c")
    assert (await user.storage.account("a")).usage == Usage(1, 2)
    with pytest.raises(NoContainer):
        await user.put("o", b"")
    assert await user.storage.delete_account("a")
    assert await user.storage.account("a") is None


async def test_lists(user):
    for name in ("a", "b/1", "b/2", "c", "é"):
        await user.put(name, b"")

    async def names(**query):
        return [entry.name for entry in await user.storage.objects("a", "c", Query(**query))]

    assert await names() == ["a", "b/1", "b/2", "c", "é"]
    assert await names(reverse=True, limit=2) == ["é", "c"]
    assert await names(delimiter="/", marker="a") == ["b/", "c", "é"]
    assert await names(prefix="b/", end_marker="b/2") == ["b/1"]
    assert (await user.storage.objects("a", "c", Query(delimiter="/")))[1] == Subdir("b/")
    with pytest.raises(NoContainer):
        await user.storage.objects("a", "x", Query())


async def test_metadata_of_an_object(user):
    made = await user.put("o", b"1", draft=Draft("a/b", {"x": "1", "y": "2"}))
    changed = await user.storage.change_object("a", "c", "o", Draft("c/d", {"z": "3"}))
    assert changed.stamp > made.stamp
    assert (changed.content_type, changed.metadata) == ("c/d", {"z": "3"})
    marked = await user.storage.mark_object("a", "c", "o", {"w": "4", "z": None})
    assert (marked.stamp, marked.content_type, marked.metadata) == (changed.stamp, "c/d", {"w": "4"})
    assert (await user.storage.object("a", "c", "o")).metadata == {"w": "4"}
    assert await user.content("o") == b"1"
    assert await user.storage.mark_object("a", "c", "none", {}) is None
    assert await user.storage.change_object("a", "x", "o", Draft("a/b", {})) is None


async def test_a_copy_outlives_what_it_was_made_of(user):
    await user.storage.put_container("b", "to", "p", {})
    for size in SIZES:
        content = os.urandom(size)
        record = await user.put("o", content)
        made = await user.storage.copy_object(record, ("b", "to", "copy"), Draft("c/d", {"m": "1"}))
        assert (made.size, made.etag, made.content_type) == (size, md5(content), "c/d")
        await user.storage.delete_object("a", "c", "o")
        await user.clock.advance(1000)
        if hasattr(user.storage, "sweep"):
            await user.storage.sweep()
        copy = await user.storage.object("b", "to", "copy", content=True)
        assert (await user.read(copy), copy.metadata) == (content, {"m": "1"})
    record = await user.put("o", b"1")
    with pytest.raises(AlreadyThere):
        await user.storage.copy_object(record, ("b", "to", "copy"), Draft("c/d", {}), absent=True)
    with pytest.raises(NoContainer):
        await user.storage.copy_object(record, ("b", "none", "copy"), Draft("c/d", {}))


@pytest.mark.parametrize("old", [None, KEY])
@pytest.mark.parametrize("new", [None, OTHER])
async def test_a_copy_has_its_own_lock(user, old, new):
    for size in SIZES:
        content = os.urandom(size)
        record = await user.put("o", content, key=old)
        await user.storage.copy_object(record, ("a", "c", "copy"), Draft("c/d", {}), key=old, new_key=new)
        copy = await user.storage.object("a", "c", "copy")
        assert copy.etag == md5(content)
        assert await user.read(copy, key=new) == content
        if new and size:
            with pytest.raises(WrongKey):
                await user.read(copy, key=old)


async def test_a_name_is_claimed_once(user):
    storage = user.storage
    assert await storage.claimed("c") is None
    assert await storage.claim("c", "a") == "a"
    assert await storage.claim("c", "b") == "a"
    await storage.release("c", "b")
    assert await storage.claimed("c") == "a"
    await storage.delete_container("a", "c")
    assert await storage.claimed("c") is None
    await storage.claim("x", "a")
    await storage.delete_account("a")
    assert await storage.claim("x", "b") == "b"


async def test_moments_grow_whatever_the_clock_does(user):
    first = await user.put("o", b"1")
    user.clock._elapsed -= 3600
    second = await user.put("o", b"2")
    changed = await user.storage.change_object("a", "c", "o", Draft("a/b", {}))
    assert first.stamp < second.stamp < changed.stamp
    assert await user.content("o") == b"2"
