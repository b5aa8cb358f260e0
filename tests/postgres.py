"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, reached by a socket in there."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "listen_addresses": "''"}
"""Nothing here outlives the tests, and nobody reaches it by network."""

SORTED = ("--locale-provider=icu", "--icu-locale=en-US")
"""Texts in the order of a dictionary, as operators have it: nothing may rest on SQLite's order of bytes."""


def binaries() -> Path | None:
    """Where `initdb` and `pg_ctl` lie: on the path, or where Debian keeps the newest version's; None without."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


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

    def run(*words: str) -> None:
        done = subprocess.run(words, user=account, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            log = folder / "log"
            said = log.read_text() if log.exists() else ""
            raise RuntimeError(f"{words[0]} failed: {done.stdout}{done.stderr}{said}")

    data = str(folder / "data")
    options = " ".join(f"-c {name}={value}" for name, value in FAST.items())
    try:
        run(str(place / "initdb"), "-D", data, "-U", "pileus", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", *SORTED)
        run(str(place / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {options}", "start")
        try:
            yield f"postgresql://pileus@/postgres?host={folder}"
        finally:
            run(str(place / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> str | None:
    """Whom to run as: None is ourselves."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
