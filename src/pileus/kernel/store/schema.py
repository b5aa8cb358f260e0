"""Bringing a database's schema up to date: create it whole when it is empty, else run the missing migrations.

Each service keeps its Alembic migrations in `<service>/migrations/NNNN_what.py`, a line of its own (a branch, in
Alembic's word) whose revision ids are `<service>_NNNN`.  A full-schema creation equals their sum; a test compares them.
"""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from pileus.kernel.store.types import METADATA

_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


class NewerSchema(Exception):
    """The database was written by a newer Pileus than this one."""


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
    """
    wanted = heads(folders)
    with connection.begin():
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver is in autocommit mode
        names = inspect(connection).get_table_names()
        if not names:
            METADATA.create_all(connection)
            _VERSION.create(connection)
            for revision in sorted(wanted):
                connection.execute(_VERSION.insert().values(version_num=revision))
            return
        present = {row.version_num for row in connection.execute(select(_VERSION))} if _VERSION.name in names else set()
        if present == wanted:
            return
        unknown = {r for r in present if r[-4:] > max((w[-4:] for w in wanted if w[:-5] == r[:-5]), default="")}
        if unknown:
            raise NewerSchema(f"this database needs a newer Pileus: it has {', '.join(sorted(unknown))}")
        migrate(connection, folders)


def migrate(connection: Connection, folders: Sequence[Path]) -> None:
    """Run every missing migration with Alembic on the open connection."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders))
    script = ScriptDirectory.from_config(config)
    environment = EnvironmentContext(config, script)

    def upgrade(revision: object, _context: object) -> object:
        return script._upgrade_revs("heads", revision)  # type: ignore[arg-type]

    environment.configure(connection=connection, target_metadata=METADATA, fn=upgrade)
    with environment.begin_transaction():
        environment.run_migrations()
