"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, reached by a socket in there."""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "listen_addresses": ""}
"""Nothing here outlives the tests, and nobody reaches it by network."""

PR_SET_PDEATHSIG = 1  # linux/prctl.h

SORTED = ("--locale-provider=icu", "--icu-locale=en-US")
"""Texts in the order of a dictionary, as operators have it: nothing may rest on SQLite's order of bytes."""


def binaries() -> Path | None:
    """Where `initdb` and `postgres` lie: on the path, or where Debian keeps the newest version's; None without."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


@contextmanager
def private_server(place: Path) -> Iterator[str]:
    """Run a server; yields the URL of an empty database.

    PostgreSQL refuses to run as root: then it runs as `postgres`, or `nobody` where there is no such user.

    Args:
        place: where its binaries lie.
    """
    account = _account()
    # a socket's path may have 107 bytes: pytest's own folders are too deep
    folder = Path(tempfile.mkdtemp(prefix="pileus-pg-"))
    if account:
        shutil.chown(folder, account)

    data, log = folder / "data", folder / "log"
    make = [place / "initdb", "-D", data, "-U", "pileus", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", *SORTED]
    done = subprocess.run(make, user=account, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")
    options = [word for name, value in FAST.items() for word in ("-c", f"{name}={value}")]
    serve = [place / "postgres", "-D", data, "-k", folder, *options]
    try:
        with log.open("w") as output:
            server = subprocess.Popen(
                serve,
                user=account,
                cwd=folder,
                stdout=output,
                stderr=output,
                preexec_fn=_end_with_us,  # noqa: PLW1509 - which only makes a system call
            )
        try:
            _wait(server, place, folder)
            yield f"postgresql://pileus@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGQUIT)  # no checkpoint: nobody needs the data
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: subprocess.Popen[bytes], place: Path, folder: Path) -> None:
    for _ in range(300):
        ready = subprocess.run([place / "pg_isready", "-q", "-h", folder], check=False)
        if ready.returncode == 0:
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")


def _end_with_us() -> None:
    """In the child: be told to quit when the tests are gone, whatever became of them."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _account() -> str | None:
    """Whom to run as: None is ourselves."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
