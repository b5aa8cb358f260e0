"""One request to S3 on its way: what is asked, who asks, of which bucket."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import ClientDisconnect

from pileus.kernel.api.call import NOBODY, Answer, Call
from pileus.kernel.api.errors import TooLarge
from pileus.kernel.api.formats import is_whole
from pileus.kernel.auth.caller import Caller
from pileus.object_store.s3.asked import Asked
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.checksums import digests
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.signatures.bodies import Body, md5_of
from pileus.object_store.s3.signatures.claims import Signed
from pileus.object_store.s3.wire import xml
from pileus.object_store.storage.protocol import TICKS

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

T = TypeVar("T")
MOST_DOCUMENT = 1 << 20
"""Bytes of a document in a request at the most, unless an operation says otherwise."""


@dataclass(slots=True)
class Visit:
    """A request.

    Attributes:
        who: NOBODY for those who sign nothing.
        signed: what the signature says.
        bucket: the one asked for, where the request names one that there is.
    """

    call: Call
    asked: Asked
    who: Caller = NOBODY
    signed: Signed = field(default_factory=Signed)
    _bucket: Bucket | None = None

    @property
    def bucket(self) -> Bucket:
        """The bucket that is asked for."""
        assert self._bucket is not None, "operations below the service have a bucket"
        return self._bucket

    def enter(self, bucket: Bucket) -> None:
        """Have found the bucket."""
        self._bucket = bucket

    @property
    def key(self) -> str:
        """The key that is asked for."""
        return self.asked.key

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers."""
        return self.call.request.headers

    @property
    def version(self) -> str | None:
        """The version that is asked for, in the storage's words; None for the newest."""
        given = self.asked.query.get("versionId")
        if given is None:
            return None
        if not given:
            raise argument("versionId", "", "Version id cannot be the empty string")
        return "" if given == "null" else given

    @property
    def now(self) -> int:
        """The moment it is."""
        return int(self.call.world.clock.now().timestamp() * TICKS)

    def header(self, name: str) -> str:
        """A header's text."""
        return self.headers.get(name, "").strip()

    async def _bytes(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self.call.chunks():
                yield chunk
        except ClientDisconnect:
            raise refuse("ClientDisconnected") from None

    def length(self) -> int | None:
        """How many bytes the body has once its chunks are taken off; None where that is open.

        Raises:
            S3Error: it is no number, or missing.
        """
        headers = self.headers
        if self.signed.payload.startswith("STREAMING-"):
            text = headers.get("x-amz-decoded-content-length", "")
            if not text:
                raise refuse("MissingContentLength")
        else:
            text = headers.get("content-length", "")
            if not text and headers.get("transfer-encoding", "").lower() == "chunked":
                return None
        if text and not is_whole(text):
            raise argument("Content-Length", text, "The length is not a number")
        return int(text) if text else 0

    def body(self) -> Body:
        """The body, checked as it is read."""
        algorithm, expected = digests.asked(self.headers)
        return Body(self._bytes(), self.signed, length=self.length(), algorithm=algorithm, expected=expected)

    async def document(self, most: int = MOST_DOCUMENT) -> bytes:
        """The body, which is small, held against its MD5 if it has one.

        Raises:
            S3Error: it is too long, or not what was signed.
        """
        import hashlib

        wanted = md5_of(self.headers.get("content-md5"))
        try:
            data = await self.body().whole(most)
        except TooLarge:
            raise refuse("MaxMessageLengthExceeded") from None
        if wanted and hashlib.md5(data, usedforsecurity=False).hexdigest() != wanted:
            raise refuse("BadDigest")
        return data

    async def xml(self, name: str, code: str = "MalformedXML", most: int = MOST_DOCUMENT) -> "Element":
        """The body, an XML document.

        Raises:
            S3Error: it is none.
        """
        data = await self.document(most)
        if not data.strip():
            raise refuse("MissingRequestBodyError")
        try:
            return xml.parse(data, name)
        except ValueError:
            raise refuse(code) from None

    def flag(self, name: str) -> bool:
        """Whether a parameter or header says yes."""
        return self.header(name).lower() == "true"

    def number(self, name: str, default: int, most: int, least: int = 0) -> int:
        """The number in a parameter.

        Raises:
            S3Error: it is none.
        """
        text = self.asked.query.get(name, "")
        if not text:
            return default
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII) or not least <= int(text) < 1 << 31:
            raise argument(name, text, f"Argument {name} must be an integer between {least} and 2147483647")
        return min(int(text), most)


def answer(name: str, content: xml.Node, headers: dict[str, str] | None = None, status: int = 200) -> Answer:
    """A document."""
    return Answer(status, {"Content-Type": "application/xml", **(headers or {})}, xml.document(name, content))


def nothing(status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """An answer without content."""
    return Answer(status, headers or {})
