"""Reading from SQLite without SQLAlchemy's execution: its statements and types, our loop over the rows.

A request makes a handful of small reads, and most of each went into SQLAlchemy's execution context and result object:
several times what SQLite itself needs.  SQLAlchemy still builds, compiles and caches the SQL, and its types convert
parameters and results; between the two this module calls the driver itself.  What it does not recognise is left to
SQLAlchemy, by answering None.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Executable, Select
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any]

MOST_PLANS = 2000


class Plan:
    """How one form of statement is executed, whatever its values.

    Attributes:
        keys: the names of the result's columns.
    """

    def __init__(self, compiled: SQLCompiler, dialect: Dialect) -> None:
        self._compiled = compiled
        self._sql = str(compiled)
        self._converts: dict[str, Convert] = dict(compiled._bind_processors)  # type: ignore[arg-type]
        self._positions: Sequence[str] = compiled.positiontup or ()
        self._expands = bool(compiled.literal_execute_params or compiled.post_compile_params)
        columns = compiled._result_columns
        self.keys = tuple(column.keyname for column in columns)
        found = [(at, column.type._cached_result_processor(dialect, None)) for at, column in enumerate(columns)]
        self._results: list[tuple[int, Convert]] = [(at, convert) for at, convert in found if convert is not None]

    def run(self, raw: sqlite3.Connection, bound: Any) -> sqlite3.Cursor:
        """Execute with the parameters that the statement's cache key brought along."""
        compiled, converts = self._compiled, self._converts
        given: Any = compiled.construct_params(extracted_parameters=bound, escape_names=False)
        sql, positions = self._sql, self._positions
        if self._expands:
            state = compiled._process_parameters_for_postcompile(given)
            given = {**given, **state.additional_parameters}
            sql, positions = state.statement, state.positiontup or ()
            if state.processors:
                converts = {**converts, **state.processors}
        if converts:
            values = [converts[name](given[name]) if name in converts else given[name] for name in positions]
        else:
            values = [given[name] for name in positions]
        return raw.execute(sql, values)

    def rows(self, found: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
        """Rows by column name, their values as the columns' types have them."""
        keys, results = self.keys, self._results
        rows = [dict(zip(keys, row, strict=True)) for row in found]
        for at, convert in results:
            key = keys[at]
            for row in rows:
                row[key] = convert(row[key])
        return rows


class Plans:
    """The plans of one database, by the form of the statement."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[Any, Plan | None] = {}

    def find(self, statement: Executable) -> tuple[Plan, Any] | None:
        """The plan of a statement with its parameters; None if SQLAlchemy has to execute it."""
        if not isinstance(statement, Select | CompoundSelect):
            return None
        key = statement._generate_cache_key()
        if key is None:
            return None
        try:
            plan = self._known[key.key]
        except KeyError:
            if len(self._known) >= MOST_PLANS:
                self._known.clear()
            plan = self._known[key.key] = self._made(statement, key)
        return None if plan is None else (plan, key.bindparams)

    def _made(self, statement: Any, key: Any) -> Plan | None:
        compiled = statement._compiler(self._dialect, cache_key=key, column_keys=[], for_executemany=False)
        names = [column.keyname for column in compiled._result_columns]
        plain = compiled._ordered_columns and not compiled._textual_ordered_columns and compiled.positional
        if not plain or len(set(names)) < len(names):
            return None
        return Plan(compiled, self._dialect)
