"""S3 in this process, asked by boto3: its requests are signed as always and answered without a socket."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from pileus.kernel.auth.caller import Caller
from pileus.kernel.clock import SystemClock
from pileus.kernel.ids import SystemIds
from pileus.kernel.parts import Parts
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.reconcile.loop import Loops
from pileus.kernel.serving.server import Application
from pileus.kernel.signals import Signals
from pileus.kernel.store import METADATA
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World
from pileus.object_store.settings import ObjectStoreSettings
from pileus.object_store.wiring import wire

ENDPOINT = "http://cloud/s3"


class ShiftedClock(SystemClock):
    """The machine's clock, put forward by `offset`."""

    offset = timedelta(0)

    def now(self):
        return datetime.now(UTC) + self.offset


class Raw:
    """A streamed answer as botocore reads it."""

    def __init__(self, content):
        self._content = content

    def stream(self, **_options):
        yield self._content

    def read(self, amount=None):
        amount = len(self._content) if amount is None else amount
        out, self._content = self._content[:amount], self._content[amount:]
        return out

    def close(self):
        return


class Plain:
    """An answer whose bytes nobody decodes."""

    def __init__(self, status, headers, content):
        self.status_code, self.headers, self.content = status, httpx.Headers(headers), bytes(content)


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()


class House:
    """The object store, the people who sign, and their clients."""

    def __init__(self, folder):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.clock = ShiftedClock()
        self.people = {
            "alice": ("alice-secret", self.person("alice", "p1", "member")),
            "reader": ("reader-secret", self.person("reader", "p1", "reader")),
            "bob": ("bob-secret", self.person("bob", "p2", "member")),
        }
        self.folder = folder
        self.run(self._start())

    @staticmethod
    def person(name, project, *roles):
        return Caller(
            user_id=f"id-of-{name}", user_name=name, project_id=project, project_name=project, roles=frozenset(roles)
        )

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def _start(self):
        store = SqliteStore(None, durable=False, prepare=METADATA.create_all)
        await store.start()
        world, signals = World(self.clock, SystemIds()), Signals()
        parts = Parts(
            state=self.folder,
            region="RegionOne",
            policy=None,
            node="n",
            store=store,
            world=world,
            signals=signals,
            engine=None,
            loops=Loops(world, signals),
            transport=MemoryTransport(),
        )
        settings = ObjectStoreSettings()
        self.parts = parts

        async def signer(access):
            return self.people.get(access)

        self.service = wire(parts, settings, durable=False, signer=signer)
        await self.service.start()
        app = Application([self.service.api, self.service.s3], store, world, self)
        self.app = app

    async def authenticate(self, token):
        return self.people[token][1]

    def ask(self, method, url, *, headers=None, content=None):
        """A request as it stands here: nothing puts its path right."""
        return self.run(self._ask(method, url, headers, content or b""))

    async def _ask(self, method, url, headers, content):
        parts = urlsplit(url if "://" in url else "http://cloud" + url)
        pairs = headers if isinstance(headers, list) else list((headers or {}).items())
        given = [(_bytes(n).lower(), _bytes(v)) for n, v in pairs]
        known = {name for name, _value in given}
        given += [(b"host", parts.netloc.encode())] if b"host" not in known else []
        if not known & {b"content-length", b"transfer-encoding"} and (content or method in {"PUT", "POST"}):
            given.append((b"content-length", str(len(content)).encode()))
        scope = {
            "type": "http",
            "method": method,
            "scheme": parts.scheme,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": given,
            "client": ("192.0.2.7", 5),
            "server": ("cloud", 80),
            "http_version": "1.1",
            "root_path": "",
        }
        pieces = [content[at : at + 50_000] for at in range(0, len(content), 50_000)] or [b""]
        messages = iter([{"type": "http.request", "body": p, "more_body": p is not pieces[-1]} for p in pieces])
        status, got, out = 0, [], bytearray()

        async def receive():
            return next(messages)

        async def send(message):
            nonlocal status, got, out
            if message["type"] == "http.response.start":
                status, got = message["status"], message["headers"]
            else:
                out += message.get("body", b"")

        await self.app(scope, receive, send)
        return Plain(status, got, out)

    def send(self, request):
        """A request of botocore's."""
        body = request.body
        body = b"" if body is None else body if isinstance(body, bytes | str) else body.read()
        answer = self.ask(request.method, request.url, headers=list(request.headers.items()), content=body)
        return AWSResponse(request.url, answer.status_code, answer.headers, Raw(answer.content))

    def client(self, who, *, unsigned=False, endpoint=ENDPOINT, **config):
        """A client of boto3."""
        config.setdefault("s3", {"addressing_style": "path"})
        if unsigned:
            from botocore import UNSIGNED

            config["signature_version"] = UNSIGNED
        made = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=who,
            aws_secret_access_key=self.people.get(who, ("wrong",))[0],
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 0}, **config),
        )
        made._endpoint.http_session.send = self.send
        return made

    def loops(self):
        """Let every reconciler look once."""
        return self.run(self.parts.loops.once())

    def stop(self):
        self.run(self.service.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("s3"))
    yield made
    made.stop()


@pytest.fixture
def forward(house):
    """Puts the clock forward: `forward(days=2)`."""

    def move(**by):
        house.clock.offset += timedelta(**by)

    yield move
    house.clock.offset = timedelta(0)


@pytest.fixture(scope="module")
def s3(house):
    return house.client("alice")


@pytest.fixture(scope="module")
def bob(house):
    return house.client("bob")


@pytest.fixture(scope="module")
def anybody(house):
    return house.client("nobody", unsigned=True)


@pytest.fixture
def bucket(house, s3, request):
    """An empty bucket of alice's."""
    house.count = getattr(house, "count", 0) + 1
    name = f"bucket-{house.count}"
    s3.create_bucket(Bucket=name)
    return name
