"""A database is made whole, or led from where it is to where the program is, and nothing in it is lost."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, inspect, text
from sqlalchemy.pool import NullPool
from tools import migration

import pileus.cloud.assembly
from pileus.cloud.foundation.parts import migrations
from pileus.kernel.store import METADATA, Store, schema
from pileus.kernel.store.errors import NewerSchema, UnknownSchema
from pileus.kernel.store.postgres import PostgresStore
from pileus.kernel.store.schema import bring_up_to_date, heads, migrate
from pileus.kernel.store.sqlite import SqliteStore

HOUSE = Path(pileus.cloud.assembly.__file__).parent.parent
SERVICES = sorted({migration.owner(table) for table in METADATA.tables} - {""})  # other tests declare tables too

FIRST = """
import sqlalchemy as sa
from alembic import op
from pileus.kernel.store import types

revision = "one_0001"
down_revision = None
branch_labels = None
depends_on = None

def upgrade():
    op.create_table(
        "one_parents",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("size", sa.String(36), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_one_parents"),
    )
    op.create_table(
        "one_children",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("parent", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["one_parents.id"], name="fk_one_children_parent", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_one_children"),
    )
"""

SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "one_0002"
down_revision = "one_0001"
branch_labels = None
depends_on = None

def upgrade():
    with op.batch_alter_table("one_parents") as table:
        table.alter_column("size", existing_type=sa.String(36), nullable=False)
        table.add_column(sa.Column("kept", sa.Boolean(), server_default=sa.true(), nullable=False))
"""

OTHER = """
import sqlalchemy as sa
from alembic import op

revision = "a_two_0001"
down_revision = None
branch_labels = None
depends_on = ("one_0001",)

def upgrade():
    op.create_table(
        "a_two_rows",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("parent", sa.String(36), sa.ForeignKey("one_parents.id"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
"""

BREAKS = """
from alembic import op

revision = "one_0003"
down_revision = "one_0002"
branch_labels = None
depends_on = None

def upgrade():
    op.execute("DELETE FROM one_parents")
"""


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request, tmp_path):
    """Opens the same database, empty at first, with a given preparation."""
    if request.param == "sqlite":
        return lambda prepare: SqliteStore(tmp_path / "pileus.db", durable=False, prepare=prepare)
    url = request.getfixturevalue("postgres_url")

    def fresh(connection: Connection) -> None:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
        connection.commit()

    asyncio.run(once(PostgresStore(url, prepare=fresh)))
    return lambda prepare: PostgresStore(url, prepare=prepare)


async def once(store: Store) -> None:
    """Open and close."""
    try:
        await store.start()
    finally:
        await store.stop()


@pytest.fixture
def house(tmp_path):
    """Two services with a migration each, of which the second needs the first's; and how to add more."""
    root = tmp_path / "house"
    for service in ("one", "a_two"):
        (root / service / "migrations").mkdir(parents=True)
    (root / "one/migrations/0001_first.py").write_text(FIRST)
    (root / "a_two/migrations/0001_other.py").write_text(OTHER)
    return root


def shape(connection: Connection) -> dict[str, object]:
    """Everything a database knows of its tables, in a form that compares."""
    seen = inspect(connection)
    found: dict[str, object] = {}
    for table in seen.get_table_names():
        if not migration.owner(table):
            continue
        columns = {
            c["name"]: (str(c["type"]), c["nullable"], c.get("default"), c.get("autoincrement"))
            for c in seen.get_columns(table)
        }
        keys = sorted(
            (
                k["name"],
                k["constrained_columns"],
                k["referred_table"],
                k["referred_columns"],
                sorted(k["options"].items()),
            )
            for k in seen.get_foreign_keys(table)
        )
        uniques = sorted((u["name"], u["column_names"]) for u in seen.get_unique_constraints(table))
        indexes = sorted((i["name"], i["column_names"], bool(i["unique"])) for i in seen.get_indexes(table))
        checks = sorted((c["name"], c["sqltext"]) for c in seen.get_check_constraints(table))
        found[table] = (columns, seen.get_pk_constraint(table), keys, uniques, indexes, checks)
    return found


def test_the_whole_schema_is_the_sum_of_the_migrations(opened):
    shapes = []

    def whole(connection: Connection) -> None:
        METADATA.create_all(connection, [t for t in METADATA.sorted_tables if migration.owner(t.name)])
        shapes.append(shape(connection))
        connection.rollback()
        with connection.begin():
            everything = MetaData()
            everything.reflect(connection)
            everything.drop_all(connection)

    def summed(connection: Connection) -> None:
        with connection.begin():
            migrate(connection, migrations())
            shapes.append(shape(connection))

    asyncio.run(once(opened(whole)))
    asyncio.run(once(opened(summed)))
    assert len(shapes[0]) > 50
    for table in shapes[0].keys() | shapes[1].keys():
        assert shapes[0].get(table) == shapes[1].get(table), (
            f"{table}: write a migration with `make migration`, or `make migrations-initial` before the first release"
        )


def test_the_file_names_tell_what_alembic_tells():
    config = Config()
    config.set_main_option("script_location", str(HOUSE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, migrations())))
    assert heads(migrations()) == set(ScriptDirectory.from_config(config).get_heads())
    assert {head[:-5] for head in heads(migrations())} == set(SERVICES)


def at(store_of, folders, *statements):
    """Bring a database to where some folders are, then run statements in it; what the last one gave."""
    found = []

    def prepare(connection: Connection) -> None:
        bring_up_to_date(connection, folders)
        with connection.begin():
            for statement in statements:
                result = connection.execute(text(statement))
        if statements and result.returns_rows:
            found.extend(tuple(row) for row in result)

    asyncio.run(once(store_of(prepare)))
    return found


def made_by_migrations(store_of, house):
    """A database that the migrations themselves have made, not this program's tables."""

    def prepare(connection: Connection) -> None:
        with connection.begin():
            migrate(connection, migration.folders(house))
            schema._stamp(connection, heads(migration.folders(house)))

    asyncio.run(once(store_of(prepare)))


def test_an_older_database_is_led_on_with_its_rows(opened, house):
    made_by_migrations(opened, house)
    folders = migration.folders(house)
    at(
        opened,
        folders,
        "INSERT INTO one_parents VALUES ('p', '7')",
        "INSERT INTO one_children VALUES ('c', 'p')",
        "INSERT INTO a_two_rows VALUES ('r', 'p')",
    )
    (house / "one/migrations/0002_second.py").write_text(SECOND)
    versions = at(opened, folders, "SELECT version_num FROM alembic_version ORDER BY 1")
    assert versions == [("a_two_0001",), ("one_0002",)]
    [(name, size, kept)] = at(opened, folders, "SELECT id, size, kept FROM one_parents")
    assert (name, size, bool(kept)) == ("p", "7", True)
    assert at(opened, folders, "SELECT id, parent FROM one_children") == [("c", "p")]
    assert at(opened, folders, "SELECT id, parent FROM a_two_rows") == [("r", "p")]


async def test_foreign_keys_hold_again_after_a_migration(tmp_path):
    store = SqliteStore(tmp_path / "pileus.db", durable=False, prepare=pileus.cloud.assembly.prepare)
    await store.start()
    async with store.read() as tx:
        assert await tx.scalar(text("PRAGMA foreign_keys")) == 1
    await store.stop()


def test_a_migration_that_leaves_rows_pointing_at_nothing_is_undone(tmp_path, house):
    def opened(prepare):
        return SqliteStore(tmp_path / "pileus.db", durable=False, prepare=prepare)

    made_by_migrations(opened, house)
    folders = migration.folders(house)
    (house / "one/migrations/0002_second.py").write_text(SECOND)
    at(opened, folders, "INSERT INTO one_parents VALUES ('p', '7', 1)", "INSERT INTO one_children VALUES ('c', 'p')")
    (house / "one/migrations/0003_breaks.py").write_text(BREAKS)
    with pytest.raises(UnknownSchema, match="one_children would point at nothing in one_parents"):
        at(opened, folders)
    (house / "one/migrations/0003_breaks.py").unlink()
    assert at(opened, folders, "SELECT id FROM one_parents") == [("p",)]


def test_a_newer_database_is_refused(opened, house):
    made_by_migrations(opened, house)
    folders = migration.folders(house)
    second = house / "one/migrations/0002_second.py"
    second.write_text(SECOND)
    at(opened, folders, "INSERT INTO one_parents VALUES ('p', '7', true)")
    second.unlink()
    message = "written by a newer Pileus: it has one_0002, and this program knows one_0001.  Start the newer program"
    with pytest.raises(NewerSchema, match=message):
        at(opened, folders)
    shutil.rmtree(house / "a_two")
    with pytest.raises(NewerSchema, match="a_two_0001, one_0002, and this program knows nothing of a_two, one_0001"):
        at(opened, migration.folders(house))


def test_a_database_of_unknown_age_is_refused(opened):
    def unmarked(connection: Connection) -> None:
        with connection.begin():
            METADATA.create_all(connection)

    asyncio.run(once(opened(unmarked)))
    with pytest.raises(UnknownSchema, match="does not say which Pileus made it"):
        asyncio.run(once(opened(pileus.cloud.assembly.prepare)))


def test_tables_of_others_do_not_matter(opened):
    def strangers(connection: Connection) -> None:
        with connection.begin():
            connection.execute(text("CREATE TABLE strangers (id INTEGER)"))

    asyncio.run(once(opened(strangers)))
    assert at(opened, migrations(), "SELECT id FROM compute_servers") == []


async def test_programs_that_start_side_by_side_wait_for_each_other(opened):
    stores = [opened(pileus.cloud.assembly.prepare) for _ in range(3)]
    await asyncio.gather(*[store.start() for store in stores])
    async with stores[2].read() as tx:
        assert len(await tx.all(text("SELECT * FROM alembic_version"))) == len(heads(migrations()))
    for store in stores:
        await store.stop()


START = """
import asyncio, sys, time
from pathlib import Path
from pileus.cloud.foundation.parts import prepare
from pileus.kernel.store.sqlite import SqliteStore

async def start():
    store = SqliteStore(Path(sys.argv[1]), durable=False, prepare=prepare)
    began = time.process_time()
    await store.start()
    print(time.process_time() - began, "alembic" in sys.modules)
    await store.stop()

asyncio.run(start())
"""


def test_a_start_with_nothing_to_do_is_quick_and_knows_no_alembic(tmp_path):
    def start() -> list[str]:
        command = [sys.executable, "-c", START, str(tmp_path / "pileus.db")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert start()[1] == "False"  # made whole, not by migrations
    took, alembic = start()
    assert alembic == "False"
    assert float(took) < 0.3  # seconds of processor; measured 0.02


def test_the_tool_has_nothing_to_add():
    for service in SERVICES:
        engine = create_engine("sqlite://", poolclass=NullPool)
        with engine.connect() as connection:
            migrate(connection, migrations())
            assert migration.blocks(migration.difference(connection, service)) == {}, (
                f"make migration SERVICE={service}"
            )
