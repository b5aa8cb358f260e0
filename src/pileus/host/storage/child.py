"""Child processes on a short leash: limited in time, memory and output."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

from msgspec import Struct

from pileus.host.storage.errors import ToolFailed, ToolTimedOut

MIB = 2**20
STACK_MIB = 2
"""Stack of each of a child's threads. The usual eight, times the many threads that qemu-img may start, is its whole
address space."""


class Limits(Struct, frozen=True, kw_only=True):
    """What a child may use."""

    seconds: float = 60.0
    """Of wall time."""
    cpu_seconds: int = 60
    memory_mib: int = 1024
    """Of address space."""
    file_bytes: int | None = None
    """Largest file that it may write; None: no limit."""


async def run_child(command: Sequence[str], limits: Limits, *, stdin: int = asyncio.subprocess.DEVNULL) -> str:
    """Run a command to its end and return what it printed.

    Limits are set by prlimit(1), in the child: nothing of ours runs between fork and exec. The child and
    whatever it started are killed when the time is over or when the caller is cancelled.

    Args:
        stdin: a descriptor that it reads from; nothing unless given.

    Raises:
        ToolTimedOut: it took longer than `limits.seconds`.
        ToolFailed: it ended with an error.
    """
    leash = ["prlimit", f"--as={limits.memory_mib * MIB}", f"--cpu={limits.cpu_seconds}", "--core=0"]
    leash.append(f"--stack={STACK_MIB * MIB}")
    if limits.file_bytes is not None:
        leash.append(f"--fsize={limits.file_bytes}")
    process = await asyncio.create_subprocess_exec(
        *leash,
        "--",
        *command,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        # One arena: glibc would reserve 64 MiB of address space for each thread that allocates.
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "MALLOC_ARENA_MAX": "1"},
    )
    try:
        async with asyncio.timeout(limits.seconds):
            output, complaint = await process.communicate()
    except TimeoutError:
        raise ToolTimedOut(f"{command[0]} took longer than {limits.seconds:g} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        words = complaint.decode(errors="replace").strip() or f"ended with {process.returncode}"
        raise ToolFailed(f"{command[0]}: {words[-1000:]}")
    return output.decode(errors="replace")
