"""Requests by which another container is copied to one of ours.

They carry no token but `X-Container-Sync-Auth: <realm> <nonce> <signature>`, made with the realm's and the
container's secret, or, from a cluster without realms, the container's secret itself (`X-Container-Sync-Key`); and the
moment of the object there (`X-Timestamp`), so that an older one loses to what is here.
"""

import hmac
from urllib.parse import quote

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import Unauthorized
from pileus.object_store.containers.schema import SYNC_KEY
from pileus.object_store.storage.protocol import TICKS, ContainerRecord
from pileus.object_store.sync.realms import Realms, signature

METHODS = frozenset({"PUT", "DELETE", "HEAD", "GET", "POST"})
MOST_AHEAD = 24 * 3600 * TICKS
"""How far in the future the moment of an object may lie."""


class Receiving:
    """Tells such requests, and whether they may."""

    def __init__(self, realms: Realms) -> None:
        self._realms = realms

    def asked(self, call: Call) -> bool:
        """Whether a request is one of those."""
        headers = call.request.headers
        return "x-container-sync-auth" in headers or (
            "x-container-sync-key" in headers and "x-timestamp" in headers and call.request.method in METHODS
        )

    def require(self, call: Call, container: ContainerRecord | None) -> None:
        """Raise unless a request is signed with both secrets.

        Raises:
            Unauthorized: it is not.
        """
        headers = call.request.headers
        secret = container.metadata.get(SYNC_KEY) if container is not None else None
        if secret and "x-container-sync-auth" in headers:
            if self._signed(call, headers["x-container-sync-auth"], secret):
                return
        elif secret and hmac.compare_digest(headers.get("x-container-sync-key", "").encode(), secret.encode()):
            return
        raise Unauthorized("X-Container-Sync-Auth header not valid; contact cluster operator for support.")

    def _signed(self, call: Call, text: str, secret: str) -> bool:
        parts = text.split()
        realm = self._realms.all().get(parts[0].upper()) if len(parts) == 3 else None
        if realm is None:
            return False
        raw = call.request.scope.get("raw_path") or b""
        paths = {quote(call.request.scope["path"]), raw.partition(b"?")[0].decode("latin-1")}
        stamp = call.request.headers.get("x-timestamp", "0")
        good = False
        for key in realm.keys:
            for path in paths:
                expected = signature(call.request.method, path, stamp, parts[1], key, secret)
                good |= hmac.compare_digest(expected.encode(), parts[2].encode())
        return good


def moment(call: Call, now: int) -> int:
    """The moment that a request of container sync gives its object.

    Raises:
        Unauthorized: it is none, or lies in a future that would shut out everybody else.
    """
    text = call.request.headers.get("x-timestamp", "")
    seconds, _, rest = text.partition(".")
    if not seconds.isdecimal() or not (rest.isdecimal() or not rest) or len(text) > 20:
        raise Unauthorized
    found = int(seconds) * TICKS + int((rest + "00000")[:5])
    if found > now + MOST_AHEAD:
        raise Unauthorized
    return found
