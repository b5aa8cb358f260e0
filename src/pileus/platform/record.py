"""What Pileus has made on this machine, written down before it is made, so that `down` can remove all of it.

The record survives crashes of Pileus and of the machine.  Whoever makes something outside the state folder (a network
namespace, a link, a mount) notes it here first and strikes it when it is gone.
"""

import asyncio
import os
from pathlib import Path
from typing import Literal

import msgspec

from pileus.platform.daemons.process import Identity, boot_id

Kind = Literal["process", "bridge", "link", "netns", "nft-table", "mount", "sysctl", "folder", "external-id", "switch"]


class Entry(msgspec.Struct, frozen=True):
    """One thing made on the machine."""

    kind: Kind
    name: str
    """A daemon's name, a link's, a namespace's, a table as `family name`, a path, a sysctl as a dotted name."""
    detail: str = ""
    """For a sysctl its earlier value; for an external-id the earlier value, empty if there was none; for a switch its
    datapath."""
    process: Identity | None = None
    """For a process, which one."""


class _Document(msgspec.Struct):
    """The record as it is stored."""

    boot: str
    entries: list[Entry] = msgspec.field(default_factory=list)


class Record:
    """The list of things made, kept in one file.

    One process writes it at a time: the running Pileus, or `pileus down` after that has ended.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[tuple[str, str], Entry] = {}
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Read the file.  After a reboot nothing that was made is still there, so an older record is dropped."""
        try:
            text = await asyncio.to_thread(self._path.read_bytes)
        except FileNotFoundError:
            self._entries = {}
            return
        document = msgspec.json.decode(text, type=_Document)
        kept = document.entries if document.boot == boot_id() else []
        self._entries = {(entry.kind, entry.name): entry for entry in kept}

    def entries(self, kind: Kind | None = None) -> list[Entry]:
        """What is noted, newest last."""
        return [entry for entry in self._entries.values() if kind in (None, entry.kind)]

    def find(self, kind: Kind, name: str) -> Entry | None:
        """One thing, None if it is not noted."""
        return self._entries.get((kind, name))

    async def note(self, entry: Entry) -> None:
        """Note a thing that is about to be made; on disk when this returns.

        An earlier value (sysctl, external-id) is kept from the first note: the second would note our own.
        """
        async with self._lock:
            earlier = self._entries.get((entry.kind, entry.name))
            if earlier == entry or (earlier is not None and entry.kind in ("sysctl", "external-id")):
                return
            self._entries[entry.kind, entry.name] = entry
            await asyncio.to_thread(self._write)

    async def strike(self, kind: Kind, name: str) -> None:
        """Forget a thing that is gone."""
        async with self._lock:
            if self._entries.pop((kind, name), None) is not None:
                await asyncio.to_thread(self._write)

    def _write(self) -> None:
        data = msgspec.json.encode(_Document(boot=boot_id(), entries=list(self._entries.values())))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
