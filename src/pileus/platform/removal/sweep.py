"""Removes from the machine what a cloud made there, by the record and by looking.  The last part of `down`."""

import asyncio
import contextlib
from pathlib import Path

from pileus.platform.commands import attempt
from pileus.platform.layout import Layout
from pileus.platform.links import links
from pileus.platform.plan import Plan
from pileus.platform.record import Record
from pileus.platform.removal import guests, leftovers
from pileus.platform.removal.mounts import is_mount_point, mounts_below


async def namespaces(record: Record) -> None:
    """Remove our network namespaces and what runs in them; the switch must still run to let go of their links."""
    names = {entry.name for entry in record.entries("netns")} | set(await asyncio.to_thread(leftovers.own_namespaces))
    for name in names:
        for pid in (await attempt("ip", "netns", "pids", name)).output.split():
            await attempt("kill", pid)
        await attempt("ip", "netns", "delete", name)
    left = await asyncio.to_thread(leftovers.own_namespaces)
    for entry in record.entries("netns"):
        if entry.name not in left:
            await record.strike("netns", entry.name)


async def everything(plan: Plan, layout: Layout, record: Record) -> None:
    """Remove what is left once no daemon of the cloud is meant to run."""
    await guests.end_all(layout)  # libvirtd may have left a trial run of QEMU behind
    for pid in await asyncio.to_thread(leftovers.marked_processes, layout):
        await attempt("kill", "-KILL", str(pid))
    await _links(plan, record)
    await _mounts(layout, record)
    await asyncio.to_thread(_files, layout, record)
    for kind in ("folder", "switch"):
        for entry in record.entries(kind):
            await record.strike(entry.kind, entry.name)


async def _links(plan: Plan, record: Record) -> None:
    present = await links()
    for name in await leftovers.own_links(plan, record):
        if name in present:
            await attempt("ip", "link", "delete", name)
    present = await links()
    for entry in (*record.entries("link"), *record.entries("bridge")):
        if entry.name not in present:
            await record.strike(entry.kind, entry.name)


async def _mounts(layout: Layout, record: Record) -> None:
    if await asyncio.to_thread(_others_have_namespaces):
        await record.strike("mount", str(leftovers.NAMESPACES))
    points = await asyncio.to_thread(mounts_below, layout.state)
    for point in (*points, *(Path(entry.name) for entry in record.entries("mount"))):
        if await asyncio.to_thread(is_mount_point, point):
            await attempt("umount", point)
    for entry in record.entries("mount"):
        if not await asyncio.to_thread(is_mount_point, Path(entry.name)):
            await record.strike("mount", entry.name)


def _others_have_namespaces() -> bool:
    return leftovers.NAMESPACES.is_dir() and any(leftovers.NAMESPACES.iterdir())


def _files(layout: Layout, record: Record) -> None:
    for path in leftovers.sockets_below(layout.run):
        path.unlink(missing_ok=True)
    for entry in record.entries("folder"):
        with contextlib.suppress(OSError):  # not empty: somebody else uses it by now
            Path(entry.name).rmdir()
    # It describes ports that are gone; networks are described by OVN's databases, which stay.
    layout.vswitch_database.unlink(missing_ok=True)
