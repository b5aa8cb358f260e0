"""Reads that go past SQLAlchemy's execution give what it gives."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    case,
    create_engine,
    exists,
    func,
    literal,
    select,
    text,
    union_all,
)

from pileus.kernel.store import Json, UtcDateTime
from pileus.kernel.store.reading import Plans
from pileus.kernel.store.sqlite import raw
from pileus.kernel.store.types import json_text

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("on", Boolean),
    Column("at", UtcDateTime),
    Column("data", Json),
)
C = THINGS.c
MOMENT = datetime(2026, 11, 21, 4, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        THINGS.metadata.create_all(connection)
        for number in range(6):
            values = {
                "id": number,
                "name": f"n{number}",
                "on": bool(number % 2),
                "at": MOMENT,
                "data": {"k": str(number)},
            }
            connection.execute(THINGS.insert(), values)
        connection.execute(THINGS.insert(), {"id": 9})
        yield connection


def statements(some, name):
    """The same forms with other values."""
    other = THINGS.alias("other")
    return [
        THINGS.select().order_by(C.id),
        select(C.id, C.name).where(C.id.in_(some)),
        select(C.id).where(C.id.not_in(some), C.name == name),
        select(THINGS).where(C.on.is_(True), C.at <= MOMENT).limit(len(some)).offset(1),
        select(func.count()).select_from(THINGS).where(C.name.like(name)),
        select(THINGS, literal(name).label("said")).where(C.name == name),
        select(C.id, case((C.name == name, "yes"), else_="no").label("is_it")),
        select(C.name).where(exists(select(other.c.id).where(other.c.id == C.id, other.c.id.in_(some)))),
        select(json_text(C.data, "k").label("k")).where(C.data.is_not(None)),
        union_all(select(C.id).where(C.id.in_(some)), select(C.id).where(C.name == name)),
        select(func.max(C.at).label("last")),
        select(C.id, THINGS.c.id.label("again"), C.data).where(C.id == some[0] if some else C.id < 0),
    ]


@pytest.mark.parametrize("number", range(12))
def test_the_same_rows(connection, number):
    """Each form twice with other values, so that the second is read with the first one's plan."""
    plans = Plans(connection.engine.dialect)
    for some, name in (([1, 2, 3], "n3"), ([5], "n4"), ([], "nobody"), ([0, 9], "n0")):
        statement = statements(some, name)[number]
        expected = [dict(row) for row in connection.execute(statement).mappings()]
        planned = plans.find(statement)
        assert planned is not None
        plan, bound = planned
        assert plan.rows(plan.run(raw(connection), bound).fetchall()) == expected


def test_what_is_not_recognised_is_left(connection):
    plans = Plans(connection.engine.dialect)
    assert plans.find(text("select 1")) is None
    assert plans.find(THINGS.update().values(name="x")) is None
