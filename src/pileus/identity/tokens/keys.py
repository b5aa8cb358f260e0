"""The key repository of Fernet tokens: files named by number, as Keystone keeps them.

`0` is the staged key, the highest number the primary one, which alone encrypts; the rest are secondary and still
decrypt.  Rotation makes the staged key the primary and stages a new one, so that a key is known to every node before
the first token is made with it.
"""

import base64
import os
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet

from pileus.kernel.ids import Ids


class Keys:
    """One folder of keys; the folder is private to its owner."""

    def __init__(self, folder: Path, ids: Ids) -> None:
        self._folder = folder
        self._ids = ids
        self._loaded: MultiFernet | None = None
        self._stamp = 0

    def fernet(self) -> MultiFernet:
        """What encrypts with the primary key and decrypts with any, as the folder was when last looked at.

        The folder is first touched here, not when the object is made; afterwards `refresh` looks again.
        """
        if self._loaded is None:
            self._loaded = MultiFernet(self.load())
            self._stamp = self._folder.stat().st_mtime_ns
        return self._loaded

    def refresh(self) -> bool:
        """Take up keys that were rotated by another process; whether there were any."""
        if self._loaded is None or self._folder.stat().st_mtime_ns == self._stamp:
            return False
        self._loaded = None
        return True

    def load(self) -> list[Fernet]:
        """Every key, the primary first, the staged last; the first two are made where there are none.

        Raises:
            OSError: the folder cannot be read or written.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        numbers = self._numbers()
        if not numbers:
            self._write(0)
            self._write(1)
            numbers = [0, 1]
        ordered = sorted(numbers, reverse=True)
        return [Fernet((self._folder / str(number)).read_bytes()) for number in ordered]

    def rotate(self, *, now: float, needed_since: float) -> None:
        """Make the staged key the primary, stage a new one, and drop secondary ones.

        Args:
            now: the moment, as files have it.
            needed_since: keys that were followed by another primary one before this moment go: whatever they have
                encrypted has ended.
        """
        self.load()
        primary = self._folder / str(max(self._numbers()) + 1)
        (self._folder / "0").rename(primary)
        os.utime(primary, (now, now))
        self._write(0)
        secondary = sorted(n for n in self._numbers() if n)[:-1]
        for number in secondary:
            # its follower has the moment at which that became the primary one
            if self._began(number + 1) < needed_since:
                (self._folder / str(number)).unlink()
        self._loaded = None

    def _began(self, number: int) -> float:
        try:
            return (self._folder / str(number)).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _numbers(self) -> list[int]:
        return [int(file.name) for file in self._folder.iterdir() if file.name.isdecimal()]

    def _write(self, number: int) -> None:
        data = base64.urlsafe_b64encode(self._ids.secret(32))
        part = self._folder / f".{number}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        part.rename(self._folder / str(number))
