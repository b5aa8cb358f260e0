"""What can go wrong in the database.

StoreError
├── DuplicateRow          a unique constraint was violated
├── MissingReference      a foreign key points at nothing, or something still points here
├── UnfitValue            too long, too large, or of characters that no column can hold
├── SerializationFailure  the transaction lost against another one and may be run again
├── NestedTransaction     a task that is in a transaction asked for another: a bug
├── NewerSchema           the database was written by a newer program
├── UnknownSchema         the database does not say what wrote it
└── NoDatabase            it does not answer, or does not let us in
"""


class StoreError(Exception):
    """The database refused."""


class DuplicateRow(StoreError):
    """A unique constraint was violated; `constraint` names it where the database tells."""

    def __init__(self, message: str, constraint: str = "") -> None:
        super().__init__(message)
        self.constraint = constraint


class MissingReference(StoreError):
    """A foreign key points at nothing, or something still points at what was to go."""


class UnfitValue(StoreError):
    """A value that the column cannot hold, or more of them than a filter can.

    The edge answers 400: only a request can have brought it.
    """


class SerializationFailure(StoreError):
    """The transaction lost against another one; running it again as a whole is right."""


class NestedTransaction(StoreError):
    """A task that is in a write transaction asked for another one; it would wait for itself."""


class NewerSchema(StoreError):
    """The database was written by a newer Pileus than this one; the message says what to do."""


class UnknownSchema(StoreError):
    """The database holds what no migration can start from; the message says what."""


class NoDatabase(StoreError):
    """The database cannot be opened: it does not answer, or does not let us in."""
