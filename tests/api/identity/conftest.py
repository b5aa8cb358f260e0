"""A small cloud with identity only, and clients with tokens of it."""

import httpx
import pytest

from pileus.identity.settings import IdentitySettings
from pileus.identity.wiring import wire
from pileus.kernel.parts import Parts
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals

URL = "http://cloud"


class Cloud:
    """The application, the service, and ways to log in."""

    def __init__(self, application, identity, store, world, client_of, loops=None):
        self.loops = loops
        self.application, self.identity, self.store, self.world = application, identity, store, world
        self._client_of = client_of
        self.http = client_of(application)

    async def auth(self, name="admin", password="secret", scope="admin", **more):
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": name, "domain": {"id": "default"}, "password": password}},
        }
        if isinstance(scope, str) and scope != "unscoped":
            scope = {"project": {"name": scope, "domain": {"id": "default"}}}
        body = {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}
        return await self.http.post("/v3/auth/tokens", json=body, **more)

    async def login(self, *args, **kwargs):
        answer = await self.auth(*args, **kwargs)
        assert answer.status_code == 201, answer.text
        return self.bearer(answer.headers["X-Subject-Token"])

    def bearer(self, token):
        return self._client_of(self.application, **{"X-Auth-Token": token})


@pytest.fixture
def settings():
    return IdentitySettings(password_rounds=4)


@pytest.fixture
async def cloud(quick_store, world, client_of, tmp_path, settings):
    parts = Parts(
        state=tmp_path,
        region="RegionOne",
        policy=None,
        node="n",
        store=quick_store,
        world=world,
        signals=None,
        engine=None,
        loops=Loops(world, Signals()),
        transport=None,
    )
    identity = wire(parts, settings)
    loops = parts.loops
    async with quick_store.write() as tx:
        await identity.prepare(tx, admin_password="secret", demo_password="demo-secret", url=URL)
    yield Cloud(
        Application([identity.api], quick_store, world, identity), identity, quick_store, world, client_of, loops
    )


@pytest.fixture
async def admin(cloud):
    return await cloud.login()


@pytest.fixture
async def make(cloud, admin):
    """Makes things as the administrator: `await make("users", name="x")` gives the created object."""

    async def run(collection, **body):
        key = {"registered_limits": "registered_limit"}.get(
            collection, "policy" if collection == "policies" else collection[:-1]
        )
        answer = await admin.post(f"/v3/{collection}", json={key: body})
        assert answer.status_code == 201, answer.text
        return answer.json()[key]

    return run


__all__ = ["Cloud", "httpx"]
