"""Pages of other origins: browsers let them ask the cloud where its answers say so (CORS).

A page's origin is the part of its address before the path.  Origins that the operator names may ask everything that a
token allows.  A service that answers for itself (object storage, by container) is left to it.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]
Pair = tuple[bytes, bytes]

METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"COPY", b"OPTIONS")
EXPOSED = (
    b"X-Subject-Token, X-Openstack-Request-Id, X-Compute-Request-Id, OpenStack-API-Version, Location, Link, ETag, "
    b"Content-Range, X-Trans-Id"
)
"""What a page's script may read beside the few headers that it always may."""
MOST_AGE = b"3600"
"""Seconds for which a browser may remember that it was let in."""


class CrossOrigin:
    """An application that names, in each answer to a page of a known origin, that origin.

    Args:
        inner: the application.
        origins: what may ask: `https://host`, with the port where it is not the usual one; `*` for every page.
    """

    def __init__(self, inner: Asgi, origins: Iterable[str]) -> None:
        self._inner = inner
        self._origins = {origin.rstrip("/").encode() for origin in origins}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        asked: dict[bytes, bytes] = dict(scope["headers"])
        ahead = scope["method"] == "OPTIONS"
        refused = False

        async def marked(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                if ahead and not 200 <= message["status"] < 300:
                    # few services know the method; that is no word about what comes next
                    refused = True
                    kept = [pair for pair in message["headers"] if pair[0].startswith(b"x-")]
                    message = {**message, "status": 200, "headers": [(b"content-length", b"0"), *kept]}
                message = {**message, "headers": [*message["headers"], *self._marks(asked, message["headers"], ahead)]}
            elif refused:
                message = {**message, "body": b""}
            await send(message)

        await self._inner(scope, receive, marked)

    def _marks(self, asked: dict[bytes, bytes], answered: list[Pair], ahead: bool) -> list[Pair]:
        """What an answer says beside its own headers.

        Args:
            ahead: whether the browser only asks what it may ask.
        """
        origin = asked.get(b"origin")
        if origin is None or any(name == b"access-control-allow-origin" for name, _ in answered):
            return []
        if origin in self._origins:
            marks = [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]
        elif b"*" in self._origins:
            marks = [(b"access-control-allow-origin", b"*")]
        else:
            return []
        if not ahead:
            return [*marks, (b"access-control-expose-headers", EXPOSED), (b"vary", b"Origin")]
        method = asked.get(b"access-control-request-method")
        if method not in METHODS:
            return []
        marks += [
            (b"access-control-allow-methods", method),
            (b"access-control-max-age", MOST_AGE),
            (b"vary", b"Origin"),
        ]
        wanted = asked.get(b"access-control-request-headers")
        return [*marks, (b"access-control-allow-headers", wanted)] if wanted else marks
