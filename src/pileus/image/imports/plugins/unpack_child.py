"""Unpacks one file; runs as a child process of its own.

Arguments: how it is packed (zip, gzip), the file to write, and the bytes of disk that may be used. Standard input: the
packed file. Blocks of zeros become holes, which use none.

The file to write is opened before every privilege is given up; then come the bytes that may be made to harm.
"""

import contextlib
import ctypes
import gzip
import os
import sys
import zipfile
from pathlib import Path
from typing import IO

CHUNK = 1 << 16
NOBODY = 65534
PR_SET_NO_NEW_PRIVS = 38
ZEROS = bytes(CHUNK)


def give_up_privileges() -> None:
    """Be nobody, for good."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def opened(kind: str, packed: IO[bytes]) -> IO[bytes]:
    """The packed data, as they come out.

    Raises:
        ValueError: they are not one file.
    """
    if kind == "gzip":
        return gzip.open(packed)  # type: ignore[return-value]  # it reads as any
    archive = zipfile.ZipFile(packed)
    members = archive.infolist()
    if len(members) != 1 or members[0].is_dir():
        raise ValueError("the archive does not hold exactly one file")
    if members[0].flag_bits & 1:
        raise ValueError("the archive is encrypted")
    return archive.open(members[0])


def unpack(source: IO[bytes], target: IO[bytes], most: int) -> None:
    """Write what comes out.

    Raises:
        ValueError: it uses too much of the disk.
    """
    used = size = 0
    while piece := source.read(CHUNK):
        size += len(piece)
        if piece == ZEROS[: len(piece)]:
            target.seek(size)
            continue
        used += len(piece)
        if used > most:
            raise ValueError("there is not enough room for what comes out")
        target.write(piece)
    target.truncate(size)


if __name__ == "__main__":
    kind, path, most = sys.argv[1:]
    with Path(path).open("wb") as file:
        give_up_privileges()
        try:
            unpack(opened(kind, sys.stdin.buffer), file, int(most))
        except Exception as error:
            sys.exit(f"{type(error).__name__}: {error}")
