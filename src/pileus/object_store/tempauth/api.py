"""`GET /auth/v1.0`: a token for a name and a key."""

from pileus.kernel.api import fields as f
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import NotFound, Unauthorized
from pileus.kernel.api.schema import Schema
from pileus.object_store.tempauth.logic import TemporaryUsers


class Credentials(Schema, extra="ignore"):
    """A name and a key."""

    user = f.text("`account:user`.", wire="X-Auth-User", most=None)
    secret = f.text("Its key.", wire="X-Auth-Key", most=None)
    storage_user = f.text("The same.", wire="X-Storage-User", most=None)
    storage_pass = f.text("The same.", wire="X-Storage-Pass", most=None)


@resource("!/auth")
class TempAuthResource:
    """Tokens of tempauth; there are none unless the settings name users."""

    def __init__(self, users: TemporaryUsers) -> None:
        self._users = users

    @get("/v1.0", public=True, transaction="none", many=False, headers=Credentials, raises=(Unauthorized,))
    async def login(self, call: Call) -> Answer:
        """Give a token."""
        return self._given(call, call.given.get("user") or call.given.get("storage_user", ""))

    @get("/v1/{account}/auth", public=True, transaction="none", many=False, headers=Credentials, raises=(Unauthorized,))
    async def login_to(self, call: Call, account: str) -> Answer:
        """Give a token for a user of an account."""
        name = call.given.get("storage_user") or call.given.get("user", "")
        name = name if ":" in name else f"{account}:{name}"
        return self._given(call, name if name.startswith(f"{account}:") else "")

    def _given(self, call: Call, name: str) -> Answer:
        if not self._users:
            raise NotFound
        key = call.given.get("secret") or call.given.get("storage_pass", "")
        made = self._users.token(name, key)
        if made is None:
            error = Unauthorized()
            error.headers["WWW-Authenticate"] = 'Swift realm="unknown"'
            raise error
        token, account, life = made
        said = {"X-Auth-Token": token, "X-Storage-Token": token, "X-Auth-Token-Expires": str(life)}
        return Answer(200, said | {"X-Storage-Url": f"{call.base}/v1/{account}"})
