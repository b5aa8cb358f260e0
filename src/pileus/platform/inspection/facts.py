"""Looks at the machine: what it has that matters to a cloud.  Changes nothing."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Literal

import msgspec

from pileus.platform import packages
from pileus.platform.commands import attempt, search_path
from pileus.platform.switching.uplink import Route, default_route

Kvm = Literal["usable", "denied", "absent"]

_CAP_NET_ADMIN, _CAP_SYS_ADMIN = 12, 21  # capabilities(7)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The machine as it is now.  Sizes are in bytes."""

    kernel: str
    root: bool
    """Whether this process has the rights of root."""
    network_admin: bool
    """Whether it may change links and rules (CAP_NET_ADMIN)."""
    system_admin: bool
    """Whether it may mount and make namespaces (CAP_SYS_ADMIN)."""
    systemd: bool
    """Whether systemd runs this machine."""
    virtual: bool
    """Whether this machine is itself a guest, so that KVM here is nested."""
    kvm: Kvm
    """Whether guests run on the processor; `denied`: /dev/kvm is there and cannot be opened."""
    openvswitch: bool
    """Whether the kernel's openvswitch module is loaded or can be."""
    tun: bool
    """Whether taps can be made (/dev/net/tun opens)."""
    nft: bool
    """Whether nft is installed and the kernel answers it."""
    cpus: int
    """Processors this process may use."""
    memory: int
    """Installed memory, from /proc/meminfo: libvirt's own figure leaves out hot-plugged memory."""
    memory_available: int
    """What can still be given out without swapping."""
    disk_free: int
    """Free space where the state folder is or will be."""
    orphans_collected: bool
    """Whether the first process collects orphans that end; libvirt waits for that."""
    uplink: Route | None
    """The IPv4 default route, None if there is none."""
    missing_packages: tuple[str, ...] | None
    """Packages of the lists `base` and `host` that are not installed; None where dpkg cannot say."""
    missing_programs: tuple[str, ...]
    """Programs that real servers need and that are not found."""


PROGRAMS = (
    "ethtool", "ip", "libvirtd", "nft", "ovn-controller", "ovn-nbctl", "ovn-northd", "ovs-vsctl", "ovs-vswitchd",
    "ovsdb-server", "ovsdb-tool", "qemu-img", "qemu-system-x86_64",
)  # fmt: skip
"""What the daemons and the chassis are started and set up with."""


async def probe(state: Path) -> Facts:
    """Look at the machine for a cloud whose state folder is or will be `state`."""
    uplink = await default_route()
    missing = await _missing_packages((*packages.names("base"), *packages.names("host")))
    nft = (await attempt("nft", "list", "tables", timeout=5.0)).ok
    openvswitch = await _module("openvswitch")
    orphans = await _orphans_collected()
    return await asyncio.to_thread(_look, state, uplink, missing, nft, openvswitch, orphans)


async def _orphans_collected() -> bool:
    """Leave an orphan behind and see whether its entry in the process table goes once it has ended."""
    outcome = await attempt("sh", "-c", "true > /dev/null & echo $!", timeout=5.0)
    entry = Path("/proc", outcome.output.strip() or "none")
    for _ in range(250):  # some first processes only look once a second
        if not await asyncio.to_thread(entry.exists):
            return True
        await asyncio.sleep(0.02)
    return False


async def _module(name: str) -> bool:
    """Whether the kernel has the module, loaded or to be loaded."""
    loaded = await asyncio.to_thread(Path("/sys/module", name).exists)
    return loaded or (await attempt("modprobe", "-qn", name)).ok


def _look(
    state: Path, uplink: Route | None, missing: tuple[str, ...] | None, nft: bool, openvswitch: bool, orphans: bool
) -> Facts:
    memory = _memory()
    capabilities = _effective_capabilities()
    return Facts(
        kernel=os.uname().release,
        root=os.geteuid() == 0,
        network_admin=bool(capabilities >> _CAP_NET_ADMIN & 1),
        system_admin=bool(capabilities >> _CAP_SYS_ADMIN & 1),
        systemd=Path("/run/systemd/system").is_dir(),
        virtual=" hypervisor" in Path("/proc/cpuinfo").read_text(encoding="utf-8"),
        kvm=_device(Path("/dev/kvm")),
        openvswitch=openvswitch,
        tun=_device(Path("/dev/net/tun")) == "usable",
        nft=nft,
        cpus=len(os.sched_getaffinity(0)),
        memory=memory["MemTotal"],
        memory_available=memory["MemAvailable"],
        disk_free=shutil.disk_usage(_existing(state)).free,
        orphans_collected=orphans,
        uplink=uplink,
        missing_packages=missing,
        missing_programs=tuple(name for name in PROGRAMS if shutil.which(name, path=search_path()) is None),
    )


def _device(path: Path) -> Kvm:
    """Opening is the only honest test: the mode says nothing about a container's device rules."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except PermissionError:
        return "denied"
    except OSError:
        return "denied" if path.exists() else "absent"
    return "usable"


def _memory() -> dict[str, int]:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}


def _effective_capabilities() -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)


def _existing(path: Path) -> Path:
    """The path or its nearest parent that exists."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())


async def _missing_packages(wanted: tuple[str, ...]) -> tuple[str, ...] | None:
    outcome = await attempt("dpkg-query", "-W", "-f=${db:Status-Status} ${Package}\n", *wanted)
    if outcome.status == 127:
        return None
    present = {line.split()[1] for line in outcome.output.splitlines() if line.startswith("installed ")}
    return tuple(name for name in wanted if name not in present)
