"""Tokens of tempauth, recognised on their way in."""

from typing import Any

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.serving.layers import Proceed
from pileus.object_store.tempauth.logic import MARK, TemporaryUsers


class TempAuth:
    """Tells who tokens of tempauth are for; others go on to the identity service."""

    name = "tempauth"

    def __init__(self, users: TemporaryUsers) -> None:
        self._users = users

    def info(self) -> dict[str, Any] | None:
        """That accounts may be opened to others."""
        return {"account_acls": True}

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Name the caller and go on.

        Raises:
            Unauthorized: the token is of tempauth's form and none of its.
        """
        headers = call.request.headers
        token = headers.get("x-auth-token") or headers.get("x-storage-token", "")
        if token.startswith(MARK):
            found = self._users.caller(token)
            if found is None:
                error = Unauthorized()
                error.headers["WWW-Authenticate"] = 'Swift realm="unknown"'
                raise error
            call.who = found
        answer: Answer = await proceed(call, path)
        return answer
