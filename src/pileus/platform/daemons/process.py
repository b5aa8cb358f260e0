"""A process of this machine, known by its id and its start time, so that a reused id is never mistaken for it."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import msgspec


class Identity(msgspec.Struct, frozen=True):
    """Which process: the id alone is not enough, as ids are used again."""

    pid: int
    started: int
    """When it started, in clock ticks since this boot (proc(5), field 22 of stat)."""
    boot: str
    """Which boot of the machine; start times of different boots cannot be compared."""


def boot_id() -> str:
    """The random name of this boot of the machine (random(4))."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def identify(pid: int) -> Identity | None:
    """The process with that id, None if there is none or it has ended and only waits to be collected."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the command before it may hold spaces and parentheses
    return None if fields[0] in ("Z", "X") else Identity(pid=pid, started=int(fields[19]), boot=boot_id())


def is_alive(identity: Identity) -> bool:
    """Whether that very process still runs."""
    return identify(identity.pid) == identity


def send(identity: Identity, number: signal.Signals) -> bool:
    """Send it a signal; whether it was there to receive it.

    The process is held by a descriptor between the check and the signal, so no other can be hit.
    """
    try:
        descriptor = os.pidfd_open(identity.pid)
    except OSError:
        return False
    try:
        if not is_alive(identity):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


async def ended(identity: Identity) -> None:
    """Wait until the process has ended; costs nothing while it runs.  It need not be a child of ours."""
    try:
        descriptor = os.pidfd_open(identity.pid)
    except OSError:
        return
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    try:
        if not is_alive(identity):
            return
        loop.add_reader(descriptor, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(descriptor)
    finally:
        os.close(descriptor)


async def end(identity: Identity, patience: float) -> None:
    """End the process: ask it to stop, then after `patience` seconds kill it, and wait until it is gone."""
    if not send(identity, signal.SIGTERM):
        return
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended(identity), patience)
        return
    send(identity, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended(identity), patience)


def all_pids() -> list[int]:
    """The ids of all processes that can be seen from here."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
