"""The HTTP server that guests talk to: small, bounded, and trusting nothing that they say of themselves."""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import socket
from collections import Counter
from collections.abc import Sequence

import msgspec

from pileus.host.chassis.source import MetadataRequest, MetadataResponse, MetadataSource

LOG = logging.getLogger(__name__)


class Limits(msgspec.Struct, frozen=True):
    """How much of this host one guest, and all of them, may take."""

    head: int = 16 * 1024
    """Bytes of request line and headers."""
    body: int = 64 * 1024
    headers: int = 64
    connections: int = 512
    """At the same time, over all networks."""
    per_guest: int = 16
    requests: int = 100
    """On one connection."""
    patience: float = 15.0
    """Seconds to wait for a request, and for a guest to take its answer."""
    answer: float = 30.0
    """Seconds for the source to answer."""


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT"})
_DROPPED = frozenset({"forwarded", "via", "authorization", "proxy-authorization", "cookie", "connection"})
_KEPT_PREFIX = "x-aws-ec2-metadata-"


def carries_identity(name: str) -> bool:
    """Whether a header could be taken, here or further on, for a statement of who is asking.

    ``X-`` headers are all of that kind but those of EC2's session tokens; an underscore is how some
    gateways write a dash.
    """
    return name in _DROPPED or "_" in name or (name.startswith("x-") and not name.startswith(_KEPT_PREFIX))


class _BadRequestError(Exception):
    """What the guest sent cannot be answered but with this status."""

    def __init__(self, status: int) -> None:
        self.status = status


class MetadataServer:
    """Serves any number of networks from one event loop."""

    def __init__(self, source: MetadataSource, limits: Limits | None = None) -> None:
        self._source = source
        self._limits = limits or Limits()
        self._servers: dict[str, list[asyncio.Server]] = {}
        self._open: Counter[tuple[str, str]] = Counter()
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}

    @property
    def networks(self) -> set[str]:
        """The networks that are being served."""
        return set(self._servers)

    async def serve(self, network_id: str, listeners: Sequence[socket.socket]) -> None:
        """Answer whoever connects to these sockets as a guest of this network; takes them over."""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks = self._tasks.setdefault(network_id, set())
            tasks.add(task)
            try:
                await self._admit(network_id, reader, writer)
            finally:
                tasks.discard(task)

        self._servers[network_id] = [
            await asyncio.start_server(connected, sock=listener, limit=self._limits.head) for listener in listeners
        ]

    async def stop(self, network_id: str) -> None:
        """Stop serving a network; open connections end."""
        for server in self._servers.pop(network_id, []):
            server.close()
        tasks = self._tasks.pop(network_id, set())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _admit(self, network_id: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source_ip = str(writer.get_extra_info("peername")[0]).partition("%")[0]
        guest = (network_id, source_ip)
        self._open[guest] += 1
        try:
            busy = self._open.total() > self._limits.connections
            if busy or self._open[guest] > 2 * self._limits.per_guest:
                return
            if self._open[guest] > self._limits.per_guest:
                await self._send(writer, _plain(503), keep=False, head=False)
            else:
                await self._converse(network_id, source_ip, reader, writer)
            await self._linger(reader, writer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass  # the guest went away, or was too slow
        finally:
            self._open[guest] -= 1
            if not self._open[guest]:
                del self._open[guest]
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _linger(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take what the guest still sends for a moment: closing on unread data would cut off the answer."""
        writer.write_eof()
        left = self._limits.body
        async with asyncio.timeout(1.0):
            while left > 0 and (data := await reader.read(4096)):
                left -= len(data)

    async def _converse(
        self, network_id: str, source_ip: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for at in range(1, self._limits.requests + 1):
            try:
                async with asyncio.timeout(self._limits.patience):
                    found = await self._read(reader)
            except _BadRequestError as error:
                await self._send(writer, _plain(error.status), keep=False, head=False)
                return
            if found is None:
                return
            request, keep = found
            keep = keep and at < self._limits.requests
            response = await self._answer(network_id, source_ip, request)
            await self._send(writer, response, keep=keep, head=request.method == "HEAD")
            if not keep:
                return

    async def _answer(self, network_id: str, source_ip: str, request: MetadataRequest) -> MetadataResponse:
        try:
            async with asyncio.timeout(self._limits.answer):
                return await self._source.answer(network_id, source_ip, request)
        except TimeoutError:
            return _plain(504)
        except Exception:
            LOG.exception("metadata for %s in network %s failed", source_ip, network_id)
            return _plain(500)

    async def _read(self, reader: asyncio.StreamReader) -> tuple[MetadataRequest, bool] | None:
        """One request and whether the guest would send another; None at the end of the connection."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            return None
        except asyncio.LimitOverrunError:
            raise _BadRequestError(431) from None
        line, _, rest = head[:-4].decode("latin-1").partition("\r\n")
        method, target, version = _request_line(line)
        headers = self._headers(rest)
        if "transfer-encoding" in headers:
            raise _BadRequestError(411)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise _BadRequestError(400)
        if len(length) > 9 or int(length) > self._limits.body:
            raise _BadRequestError(413)
        if int(length) and headers.get("expect", "").lower() == "100-continue":
            raise _BadRequestError(417)
        body = await reader.readexactly(int(length))
        keep = version == "HTTP/1.1" and "close" not in headers.get("connection", "").lower()
        clean = {name: value for name, value in headers.items() if not carries_identity(name)}
        return MetadataRequest(method, target, clean, body), keep

    def _headers(self, text: str) -> dict[str, str]:
        headers: dict[str, str] = {}
        lines = text.split("\r\n") if text else []
        if len(lines) > self._limits.headers:
            raise _BadRequestError(431)
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip() or any(each < " " for each in value.strip()):
                raise _BadRequestError(400)
            key = name.lower()
            if key == "content-length" and key in headers:
                raise _BadRequestError(400)
            headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
        return headers

    async def _send(self, writer: asyncio.StreamWriter, response: MetadataResponse, *, keep: bool, head: bool) -> None:
        reason = http.HTTPStatus(response.status).phrase
        lines = [
            f"HTTP/1.1 {response.status} {reason}",
            f"Content-Type: {response.content_type}",
            f"Content-Length: {len(response.body)}",
            f"Connection: {'keep-alive' if keep else 'close'}",
            *(f"{name}: {value}" for name, value in response.headers.items()),
        ]
        assert not any("\r" in line or "\n" in line for line in lines), "a header of ours has a line break"
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (b"" if head else response.body))
        async with asyncio.timeout(self._limits.patience):
            await writer.drain()


def _request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[2] not in ("HTTP/1.0", "HTTP/1.1"):
        raise _BadRequestError(400)
    method, target, version = parts
    if method not in _METHODS:
        raise _BadRequestError(405)
    if not target.startswith("/") or not target.isascii() or not target.isprintable():
        raise _BadRequestError(400)
    return method, target, version


def _plain(status: int) -> MetadataResponse:
    phrase = http.HTTPStatus(status).phrase
    return MetadataResponse(status, f"{status} {phrase}\n".encode())
