"""Every storage of objects, each at a simulated clock."""

from datetime import UTC, datetime

import pytest

from pileus.kernel.clock import SimulatedClock
from pileus.kernel.ids import SystemIds
from pileus.kernel.world import World
from pileus.object_store.storage.files import FileStorage
from pileus.object_store.storage.protocol import Draft
from pileus.simulated.object_store.storage import MemoryStorage

DRAFT = Draft("a/b", {})


class User:
    """Puts and reads objects of the container `c` in one line each."""

    def __init__(self, storage, clock):
        self.storage = storage
        self.clock = clock

    async def upload(self, content, **options):
        upload = self.storage.upload("a", "c", "o", **options)
        for at in range(0, len(content), 100_000):
            await upload.add(content[at : at + 100_000])
        await upload.seal()
        return upload

    async def put(self, name, content=b"", container="c", draft=DRAFT, key=None, encrypt=False, **options):
        upload = await self.upload(content, key=key, encrypt=encrypt)
        try:
            return await self.storage.put_object("a", container, name, upload, draft, **options)
        except BaseException:
            await upload.abandon()
            raise

    async def read(self, record, start=0, length=None, key=None):
        length = record.size - start if length is None else length
        return b"".join([chunk async for chunk in self.storage.read(record, start, length, key)])

    async def content(self, name, version=None, key=None, container="c"):
        record = await self.storage.object("a", container, name, content=True, version=version, key=key)
        return await self.read(record, key=key)

    async def keep_versions(self, state="enabled"):
        await self.storage.change_container("a", "c", {}, versioning=state)

    async def part(self, id, number, content, **options):
        return await self.storage.put_part("a", "c", id, number, await self.upload(content, **options))


@pytest.fixture
def clock():
    return SimulatedClock(datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture(params=["files", "encrypted", "shards", "memory"])
async def storage(request, tmp_path, clock):
    world = World(clock, SystemIds())
    if request.param == "memory":
        made = MemoryStorage(world)
    else:
        shards, encrypt = (3 if request.param == "shards" else 1), request.param == "encrypted"
        made = FileStorage(tmp_path, world, durable=False, shards=shards, encrypt=encrypt)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def user(storage, clock):
    """A user with a container `c`."""
    await storage.put_container("a", "c", "p", {})
    return User(storage, clock)
