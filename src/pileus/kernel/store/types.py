"""Column types that mean the same in SQLite and PostgreSQL, and the one collection of tables."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Boolean, DateTime, Dialect, MetaData, String, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of every service; names start with the service's name."""

_encode = msgspec.json.Encoder().encode
json_decode = msgspec.json.Decoder().decode
"""From JSON, text or bytes."""


def json_encode(value: Any) -> str:
    """To JSON, moments and structs included; in both databases by the same hand."""
    return _encode(value).decode()


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC in Python, without zone in the database, to the microsecond."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values; drop the zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is not a moment")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Put the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A JSON document: text in SQLite, JSONB in PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """JSONB where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Encode for SQLite."""
        if value is None or dialect.name == "postgresql":
            return value
        return json_encode(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decode for SQLite."""
        if value is None or dialect.name == "postgresql":
            return value
        return json_decode(value)


class json_text(GenericFunction[str]):  # noqa: N801 - a function of SQL
    """The text of one member of a `Json` column's object: `json_text(column, "name")`; null if there is none."""

    type = String()
    inherit_cache = True
    name = "json_text"


class json_has(GenericFunction[bool]):  # noqa: N801 - a function of SQL
    """Whether a `Json` column's list has a text: `json_has(column, "word")`."""

    type = Boolean()
    inherit_cache = True
    name = "json_has"


@compiles(json_has, "sqlite")
def _sqlite_json_has(element: Any, compiler: Any, **options: Any) -> str:
    column, word = (compiler.process(part, **options) for part in element.clauses)
    return f"({word} IN (SELECT value FROM json_each({column})))"  # noqa: S608 - parts that SQLAlchemy has compiled


@compiles(json_has, "postgresql")
def _postgresql_json_has(element: Any, compiler: Any, **options: Any) -> str:
    column, word = (compiler.process(part, **options) for part in element.clauses)
    return f"jsonb_exists({column}, CAST({word} AS TEXT))"


@compiles(json_text, "sqlite")
def _sqlite_json_text(element: Any, compiler: Any, **options: Any) -> str:
    column, name = (compiler.process(part, **options) for part in element.clauses)
    return f"({column} ->> {name})"


@compiles(json_text, "postgresql")
def _postgresql_json_text(element: Any, compiler: Any, **options: Any) -> str:
    column, name = (compiler.process(part, **options) for part in element.clauses)
    return f"({column} ->> CAST({name} AS TEXT))"
