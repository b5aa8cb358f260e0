"""The bytes of a request: taken out of their chunks where they come in any, and held against what was signed.

The whole may be gigabytes, so nothing waits for its end: bytes go on as they come, and whoever takes them makes nothing
of them unless the end was reached without an error.
"""

import asyncio
import binascii
import hashlib
import hmac
import re
from collections.abc import AsyncIterator

from pileus.object_store.s3.checksums.digests import HEADERS, Digest, digest, encoded
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.signatures.claims import UNSIGNED, Chain, Signed

BLOCK = 1 << 20
"""Bytes that are gathered before they go on."""
LINE = 4096
"""Bytes of a chunk's head or a trailer at the most."""
_HEAD = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")
_EMPTY = hashlib.sha256(b"").hexdigest()


async def update(digests: list[Digest], block: bytes) -> None:
    """Give a block to digests; a large one in a thread."""
    if len(block) < 1 << 15:
        for item in digests:
            item.update(block)
    elif digests:
        await asyncio.to_thread(_update, digests, block)


def _update(digests: list[Digest], block: bytes) -> None:
    for item in digests:
        item.update(block)


class Reader:
    """Reads lines and counted bytes from a stream."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self._left = b""

    async def _more(self) -> bool:
        try:
            self._left += await anext(self._stream)
        except StopAsyncIteration:
            return False
        return True

    async def line(self) -> bytes:
        """The next line, without its end.

        Raises:
            S3Error: it is too long, or the stream ends in it.
        """
        while (end := self._left.find(b"\r\n")) < 0:
            if len(self._left) > LINE or not await self._more():
                raise refuse("IncompleteBody", "The request body terminated unexpectedly")
        line, self._left = self._left[:end], self._left[end + 2 :]
        return line

    async def some(self, most: int) -> bytes:
        """The next bytes, at least one and no more than that.

        Raises:
            S3Error: the stream ends.
        """
        if not self._left and not await self._more():
            raise refuse("IncompleteBody", "The request body terminated unexpectedly")
        out, self._left = self._left[:most], self._left[most:]
        return out


class Chunked:
    """A body in Amazon's chunks (`aws-chunked`), signed or not, with or without trailers.

    Attributes:
        trailers: what came behind the last chunk.
    """

    def __init__(self, stream: AsyncIterator[bytes], chain: Chain | None, trailing: bool) -> None:
        self._reader = Reader(stream)
        self._chain = chain
        self._last = chain.seed if chain else ""
        self._trailing = trailing
        self.trailers: dict[str, str] = {}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Its bytes.

        Raises:
            S3Error: a chunk is not as it was signed, or none at all.
        """
        while True:
            head = _HEAD.fullmatch(await self._reader.line())
            if head is None or (self._chain is not None and head[2] is None):
                raise refuse("IncompleteBody", "The request body is not in chunks as announced")
            left = int(head[1], 16)
            hashed = hashlib.sha256()
            while left:
                block = await self._reader.some(left)
                left -= len(block)
                if self._chain is not None:
                    await update([hashed], block)
                yield block
            if self._chain is not None:
                self._check("PAYLOAD", f"{_EMPTY}\n{hashed.hexdigest()}", (head[2] or b"").decode())
            if int(head[1], 16) == 0:
                break
            if await self._reader.line():
                raise refuse("IncompleteBody", "A chunk is longer than it says")
        await self._end()

    def _check(self, what: str, content: str, signature: str) -> None:
        chain = self._chain
        assert chain is not None
        text = f"AWS4-HMAC-SHA256-{what}\n{chain.stamp}\n{chain.scope}\n{self._last}\n{content}"
        expected = hmac.new(chain.key, text.encode(), "sha256").hexdigest()
        if not hmac.compare_digest(expected, signature):
            raise refuse("SignatureDoesNotMatch")
        self._last = expected

    async def _end(self) -> None:
        signed: list[bytes] = []
        signature = ""
        while line := await self._reader.line():
            name, colon, value = line.partition(b":")
            if not colon or len(signed) > 8:
                raise refuse("MalformedTrailerError")
            key = name.strip().lower().decode("latin-1")
            if key == "x-amz-trailer-signature":
                signature = value.strip().decode("latin-1")
            else:
                self.trailers[key] = value.strip().decode("latin-1")
                signed.append(key.encode("latin-1") + b":" + value.strip() + b"\n")
        if self._chain is not None and self._trailing:
            self._check("TRAILER", hashlib.sha256(b"".join(signed)).hexdigest(), signature)


class Body:
    """A request's bytes, checked.

    Args:
        length: how many there are to be; None where that is open.
        md5: the Base64 MD5 that the client gave; checked by who keeps the bytes.
        algorithm, expected: the checksum asked for, and its value ("trailer" where it comes behind the bytes).

    Attributes:
        checksum: of the bytes in Base64, once they are read, where one was asked for.
    """

    def __init__(
        self,
        stream: AsyncIterator[bytes],
        signed: Signed,
        *,
        length: int | None = None,
        algorithm: str = "",
        expected: str = "",
    ) -> None:
        self._chunked: Chunked | None = None
        if signed.payload.startswith("STREAMING-"):
            self._chunked = Chunked(stream, signed.chain, signed.payload.endswith("-TRAILER"))
            stream = aiter(self._chunked)
        self._stream = stream
        self.length = length
        self.algorithm, self._expected = algorithm, expected
        self._digest = digest(algorithm) if algorithm else None
        self._sha256 = hashlib.sha256() if re.fullmatch("[0-9a-f]{64}", signed.payload) else None
        self._signed = signed
        self.size = 0
        self.checksum = ""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes in large blocks.

        Raises:
            S3Error: they are not what was signed or announced; what came before must be forgotten.
        """
        digests: list[Digest] = [item for item in (self._digest, self._sha256) if item is not None]
        waiting: list[bytes] = []
        gathered = 0
        async for piece in self._stream:
            waiting.append(piece)
            gathered += len(piece)
            if self.length is not None and self.size + gathered > self.length:
                raise refuse("IncompleteBody")
            if gathered >= BLOCK:
                block = waiting[0] if len(waiting) == 1 else b"".join(waiting)
                waiting, gathered = [], 0
                self.size += len(block)
                await update(digests, block)
                yield block
        if gathered:
            block = b"".join(waiting)
            self.size += gathered
            await update(digests, block)
            yield block
        self._finish()

    def _finish(self) -> None:
        if self.length is not None and self.size != self.length:
            raise refuse("IncompleteBody")
        if self._sha256 is not None and not hmac.compare_digest(self._sha256.hexdigest(), self._signed.payload):
            raise refuse(
                "XAmzContentSHA256Mismatch",
                ClientComputedContentSHA256=self._signed.payload,
                S3ComputedContentSHA256=self._sha256.hexdigest(),
            )
        expected = self._expected
        if self._chunked is not None:
            found = [(HEADERS[name], value) for name, value in self._chunked.trailers.items() if name in HEADERS]
            if expected == "trailer":
                expected = dict(found).get(self.algorithm, "")
                if not expected:
                    raise refuse("MalformedTrailerError")
        if self._digest is not None:
            self.checksum = encoded(self._digest.digest())
            if expected and not hmac.compare_digest(expected.encode(), self.checksum.encode()):
                raise refuse("BadDigest", f"The {self.algorithm} you specified did not match the calculated checksum.")

    async def whole(self, most: int) -> bytes:
        """All bytes, where they are few.

        Raises:
            S3Error: they are too many, or not what was signed.
        """
        out = bytearray()
        async for block in self:
            out += block
            if len(out) > most:
                raise refuse("MaxMessageLengthExceeded")
        return bytes(out)


def md5_of(header: str | None) -> str:
    """The MD5 of a Content-MD5 header, in hexadecimal digits; empty for none.

    Raises:
        S3Error: it cannot be one.
    """
    if header is None:
        return ""
    try:
        raw = binascii.a2b_base64(header, strict_mode=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 16:
        raise refuse("InvalidDigest")
    return raw.hex()


__all__ = ["UNSIGNED", "Body", "md5_of", "update"]
