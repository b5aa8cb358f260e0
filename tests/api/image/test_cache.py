"""The image cache over HTTP, in this process: a store that is elsewhere, as far as the service can tell."""

import pytest
from tests.doubles.web import OCTETS, image_of, made

from pileus.image.settings import ImageSettings

ADMIN = {"X-Auth-Token": "admin:a"}
AT = "/image/v2/cache"
KIB = 1 << 10


@pytest.fixture
def settings():
    return ImageSettings(most_bytes=8 << 20, cache_bytes=100 * KIB)


class Elsewhere:
    """A store's shelf whose files are not on this machine; counts what is read from it."""

    def __init__(self, shelf):
        self._shelf = shelf
        self.reads = 0
        self.spoil = False

    def __getattr__(self, name):
        return getattr(self._shelf, name)

    async def path(self, name):
        return None

    async def read(self, name, start=0, length=None):
        self.reads += 1
        async for chunk in self._shelf.read(name, start, length):
            yield chunk[:-1] + b"!" if self.spoil else chunk


@pytest.fixture
def remote(service):
    members = service.dealing.stores._members
    shelf = Elsewhere(members["file"].shelf)
    members["file"] = type(members["file"])("file", "", 0, shelf)
    return shelf


@pytest.fixture
def keeper(service):
    (found,) = [loop for loop in service._parts.loops._members if loop.name == "image.cache"]
    return found


async def filled(api, fill, size=40 * KIB):
    image = (await made(api))["id"]
    answer = await api.put(f"/image/v2/images/{image}/file", content=bytes([fill]) * size, headers=OCTETS)
    assert answer.status_code == 204, answer.text
    return image


async def data_of(api, image, **headers):
    answer = await api.get(f"/image/v2/images/{image}/file", headers=headers)
    assert answer.status_code in {200, 206}
    return answer.content


async def state(api):
    answer = await api.get(AT, headers=ADMIN)
    assert answer.status_code == 200
    return answer.json()


async def test_data_that_were_read_once_come_from_the_cache(api, remote):
    image = await filled(api, 1)
    assert await state(api) == {"cached_images": [], "queued_images": []}
    for _ in range(3):
        assert await data_of(api, image) == b"\1" * 40 * KIB
    assert remote.reads == 1
    (cached,) = (await state(api))["cached_images"]
    assert (cached["image_id"], cached["hits"], cached["size"]) == (image, 2, 40 * KIB)
    assert cached["last_accessed"] >= cached["last_modified"] > 1e9
    assert await data_of(api, image, Range="bytes=0-9") == b"\1" * 10
    assert remote.reads == 1
    assert (await api.get(f"{AT}/nodes/{image}", headers=ADMIN)).json() == ["n"]


async def test_a_part_is_not_kept_as_the_whole(api, remote):
    image = await filled(api, 1)
    await data_of(api, image, Range="bytes=0-9")
    assert (await state(api))["cached_images"] == []


async def test_data_that_came_wrong_are_not_kept(api, remote):
    image = await filled(api, 1)
    remote.spoil = True
    await data_of(api, image)
    remote.spoil = False
    assert (await state(api))["cached_images"] == []
    assert await data_of(api, image) == b"\1" * 40 * KIB
    assert remote.reads == 2


async def test_a_store_on_this_machine_needs_no_cache(api, service):
    image = await filled(api, 1)
    await data_of(api, image)
    assert (await state(api))["cached_images"] == []


async def test_queued_images_are_fetched_ahead(api, remote, keeper):
    image = await filled(api, 1)
    for _ in range(2):
        assert (await api.put(f"{AT}/{image}", headers=ADMIN)).status_code == 202
    assert (await state(api))["queued_images"] == [image]
    await keeper.converge()
    assert await state(api) == {"cached_images": [{**(await state(api))["cached_images"][0]}], "queued_images": []}
    assert remote.reads == 1
    assert await data_of(api, image) == b"\1" * 40 * KIB
    assert remote.reads == 1
    queued = (await made(api))["id"]
    assert (await api.put(f"{AT}/{queued}", headers=ADMIN)).status_code == 400
    assert (await api.put(f"{AT}/{'0' * 32}", headers=ADMIN)).status_code == 404


async def test_what_was_not_read_for_longest_goes_first(api, remote, service):
    first, second, third = [await filled(api, fill) for fill in (1, 2, 3)]
    await data_of(api, first)
    await data_of(api, second)
    await data_of(api, first)
    await data_of(api, third)  # one too much
    assert {entry["image_id"] for entry in (await state(api))["cached_images"]} == {first, third}
    folder = service._parts.state / "image" / "cache"
    assert {file.name for file in folder.iterdir()} == {first, third}
    service.dealing.cache._most = 50 * KIB
    answer = await api.post(f"{AT}/prune", headers=ADMIN)
    assert (answer.status_code, answer.json()) == (200, {"total_files_pruned": 1, "total_bytes_pruned": 40 * KIB})


async def test_an_image_larger_than_the_cache_does_not_empty_it(api, remote):
    small, large = await filled(api, 1), await filled(api, 2, 200 * KIB)
    await data_of(api, small)
    await data_of(api, large)
    assert [entry["image_id"] for entry in (await state(api))["cached_images"]] == [small]


async def test_images_are_taken_out_one_by_one_and_all_at_once(api, remote, keeper, service):
    folder = service._parts.state / "image" / "cache"
    first, second = await filled(api, 1), await filled(api, 2)
    await data_of(api, first)
    await data_of(api, second)
    assert (await api.delete(f"{AT}/{first}", headers=ADMIN)).status_code == 204
    assert (await api.delete(f"{AT}/{'0' * 32}", headers=ADMIN)).status_code == 404
    assert [entry["image_id"] for entry in (await state(api))["cached_images"]] == [second]
    await keeper.converge()
    assert {file.name for file in folder.iterdir()} == {second}
    await api.put(f"{AT}/{first}", headers=ADMIN)
    for target, status in (("x", 400), ("queue", 204)):
        headers = {**ADMIN, "x-image-cache-clear-target": target}
        assert (await api.delete(AT, headers=headers)).status_code == status
    assert (await state(api))["queued_images"] == []
    assert len((await state(api))["cached_images"]) == 1
    assert (await api.delete(AT, headers=ADMIN)).status_code == 204
    assert await state(api) == {"cached_images": [], "queued_images": []}


async def test_a_deleted_image_leaves_the_cache(api, remote, service):
    folder = service._parts.state / "image" / "cache"
    image = await filled(api, 1)
    await data_of(api, image)
    await api.delete(f"/image/v2/images/{image}")
    assert (await state(api))["cached_images"] == []
    assert (await api.post(f"{AT}/clean", headers=ADMIN)).status_code == 200
    assert list(folder.iterdir()) == []


async def test_what_a_process_that_died_left_is_cleaned(api, remote, service):
    folder = service._parts.state / "image" / "cache"
    image = await filled(api, 1)
    await data_of(api, image)
    (folder / image).unlink()
    (folder / "stray.part").write_bytes(b"x")
    assert await data_of(api, image) == b"\1" * 40 * KIB  # read anew, and kept again
    await api.post(f"{AT}/clean", headers=ADMIN)
    assert {file.name for file in folder.iterdir()} == {image}
    assert (await image_of(api, image))["status"] == "active"


async def test_the_cache_is_the_administrators(api):
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("PUT", "/x"),
        ("DELETE", "/x"),
        ("POST", "/clean"),
        ("POST", "/prune"),
        ("GET", "/nodes/x"),
    ):
        assert (await api.request(method, AT + path)).status_code == 403, (method, path)


class TestWithoutCache:
    """A cloud without an image cache."""

    @pytest.fixture
    def settings(self):
        return ImageSettings(most_bytes=8 << 20, cache_bytes=0)

    async def test_there_is_nothing_to_ask(self, api, remote, service):
        image = await filled(api, 1)
        assert await data_of(api, image) == b"\1" * 40 * KIB
        for method, path in (("GET", ""), ("DELETE", ""), ("PUT", f"/{image}"), ("POST", "/prune")):
            assert (await api.request(method, AT + path, headers=ADMIN)).status_code == 404
        assert not (service._parts.state / "image" / "cache").exists()
