"""`/v3/OS-OAUTH2/token`."""

from pileus.identity.errors import InvalidClient, InvalidRequest, UnsupportedGrant
from pileus.identity.oauth2.logic import ClientCredentials
from pileus.identity.oauth2.schema import BearerToken
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import post, resource
from pileus.kernel.api.errors import Forbidden, TooLarge, TooManyRequests
from pileus.kernel.store import Row

_MOST = 16384


@resource("/OS-OAUTH2", policy="identity:%s")
class TokenEndpoint:
    """OAuth 2.0's token endpoint."""

    def __init__(self, credentials: ClientCredentials) -> None:
        self._credentials = credentials

    @post(
        "/token",
        status=200,
        raw=True,
        public=True,
        transaction="none",
        returns=BearerToken,
        raises=(InvalidClient, InvalidRequest, UnsupportedGrant, Forbidden, TooLarge, TooManyRequests),
    )
    async def token(self, call: Call) -> Row:
        """Get an access token by the grant `client_credentials`."""
        form = b"".join([chunk async for chunk in call.chunks(_MOST)])
        entry = await self._credentials.grant(call, form.decode("utf-8", "replace"))
        call.headers["Cache-Control"] = "no-store"
        life = entry.payload.expires_at - entry.payload.issued_at
        return {"access_token": entry.token, "token_type": "Bearer", "expires_in": round(life.total_seconds())}
