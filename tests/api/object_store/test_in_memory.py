"""The service does not care what its storage is: the same requests over one that is dictionaries."""

import hashlib

import pytest
from tests.api.object_store.conftest import Tokens

from pileus.kernel.serving.server import Application
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.wiring import wire
from pileus.simulated.object_store.storage import MemoryStorage


@pytest.fixture
async def api(parts, client_of):
    service = wire(parts, ObjectStoreSettings(), storage=MemoryStorage(parts.world))
    await service.start()
    async with client_of(Application([service.api], parts.store, parts.world, Tokens())) as client:
        client.base_url = "http://cloud/object-store/v1/AUTH_p1"
        client.headers["X-Auth-Token"] = "member:p1"
        yield client
    await service.stop()


async def test_a_day_with_a_storage_in_memory(api, clock, parts):
    content = b"0123456789" * 20_000
    assert (await api.put("/c", headers={"X-Container-Meta-Colour": "red"})).status_code == 201
    answer = await api.put("/c/dir/o", content=content, headers={"X-Delete-After": "60"})
    assert answer.headers["ETag"] == hashlib.md5(content).hexdigest()
    assert (await api.get("/c/dir/o")).content == content
    assert (await api.get("/c/dir/o", headers={"Range": "bytes=3-5,-2"})).status_code == 206
    assert [entry.get("subdir") for entry in (await api.get("/c?delimiter=/&format=json")).json()] == ["dir/"]
    assert (await api.put("/c/copy", headers={"X-Copy-From": "/c/dir/o", "Content-Length": "0"})).status_code == 201
    assert (await api.head("/c")).headers["X-Container-Bytes-Used"] == str(2 * len(content))
    await clock.advance(61)
    assert (await api.get("/c/dir/o")).status_code == 404
    assert await parts.loops.once() == 2
    assert (await api.delete("/c")).status_code == 204
