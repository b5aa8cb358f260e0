"""Lists what of a cloud is on the machine: everything while it runs, and nothing after `down`."""

import asyncio
import contextlib
import os
import stat
from pathlib import Path

import msgspec

from pileus.platform.daemons.process import all_pids, identify
from pileus.platform.daemons.table import STATE_MARK
from pileus.platform.layout import Layout
from pileus.platform.links import links
from pileus.platform.plan import Plan
from pileus.platform.record import Record
from pileus.platform.removal import guests
from pileus.platform.removal.mounts import is_mount_point, mounts_below
from pileus.platform.switching.uplink import NFT_TABLE, nft_table_exists

NAMESPACE_PREFIX = "pileus-"
"""Network namespaces of ours are named so."""

NAMESPACES = Path("/run/netns")
"""Where named network namespaces are (ip-netns(8))."""


class Leftover(msgspec.Struct, frozen=True, order=True):
    """One thing of the cloud that is on the machine."""

    kind: str
    """process, guest, link, netns, nft-table, mount, sysctl, socket, folder, external-id."""
    name: str


async def find(plan: Plan, layout: Layout, record: Record) -> list[Leftover]:
    """What there is, sorted; by the record and by looking, so that a lost record hides nothing."""
    found = await asyncio.to_thread(_look, layout, record)
    present = await links()
    found |= {Leftover("link", name) for name in await own_links(plan, record) if name in present}
    if await nft_table_exists():
        found.add(Leftover("nft-table", f"ip {NFT_TABLE}"))
    return sorted(found)


async def own_links(plan: Plan, record: Record) -> set[str]:
    """Names that links of this cloud have or would have: recorded ones, its bridges, taps of its servers."""
    names = {entry.name for entry in (*record.entries("link"), *record.entries("bridge"))}
    if switch := record.entries("switch"):
        # Only while this cloud has a switch are these its own; another cloud's may carry the same names.
        names |= {plan.integration_bridge, plan.external_bridge}
        names |= {name for name, link in (await links()).items() if link.is_server_tap}
        if switch[0].name == "private" and switch[0].detail == "netdev":
            names.add("ovs-netdev")  # the userspace datapath's own link, left behind by a killed switch
    return names


def own_namespaces() -> list[str]:
    """Network namespaces that carry our prefix."""
    return [each.name for each in NAMESPACES.glob(f"{NAMESPACE_PREFIX}*")]


def marked_processes(layout: Layout) -> dict[int, str]:
    """Processes that carry the state folder's mark, by id, with their names.  This process is left out."""
    mark = f"{STATE_MARK}={layout.state}".encode()
    found = {}
    for pid in all_pids():
        with contextlib.suppress(OSError):
            held = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            if pid != os.getpid() and mark in held and identify(pid) is not None:
                found[pid] = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    return found


def sockets_below(folder: Path) -> list[Path]:
    """Sockets and pid files below a folder."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(path.lstat().st_mode) or path.suffix == ".pid":
                    found.append(path)
    return found


def _look(layout: Layout, record: Record) -> set[Leftover]:
    found = {Leftover("guest", guest.name) for guest in guests.find(layout)}
    found |= {Leftover("process", f"{name} ({pid})") for pid, name in marked_processes(layout).items()}
    found |= {Leftover("netns", name) for name in own_namespaces()}
    found |= {Leftover("netns", e.name) for e in record.entries("netns") if (NAMESPACES / e.name).exists()}
    found |= {Leftover("mount", str(point)) for point in mounts_below(layout.state)}
    found |= {Leftover("mount", e.name) for e in record.entries("mount") if is_mount_point(Path(e.name))}
    found |= {Leftover("socket", str(path)) for path in sockets_below(layout.run)}
    found |= {Leftover("folder", e.name) for e in record.entries("folder") if Path(e.name).exists()}
    for kind in ("sysctl", "external-id"):
        found |= {Leftover(kind, entry.name) for entry in record.entries(kind)}
    return found
