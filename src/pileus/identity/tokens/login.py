"""From what a request shows to a token: methods, rules of the user, scope."""

from datetime import datetime, timedelta
from typing import Any

from pileus.identity.factors.front import Front
from pileus.identity.receipts.logic import Receipts
from pileus.identity.tokens.logic import Entry, Tokens
from pileus.identity.tokens.methods import Methods
from pileus.identity.tokens.proof import Proof
from pileus.identity.tokens.scopes import Scopes
from pileus.kernel.api.call import Call
from pileus.kernel.clock import Clock

RECEIPT = "Openstack-Auth-Receipt"


class Login:
    """Gives tokens.

    Args:
        life: for how long a token is good.
    """

    def __init__(
        self,
        clock: Clock,
        tokens: Tokens,
        methods: Methods,
        scopes: Scopes,
        receipts: Receipts,
        front: Front,
        life: timedelta,
    ) -> None:
        self._clock = clock
        self._tokens = tokens
        self._methods = methods
        self._scopes = scopes
        self._receipts = receipts
        self._front = front
        self._life = life

    async def token(self, call: Call, identity: dict[str, Any], scope: Any) -> Entry:
        """A token for what a request shows.

        Raises:
            Unauthorized: it shows nothing that is good, or there is no access in that scope.
            MoreMethods: the user needs further methods.
            BadRequest: the request does not hold together.
            Forbidden: what it shows is not good for that scope.
        """
        proof = await self._methods.prove(identity, call)
        if "external" not in proof.methods:
            # whoever has logged in at the front end has shown that, whatever else is asked for
            also = await self._front.seen(call)
            if also is not None:
                proof.join(also)
        return await self.give(call, proof, scope)

    async def give(self, call: Call, proof: Proof, scope: Any, *, thumbprint: str = "") -> Entry:
        """A token for a proof.

        Raises:
            Unauthorized, MoreMethods, BadRequest, Forbidden: as above.
        """
        receipt = call.request.headers.get(RECEIPT, "")
        proof.methods = await self._receipts.complete(proof.user_id, proof.methods, receipt)
        access = await self._scopes.access(proof, scope)
        ends = proof.parent.expires_at if proof.parent else self.ends()
        return self._tokens.issue(access, proof.methods, ends, proof.parent, thumbprint)

    def ends(self) -> datetime:
        """When a token that is issued now ends."""
        return self._clock.now() + self._life
