"""Fixtures that every kind of test uses: databases, a world, a client of an application in this process."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from pileus.kernel.store import METADATA, Store
from pileus.kernel.store.sqlite import SqliteStore
from pileus.kernel.world import World


@pytest.fixture
def world() -> World:
    return World()


POSTGRES = os.environ.get("PILEUS_TEST_POSTGRES", "")
"""A PostgreSQL to test with beside SQLite: postgresql://user:password@host/database; its tables are dropped."""


@pytest.fixture(params=["memory", "file", *(["postgres"] if POSTGRES else [])])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty database with every table; once for each kind."""
    opened: Store
    if request.param == "postgres":
        from pileus.kernel.store.postgres import PostgresStore

        def fresh(connection):
            METADATA.drop_all(connection)
            METADATA.create_all(connection)
            connection.commit()

        opened = PostgresStore(POSTGRES, prepare=fresh)
    else:
        path = tmp_path / "pileus.db" if request.param == "file" else None
        opened = SqliteStore(path, durable=False, prepare=METADATA.create_all)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def quick_store() -> AsyncIterator[Store]:
    """An empty SQLite database in memory, for tests that are not about the store."""
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
