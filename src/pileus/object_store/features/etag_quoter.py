"""ETags as RFC 9110 wants them: in double quotes.

Swift shows the MD5 of an object bare, which some caches refuse.  `X-Account-Rfc-Compliant-Etags: true` on an account
quotes the ETags of all its objects, `X-Container-Rfc-Compliant-Etags: true` (or `false`, to except it) those of one
container.  An empty value, or `X-Remove-…-Rfc-Compliant-Etags`, takes the choice back.  The setting `quoted_etags`
says what holds where nothing was chosen.
"""

from typing import Any

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.serving.layers import Proceed
from pileus.object_store.features.feature import parts
from pileus.object_store.storage.protocol import Storage
from pileus.object_store.wire.metadata import QUOTED_ETAGS, truth


class EtagQuoter:
    """Quotes the ETags of objects where that is wanted."""

    name = "etag_quoter"

    def __init__(self, storage: Storage, *, always: bool) -> None:
        self._storage = storage
        self._always = always

    def info(self) -> dict[str, Any] | None:
        """What holds where nothing was chosen."""
        return {"enable_by_default": self._always}

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Go on, and quote what comes back."""
        answer: Answer = await proceed(call, path)
        place = parts(path)
        etag = answer.headers.get("ETag", "")
        if place and place[2] and etag and not etag.endswith('"') and await self._wanted(*place[:2]):
            answer.headers["ETag"] = f'"{etag}"'
        return answer

    async def _wanted(self, account: str, container: str) -> bool:
        found = await self._storage.container(account, container)
        chosen = found.metadata.get(QUOTED_ETAGS) if found is not None else None
        if chosen is None:
            owner = await self._storage.account(account)
            chosen = owner.metadata.get(QUOTED_ETAGS) if owner is not None else None
        return self._always if chosen is None else truth(chosen)
