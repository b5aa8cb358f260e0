"""The bytes of objects too large for the index: one file each, in folders that fan out.

A file that comes in lies in this process's own folder below `incoming`, and keeps its name there until the index knows
it.  The folder is locked for as long as the process lives: whoever finds one unlocked may ask the index which of its
files are objects, and remove the others.
"""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from pileus.object_store.storage.records import StorageFull

FOLDERS = 2
"""Levels of 256 folders each."""


def sync_folder(folder: Path) -> None:
    """Let the disk have a folder's entries."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Blobs:
    """Files by name.  Every method blocks.

    Args:
        folder: made when missing.
        session: a name for this process's incoming files that nobody else has.
        durable: whether a file is on disk before it counts.
    """

    def __init__(self, folder: Path, session: str, *, durable: bool) -> None:
        self._files = folder / "files"
        self._incoming = folder / "incoming"
        self._quarantine = folder / "quarantine"
        self._mine = self._incoming / session
        self._lock = -1
        self.durable = durable

    def open(self) -> None:
        """Make the folders and take the lock on this process's."""
        self._files.mkdir(parents=True, exist_ok=True)
        self._incoming.mkdir(exist_ok=True)
        census = self.census()
        try:
            self._mine.mkdir()
            self._lock = os.open(self._mine / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        finally:
            os.close(census)

    def census(self) -> int:
        """A descriptor; until it is closed, nobody else opens a folder or looks for those that are left."""
        census = os.open(self._incoming / "census", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(census, fcntl.LOCK_EX)
        return census

    def close(self) -> None:
        """Give this process's folder up."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def path(self, name: str) -> Path:
        """Where a file lies."""
        parts = [name[2 * level : 2 * level + 2] for level in range(FOLDERS)]
        return self._files.joinpath(*parts, name)

    def incoming(self, name: str, source: str | None = None) -> "Incoming":
        """A new file, or a further name of one."""
        return Incoming(self, self._mine / name, name, None if source is None else self.path(source))

    def keep(self, incoming: Path, name: str) -> None:
        """Give an incoming file its place; it keeps its incoming name until `settled`."""
        path = self.path(name)
        if not path.parent.is_dir():
            for folder in (self._files / name[:2], path.parent):
                folder.mkdir(exist_ok=True)
                if self.durable:
                    sync_folder(folder.parent)
        os.link(incoming, path)
        if self.durable:
            sync_folder(path.parent)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self.path(name).unlink(missing_ok=True)
        (self._quarantine / name).unlink(missing_ok=True)

    def set_aside(self, name: str) -> None:
        """Take a damaged file out of the way, and keep it for whoever wants to save something of it."""
        self._quarantine.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.path(name).rename(self._quarantine / name)

    def left(self) -> Iterator[tuple[Path, list[str]]]:
        """The folders of processes that are no more, with the names of the files in each.  Under `census` only."""
        for folder in self._incoming.iterdir():
            if folder == self._mine or not folder.is_dir():
                continue
            lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            else:
                yield folder, [entry.name for entry in folder.iterdir() if entry.name != "lock"]
            finally:
                os.close(lock)

    def clear(self, folder: Path) -> None:
        """Remove a folder of a process that is no more."""
        for entry in folder.iterdir():
            entry.unlink()
        folder.rmdir()


class Incoming:
    """A file on its way in.

    Args:
        source: a file that it is to be, by another name; without, it is written.
    """

    def __init__(self, blobs: Blobs, path: Path, name: str, source: Path | None = None) -> None:
        self._blobs = blobs
        self._path = path
        self._kept = False
        self.name = name
        if source is not None and _linked(source, path):
            self._file = path.open("rb", buffering=0)
            return
        self._file = path.open("xb", buffering=0)
        if source is not None:
            with source.open("rb") as file:
                while data := file.read(1 << 20):
                    self.add(data)

    def add(self, data: bytes) -> None:
        """Write.

        Raises:
            StorageFull: the disk is full.
        """
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise StorageFull(str(error)) from error
            raise

    def seal(self) -> None:
        """Let the disk have it, in its place."""
        if self._blobs.durable:
            os.fsync(self._file.fileno())
        self._file.close()
        self._blobs.keep(self._path, self.name)
        self._kept = True

    def settled(self) -> None:
        """The index knows the file: it needs its incoming name no more."""
        self._path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Forget the file; before `settled` only."""
        self._file.close()
        if self._kept:
            self._blobs.remove(self.name)
        self._path.unlink(missing_ok=True)


def _linked(source: Path, path: Path) -> bool:
    """Whether a file could be given a further name; the system has a limit to their number."""
    try:
        os.link(source, path)
    except OSError as error:
        if error.errno in {errno.EMLINK, errno.EPERM, errno.EXDEV, errno.ENOTSUP}:
            return False
        raise
    return True
