"""Containers that keep versions, and those that did."""

import random

import pytest

from pileus.object_store.storage.protocol import Draft, NotEmpty, Query, Subdir, Usage


async def listed(user, **query):
    found = await user.storage.objects("a", "c", Query(versions=True, **query))
    return [entry if isinstance(entry, Subdir) else (entry.name, entry.version) for entry in found]


async def test_what_is_put_over_stays(user):
    null = await user.put("o", b"0")
    await user.keep_versions()
    assert (await user.storage.container("a", "c")).versioning == "enabled"
    one = await user.put("o", b"1")
    two = await user.put("o", b"22")
    assert len({"", one.version, two.version}) == 3
    assert [await user.content("o", v) for v in (None, "", one.version, two.version)] == [b"22", b"0", b"1", b"22"]
    for version, latest in (("", False), (one.version, False), (two.version, True)):
        assert (await user.storage.object("a", "c", "o", version=version)).latest is latest
    assert await user.storage.object("a", "c", "o", version="nonsense") is None
    assert await listed(user) == [("o", two.version), ("o", one.version), ("o", "")]
    assert [entry.version for entry in await user.storage.objects("a", "c", Query())] == [two.version]
    assert (await user.storage.container("a", "c")).usage == Usage(1, 4)
    assert null.version == ""


async def test_a_deletion_is_a_marker(user):
    await user.keep_versions()
    one = await user.put("o", b"1")
    done = await user.storage.delete_object("a", "c", "o")
    assert done.gone.version == one.version
    assert done.marker.marker
    assert await user.storage.object("a", "c", "o") is None
    assert await user.storage.objects("a", "c", Query()) == []
    marker = await user.storage.object("a", "c", "o", version=done.marker.version)
    assert (marker.marker, marker.latest) == (True, True)
    assert await listed(user) == [("o", done.marker.version), ("o", one.version)]
    assert (await user.storage.container("a", "c")).usage == Usage(0, 1)
    with pytest.raises(NotEmpty):
        await user.storage.delete_container("a", "c")
    undone = await user.storage.delete_object("a", "c", "o", version=done.marker.version)
    assert (undone.gone.marker, undone.marker) == (True, None)
    assert await user.content("o") == b"1"
    assert (await user.storage.container("a", "c")).usage == Usage(1, 1)
    never = await user.storage.delete_object("a", "c", "never")
    assert (never.gone, never.marker.marker) == (None, True)


async def test_deleting_the_newest_brings_the_next(user):
    await user.keep_versions()
    one, two, three = [await user.put("o", content) for content in (b"1", b"2", b"3")]
    await user.storage.delete_object("a", "c", "o", version=two.version)
    assert await user.content("o") == b"3"
    await user.storage.delete_object("a", "c", "o", version=three.version)
    assert await user.content("o") == b"1"
    assert (await user.storage.object("a", "c", "o", version=one.version)).latest
    await user.storage.delete_object("a", "c", "o", version=one.version)
    assert await listed(user) == []
    await user.storage.delete_container("a", "c")


async def test_suspended_there_is_one_null_version(user):
    await user.keep_versions()
    one = await user.put("o", b"1")
    await user.keep_versions("suspended")
    assert (await user.put("o", b"2")).version == ""
    assert (await user.put("o", b"3")).version == ""
    assert await listed(user) == [("o", ""), ("o", one.version)]
    done = await user.storage.delete_object("a", "c", "o")
    assert (done.gone.etag, done.marker.version) != ("", one.version)
    assert await listed(user) == [("o", ""), ("o", one.version)]
    assert (await user.storage.object("a", "c", "o", version="")).marker
    assert (await user.storage.container("a", "c")).usage == Usage(0, 1)
    await user.keep_versions()
    four = await user.put("o", b"4")
    assert await listed(user) == [("o", four.version), ("o", ""), ("o", one.version)]
    await user.keep_versions("suspended")
    await user.put("o", b"55")
    assert await listed(user) == [("o", ""), ("o", four.version), ("o", one.version)]
    assert (await user.storage.container("a", "c")).usage == Usage(1, 4)


async def test_versions_have_their_own_metadata(user):
    await user.keep_versions()
    one = await user.put("o", b"1", draft=Draft("a/b", {"x": "1"}))
    await user.put("o", b"2", draft=Draft("a/b", {"x": "2"}))
    marked = await user.storage.mark_object("a", "c", "o", {"y": "3"}, version=one.version)
    assert (marked.version, marked.metadata) == (one.version, {"x": "1", "y": "3"})
    assert (await user.storage.object("a", "c", "o")).metadata == {"x": "2"}
    assert (await user.storage.object("a", "c", "o", version=one.version)).metadata == {"x": "1", "y": "3"}
    gone = (await user.storage.delete_object("a", "c", "o")).marker
    assert await user.storage.mark_object("a", "c", "o", {"y": "3"}, version=gone.version) is None


async def test_expired_versions_are_found(user):
    second = int(user.clock.now().timestamp())
    await user.keep_versions()
    one = await user.put("o", b"1", draft=Draft("a/b", {}, second + 5))
    await user.put("o", b"2")
    await user.put("p", b"2", draft=Draft("a/b", {}, second + 5))
    found = {record.name: record for _account, _container, record in await user.storage.expired(second + 9, 10)}
    assert (found["o"].version, found["o"].latest, found["p"].latest) == (one.version, False, True)


async def test_pages_of_versions_are_as_a_model_says(user):
    choose = random.Random(4)
    every = {}
    for _ in range(120):
        name = choose.choice(["a", "b/1", "b/2", "b/c/3", "bb", "d", "é"])
        await user.keep_versions(choose.choice(["enabled", "enabled", "suspended"]))
        if choose.random() < 0.3:
            made = (await user.storage.delete_object("a", "c", name)).marker
        else:
            made = await user.put(name, b"")
        versions = every.setdefault(name, [])
        if not made.version:
            versions[:] = [version for version in versions if version]
        versions.insert(0, made.version)
    for reverse in (False, True):
        names = sorted(every, key=str.encode, reverse=reverse)
        model = [(name, version) for name in names for version in every[name]]
        assert await listed(user, reverse=reverse) == model
        for at, (name, version) in enumerate(model):
            assert (
                await listed(user, reverse=reverse, marker=name, version_marker=version, limit=7)
                == model[at + 1 : at + 8]
            )
        prefixed = [entry for entry in model if entry[0].startswith("b/")]
        assert await listed(user, reverse=reverse, prefix="b/") == prefixed
        page = await listed(user, reverse=reverse, delimiter="/")
        flat = [entry for entry in model if "/" not in entry[0]]
        assert [entry for entry in page if not isinstance(entry, Subdir)] == flat
        assert [entry.name for entry in page if isinstance(entry, Subdir)] == ["b/"]
    latest = [e for e in await user.storage.objects("a", "c", Query(versions=True)) if e.latest]
    assert [(e.name, e.version) for e in latest] == [(name, every[name][0]) for name in sorted(every, key=str.encode)]


async def test_copies_of_versions(user):
    await user.keep_versions()
    one = await user.put("o", b"1" * 100_000)
    await user.put("o", b"2")
    old = await user.storage.object("a", "c", "o", version=one.version, content=True)
    await user.storage.copy_object(old, ("a", "c", "o"), Draft("a/b", {}))
    assert await user.content("o") == b"1" * 100_000
    assert len(await listed(user)) == 3
