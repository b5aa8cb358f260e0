"""What a front end that is trusted says of a request: who has logged in there, which certificate the client has.

Its headers are believed from the addresses that the settings name, and with the secret if one is set: from anybody
else they mean nothing.
"""

import hmac
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import unquote

from sqlalchemy import select

from pileus.identity.settings import FrontSettings
from pileus.identity.tokens.methods import find_domain
from pileus.identity.tokens.proof import Proof
from pileus.identity.users.table import USERS
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.store import Store

SECRET = "X-Front-Secret"  # noqa: S105 - a header's name


class Front:
    """Reads the headers of a trusted front end."""

    def __init__(self, store: Store, settings: FrontSettings) -> None:
        self._store = store
        self._settings = settings
        self._networks = [ip_network(text) for text in settings.addresses]

    def trusted(self, call: Call) -> bool:
        """Whether a request comes from the front end."""
        client = call.request.client
        try:
            address = ip_address(client.host if client else "")
        except ValueError:
            return False
        if not any(address in network for network in self._networks):
            return False
        sent = call.request.headers.get(SECRET, "").encode("utf-8", "surrogatepass")
        return not self._settings.secret or hmac.compare_digest(sent, self._settings.secret.encode())

    def said(self, call: Call, header: str) -> str:
        """What the front end says in a header; empty for nothing, and for everybody who is not the front end."""
        values = call.request.headers.getlist(header)
        return values[0] if len(values) == 1 and self.trusted(call) else ""

    def certificate(self, call: Call) -> bytes:
        """The client's certificate in PEM, of which the front end has checked that the client has its key."""
        text = unquote(self.said(call, self._settings.certificate_header))
        return text.replace("\t", "\n").encode("utf-8", "surrogatepass")

    async def seen(self, call: Call) -> Proof | None:
        """The same, where somebody has; a user whom only the front end knows is nobody here."""
        if not self._networks or not self.said(call, self._settings.user_header):
            return None
        try:
            return await self.prove({}, call)
        except Unauthorized:
            return None

    async def prove(self, _part: dict[str, Any], call: Call) -> Proof:
        """Who has logged in at the front end.

        Raises:
            Unauthorized: nobody has, or there is no such user.
        """
        name = self.said(call, self._settings.user_header)
        if not name:
            raise Unauthorized("No authenticated user")
        domain = self.said(call, self._settings.domain_header)
        async with self._store.read() as tx:
            where = await find_domain(tx, {"name": domain} if domain else {"id": "default"})
            c = USERS.c
            user = where and await tx.first(select(USERS.c.id).where(c.name == name, c.domain_id == where["id"]))
        if not user:
            raise Unauthorized("Unable to lookup user")
        return Proof(user["id"], ("external",))
