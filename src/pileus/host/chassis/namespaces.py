"""Network namespaces of the metadata service.

A thread can enter a namespace by itself (setns is per thread), and a socket stays in the namespace that it was
made in.  So each call here runs on a thread of its own that ends with it, and one process serves any number of
namespaces.  All functions block; call them through :func:`asyncio.to_thread`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pyroute2 import IPRoute

FOLDER = Path("/run/netns")
"""Where iproute2 looks for namespaces by name, so ``ip netns`` shows ours."""

_CLONE_NEWNET = 0x40000000
_MS_BIND, _MS_REC, _MS_SHARED, _MNT_DETACH = 0x1000, 0x4000, 0x100000, 2
_NO_DAD = 0x02  # IFA_F_NODAD
_libc = ctypes.CDLL(None, use_errno=True)

_Answer = TypeVar("_Answer")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _on_own_thread(call: Callable[[], _Answer]) -> _Answer:
    """Run on a fresh thread, whose namespace nobody will use after it."""
    outcome: list[Any] = []

    def body() -> None:
        try:
            outcome.extend((True, call()))
        except BaseException as error:
            outcome.extend((False, error))

    thread = threading.Thread(target=body, name="netns", daemon=True)
    thread.start()
    thread.join()
    fine, value = outcome
    if not fine:
        raise value
    answer: _Answer = value
    return answer


def inside(path: Path, call: Callable[[], _Answer]) -> _Answer:
    """Run ``call`` in the namespace that is mounted at ``path``."""

    def enter() -> _Answer:
        with _opened(path) as handle:
            _check(_libc.setns(handle, _CLONE_NEWNET), f"enter {path}")
        return call()

    return _on_own_thread(enter)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def names(prefix: str) -> list[str]:
    """Namespaces whose names begin so."""
    return sorted(path.name for path in FOLDER.glob(f"{prefix}*")) if FOLDER.is_dir() else []


def create(name: str) -> None:
    """Make a namespace; one that is there stays."""
    path = FOLDER / name
    if path.exists() and _is_namespace(path):
        return
    FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    # Shared, as iproute2 does it, so that removal is seen in every mount namespace.
    if _libc.mount(b"", bytes(FOLDER), b"none", _MS_SHARED | _MS_REC, None) != 0:
        _check(_libc.mount(bytes(FOLDER), bytes(FOLDER), b"none", _MS_BIND | _MS_REC, None), "mount")
        _check(_libc.mount(b"", bytes(FOLDER), b"none", _MS_SHARED | _MS_REC, None), "share mounts")
    path.touch(mode=0o444)

    def make() -> None:
        _check(_libc.unshare(_CLONE_NEWNET), "new network namespace")
        task = f"/proc/self/task/{threading.get_native_id()}/ns/net"
        _check(_libc.mount(task.encode(), bytes(path), b"none", _MS_BIND, None), f"mount {path}")
        for setting in ("accept_ra", "autoconf", "accept_redirects"):
            # A router in the network must not give this namespace addresses or routes.
            with contextlib.suppress(OSError):
                Path(f"/proc/sys/net/ipv6/conf/default/{setting}").write_text("0")

    _on_own_thread(make)


def _is_namespace(path: Path) -> bool:
    """Whether something is mounted there, rather than an empty file left by a creation cut short."""
    return path.stat().st_dev != FOLDER.stat().st_dev


def identity(name: str) -> int:
    """A number that no other living namespace has."""
    return (FOLDER / name).stat().st_ino


def remove(name: str) -> None:
    """Remove a namespace; one that is not there is no error."""
    path = FOLDER / name
    if path.exists():
        _libc.umount2(bytes(path), _MNT_DETACH)
        path.unlink(missing_ok=True)


def has_device(name: str, device: str) -> bool:
    """Whether a device is in the namespace."""
    return bool(inside(FOLDER / name, lambda: _index(device)))


def _index(device: str) -> int | None:
    with IPRoute() as route:
        found = route.link_lookup(ifname=device)
    return found[0] if found else None


def take(name: str, device: str, origin: Path) -> bool:
    """Move a device from another namespace into this one; returns whether it was there to be moved.

    A device of that name that is here already gives way: Open vSwitch makes its internal ports persistent, so
    one of a switch that was killed stays behind, dead, when the next switch makes it anew.
    """
    if inside(origin, lambda: _index(device)) is None:
        return False

    def discard() -> None:
        if (index := _index(device)) is not None:
            with IPRoute() as route:
                route.link("del", index=index)

    def move() -> bool:
        index = _index(device)
        if index is None:
            return False
        with _opened(FOLDER / name) as handle, IPRoute() as route:
            route.link("set", index=index, net_ns_fd=handle)
        return True

    inside(FOLDER / name, discard)
    return inside(origin, move)


def configure(name: str, device: str, mac: str, addresses: Sequence[tuple[str, int]]) -> None:
    """Give a device its MAC and exactly these addresses, bring it up, and reach everything through it."""

    def apply() -> None:
        index = _index(device)
        if index is None:
            raise OSError(f"{device} is not in {name}")
        with contextlib.suppress(OSError):
            Path(f"/proc/sys/net/ipv6/conf/{device}/accept_ra").write_text("0")
        with IPRoute() as route:
            [link] = route.get_links(index)
            if link.get_attr("IFLA_ADDRESS") != mac:
                route.link("set", index=index, address=mac)
            if not link["flags"] & 1:
                route.link("set", index=index, state="up")
            present = {(each.get_attr("IFA_ADDRESS"), each["prefixlen"]) for each in route.get_addr(index=index)}
            own = {(address, length) for address, length in present if not address.startswith("fe80:")}
            for address, length in own - set(addresses):
                route.addr("del", index=index, address=address, prefixlen=length)
            for address, length in set(addresses) - present:
                flags = {"flags": _NO_DAD} if ":" in address else {}
                route.addr("add", index=index, address=address, prefixlen=length, **flags)
            # Guests are on the link whatever their prefix; so no prefix need be known here.
            route.route("replace", dst="0.0.0.0/0", oif=index, scope="link")

    inside(FOLDER / name, apply)


def listen(name: str, port: int) -> list[socket.socket]:
    """Listening sockets for IPv4 and IPv6 inside a namespace; they live on in the calling process."""

    def make() -> list[socket.socket]:
        made = []
        for family, everywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104
            # Everywhere is this namespace only: one device, one network.
            listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((everywhere, port))
            listener.listen(128)
            made.append(listener)
        return made

    return inside(FOLDER / name, make)
