"""`/v3/ec2tokens` and `/v3/s3tokens`: what a service asks that received a signed request."""

from typing import Any

from pileus.identity.ec2_tokens.logic import SignedRequests
from pileus.identity.errors import Malformed
from pileus.identity.rules import SERVICE_OR_ADMIN
from pileus.identity.tokens.logic import Entry, document
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import JsonBody, post, resource
from pileus.kernel.api.errors import BadRequest, NotFound, Unauthorized

_KEYS = ("credentials", "credential", "ec2Credentials")
_RAISES = (Unauthorized, NotFound, BadRequest)


def _given(body: dict[str, Any]) -> dict[str, Any]:
    """The request that a body speaks of.

    Raises:
        Malformed: of none.
    """
    if not body:
        raise Malformed("request must include a request body")
    found: Any = next((body[key] for key in _KEYS if body.get(key)), {})
    if not isinstance(found, dict):
        raise Malformed("The credentials of a request are an object.")
    return found


def _answer(entry: Entry, **headers: str) -> Answer:
    return Answer(200, {"Content-Type": "application/json", **headers}, document(entry, catalog=True))


@resource("/ec2tokens", policy="identity:%s")
class Ec2Tokens:
    """Tokens for requests to EC2."""

    def __init__(self, requests: SignedRequests) -> None:
        self._requests = requests

    @post(
        rule="ec2tokens_validate",
        allow=SERVICE_OR_ADMIN,
        body=JsonBody,
        returns=None,
        status=200,
        transaction="none",
        raises=_RAISES,
    )
    async def create(self, _call: Call, body: dict[str, Any]) -> Answer:
        """Get a token for who signed a request."""
        entry = await self._requests.ec2(_given(body))
        return _answer(entry, **{"X-Subject-Token": entry.token})


@resource("/s3tokens", policy="identity:%s")
class S3Tokens:
    """Tokens for requests to S3."""

    def __init__(self, requests: SignedRequests) -> None:
        self._requests = requests

    @post(
        rule="s3tokens_validate",
        allow=SERVICE_OR_ADMIN,
        body=JsonBody,
        returns=None,
        status=200,
        transaction="none",
        raises=_RAISES,
    )
    async def create(self, _call: Call, body: dict[str, Any]) -> Answer:
        """Learn who signed a request."""
        return _answer(await self._requests.s3(_given(body)))
