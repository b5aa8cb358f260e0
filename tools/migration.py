"""Write a service's next migration: what its tables in the program have beyond what its migrations make so far.

    python -m tools.migration SERVICE NAME      the next file of one service; `kernel` is the kernel's tables
    python -m tools.migration --initial         throw every migration away and write each service's first

The answer is a draft in good form: read it before it is committed, above all where rows must be changed too.  Squashing
everything into a first migration is right only while nothing has been released.
"""

import argparse
import graphlib
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, create_engine
from sqlalchemy.sql.elements import False_, True_
from sqlalchemy.types import TypeEngine

import pileus
from pileus.kernel.store import METADATA
from pileus.kernel.store.schema import heads, migrate
from pileus.kernel.store.types import Json, UtcDateTime

HOUSE = Path(pileus.__file__).parent
MOST_LINES = 400
OTHERS = {"operations": "kernel", "operation_steps": "kernel"}
"""Tables whose names do not begin with their service's."""

HEAD = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

from pileus.kernel.store import types

revision = "{service}_{number:04}"
down_revision = {down}
branch_labels = None
depends_on = {depends}


def upgrade() -> None:
    """{what}"""
'''


def owner(table: str) -> str:
    """The service that a table belongs to, '' for a stranger's."""
    if table in OTHERS:
        return OTHERS[table]
    services = [folder.name for folder in HOUSE.iterdir() if (folder / "__init__.py").exists()]
    return max((name for name in services if table.startswith(f"{name}_")), key=len, default="")


def tables(service: str) -> list[Table]:
    """A service's tables, a table after those that it points at."""
    return [table for table in METADATA.sorted_tables if owner(table.name) == service]


def services() -> list[str]:
    """Every service that has tables, one after those whose tables its own point at.

    Raises:
        SystemExit: a table's name does not tell whose it is.
    """
    graph: dict[str, set[str]] = {}
    for table in METADATA.tables.values():
        whose = owner(table.name)
        if not whose:
            raise SystemExit(f"{table.name}: a table's name begins with its service's")
        graph.setdefault(whose, set()).update(_neighbours(table) - {whose})
    return list(graphlib.TopologicalSorter(dict(sorted(graph.items()))).static_order())


def _neighbours(table: Table) -> set[str]:
    return {owner(key.column.table.name) for key in table.foreign_keys}


def folders(house: Path) -> list[Path]:
    """Where the migrations lie, one folder a service."""
    return sorted(house.glob("*/migrations"))


def difference(connection: Connection, service: str) -> list[ops.MigrateOperation]:
    """What is to be done to a database so that it has the service's tables as the program has them."""

    def ours(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        table = name if kind == "table" else item.table.name
        return owner(table or "") == service

    options = {"include_object": ours, "compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    upgrade = produce_migrations(context, METADATA).upgrade_ops
    return list(upgrade.ops) if upgrade is not None else []


def _render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime | Json):
        return f"types.{type(item).__name__}()"
    if kind == "type" and isinstance(item, TypeEngine) and type(item).__module__.startswith("pileus"):
        raise SystemExit(f"{type(item).__name__}: a migration cannot rest on a type of a service")
    value = getattr(item, "arg", item)
    if kind == "server_default" and isinstance(value, True_ | False_):  # 1 and 0 in SQLite, not in PostgreSQL
        return "sa.true()" if isinstance(value, True_) else "sa.false()"
    return False


def blocks(operations: Iterable[ops.MigrateOperation]) -> dict[str, str]:
    """By table, the statements that change it: a function's body without indentation."""
    by_table: dict[str, list[ops.MigrateOperation]] = {}
    for operation in operations:
        name = getattr(operation, "table_name", None)
        assert isinstance(name, str), f"{operation!r} is of no table"
        by_table.setdefault(name, []).append(operation)
    found = {}
    for name, those in by_table.items():
        # SQLite changes a table by making it anew, which Alembic's batches do; a new one needs none
        old = not any(isinstance(operation, ops.CreateTableOp | ops.DropTableOp) for operation in those)
        text = render_python_code(ops.UpgradeOps(those), render_as_batch=old, render_item=_render_item)
        found[name] = "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))
    return found


def source(service: str, number: int, name: str, bodies: dict[str, str], depends: Sequence[str]) -> str:
    """The text of one migration: a function for each table."""
    down = f'"{service}_{number - 1:04}"' if number > 1 else "None"
    title = f"{service}: {name.replace('_', ' ')}"
    what = "Each table by itself, one after those that it points at."
    head = HEAD.format(
        title=title, service=service, number=number, down=down, depends=repr(tuple(depends) or None), what=what
    )
    if not any("types." in body for body in bodies.values()):
        head = head.replace("from pileus.kernel.store import types\n\n", "")
    nouns = {table: table.removeprefix(f"{service}_") for table in bodies}
    lines = [head, *(f"    _{noun}()\n" for noun in nouns.values())]
    for table, body in bodies.items():
        lines.append(f"\n\ndef _{nouns[table]}() -> None:\n    " + body.strip() + "\n")
    return "".join(lines)


def formatted(text: str) -> str:
    """The text in the project's form."""
    ruff = str(Path(sys.executable).parent / "ruff")
    command = [ruff, "format", "--stdin-filename", "migration.py", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return done.stdout


def write(house: Path, service: str, name: str) -> list[Path]:
    """Write the next migration of a service, more than one where a file would be too long; the files.

    Args:
        house: the folder of the services.
        name: what it does, in words joined by underscores.
    """
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        known = folders(house)
        if known:
            migrate(connection, known)
        bodies = blocks(difference(connection, service))
    engine.dispose()
    if not bodies:
        return []
    present = {head[:-5]: head for head in heads(known)}
    near = {n for table in bodies if table in METADATA.tables for n in _neighbours(METADATA.tables[table])}
    depends = [present[other] for other in sorted(near - {service}) if other in present]
    number = int(present.get(service, "0000")[-4:]) + 1
    folder = house / service / "migrations"
    folder.mkdir(exist_ok=True)
    files: list[Path] = []
    while bodies:
        taken = dict(bodies)
        text = formatted(source(service, number, name, taken, depends))
        while text.count("\n") > MOST_LINES and len(taken) > 1:
            taken.popitem()
            text = formatted(source(service, number, name, taken, depends))
        whole = not files and len(taken) == len(bodies)
        noun = next(iter(taken)).removeprefix(f"{service}_")
        file = folder / f"{number:04}_{name if whole else f'{name}_{noun}'}.py"
        file.write_text(text)
        files.append(file)
        bodies = {table: body for table, body in bodies.items() if table not in taken}
        number += 1
    return files


def initial(house: Path) -> list[Path]:
    """Write the first migrations of every service in place of those that are there; the files.

    Raises:
        SystemExit: something has been released, so that databases exist that the present migrations made.
    """
    if (house.parent.parent / "CHANGELOG.md").exists():
        raise SystemExit("there has been a release: its databases need the migrations as they are")
    for folder in folders(house):
        for file in folder.glob("[0-9]*.py"):
            file.unlink()
    return [file for service in services() for file in write(house, service, "initial")]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="tools.migration", description="Write a service's next migration.")
    parser.add_argument("service", nargs="?", help="whose tables changed")
    parser.add_argument("name", nargs="?", help="what changed, in words joined by underscores")
    parser.add_argument("--initial", action="store_true", help="write the first migration of each service anew")
    given = parser.parse_args(arguments)
    import pileus.cloud.assembly  # noqa: F401 - declares every table that the program has

    if given.initial:
        files = initial(HOUSE)
    elif given.service in services() and (given.name or "").isidentifier():
        files = write(HOUSE, given.service, given.name)
    else:
        parser.error(f"give one of {', '.join(services())} and a name of words joined by underscores")
    for file in files:
        print(file.relative_to(HOUSE.parent.parent))
    if not files:
        print(f"the tables of {given.service} are as its migrations make them")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
