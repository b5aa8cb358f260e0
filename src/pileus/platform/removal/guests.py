"""The QEMU processes of this cloud, found without libvirtd, and ended when the cloud goes down."""

import asyncio
import itertools
import os
from pathlib import Path

import msgspec

from pileus.platform.daemons.process import Identity, all_pids, end, identify
from pileus.platform.layout import Layout


class Guest(msgspec.Struct, frozen=True):
    """One running QEMU of this cloud."""

    identity: Identity
    name: str
    """The libvirt domain's name; the process id where it cannot be told."""


def find(layout: Layout) -> list[Guest]:
    """All guests of this cloud.  They are told by the room they live in (libvirt_room), not by their command line."""
    try:
        room = (layout.libvirt / "lib").stat()
    except OSError:
        return []
    found = []
    for pid in all_pids():
        try:
            theirs = os.stat(f"/proc/{pid}/root/var/lib/libvirt")  # noqa: PTH116  pathlib would resolve the link first
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if (theirs.st_dev, theirs.st_ino) != (room.st_dev, room.st_ino) or "qemu" not in Path(command[0]).name:
            continue
        if (identity := identify(pid)) is not None:
            found.append(Guest(identity, _name(command) or str(pid)))
    return found


async def end_all(layout: Layout) -> list[str]:
    """End all guests at once, as pulling their plug would; the names of those that ran.

    QEMU writes its disks out on SIGTERM.  libvirtd, while it runs, unplugs their taps.
    """
    guests = await asyncio.to_thread(find, layout)
    await asyncio.gather(*(end(guest.identity, 10.0) for guest in guests))
    return [guest.name for guest in guests]


def _name(command: list[str]) -> str:
    """The domain's name out of `-name guest=NAME,debug-threads=on`."""
    for flag, value in itertools.pairwise(command):
        if flag == "-name":
            return value.removeprefix("guest=").partition(",")[0]
    return ""
