"""Fixtures that every kind of test uses: databases, a world, a client of an application in this process."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, inspect
from tests.postgres import binaries, private_server

from pileus.kernel.store import METADATA, Store
from pileus.kernel.store.postgres import PostgresStore
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World


@pytest.fixture
def world() -> World:
    return World()


POSTGRES = os.environ.get("PILEUS_TEST_POSTGRES", "")
"""What to run every test's database on instead of SQLite in memory: `private` starts a PostgreSQL for the tests,
postgresql://user:password@host/database names one, whose tables are dropped.  Empty: only the tests of the store
itself run on PostgreSQL, on a private one, where it is installed."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database that is ours alone; skips where there is none to have."""
    if POSTGRES not in {"", "private"}:
        yield POSTGRES
        return
    place = binaries()
    if place is None:
        pytest.skip("PostgreSQL is not installed here")
    with private_server(place) as url:
        yield url


def empty(connection: Connection) -> None:
    """Every table, and nothing in them; tables stay between tests since making them takes longer than most tests."""
    with connection.begin():
        present = set(inspect(connection).get_table_names())
        if present != set(METADATA.tables):
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
            METADATA.create_all(connection)
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no order of deletion
            connection.exec_driver_sql("DO $$ BEGIN " + "".join(f"DELETE FROM {name}; " for name in present) + "END $$")


@pytest.fixture(params=["memory", "file", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty database with every table; once for each kind."""
    opened: Store
    if request.param == "postgres":
        opened = PostgresStore(request.getfixturevalue("postgres_url"), prepare=empty)
    else:
        path = tmp_path / "pileus.db" if request.param == "file" else None
        opened = SqliteStore(path, durable=False, prepare=METADATA.create_all)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def quick_store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty database, for tests that are not about the store: SQLite in memory unless `POSTGRES` says otherwise."""
    opened: Store
    if POSTGRES:
        opened = PostgresStore(request.getfixturevalue("postgres_url"), prepare=empty)
    else:
        opened = SqliteStore(None, durable=False, prepare=METADATA.create_all)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
def client_of() -> Callable[..., httpx.AsyncClient]:
    """Makes an HTTP client of an ASGI application in this process."""

    def make(application, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(application)
        return httpx.AsyncClient(transport=transport, base_url="http://cloud", headers=headers)

    return make
