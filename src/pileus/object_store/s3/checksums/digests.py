"""Checksums of a body as it passes, and how they stand in headers and are kept.

An object keeps one checksum beside its MD5, the one that the client asked for, with its type: of all the object's bytes
(FULL_OBJECT), or of its parts' checksums (COMPOSITE, with the number of parts behind a dash).
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from pileus.object_store.s3.checksums.cyclic import cyclic
from pileus.object_store.s3.errors import argument, refuse

LENGTHS = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
"""The algorithms, and the bytes of their results."""
HEADERS = {f"x-amz-checksum-{name.lower()}": name for name in LENGTHS}
FULL, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
KEPT = "sysmeta-s3-checksum"
"""The metadata that an object's checksum is kept in: `CRC32=AAAAAA==;FULL_OBJECT`."""


class Checksum(msgspec.Struct, frozen=True):
    """A checksum of an object, in Base64."""

    algorithm: str
    value: str
    kind: str = FULL

    @property
    def element(self) -> str:
        """Its name in XML."""
        return f"Checksum{self.algorithm}"

    def headers(self) -> dict[str, str]:
        """The headers that show it."""
        return {f"x-amz-checksum-{self.algorithm.lower()}": self.value, "x-amz-checksum-type": self.kind}

    def kept(self) -> str:
        """As it is kept with the object."""
        return f"{self.algorithm}={self.value};{self.kind}"


def kept(metadata: Mapping[str, str]) -> Checksum | None:
    """The checksum that an object has, if any."""
    text = metadata.get(KEPT, "")
    if not text:
        return None
    value, _, kind = text.rpartition(";")
    algorithm, _, value = value.partition("=")
    return Checksum(algorithm, value, kind)


class Digest(Protocol):
    """Takes bytes and tells their checksum."""

    def update(self, data: bytes, /) -> None:
        """Take more."""
        ...

    def digest(self) -> bytes:
        """The checksum of all."""
        ...


class _Crc:
    def __init__(self, algorithm: str) -> None:
        self._length = LENGTHS[algorithm]
        self._add = (lambda crc, data: zlib.crc32(data, crc)) if algorithm == "CRC32" else cyclic(algorithm).update
        self._crc = 0

    def update(self, data: bytes, /) -> None:
        self._crc = self._add(self._crc, data)

    def digest(self) -> bytes:
        return self._crc.to_bytes(self._length, "big")


def digest(algorithm: str) -> Digest:
    """A fresh one."""
    if algorithm == "SHA256":
        return hashlib.sha256()
    if algorithm == "SHA1":
        return hashlib.sha1(usedforsecurity=False)
    return _Crc(algorithm)


def encoded(raw: bytes) -> str:
    """A checksum's bytes as headers have them."""
    return base64.b64encode(raw).decode()


def decoded(text: str, length: int) -> bytes | None:
    """The bytes of a checksum in a header; None if it cannot be one."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == length else None


def asked(headers: Mapping[str, str]) -> tuple[str, str]:
    """The algorithm that a request asks for, and the value that it expects; both may be empty.

    The value of a trailer comes later: it is "trailer".

    Raises:
        S3Error: there are several, or one that cannot be.
    """
    found = [(name, headers[header].strip()) for header, name in HEADERS.items() if header in headers]
    trailer = headers.get("x-amz-trailer", "").strip().lower()
    if trailer:
        if trailer not in HEADERS:
            raise refuse("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
        found.append((HEADERS[trailer], "trailer"))
    if len(found) > 1:
        raise refuse(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    wanted = headers.get("x-amz-sdk-checksum-algorithm", headers.get("x-amz-checksum-algorithm", "")).strip().upper()
    if wanted and wanted not in LENGTHS:
        raise refuse("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with a valid one.")
    if not found:
        return wanted, ""
    algorithm, value = found[0]
    if wanted and wanted != algorithm:
        raise refuse("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
    if value != "trailer" and decoded(value, LENGTHS[algorithm]) is None:
        raise refuse("InvalidRequest", f"Value for x-amz-checksum-{algorithm.lower()} header is invalid.")
    return algorithm, value


def composite(algorithm: str, parts: Iterable[str]) -> Checksum:
    """The checksum of the checksums of an object's parts."""
    total, count = digest(algorithm), 0
    for part in parts:
        raw = decoded(part, LENGTHS[algorithm])
        assert raw is not None, "parts keep good checksums"
        total.update(raw)
        count += 1
    return Checksum(algorithm, f"{encoded(total.digest())}-{count}", COMPOSITE)


def combined(algorithm: str, parts: Iterable[tuple[str, int]]) -> Checksum:
    """The checksum of all bytes of an object whose parts have these checksums and sizes."""
    check, crc = cyclic(algorithm), 0
    for value, size in parts:
        raw = decoded(value, LENGTHS[algorithm])
        assert raw is not None, "parts keep good checksums"
        crc = check.joined(crc, int.from_bytes(raw, "big"), size)
    return Checksum(algorithm, encoded(crc.to_bytes(LENGTHS[algorithm], "big")))


def kind_of(algorithm: str, wanted: str) -> str:
    """The type of a multipart object's checksum, as asked for or by default.

    Raises:
        S3Error: the algorithm does not know it.
    """
    if not wanted:
        return FULL if algorithm == "CRC64NVME" else COMPOSITE
    if wanted not in {FULL, COMPOSITE}:
        raise argument("x-amz-checksum-type", wanted, "Value for x-amz-checksum-type header is invalid.")
    if (wanted == FULL and algorithm.startswith("SHA")) or (wanted == COMPOSITE and algorithm == "CRC64NVME"):
        raise refuse("InvalidRequest", f"The {wanted} checksum type cannot be used with the {algorithm} algorithm.")
    return wanted
