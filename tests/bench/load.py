"""A load generator over plain connections: closed loop, one connection for each worker, as little work as possible.

The generator shares the processors with what it measures, so requests that repeat are encoded once and answers are
parsed no further than their length, unless somebody wants to read them.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

BLOCK = 1 << 20


class Refused(Exception):
    """An answer with a status that is an error."""


@dataclass(slots=True)
class Reply:
    """An answer: its status, its head as it came, and its body (empty where only its length was wanted)."""

    status: int
    head: bytes
    body: bytes
    length: int

    def header(self, name: str) -> str:
        """A header's value; empty if there is none."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.lower() == name.lower().encode():
                return value.strip().decode()
        return ""


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection that is kept open; one request at a time."""

    def __init__(self) -> None:
        self._transport: Any = None
        self.open = False
        self._waiting: asyncio.Future[Reply] | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._counting = False
        self._reset()

    def _reset(self) -> None:
        self._buffer = bytearray()
        self._head = b""
        self._left = -1
        self._length = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError(f"the connection ended: {exc}"))

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def data_received(self, data: bytes) -> None:
        if not self._head:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = bytes(self._buffer[:end])
            del self._buffer[: end + 4]
            self._left = _length(self._head)
            data = bytes(self._buffer)
            self._buffer.clear()
        self._length += len(data)
        if not self._counting:
            self._buffer += data
        chunked_end = self._left < 0 and self._buffer.endswith(b"0\r\n\r\n")
        if chunked_end or self._length == self._left:
            self._finish()

    def _finish(self) -> None:
        body = bytes(self._buffer) if self._left >= 0 else _joined(bytes(self._buffer))
        reply = Reply(int(self._head[9:12]), self._head, body, self._length)
        waiting, self._waiting = self._waiting, None
        self._reset()
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    async def ask(self, request: bytes, *, counting: bool = False, blocks: Iterable[bytes] = ()) -> Reply:
        """Send a request, and blocks of its body after it; the answer, without its body if only counting."""
        self._counting = counting
        self._waiting = waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        for block in blocks:
            await self._room.wait()
            self._transport.write(block)
        return await waiting


def _length(head: bytes) -> int:
    """How long the body is; -1 for chunks."""
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at >= 0:
        return int(lowered[at + 15 :].partition(b"\r\n")[0])
    return -1 if b"transfer-encoding: chunked" in lowered else 0


def _joined(data: bytes) -> bytes:
    """The content of chunks."""
    out, at = bytearray(), 0
    while True:
        end = data.index(b"\r\n", at)
        size = int(data[at:end], 16)
        if not size:
            return bytes(out)
        out += data[end + 2 : end + 2 + size]
        at = end + 4 + size


class Client:
    """Requests of one user to one cloud, over as many connections as are in use at once."""

    def __init__(self, auth_url: str, user: str, password: str, project: str) -> None:
        parts = urlsplit(auth_url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self.identity = parts.path.rstrip("/")
        who = {"name": user, "domain": {"id": "default"}, "password": password}
        self.by_password = {"methods": ["password"], "password": {"user": who}}
        self.scope = {"project": {"name": project, "domain": {"id": "default"}}}
        self.token = self.project_id = ""
        self.paths: dict[str, str] = {}
        self._idle: list[Connection] = []

    async def login(self) -> None:
        """Get a token and the catalog."""
        reply = await self.send(self.issue(self.by_password))
        token = json.loads(reply.body)["token"]
        self.token, self.project_id = reply.header("x-subject-token"), token["project"]["id"]
        for service in token["catalog"]:
            self.paths[service["type"]] = urlsplit(service["endpoints"][0]["url"]).path.rstrip("/")

    def issue(self, identity: dict[str, Any]) -> bytes:
        """A request for a token."""
        return self.encode(
            "POST", self.identity + "/auth/tokens", {"auth": {"identity": identity, "scope": self.scope}}
        )

    def encode(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        """A request's bytes.  `service:/path` starts at the service's address in the catalog."""
        service, colon, rest = path.partition(":/")
        if colon and service in self.paths:
            path = self.paths[service] + "/" + rest
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._host}:{self._port}"]
        if self.token:
            lines += [f"x-auth-token: {self.token}"]
        if service == "compute":
            lines += ["openstack-api-version: compute 2.90", "x-openstack-nova-api-version: 2.90"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        data = b"" if body is None else json.dumps(body).encode()
        if data:
            lines += ["content-type: application/json", f"content-length: {len(data)}"]
        return "\r\n".join([*lines, "", ""]).encode() + data

    async def send(self, request: bytes, *, counting: bool = False, blocks: Iterable[bytes] = ()) -> Reply:
        """The answer to an encoded request.

        Raises:
            Refused: its status is an error.
        """
        while self._idle and not self._idle[-1].open:
            self._idle.pop()
        connection = self._idle.pop() if self._idle else await self._connect()
        reply = await connection.ask(request, counting=counting, blocks=blocks)
        self._idle.append(connection)
        if reply.status >= 400:
            line = request.partition(b"\r\n")[0].decode()
            raise Refused(f"{line}: {reply.status} {reply.body[:300].decode(errors='replace')}")
        return reply

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of an answer, or None."""
        reply = await self.send(self.encode(method, path, body, **headers))
        return json.loads(reply.body) if reply.body else None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _transport, connection = await loop.create_connection(Connection, self._host, self._port)
        return connection


@dataclass(slots=True)
class Sample:
    """What a closed loop of operations gave; times in seconds."""

    times: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    wall: float = 0.0
    client_cpu: float = 0.0

    def quantile(self, share: float) -> float:
        """A quantile of the times, in milliseconds; 0 if there are none."""
        ordered = sorted(self.times)
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2) if ordered else 0.0

    @property
    def rate(self) -> float:
        """Operations a second."""
        return round(len(self.times) / self.wall, 2) if self.wall else 0.0


async def pump(count: int, workers: int, operate: Callable[[int], Awaitable[Any]]) -> Sample:
    """Run operations 0 to count - 1 from workers that each start the next one when theirs ended."""
    sample, todo = Sample(), iter(range(count))

    async def work() -> None:
        for number in todo:
            begun = time.perf_counter()
            try:
                await operate(number)
            except (Refused, OSError) as error:
                sample.failures.append(str(error))
            else:
                sample.times.append(time.perf_counter() - begun)

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(workers)))
    sample.wall, sample.client_cpu = time.perf_counter() - begun, time.process_time() - cpu
    return sample
