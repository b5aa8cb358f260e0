"""One connection to an OVSDB server: a replica kept by a thread of its own, and transactions through it.

The library reconnects by itself.  Everything in here blocks; callers use threads.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Protocol

from ovsdbapp import exceptions as ovsdbapp_errors
from ovsdbapp.backend.ovs_idl import connection as ovsdbapp_connection
from ovsdbapp.backend.ovs_idl import idlutils, transaction

LOG = logging.getLogger(__name__)

OnChange = Callable[[str, Any], None]
"""Called on the connection's thread with ``create``, ``update`` or ``delete``, and the row."""


class OvsdbUnavailableError(Exception):
    """The server does not answer."""


class OvsdbRefusedError(Exception):
    """The database will not take a transaction; the message carries its words."""


class Work(Protocol):
    """Something to do in a transaction; may be run again when the database changed meanwhile."""

    def run_idl(self, txn: Any) -> None:
        """Write into the open transaction."""
        ...

    def post_commit(self, txn: Any) -> None:
        """The transaction is in."""
        ...

    @property
    def result(self) -> Any:
        """What came of it."""
        ...


class _Replica(ovsdbapp_connection.OvsdbIdl):  # type: ignore[misc]
    """The library's replica, telling one listener of every change."""

    on_change: OnChange | None = None

    def notify(self, event: str, row: Any, updates: Any = None) -> None:
        if self.on_change is None:
            return
        try:
            self.on_change(event, row)
        except Exception:
            LOG.exception("a change of %s could not be taken in", row._table.name)


class Connection:
    """See the module."""

    def __init__(self, replica: Any, within: float) -> None:
        self._replica = replica
        self._within = within
        self._connection = ovsdbapp_connection.Connection(replica, within)

    @classmethod
    def open(
        cls,
        remote: str,
        database: str,
        tables: Mapping[str, Sequence[str] | None],
        on_change: OnChange,
        within: float,
        attach: Callable[[Any], None] = lambda _tables: None,
    ) -> Connection:
        """Connect and wait for the replica to be whole.

        ``tables`` are those to follow, each with its columns (None: all of them).  ``attach`` is handed the replica's
        tables before the first change is told: all that a database holds already is told while it is opened.

        Raises:
            OvsdbUnavailableError: No answer in ``within`` seconds.
        """
        try:
            helper = idlutils.get_schema_helper(remote, database)
            for table, columns in tables.items():
                if columns is None:
                    helper.register_table(table)
                else:
                    helper.register_columns(table, list(columns))
            replica = _Replica(remote, helper, leader_only=False)
            replica.on_change = on_change
            attach(replica.tables)
            opened = cls(replica, within)
            opened._connection.start()
        except Exception as error:
            raise OvsdbUnavailableError(f"{database} at {remote} does not answer: {error}") from error
        return opened

    @property
    def tables(self) -> Any:
        """The replica's tables; read under :attr:`lock`, or on the connection's thread."""
        return self._replica.tables

    @property
    def lock(self) -> Any:
        """Holds the replica still while taken."""
        return self._connection.lock

    def transact(self, *work: Work) -> None:
        """Do all of this in one transaction.

        Raises:
            OvsdbUnavailableError: The server did not answer in time; whether it took effect is not known.
            OvsdbRefusedError: The database would not have it.
        """
        context = SimpleNamespace(idl=self._replica)
        txn = transaction.Transaction(context, self._connection, self._within, check_error=True, log_errors=False)
        for each in work:
            txn.add(each)
        try:
            txn.commit()
        except (ovsdbapp_errors.TimeoutException, queue.Full) as error:
            raise OvsdbUnavailableError("the database did not answer in time") from error
        except RuntimeError as error:
            if "timed out" in str(error):
                raise OvsdbUnavailableError("the database did not answer in time") from error
            raise OvsdbRefusedError(str(error)) from error

    def close(self) -> None:
        """End the thread and the connection."""
        self._replica.on_change = None
        self._connection.stop(self._within)
