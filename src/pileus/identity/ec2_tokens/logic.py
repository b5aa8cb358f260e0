"""Who signed a request: the access key's secret must make the same signature, lately."""

import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from pileus.identity.ec2_credentials.signing import Signers
from pileus.identity.ec2_tokens import signatures
from pileus.identity.ec2_tokens.signatures import BadSignature
from pileus.identity.errors import Missing, NotAllowed
from pileus.identity.tokens.logic import Entry, Tokens
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Caller
from pileus.kernel.clock import Clock

Json = Mapping[str, Any]
AGE = timedelta(minutes=15)
"""How far a request's own time may lie from now."""

METHOD = "ec2credential"


class SignedRequests:
    """Turns signed requests into tokens."""

    def __init__(self, signers: Signers, tokens: Tokens, clock: Clock, token_life: timedelta) -> None:
        self._signers = signers
        self._tokens = tokens
        self._clock = clock
        self._life = token_life

    async def ec2(self, given: Json) -> Entry:
        """A token for a request to EC2.

        Raises:
            Missing: there is no such access key.
            Unauthorized: the signature is another, or too old, or its user may nothing any more.
        """
        signature = given.get("signature")

        def right(secret: str) -> bool:
            if not isinstance(signature, str) or not signature:
                raise Unauthorized("EC2 signature not supplied.")
            host = given.get("host")
            host = host if isinstance(host, str) else ""
            hosts = dict.fromkeys((host, host.rpartition(":")[0] or host))  # some clients sign without the port
            return any(_same(signatures.of_request(secret, given, name), signature) for name in hosts)

        entry = await self._token(given, right, "Invalid EC2 signature.")
        self._lately(given)
        return entry

    async def s3(self, given: Json) -> Entry:
        """A token for a request to S3, given as the string that it signs.

        Raises:
            Missing: there is no such access key.
            Unauthorized: the signature is another, or its user may nothing any more.
        """
        signature, token = given.get("signature"), given.get("token")

        def right(secret: str) -> bool:
            if not isinstance(signature, str) or not isinstance(token, str):
                raise Unauthorized("EC2 signature not supplied.")
            return _same(signatures.of_string(secret, token), signature)

        entry = await self._token(given, right, "Credential signature mismatch")
        self._lately(given)
        return entry

    async def _token(self, given: Json, right: Callable[[str], bool], refusal: str) -> Entry:
        access_key = given.get("access")
        if not isinstance(access_key, str) or not access_key:
            raise Unauthorized("EC2 Signature not supplied")
        found = await self._signers.signer(access_key)
        if found is None:
            raise Missing("EC2 access key not found.")
        try:
            if not right(found.secret):
                raise Unauthorized(refusal)
        except BadSignature as error:
            raise Unauthorized(refusal) from error
        if found.access is None:
            raise Unauthorized
        return self._tokens.issue(found.access, (METHOD,), self._clock.now() + self._life)

    def _lately(self, given: Json) -> None:
        try:
            moment = signatures.moment_of(given)
        except BadSignature as error:
            raise Unauthorized("Credential timestamp is invalid") from error
        if moment is not None and abs(self._clock.now() - moment) > AGE:
            raise Unauthorized("Credential is expired")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))


def refuse_signers(caller: Caller) -> None:
    """Raise where a token is that of a signed request: it opens other services, and nothing of identity.

    Raises:
        NotAllowed: it is.
    """
    if METHOD in caller.extra.get("methods", ()):
        raise NotAllowed("EC2 credential tokens cannot be used for authorization.")
