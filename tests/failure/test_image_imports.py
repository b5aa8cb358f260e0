"""The import of an image under the harness: whatever fails and whenever the process dies, nothing is half made."""

import contextlib
from types import SimpleNamespace

import httpx
import pytest
from sqlalchemy import select
from tests.api.image.conftest import Tokens
from tests.doubles.web import OCTETS, Web
from tests.failure.harness import Scenario, torment

from pileus.image.images.table import IMAGES
from pileus.image.locations.table import LOCATIONS, STAGED
from pileus.image.settings import DownloadSettings, ImageSettings, ImportSettings, StoreSettings
from pileus.image.tasks.table import TASKS
from pileus.image.wiring import wire
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.kernel.store import METADATA
from pileus.kernel.store.sqlite import SqliteStore

DATA = b"\x01\x02\x03\x04" * 50000
STEPS = 7
STORES = ("file", "second")


class Clouds:
    """Makes image services, and second processes over what the first left."""

    def __init__(self, world, tmp_path, **settings):
        self.world, self.tmp_path, self.number = world, tmp_path, 0
        self.settings = ImageSettings(
            most_bytes=8 << 20,
            stores=tuple(StoreSettings(id=name) for name in STORES),
            download=DownloadSettings(allowed_ports=(), allowed_networks=("127.0.0.0/8",)),
            **settings,
        )
        self.stack = contextlib.AsyncExitStack()

    async def build(self, probe):
        self.number += 1
        store = SqliteStore(None, durable=False, prepare=METADATA.create_all)
        await store.start()
        self.stack.push_async_callback(store.stop)
        return await self._make(store, self.tmp_path / str(self.number), probe)

    async def again(self, cloud):
        return await self._make(cloud.store, cloud.state, None)

    async def _make(self, store, state, probe):
        signals = Signals()
        engine = Engine(store, self.world, signals, node="n", probe=probe)
        loops = Loops(self.world, signals)
        parts = Parts(
            state=state, region="R", policy=None, node="n", store=store, world=self.world, signals=signals,
            engine=engine, loops=loops, transport=MemoryTransport(),
        )  # fmt: skip
        service = wire(parts, self.settings)
        await service.start()
        await loops.once()
        transport = httpx.ASGITransport(Application([service.api], store, self.world, Tokens()))
        headers = {"X-Auth-Token": "admin:p1", "Accept": "application/json"}
        client = httpx.AsyncClient(transport=transport, base_url="http://cloud", headers=headers)
        await self.stack.enter_async_context(client)
        return SimpleNamespace(engine=engine, store=store, state=state, service=service, loops=loops, api=client)


async def image(cloud, **body):
    body = {"disk_format": "raw", "container_format": "bare", **body}
    return (await cloud.api.post("/image/v2/images", json=body)).json()["id"]


async def begin(cloud, id, method, **body):
    answer = await cloud.api.post(f"/image/v2/images/{id}/import", json={"method": method, **body})
    assert answer.status_code == 202, answer.text


async def check(cloud, id, failed):
    """The image is whole or waits for data; stores and staging area hold what the database names, and nothing else."""
    await cloud.service.dealing.keeper.settle()
    async with cloud.store.read() as tx:
        rows, places = await tx.all(select(IMAGES)), await tx.all(select(LOCATIONS))
        staged, tasks = await tx.all(select(STAGED)), await tx.all(select(TASKS))
    (row,) = [row for row in rows if row["id"] == id]
    assert row["status"] in {"active", "queued"}
    assert "os_glance_import_task" not in row["extra"]
    assert row["extra"].get("os_glance_importing_to_stores", "") == ""
    assert staged == []
    assert {task["status"] for task in tasks} <= {"success", "failure"}
    if failed:
        assert tasks[-1]["status"] == "failure"
    mine = [place["store"] for place in places if place["image_id"] == id]
    if row["status"] == "queued":
        assert (mine, row["size"], row["os_hash_value"]) == ([], None, None)
    else:
        assert mine
        assert b"".join([piece async for piece in cloud.service.read(id)]) == DATA
    for name in STORES:
        known = {place["name"] for place in places if place["store"] == name}
        assert await cloud.service.dealing.stores.store(name).names() == known
    assert await cloud.service.dealing.area.names() == []
    assert await cloud.loops.once() == 0


@pytest.fixture
async def clouds(world, tmp_path):
    made = Clouds(world, tmp_path)
    async with made.stack:
        yield made


async def test_staged_data(clouds):
    async def prepare(cloud):
        id = await image(cloud)
        answer = await cloud.api.put(f"/image/v2/images/{id}/stage", content=DATA, headers=OCTETS)
        assert answer.status_code == 204
        return id

    async def start(cloud, id):
        await begin(cloud, id, {"name": "glance-direct"}, all_stores=True)

    assert await torment(Scenario("image.import", clouds.build, prepare, start, check, clouds.again), STEPS) > 40


async def test_the_web(clouds):
    async with Web() as web:
        url = web.serve("/disk", DATA)

        async def start(cloud, id):
            await begin(cloud, id, {"name": "web-download", "uri": url})

        assert await torment(Scenario("image.import", clouds.build, image, start, check, clouds.again), STEPS) > 40


async def test_copies(clouds):
    async def prepare(cloud):
        id = await image(cloud)
        await cloud.api.put(f"/image/v2/images/{id}/file", content=DATA, headers=OCTETS)
        return id

    async def start(cloud, id):
        await begin(cloud, id, {"name": "copy-image"}, stores=["second"])

    async def still(cloud, id, failed):
        await check(cloud, id, failed)
        assert (await cloud.api.get(f"/image/v2/images/{id}")).json()["status"] == "active"

    assert await torment(Scenario("image.import", clouds.build, prepare, start, still, clouds.again), STEPS) > 40


async def test_plugins(world, tmp_path):
    import gzip

    plugins = ("image_decompression", "image_conversion", "inject_image_metadata")
    clouds = Clouds(world, tmp_path, imports=ImportSettings(plugins=plugins, inject={"a": "b"}))

    async def prepare(cloud):
        id = await image(cloud)
        packed = gzip.compress(DATA)
        answer = await cloud.api.put(f"/image/v2/images/{id}/stage", content=packed, headers=OCTETS)
        assert answer.status_code == 204
        return id

    async def start(cloud, id):
        await begin(cloud, id, {"name": "glance-direct"})

    async with clouds.stack:
        assert await torment(Scenario("image.import", clouds.build, prepare, start, check, clouds.again), STEPS) > 40
