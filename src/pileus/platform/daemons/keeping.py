"""Starts one daemon detached from this process, finds one that already runs, and tells how one ended."""

import asyncio
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pileus.platform.commands import last_words, search_path
from pileus.platform.daemons.process import Identity, all_pids, identify, is_alive
from pileus.platform.daemons.table import Daemon
from pileus.platform.record import Record

DAEMON_MARK = "PILEUS_DAEMON"
"""Set in the environment of every daemon to its name in the table."""

LOG_LIMIT = 8 * 2**20
"""Bytes of a daemon's log from which it is set aside (one older one is kept) at the next start."""


@dataclass
class Running:
    """A daemon that runs, or ran."""

    daemon: Daemon
    identity: Identity
    child: subprocess.Popen[bytes] | None
    """If set, it is a child of this process and must be collected; else it was started by an earlier one."""

    def how_it_ended(self) -> str:
        """How it ended, and its last words.  Collects the child; call it from a thread once it has ended."""
        status = None
        if self.child is not None:
            try:
                status = self.child.wait(timeout=5.0)
            except subprocess.TimeoutExpired:
                status = None
        if status is None:
            how = "ended"
        elif status < 0:
            how = f"killed by {signal.Signals(-status).name}"
        else:
            how = f"ended with status {status}"
        if status is not None and status < 0:
            return how
        return f"{how}: {last_words(tail(self.daemon.log, 1))}; see {self.daemon.log}"


async def start(daemon: Daemon) -> Running:
    """Start the daemon in a session of its own.

    Raises:
        OSError: the program is not installed, or its log cannot be written.
    """
    return await asyncio.to_thread(_start, daemon)


def _start(daemon: Daemon) -> Running:
    # A socket that an earlier one left would be taken for an answer that never comes.
    for earlier in daemon.socket.parent.glob(daemon.socket.name.format(pid="*")):
        earlier.unlink()
    if daemon.log.exists() and daemon.log.stat().st_size > LOG_LIMIT:
        daemon.log.replace(daemon.log.with_suffix(".log.1"))
    environment = {**os.environ, "PATH": search_path(), **daemon.environment, DAEMON_MARK: daemon.name}
    with daemon.log.open("ab") as log:
        # Not asyncio's: its process objects kill what they started when the event loop closes.
        child = subprocess.Popen(
            daemon.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    identity = identify(child.pid)
    if identity is None:
        child.wait()
        identity = Identity(pid=child.pid, started=0, boot="")
    return Running(daemon, identity, child)


async def find(daemon: Daemon, record: Record) -> Running | None:
    """The daemon as an earlier Pileus left it running, None if it does not run."""
    entry = record.find("process", daemon.name)
    if entry is not None and entry.process is not None and is_alive(entry.process):
        return Running(daemon, entry.process, None)
    # An earlier Pileus may have died between starting and noting it.
    found = await asyncio.to_thread(_find_marked, daemon)
    return Running(daemon, found, None) if found else None


def _find_marked(daemon: Daemon) -> Identity | None:
    marks = {
        f"{DAEMON_MARK}={daemon.name}".encode(),
        *(f"{k}={v}".encode() for k, v in daemon.environment.items()),
    }
    for pid in all_pids():
        try:
            held = set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
            # Its children inherit the marks, but only the daemon itself leads the session.
            leads = marks <= held and os.getsid(pid) == pid
        except OSError:
            continue
        if leads and (identity := identify(pid)) is not None:
            return identity
    return None


def tail(log: Path, lines: int) -> str:
    """The last lines of a log; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 400 * lines - 4096))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def memory(pid: int) -> int | None:
    """Bytes of memory of a process with shared pages counted by their share (PSS); None if it cannot be read."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return None
    found = next((line for line in text.splitlines() if line.startswith("Pss:")), None)
    return int(found.split()[1]) * 1024 if found else None
