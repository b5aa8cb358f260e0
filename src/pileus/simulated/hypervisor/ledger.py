"""Where simulated domains outlive the process that simulates them: one SQLite file for all hosts.

It stands for what libvirt and QEMU would remember by themselves. Writes are not synced to the disk: the file
outlives a killed process, not a power failure, exactly like the domains that it stands for.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pileus.host.hypervisor.spec import ServerSpec
from pileus.host.hypervisor.status import PowerState


class DomainRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated domain, whole."""

    spec: ServerSpec
    state: PowerState = PowerState.SHUTDOWN
    reason: str = "defined"
    started_at: float = 0.0
    """Seconds since the epoch; 0: never."""
    boots: int = 0
    """How often it was started; each start leaves its lines in the console log."""


class Ledger:
    """Table of (host, domain). Used on one thread, the event loop's: each write takes 30 microseconds."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS domain (host TEXT, id TEXT, record BLOB, PRIMARY KEY (host, id)) WITHOUT ROWID"
        )
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(DomainRecord).decode

    def load(self, host: str) -> Iterator[DomainRecord]:
        """Yield the domains of one host."""
        for (record,) in self._db.execute("SELECT record FROM domain WHERE host = ?", (host,)):
            yield self._decode(record)

    def put(self, host: str, record: DomainRecord) -> None:
        """Write one domain, new or changed."""
        row = (host, record.spec.id, self._encode(record))
        self._db.execute("INSERT OR REPLACE INTO domain VALUES (?, ?, ?)", row)

    def remove(self, host: str, server_id: str) -> None:
        """Forget one domain, if it is there."""
        self._db.execute("DELETE FROM domain WHERE host = ? AND id = ?", (host, server_id))

    def close(self) -> None:
        """Close the file."""
        self._db.close()
