"""What a request claims: who signed it, how, and what its body is to be."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

SKEW = 15 * 60
"""Seconds that a client's clock may be wrong."""
LONGEST = 7 * 24 * 3600
"""Seconds that a signed address may be good for."""
UNSIGNED = "UNSIGNED-PAYLOAD"


class Received(msgspec.Struct, frozen=True):
    """The parts of a request that signatures are made of, as they came.

    Attributes:
        path: percent-encoded.
        prefix: what the path starts with before the bucket or key, where this service is not at the root.
        query: as it came, without the question mark.
        headers: by lower-case name; several of a name in their order.
        bucket: the bucket in the host's name, if it is there.
        name: the service that signatures are for.
    """

    method: str
    path: str
    prefix: str
    query: str
    headers: Mapping[str, list[str]]
    bucket: str = ""
    regions: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """A header's value; of several, all of them."""
        return ",".join(self.headers.get(name, ()))


class Chain(msgspec.Struct, frozen=True):
    """What the signature of a body's first chunk is made from."""

    key: bytes
    stamp: str
    scope: str
    seed: str


class Signed(msgspec.Struct, frozen=True):
    """A request whose signature is good.

    Attributes:
        payload: the `x-amz-content-sha256` that counts.
        chain: for bodies whose chunks are signed.
        age: seconds since it was signed.
        kind: "REST-HEADER", "REST-QUERY-STRING" or "POST", as policies name it.
        version: "AWS" or "AWS4-HMAC-SHA256", as policies name it.
    """

    payload: str = UNSIGNED
    chain: Chain | None = None
    age: float = 0.0
    kind: str = "REST-HEADER"
    version: str = "AWS4-HMAC-SHA256"


class Claim(msgspec.Struct, frozen=True):
    """A signature as a request carries it, read but not checked."""

    access_key: str
    signature: str
    moment: datetime
