"""What the object store says about itself: what is on, whether it is well, where things lie, how full it is."""

import hmac
import os
import shutil
from collections.abc import Callable
from hashlib import sha1
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from pileus.kernel.api import fields as f
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import BadRequest, Forbidden, NotFound, Unauthorized
from pileus.kernel.api.formats import is_whole
from pileus.kernel.api.schema import Schema
from pileus.object_store.access.decision import Access
from pileus.object_store.storage.protocol import TICKS
from pileus.object_store.versions import SWIFT_VERSION
from pileus.object_store.wire import answers

POLICY = b"""<?xml version="1.0"?>
<!DOCTYPE cross-domain-policy SYSTEM "http://www.adobe.com/xml/dtds/cross-domain-policy.dtd" >
<cross-domain-policy>
<allow-access-from domain="*" secure="false" />
</cross-domain-policy>"""
"""What plug-ins of browsers may do from other sites: as upstream, everything that needs no cookie."""


class InfoQuery(Schema, extra="ignore"):
    """The administrator's signature."""

    signature = f.text("HMAC-SHA1 of `METHOD\\nexpires\\n/info`.", wire="swiftinfo_sig", most=None)
    expires = f.text("Until when, seconds since 1970.", wire="swiftinfo_expires", most=None)


@resource("!")
class Discovery:
    """What is on, and how it is.

    Args:
        key: signs requests for the administrator's view; empty for none.
        folder: where the objects lie.
    """

    def __init__(self, told: Callable[[], dict[str, Any]], access: Access, key: str, folder: Path) -> None:
        self._told = told
        self._access = access
        self._key = key
        self._folder = folder

    @get("/info", public=True, transaction="none", many=False, query=InfoQuery, raises=(Unauthorized, Forbidden))
    async def info(self, call: Call) -> Answer:
        """Show capabilities and limits; with a signature, what only administrators are shown as well."""
        shown = self._told()
        if call.params and {"swiftinfo_sig", "swiftinfo_expires"} & dict(call.params).keys():
            self._require(call)
            shown["admin"] = {"disallowed_sections": []}
        head = {"Content-Type": "application/json; charset=UTF-8"}
        if "origin" in call.request.headers:
            head["Access-Control-Allow-Origin"] = call.request.headers["origin"]
            head["Access-Control-Expose-Headers"] = "x-trans-id"
        return Answer(200, head, msgspec.json.encode(shown))

    def _require(self, call: Call) -> None:
        expires = dict(call.params).get("swiftinfo_expires", "")
        if not self._key:
            raise Forbidden
        if not is_whole(expires) or len(expires) > 15 or int(expires) < answers.now(call.world) // TICKS:
            raise Unauthorized
        good = False
        for method in ("GET",) if call.request.method == "GET" else ("HEAD", "GET"):
            text = f"{method}\n{expires}\n/info".encode()
            expected = hmac.new(self._key.encode(), text, sha1).hexdigest()
            good |= hmac.compare_digest(expected.encode(), dict(call.params).get("swiftinfo_sig", "").encode())
        if not good:
            raise Unauthorized

    @get("/healthcheck", public=True, transaction="none", many=False)
    async def health(self, call: Call) -> Answer:
        """Answer `OK`."""
        return Answer(200, {"Content-Type": "text/plain; charset=UTF-8"}, b"OK")

    @get("/crossdomain.xml", public=True, transaction="none", many=False)
    async def cross_domain(self, call: Call) -> Answer:
        """Show what plug-ins of browsers may do from other sites."""
        return Answer(200, {"Content-Type": "application/xml"}, POLICY)

    @get("/endpoints/{rest:path}", public=True, transaction="none", many=False, raises=(BadRequest,))
    async def endpoints(self, call: Call, rest: str) -> Answer:
        """Show where an account, container or object lies: on one machine, at its own address."""
        first, _, behind = rest.partition("/")
        version, path = (first, behind) if first in {"v1", "v1.0", "v2", "v2.0"} else ("v1", rest)
        if first.startswith("v") and "_" not in first and path == rest:
            raise BadRequest(f"Unsupported version {first!r}")
        if not path.strip("/"):
            raise BadRequest("No account specified")
        found = [f"{call.base}/v1/{quote(path)}"]
        body = found if version.startswith("v1") else {"endpoints": found, "headers": {}}
        return Answer(200, {"Content-Type": "application/json"}, msgspec.json.encode(body))

    @get("/recon/{check}", anonymous=True, transaction="none", many=False)
    async def recon(self, call: Call, check: str) -> Answer:
        """Show figures of the machine: version, time; for resellers load, memory and disk usage."""
        public: dict[str, Callable[[], Any]] = {
            "version": lambda: {"version": SWIFT_VERSION},
            "time": lambda: call.world.clock.now().timestamp(),
        }
        private: dict[str, Callable[[], Any]] = {"load": _load, "mem": _memory, "diskusage": self._usage}
        if check not in public and not self._access.reseller(call.who) and not call.who.is_admin:
            raise Forbidden if call.who.user_id else Unauthorized
        show = public.get(check) or private.get(check)
        if show is None:
            raise NotFound(f"Invalid path: /recon/{check}")
        return Answer(200, {"Content-Type": "application/json"}, msgspec.json.encode(show()))

    def _usage(self) -> list[dict[str, Any]]:
        usage = shutil.disk_usage(self._folder)
        figures = {"size": usage.total, "used": usage.used, "avail": usage.free}
        return [{"device": "objects", "mounted": True, **figures}]


def _load() -> dict[str, float]:
    one, five, fifteen = os.getloadavg()
    return {"1m": one, "5m": five, "15m": fifteen}


def _memory() -> dict[str, str]:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
