"""The key repository of JWS tokens: one private key that signs, and every public key that tokens may be checked with.

jws-keys/private/private.pem     of this machine alone
jws-keys/public/*.pem            of every machine of the cloud, and of a machine's earlier keys
"""

import os
from pathlib import Path
from typing import Any

from pileus.kernel.ids import Ids


class JwsKeys:
    """One folder of keys; the private part is private to its owner."""

    def __init__(self, folder: Path, ids: Ids) -> None:
        self._private = folder / "private" / "private.pem"
        self._public = folder / "public"
        self._ids = ids
        self._loaded: tuple[bytes, list[bytes]] | None = None
        self._stamp: Any = None

    def private(self) -> bytes:
        """The key that signs, as PEM."""
        return self._load()[0]

    def public(self) -> list[bytes]:
        """The keys that tokens are checked with, as PEM, the newest first."""
        return self._load()[1]

    def refresh(self) -> bool:
        """Take up keys that another process has changed; whether there were any."""
        if self._loaded is None or self._stamps() == self._stamp:
            return False
        self._loaded = None
        return True

    def rotate(self, *, kept_since: float) -> None:
        """Make a new pair of keys; earlier public keys stay for the tokens that they are good for.

        Args:
            kept_since: public keys that were followed by another before this moment go.
        """
        self._load()
        files = self._files()
        for file, follower in zip(files[1:], files, strict=False):
            if follower.stat().st_mtime < kept_since:
                file.unlink()
        self._make()
        self._loaded = None

    def _files(self) -> list[Path]:
        found = [file for file in self._public.iterdir() if file.suffix == ".pem"]
        return sorted(found, key=lambda file: file.stat().st_mtime_ns, reverse=True)

    def _stamps(self) -> Any:
        return self._private.stat().st_mtime_ns, self._public.stat().st_mtime_ns

    def _load(self) -> tuple[bytes, list[bytes]]:
        if self._loaded is None:
            if not self._private.exists():
                self._make()
            self._stamp = self._stamps()
            self._loaded = (self._private.read_bytes(), [file.read_bytes() for file in self._files()])
        return self._loaded

    def _make(self) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        for folder in (self._private.parent, self._public):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # the public key first: whoever sees a token of the new key finds what to check it with
        _write(self._public / f"{self._ids.hex()}.pem", public)
        _write(self._private, private)


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    part.rename(path)
