"""A whole simulated cloud whose event loop runs in a thread, so that plain tests (and hypothesis) can ask it things.

Requests are made as ASGI scopes by hand: what is sent is what stands in the test, however wrong it is.
"""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from pileus.cloud.assembly import Cloud
from pileus.cloud.folder import StateFolder
from pileus.cloud.foundation.parts import make_parts, prepare
from pileus.cloud.ground.simulated import SimulatedGround
from pileus.cloud.settings import CloudSettings
from pileus.identity.settings import IdentitySettings
from pileus.kernel import log
from pileus.kernel.api.declare import Service
from pileus.kernel.clock import SystemClock
from pileus.kernel.ids import SeededIds
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.serving.server import Application
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World

Headers = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]


@dataclass(slots=True)
class Reply:
    """What came back: `headers` in lower case; of repeated ones the last."""

    status: int
    headers: dict[str, str]
    body: bytes
    sent: str = ""

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def kind(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


class DryStore(SqliteStore):
    """A store that can be told to roll every write back: what would have happened, without it having happened."""

    dry = False

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[Any]:
        try:
            async with super()._write() as tx:
                yield tx
                if self.dry:
                    raise _RolledBack
        except _RolledBack:
            return


class MovedClock(SystemClock):
    """The machine's clock, moved by an offset."""

    offset = timedelta()

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return super().now() + self.offset


class _RolledBack(Exception):
    """Ends a dry write."""


@dataclass
class FuzzCloud:
    """The running cloud.

    Attributes:
        tokens: by persona; see `people.py`.
        seeds: ids of resources that exist, by name.
        escaped: exceptions that came out of the application: each one is a bug.
    """

    root: Path
    tokens: dict[str, str] = field(default_factory=dict)
    seeds: dict[str, str] = field(default_factory=dict)
    escaped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = io.StringIO()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.await_(self._start())

    async def _start(self) -> None:
        log.configure(level="ERROR", stream=self.log)  # unconfigured, it would draw every traceback with its variables
        settings = CloudSettings(identity=IdentitySettings(password_rounds=4))
        self.clock = MovedClock()
        world, transport, folder = World(self.clock, SeededIds(20)), MemoryTransport(), StateFolder(self.root)
        self.store = DryStore(None, durable=False, prepare=prepare)
        await self.store.start()
        ground = SimulatedGround(settings.simulated, folder, world, transport)
        await ground.prepare(lambda _line: None)
        parts = make_parts(settings, folder, self.store, world, transport, ground.hosts[0])
        self.cloud = Cloud(parts, settings, ground)
        await self.cloud.start(url="http://cloud", admin_password="admin-pw", demo_password="demo-pw")
        self.application = Application(self.cloud.services, self.store, world, self.cloud.identity)

    def await_(self, what: Any) -> Any:
        """Run a coroutine on the cloud's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)

    def close(self) -> None:
        """Stop the cloud and its thread."""
        self.await_(self.cloud.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def services(self) -> list[Service]:
        return self.cloud.services

    def service(self, type: str) -> Service:
        """A service by its type."""
        return next(service for service in self.services if service.type == type)

    def ask(
        self, method: str, target: str | bytes, *, token: str = "", headers: Headers = (), body: bytes | Any = b""
    ) -> Reply:
        """Send one request and wait for the whole answer.

        Args:
            target: path and query as they would stand on the request's first line.
            token: a persona's name, or a token; empty for none.
            body: bytes as they are, anything else as JSON.
        """
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        if token:
            pairs.append(("X-Auth-Token", self.tokens.get(token, token)))
        if not isinstance(body, bytes):
            body = msgspec.json.encode(body)
            if not any(_bytes(name).lower() == b"content-type" for name, _ in pairs):
                pairs.append(("Content-Type", "application/json"))
        return self.await_(self._ask(method, _bytes(target), pairs, body))

    def why(self) -> str:
        """The end of the newest traceback in the log: where it was raised, and what."""
        lines = [line.strip() for line in self.log.getvalue().splitlines() if line.strip()]
        self.log.seek(0)
        self.log.truncate()
        return " [" + " | ".join(line[:160] for line in lines[-4:]) + "]"

    async def _ask(self, method: str, target: bytes, pairs: list[tuple[Any, Any]], body: bytes) -> Reply:
        path, _, query = target.partition(b"?")
        raw = [(_bytes(name).lower(), _bytes(value)) for name, value in pairs]
        if body and not any(name == b"content-length" for name, _ in raw):
            raw.append((b"content-length", str(len(body)).encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(b"host", b"cloud"), *raw],
            "client": ("127.0.0.1", 1),
            "server": ("cloud", 80),
        }
        sizes = iter([body[i : i + 65536] for i in range(0, max(len(body), 1), 65536)])
        left = max(1, -(-len(body) // 65536))
        got: list[Any] = []

        async def receive() -> dict[str, Any]:
            nonlocal left
            left -= 1
            if left < 0:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": next(sizes), "more_body": left > 0}

        async def send(message: Any) -> None:
            got.append(message)

        shown = f"{method} {target[:200]!r}"
        try:
            await self.application(scope, receive, send)
        except Exception as error:
            self.escaped.append(f"{shown}: {error!r}")
            raise
        start = got[0]
        if start["status"] == 500:
            shown += self.why()
        answered = {name.decode("latin-1"): value.decode("utf-8") for name, value in start["headers"]}
        return Reply(start["status"], answered, b"".join(m.get("body", b"") for m in got[1:]), shown)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8")
