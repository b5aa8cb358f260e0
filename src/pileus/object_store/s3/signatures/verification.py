"""Who asks: the one place that reads and checks a request's signature."""

from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from pileus.kernel.auth.caller import Caller
from pileus.kernel.clock import Clock
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.signatures import version2, version4
from pileus.object_store.s3.signatures.claims import Received, Signed
from pileus.object_store.s3.signatures.encoding import parameters

FindSigner = Callable[[str], Awaitable[tuple[str, Caller] | None]]
"""Tells the secret of an access key and whom it speaks for."""


class Verification:
    """Checks signatures.

    Args:
        find: tells who signs with an access key.
    """

    def __init__(self, find: FindSigner, clock: Clock) -> None:
        self._find = find
        self._clock = clock

    async def signer(self, access_key: str) -> tuple[str, Caller]:
        """The secret of an access key, and whom it speaks for.

        Raises:
            S3Error: there is no such key, or it is no good any more.
        """
        found = await self._find(access_key)
        if found is None:
            raise refuse("InvalidAccessKeyId", AWSAccessKeyId=access_key)
        return found

    async def authenticate(self, received: Received) -> tuple[Caller, Signed] | None:
        """Who signed a request, and what the signature says; None for a request without any.

        Raises:
            S3Error: the signature is not good, or of a form that is not known.
        """
        fields = self._fields(received)
        if fields is None:
            return None
        if received.header("x-amz-security-token") or "X-Amz-Security-Token" in dict(parameters(received.query)):
            raise refuse("InvalidToken", "Keys of this cloud come without a session token.")
        secret, who = await self.signer(fields.claim.access_key)
        now = self._clock.now()
        if isinstance(fields, version4.Fields):
            return who, version4.checked(fields, received, secret, now)
        return who, version2.checked(fields, received, secret, now)

    def _fields(self, received: Received) -> version4.Fields | version2.Fields | None:
        given = received.header("authorization").strip()
        names = {unquote(name) for name, _value in parameters(received.query)}
        in_query = "X-Amz-Algorithm" in names or "X-Amz-Signature" in names
        old_query = "AWSAccessKeyId" in names
        if bool(given) + in_query + old_query > 1:
            raise argument("Authorization", given, "Only one auth mechanism allowed")
        if in_query:
            return version4.in_query(received)
        if old_query:
            return version2.in_query(received)
        if not given:
            return None
        scheme = given.partition(" ")[0]
        if scheme == version4.ALGORITHM:
            return version4.in_header(received)
        if scheme == "AWS":
            return version2.in_header(received)
        raise argument("Authorization", given.partition(" ")[0], "Unsupported Authorization Type")
