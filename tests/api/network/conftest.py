"""A network service of its own for each test, reached through HTTP in this process."""

import httpx
import pytest
from sqlalchemy import event

from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.operations import Engine
from pileus.kernel.parts import Parts
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.kernel.store.sqlite import SqliteStore, raw
from pileus.network.settings import NetworkSettings
from pileus.network.wiring import wire
from pileus.simulated.network import SimulatedNetwork


class Tokens:
    """Tokens of the form ROLE:PROJECT."""

    async def authenticate(self, token):
        role, _, project = token.partition(":")
        implied = {
            "admin": {"admin", "manager", "member", "reader"},
            "manager": {"manager", "member", "reader"},
            "member": {"member", "reader"},
            "reader": {"reader"},
            "nobody": set(),
        }
        if role not in implied:
            raise Unauthorized
        return Caller(
            user_id=f"u-{project}", project_id=project, roles=frozenset(implied[role]), is_admin=role == "admin"
        )


class Client:
    """Speaks for one caller; answers are checked for their status and unwrapped."""

    def __init__(self, http, token):
        self.http = http
        self.token = token

    async def call(self, method, path, status, body=None, **more):
        headers = {"X-Auth-Token": self.token, **more.pop("headers", {})}
        answer = await self.http.request(method, f"/networking/v2.0{path}", json=body, headers=headers, **more)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def get(self, path, status=200, **more):
        return await self.call("GET", path, status, **more)

    async def list(self, plural, **params):
        return (await self.get(f"/{plural.replace('_', '-')}", params=params))[plural.replace("-", "_")]

    async def make(self, kind, status=201, plural="", **body):
        path = "/" + (plural or f"{kind}s").replace("_", "-")
        made = await self.call("POST", path, status, {kind: body})
        return made[kind] if status == 201 else made["NeutronError"]

    async def put(self, path, body, status=200, **more):
        return await self.call("PUT", path, status, body, **more)

    async def delete(self, path, status=204, **more):
        return await self.call("DELETE", path, status, **more)


@pytest.fixture
def backend():
    return SimulatedNetwork(("host-1", "host-2"))


@pytest.fixture
def parts(quick_store, world, tmp_path):
    signals = Signals()
    loops = Loops(world, signals)
    engine = Engine(quick_store, world, signals, node="node-1")
    return Parts(
        state=tmp_path,
        region="r",
        policy=None,
        node="node-1",
        store=quick_store,
        world=world,
        signals=signals,
        engine=engine,
        loops=loops,
        transport=None,
    )


@pytest.fixture
def network(parts, backend):
    return wire(parts, NetworkSettings(), backend)


@pytest.fixture
async def http(network, parts):
    application = Application([network.api], parts.store, parts.world, Tokens())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://cloud") as client:
        yield client


@pytest.fixture
def as_(http):
    return lambda token: Client(http, token)


@pytest.fixture
def alice(as_):
    return as_("member:alice")


@pytest.fixture
def bob(as_):
    return as_("member:bob")


@pytest.fixture
def admin(as_):
    return as_("admin:admin")


@pytest.fixture
def queries(parts):
    """The statements that were executed, in their order."""
    seen = []

    def note(statement):
        if not statement.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "--")):
            seen.append(statement)

    store = parts.store
    if not isinstance(store, SqliteStore):
        engine, name = store._engine.sync_engine, "before_cursor_execute"

        def listen(_connection, _cursor, statement, _parameters, _context, _many):
            note(statement)
    else:  # the driver is asked: SQLAlchemy does not see every read
        engine, name = store._engine, "connect"

        def listen(driver, _record=None):
            driver.set_trace_callback(note)

        for connection in (store._writer, *store._readers):
            listen(raw(connection))
    event.listen(engine, name, listen)
    yield seen
    event.remove(engine, name, listen)
