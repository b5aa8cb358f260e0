"""How an object that came in parts remembers them: their numbers, sizes and checksums, in its metadata."""

from collections.abc import Mapping, Sequence

import msgspec

from pileus.object_store.s3.objects.naming import PARTS

MOST_PARTS = 10_000
INITIATOR = "sysmeta-s3-initiator"
WANTED = "sysmeta-s3-checksum-wanted"
"""Of an upload: the algorithm and type of its checksum."""


class Piece(msgspec.Struct, frozen=True):
    """A part of an object."""

    number: int
    size: int
    checksum: str = ""


def kept(pieces: Sequence[Piece]) -> str:
    """As it is kept."""
    return ",".join(f"{piece.number}:{piece.size}:{piece.checksum}" for piece in pieces)


def pieces_of(metadata: Mapping[str, str]) -> list[Piece]:
    """The parts of an object; empty for one that came in one piece."""
    found = (entry.split(":", 2) for entry in metadata.get(PARTS, "").split(",") if entry)
    return [Piece(int(number), int(size), checksum) for number, size, checksum in found]
