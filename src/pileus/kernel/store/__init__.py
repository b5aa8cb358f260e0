"""The database: one set of calls over SQLite and PostgreSQL.

`Store.read()` and `Store.write()` open the transactions, `Tx` runs statements in one.  Tables are SQLAlchemy Core
tables on `METADATA`, each declared in the `table.py` beside its resource.
"""

from pileus.kernel.store.database import Row, Store, Tx
from pileus.kernel.store.errors import (
    DuplicateRow,
    MissingReference,
    NestedTransaction,
    SerializationFailure,
    StoreError,
    UnfitValue,
)
from pileus.kernel.store.types import METADATA, Json, UtcDateTime

__all__ = [
    "METADATA",
    "DuplicateRow",
    "Json",
    "MissingReference",
    "NestedTransaction",
    "Row",
    "SerializationFailure",
    "Store",
    "StoreError",
    "Tx",
    "UnfitValue",
    "UtcDateTime",
]
