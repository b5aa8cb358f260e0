"""Certificates instead of tokens: a front end has seen that the client has the key, and a mapping says who that is.

The identity provider is the one whose id is the SHA-256 of the issuer's name, its protocol is `x509`; the scope stands
in headers (X-Project-Id and so on), as Keystone has it.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pileus.identity.errors import Malformed
from pileus.identity.factors.front import Front
from pileus.identity.federation.shadows import Shadows
from pileus.identity.oauth2.certificates import Certificate, certificate
from pileus.identity.revisions.logic import Revisions
from pileus.identity.tokens.logic import caller_of
from pileus.identity.tokens.payload import Payload
from pileus.identity.tokens.proof import Proof
from pileus.identity.tokens.scopes import Scopes
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import NotFound, Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.clock import Clock

PROTOCOL = "x509"
KEPT = timedelta(seconds=60)


class Certificates:
    """Knows callers by their certificates.

    Args:
        issuers: whose certificates count.
    """

    MOST = 1000

    def __init__(
        self, clock: Clock, front: Front, shadows: Shadows, scopes: Scopes, revisions: Revisions, issuers: Sequence[str]
    ) -> None:
        self._clock = clock
        self._front = front
        self._shadows = shadows
        self._scopes = scopes
        self._revisions = revisions
        self._issuers = frozenset(issuers)
        self._proofs: dict[str, tuple[int, float, Proof]] = {}
        """By thumbprint: the generation and the moment that a proof was found at."""

    def shows(self, call: Call, thumbprint: str) -> bool:
        """Whether a client has the certificate that a token is bound to."""
        try:
            return certificate(self._front.certificate(call)).thumbprint == thumbprint
        except ValueError:
            return False

    async def caller(self, call: Call) -> Caller | None:
        """Who asks without a token; None for somebody without a certificate that counts.

        Raises:
            Unauthorized: the certificate is nobody's, or has no access in that scope.
            Malformed: the scope does not hold together.
        """
        shown = self._front.certificate(call) if self._issuers else b""
        if not shown:
            return None
        try:
            seen = certificate(shown)
        except ValueError as error:
            raise Unauthorized from error
        if seen.issuer_dn not in self._issuers:
            return None
        proof = await self._proof(seen)
        access = await self._scopes.access(proof, _scope(call))
        now = self._clock.now()
        key = access.key
        payload = Payload(key.user_id, (PROTOCOL,), key.scope, key.scope_id, now, now + KEPT, ())
        return caller_of("", payload, access)

    async def _proof(self, seen: Certificate) -> Proof:
        now = self._clock.monotonic()
        generation, then, proof = self._proofs.get(seen.thumbprint, (-1, 0.0, None))
        if proof is not None and generation == self._revisions.generation and now - then < KEPT.total_seconds():
            return proof
        told = seen.assertion("SSL_CLIENT_S_DN_", "SSL_CLIENT_I_DN_")
        told |= {"SSL_CLIENT_S_DN": [seen.subject_dn], "SSL_CLIENT_I_DN": [seen.issuer_dn]}
        provider = hashlib.sha256(seen.issuer_dn.encode()).hexdigest()
        try:
            proof = await self._shadows.accept(provider, PROTOCOL, told, seen.issuer_dn)
        except NotFound as error:
            raise Unauthorized from error
        if len(self._proofs) >= self.MOST:
            self._proofs.clear()
        self._proofs[seen.thumbprint] = (self._revisions.generation, now, proof)
        return proof


def _scope(call: Call) -> dict[str, Any]:
    """The scope that headers name."""
    header = call.request.headers.get
    if header("x-project-id"):
        return {"project": {"id": header("x-project-id")}}
    if header("x-project-name"):
        domain = _domain(header("x-project-domain-id"), header("x-project-domain-name"))
        if not domain:
            raise Malformed("Neither Project Domain ID nor Project Domain Name was provided.")
        return {"project": {"name": header("x-project-name"), "domain": domain}}
    domain = _domain(header("x-domain-id"), header("x-domain-name"))
    if not domain:
        raise Malformed("Expecting to find project or domain in scope.")
    return {"domain": domain}


def _domain(id: str | None, name: str | None) -> dict[str, str]:
    return {"id": id} if id else {"name": name} if name else {}
