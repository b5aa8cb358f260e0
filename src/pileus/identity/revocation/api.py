"""`/v3/OS-REVOKE/events`, and the paths of kinds of tokens that are no more."""

from datetime import UTC, datetime
from typing import Any

from pileus.identity.errors import Malformed
from pileus.identity.revocation.logic import Revocations
from pileus.identity.rules import SERVICE_OR_ADMIN
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import Forbidden, Gone


@resource("/OS-REVOKE", policy="identity:%s")
class RevocationEvents:
    """What ended tokens before their time."""

    def __init__(self, revocations: Revocations) -> None:
        self._revocations = revocations

    @get("/events", rule="list_revoke_events", allow=SERVICE_OR_ADMIN, returns=None, many=False, raises=(Malformed,))
    async def list(self, call: Call) -> dict[str, Any]:
        """List what ended tokens, from `since` on."""
        links = {"self": call.url("OS-REVOKE", "events"), "next": None, "previous": None}
        return {"events": await self._revocations.events(call.tx, _since(call)), "links": links}


def _since(call: Call) -> datetime | None:
    text = dict(call.params).get("since")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Malformed(f"invalidate date format {text}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_GONE = "This API is no longer available due to the removal of support for PKI tokens."


@resource("")
class Bygone:
    """Paths of tokens of the kind PKI, which are no more."""

    @get("/OS-SIMPLE-CERT/ca", public=True, transaction="none", many=False, returns=None, raises=(Gone,))
    async def authority(self, call: Call) -> None:
        """The certificate of whoever signed such tokens: gone."""
        raise Gone(_GONE)

    @get("/OS-SIMPLE-CERT/certificates", public=True, transaction="none", many=False, returns=None, raises=(Gone,))
    async def certificates(self, call: Call) -> None:
        """The certificates that such tokens were signed with: gone."""
        raise Gone(_GONE)

    @get("/auth/tokens/OS-PKI/revoked", public=True, transaction="none", many=False, returns=None, raises=(Forbidden,))
    async def revoked(self, call: Call) -> None:
        """The list of such tokens that were given back: nobody may see it."""
        raise Forbidden
