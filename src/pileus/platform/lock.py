"""One process at a time looks after a machine: two would start each daemon twice and undo each other's work."""

import fcntl
import os
from pathlib import Path


class InUse(Exception):
    """Another process looks after this cloud's machine; it must end first."""


class Lock:
    """A lock on a file, held until it is given back or its process ends, however that happens."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock; nothing happens if it is ours already.

        Raises:
            InUse: another process holds it.
        """
        if self._descriptor is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise InUse(f"another process looks after {self._path.parent}; end it first") from None
        self._descriptor = descriptor

    def give_back(self) -> None:
        """Let another process take it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
