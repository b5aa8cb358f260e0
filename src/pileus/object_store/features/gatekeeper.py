"""What clients may not say, and what they may add to the id of their request.

* Headers that Swift's own parts use among themselves (`X-Backend-…`, `X-Account-Sysmeta-…`, `X-Object-Transient-…`)
  mean nothing from outside: they are taken away here, so that no later part can be misled by one.
* `X-Timestamp` is not the client's to set either, unless the request is one of container sync (`sync/`).
* `X-Trans-Id-Extra: text` is appended to the request's id, at most 32 characters of it, to find it in logs.
"""

import re
from typing import Any
from urllib.parse import quote

from starlette.requests import Request

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.serving.layers import Proceed

_OURS = re.compile(
    rb"x-(account|container|object)-sysmeta-|x-object-transient-|x-backend-"
    rb"|x-(account|container|delete-at)-(host|device|partition|root-db-state|container)$"
)
MOST_EXTRA = 32
SYNC = frozenset({b"x-container-sync-auth", b"x-container-sync-key"})


class Gatekeeper:
    """Takes away what is not for clients to say."""

    name = ""

    def info(self) -> dict[str, Any] | None:
        """Nothing: it is always there."""
        return None

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Clean the request's headers and go on."""
        headers = call.request.scope["headers"]
        signed = any(name.lower() in SYNC for name, _ in headers)
        call.request.scope["headers"] = [
            (name, value)
            for name, value in headers
            if not _OURS.match(name.lower()) and (signed or name.lower() != b"x-timestamp")
        ]
        call.request = Request(call.request.scope, call.request.receive)  # which has read its headers already
        extra = next((value for name, value in headers if name.lower() == b"x-trans-id-extra"), b"")
        if extra:
            call.request_id += "-" + quote(extra.decode("latin-1")[:MOST_EXTRA])
        answer: Answer = await proceed(call, path)
        return answer
