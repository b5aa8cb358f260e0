"""The ASGI application: all services behind one port, each below its prefix."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request

from pileus.kernel.api.call import Answer
from pileus.kernel.api.declare import Service
from pileus.kernel.auth.caller import Authenticator
from pileus.kernel.serving.dispatch import Dispatcher
from pileus.kernel.serving.layers import Claim
from pileus.kernel.serving.mount import Mounted
from pileus.kernel.store import Store
from pileus.kernel.world import World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Plain = Callable[[Request], Awaitable[Answer]]

CHUNK = 1 << 20
_ASCII = "".join(map(chr, range(128)))


class Application:
    """Routes a request to its service by the first segment of its path.

    Args:
        services: what is offered.
        plain: answers for paths outside every service ("/", "/metrics", "/openapi/…"), by their first segment.
        root: if set, every path is one below a service's prefix, and this tells whose by the request.
        identity_url: where tokens are to be had; empty where this port has them.
    """

    def __init__(
        self,
        services: list[Service],
        store: Store,
        world: World,
        authenticator: Authenticator,
        *,
        plain: dict[str, Plain] | None = None,
        public_url: str = "",
        root: Callable[[Scope], Service] | None = None,
        identity_url: str = "",
    ) -> None:
        self.services = services
        self._plain = plain or {}
        self._root = root
        self._dispatchers: dict[int, Dispatcher] = {}
        self._by_prefix: dict[str, tuple[str, Dispatcher]] = {}
        self._claimants: list[tuple[Claim, Dispatcher]] = []
        for service in services:
            dispatcher = Dispatcher(Mounted(service), store, world, authenticator, public_url)
            dispatcher.identity_url = identity_url
            self._dispatchers[id(service)] = dispatcher
            for prefix in (service.prefix, *service.aliases):
                # an alias "" answers for the first segment of the root itself: /v3 as /identity/v3
                first = prefix.strip("/") or service.root.strip("/").partition("/")[0]
                self._by_prefix[first] = (prefix, dispatcher)
            for first in service.at_root:
                self._by_prefix[first] = ("", dispatcher)
            if service.claim is not None:
                self._claimants.append((service.claim, dispatcher))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        query: bytes = scope["query_string"]
        if not query.isascii():  # whatever reads it later takes it for text
            scope["query_string"] = quote(query, safe=_ASCII).encode()
        request = Request(scope, receive)
        path: str = scope["path"]
        first = path[1:].partition("/")[0]
        found = self._by_prefix.get(first)
        if self._root is not None:
            found = "", self._dispatchers[id(self._root(scope))]
        try:
            for claim, dispatcher in self._claimants:
                claimed = await claim(request)
                if claimed is not None:
                    found, path = ("", dispatcher), claimed
                    break
            if found is not None:
                prefix, dispatcher = found
                answer = await dispatcher.answer(request, prefix, path[len(prefix) :] or "/")
            elif first in self._plain:
                answer = await self._plain[first](request)
            else:
                answer = Answer(
                    404,
                    {"Content-Type": "application/json"},
                    b'{"error": {"code": 404, "title": "Not Found", "message": "There is nothing here."}}',
                )
            await transmit(
                answer,
                send,
                head=request.method == "HEAD",
                direct="http.response.pathsend" in scope.get("extensions", {}),
            )
        except ClientDisconnect:
            return

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return


async def transmit(answer: Answer, send: Send, *, head: bool, direct: bool) -> None:
    """Send an answer; a file by the system itself where the server can (`direct`)."""
    headers = answer.headers
    streamed = answer.stream is not None or answer.file is not None
    if answer.file is not None and "Content-Length" not in headers:
        headers["Content-Length"] = str((await asyncio.to_thread(answer.file.stat)).st_size)
    elif not streamed and "Content-Length" not in headers and answer.status not in {204, 304}:
        headers["Content-Length"] = str(len(answer.body))
    raw = [(name.lower().encode("latin-1"), value.encode("utf-8")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if head or not streamed:
        await send({"type": "http.response.body", "body": b"" if head else answer.body})
        return
    if answer.file is not None and direct:
        await send({"type": "http.response.pathsend", "path": str(answer.file)})
        return
    stream = answer.stream if answer.stream is not None else file_chunks(answer.file)
    assert stream is not None
    try:
        async for chunk in stream:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
    await send({"type": "http.response.body", "body": b""})


async def file_chunks(path: Path | None, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
    """A file's bytes in large pieces, read in a thread."""
    assert path is not None
    file = await asyncio.to_thread(path.open, "rb")
    try:
        await asyncio.to_thread(file.seek, start)
        left = length
        while left is None or left > 0:
            chunk = await asyncio.to_thread(file.read, CHUNK if left is None else min(CHUNK, left))
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk
    finally:
        await asyncio.to_thread(file.close)
