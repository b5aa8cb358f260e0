"""Accounts that may only be read: all of them, or single ones.

The setting `read_only` makes every account so.  A reseller marks a single account with `X-Account-Read-Only: true`, or
excepts it with `false`; an empty value takes the mark away.  Writing is a 405 then, deleting included.
"""

from typing import Any
from urllib.parse import unquote

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import MethodNotAllowed
from pileus.kernel.serving.layers import Proceed
from pileus.object_store.features.feature import WRITES, parts
from pileus.object_store.storage.protocol import Storage
from pileus.object_store.wire.metadata import READ_ONLY, truth


class ReadOnly:
    """Refuses writing where it is off."""

    def __init__(self, storage: Storage, *, everywhere: bool) -> None:
        self._storage = storage
        self._everywhere = everywhere
        self.name = "read_only" if everywhere else ""

    def info(self) -> dict[str, Any] | None:
        """That it is on, where it is for all."""
        return {} if self._everywhere else None

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Refuse or go on.

        Raises:
            MethodNotAllowed: the account may only be read.
        """
        place = parts(path)
        headers = call.request.headers
        if place and call.request.method in WRITES and "x-account-read-only" not in headers:
            account = place[0]
            if call.request.method == "COPY" and "destination-account" in headers:
                account = unquote(headers["destination-account"])
            found = await self._storage.account(account)
            mark = found.metadata.get(READ_ONLY) if found is not None else None
            if self._everywhere if mark is None else truth(mark):
                error = MethodNotAllowed("Writes are disabled for this account.")
                error.headers["Allow"] = "GET, HEAD, OPTIONS"
                raise error
        answer: Answer = await proceed(call, path)
        return answer
