"""Bringing a database's schema up to date: create it whole when it is empty, else run the missing migrations.

Each service keeps its Alembic migrations in `<service>/migrations/NNNN_what.py`, a line of its own (a branch, in
Alembic's word) whose revision ids are `<service>_NNNN`.  A full-schema creation equals their sum; a test compares them.
`make migration` writes them.  They only lead forward: who must go back restores the backup.

Alembic is imported by nobody who starts with a database that is up to date.
"""

import graphlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, func, inspect, select

from pileus.kernel.store.errors import NewerSchema, UnknownSchema
from pileus.kernel.store.types import METADATA

_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))

LOCK = 0x50494C45
"""The advisory lock in PostgreSQL that whoever looks after the schema holds; the number means nothing elsewhere."""


def heads(folders: Sequence[Path]) -> set[str]:
    """The newest revision of each folder, told by file names alone so that starting need not import them."""
    found = set()
    for folder in folders:
        numbers = sorted(file.name[:4] for file in folder.glob("[0-9][0-9][0-9][0-9]_*.py"))
        if numbers:
            found.add(f"{folder.parent.name}_{numbers[-1]}")
    return found


def bring_up_to_date(connection: Connection, folders: Sequence[Path]) -> None:
    """Create or migrate the schema, in one transaction.

    Raises:
        NewerSchema: the database has revisions that this program does not know.
        UnknownSchema: it has tables of ours and does not say of which revision, or rows that point at nothing.
    """
    wanted = heads(folders)
    with _alone(connection):
        names = set(inspect(connection).get_table_names())
        present = {row.version_num for row in connection.execute(select(_VERSION))} if _VERSION.name in names else set()
        if present == wanted and present:
            return
        if not present:
            ours = sorted(names & set(METADATA.tables))
            if ours:
                raise UnknownSchema(
                    f"this database holds {ours[0]} and does not say which Pileus made it: restore a backup that does,"
                    " or start with an empty database"
                )
            METADATA.create_all(connection)
        else:
            _refuse_newer(present, wanted)
            migrate(connection, folders, present)
        _stamp(connection, wanted)


def _refuse_newer(present: set[str], wanted: set[str]) -> None:
    known = {revision[:-5]: revision for revision in wanted}
    newer = sorted(revision for revision in present if revision > known.get(revision[:-5], ""))
    if newer:
        raise NewerSchema(
            f"this database was written by a newer Pileus: it has {', '.join(newer)}, and this program knows "
            f"{', '.join(known.get(r[:-5]) or f'nothing of {r[:-5]}' for r in newer)}."
            "  Start the newer program, or restore the backup from before it"
        )


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """A transaction during which nobody else looks after the schema, so that programs may start side by side.

    SQLite changes a column by making the table anew and dropping the old one, which would take along the rows of others
    that point there: foreign keys are off meanwhile, and looked through at the end.
    """
    if connection.dialect.name == "sqlite":
        kept = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # means nothing inside a transaction
        connection.commit()
        try:
            with connection.begin():
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver is in autocommit mode
                yield
        finally:
            connection.exec_driver_sql(f"PRAGMA foreign_keys={kept}")
            connection.commit()
    else:
        # the session's lock, not the transaction's: a transaction that waits sees the state of before
        connection.execute(select(func.pg_advisory_lock(LOCK)))
        connection.commit()
        try:
            with connection.begin():
                yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(LOCK)))
            connection.commit()


def _stamp(connection: Connection, revisions: set[str]) -> None:
    """Keep what the schema is at: one row a service."""
    _VERSION.create(connection, checkfirst=True)
    connection.execute(_VERSION.delete())
    for revision in sorted(revisions):
        connection.execute(_VERSION.insert().values(version_num=revision))


def migrate(connection: Connection, folders: Sequence[Path], present: Collection[str] = ()) -> None:
    """Run every missing migration in the open transaction, one after those that it depends on.

    The files and what is in them are Alembic's; the walk over them is ours.  Alembic's own takes revisions that others
    depend on for superseded, and refuses a database that names each service's newest.

    Args:
        present: the newest revision of each service that the database has.

    Raises:
        UnknownSchema: afterwards a row points at nothing; the caller's transaction must not be committed.
    """
    from alembic.config import Config
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder).replace("%", "%%") for folder in folders))
    scripts = {script.revision: script for script in ScriptDirectory.from_config(config).walk_revisions()}
    needs = {
        name: {*_several(script.down_revision), *_several(script.dependencies)} for name, script in scripts.items()
    }
    reached = {revision[:-5]: revision for revision in present}
    with Operations.context(MigrationContext.configure(connection)):
        for name in graphlib.TopologicalSorter(dict(sorted(needs.items()))).static_order():
            if name > reached.get(name[:-5], ""):
                scripts[name].module.upgrade()
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise UnknownSchema(f"after its migration a row of {broken[0]} would point at nothing in {broken[2]}")


def _several(names: str | Collection[str] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names or ())
