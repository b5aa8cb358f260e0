"""Scripts of other sites (CORS): which of them may use a container.

    X-Container-Meta-Access-Control-Allow-Origin: https://a.example https://b.example     (or *)
    X-Container-Meta-Access-Control-Max-Age: 3600
    X-Container-Meta-Access-Control-Expose-Headers: X-Foo X-Bar

A browser asks first (`OPTIONS` with `Origin` and `Access-Control-Request-Method`), and is told what it may.  Answers
to an origin that may are marked so, errors included; to others they are as ever, and the browser keeps them from the
script.  The setting `allow_origins` names origins that may use every container.
"""

from typing import Any

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.serving.layers import Proceed
from pileus.object_store.containers.schema import META
from pileus.object_store.features.feature import parts
from pileus.object_store.storage.protocol import Metadata, Storage

METHODS = ("COPY", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT")
ON_ACCOUNTS = ("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT")
EXPOSED = frozenset(
    {
        "cache-control",
        "content-language",
        "content-type",
        "etag",
        "expires",
        "last-modified",
        "pragma",
        "x-openstack-request-id",
        "x-timestamp",
        "x-trans-id",
    }
)
_ABOUT = META + "access-control-"


class Cors:
    """Lets scripts of other sites in."""

    name = ""

    def __init__(self, storage: Storage, origins: tuple[str, ...]) -> None:
        self._storage = storage
        self._origins = frozenset(origins)

    def info(self) -> dict[str, Any] | None:
        """Nothing: it stands among the facts of the core."""
        return None

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Answer what a browser asks first, or mark the answer."""
        place = parts(path)
        origin = call.request.headers.get("origin", "")
        if place is None or (call.request.method != "OPTIONS" and not origin):
            plain: Answer = await proceed(call, path)
            return plain
        found = await self._storage.container(*place[:2]) if place[1] else None
        chosen = found.metadata if found is not None else {}
        if call.request.method == "OPTIONS":
            return self._preflight(call, place, origin, chosen)
        answer: Answer = await proceed(call, path)
        if self._allowed(origin, chosen):
            self._mark(answer.headers, origin, chosen)
        return answer

    def _allowed(self, origin: str, chosen: Metadata) -> bool:
        allowed = {*chosen.get(_ABOUT + "allow-origin", "").split(), *self._origins}
        return origin in allowed or "*" in allowed

    def _preflight(self, call: Call, place: tuple[str, str, str], origin: str, chosen: Metadata) -> Answer:
        methods = ", ".join(METHODS if place[1] else ON_ACCOUNTS)
        if not origin or not place[1]:
            return Answer(200, {"Allow": methods})
        headers = call.request.headers
        if not self._allowed(origin, chosen) or headers.get("access-control-request-method", "") not in METHODS:
            error = Unauthorized()
            error.headers["Allow"] = methods
            raise error
        out = {"Allow": methods, "Access-Control-Allow-Methods": methods}
        self._name(out, origin, chosen)
        if _ABOUT + "max-age" in chosen:
            out["Access-Control-Max-Age"] = chosen[_ABOUT + "max-age"]
        asked = [name.strip() for name in headers.get("access-control-request-headers", "").split(",")]
        if any(asked):
            out["Access-Control-Allow-Headers"] = ", ".join(dict.fromkeys(filter(None, asked)))
            out["Vary"] = ", ".join(filter(None, (out.get("Vary"), "Access-Control-Request-Headers")))
        return Answer(200, out)

    def _mark(self, out: dict[str, str], origin: str, chosen: Metadata) -> None:
        own = (name.lower() for name in out)
        exposed = {*EXPOSED, *(name for name in own if name.startswith(("x-container-meta-", "x-object-meta-")))}
        exposed.update(chosen.get(_ABOUT + "expose-headers", "").lower().split())
        out.setdefault("Access-Control-Expose-Headers", ", ".join(sorted(exposed)))
        if "Access-Control-Allow-Origin" not in out:
            self._name(out, origin, chosen)

    @staticmethod
    def _name(out: dict[str, str], origin: str, chosen: Metadata) -> None:
        if chosen.get(_ABOUT + "allow-origin", "").strip() == "*":
            out["Access-Control-Allow-Origin"] = "*"
            return
        out["Access-Control-Allow-Origin"] = origin
        out["Vary"] = ", ".join(filter(None, (out.get("Vary"), "Origin")))
