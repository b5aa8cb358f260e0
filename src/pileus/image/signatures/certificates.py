"""Where the certificates of signatures come from."""

import asyncio
import re
from pathlib import Path
from typing import Protocol

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")


class CertificateMissing(Exception):
    """There is no certificate of that id."""


class Certificates(Protocol):
    """Gives certificates by id, as a key manager does."""

    async def get(self, id: str) -> bytes:
        """A certificate, PEM or DER.

        Raises:
            CertificateMissing: there is none.
        """
        ...


class CertificateFolder:
    """Certificates as files `<id>.pem` in a folder.

    Args:
        folder: None for no certificates at all.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def get(self, id: str) -> bytes:
        """A certificate of the folder."""
        if self._folder is None or not _ID.fullmatch(id):
            raise CertificateMissing(id)
        try:
            return await asyncio.to_thread((self._folder / f"{id}.pem").read_bytes)
        except FileNotFoundError:
            raise CertificateMissing(id) from None
