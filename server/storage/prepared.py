"""Statements that are made into SQL once and run on the driver itself.

SQLAlchemy spends ten times what SQLite does on a small statement, even on one it has seen before. What every question and every
event needs is therefore prepared here; everything else stays with ``connection.execute``, and both share one transaction.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect()


class Prepared:
    """A SQLAlchemy statement without lists of values. ``columns`` names those that an INSERT fills."""

    def __init__(self, statement: Any, *columns: str) -> None:
        self._statement = statement
        self._columns = columns or None

    @cached_property
    def _made(self) -> _Made:
        statement = self._statement
        compiled = statement.compile(dialect=_DIALECT, column_keys=self._columns)
        asked = {name: None for name, parameter in compiled.binds.items() if parameter.required}
        fixed = {name: value for name, value in compiled.construct_params(asked).items() if value is not None}
        row = namedtuple("Row", statement.selected_columns.keys()) if statement.is_select else None
        return _Made(compiled.string, tuple(compiled.positiontup), fixed, row)

    def run(self, connection: Connection, **values: Any) -> sqlite3.Cursor:
        """``values`` by the names of the statement's parameters."""
        made = self._made
        if made.fixed:
            values = {**made.fixed, **values}
        return driver(connection).execute(made.sql, [values[name] for name in made.names])

    def run_for(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """An INSERT of several rows at once: each statement lets go of the interpreter, and gets it back late on a busy machine."""
        made = self._made
        group = f", ({', '.join('?' * len(made.names))})"
        driver(connection).execute(made.sql + group * (len(rows) - 1), [row[name] for row in rows for name in made.names])

    def first(self, connection: Connection, **values: Any) -> Any:
        """The first row, its columns as attributes, or ``None``."""
        row = self.run(connection, **values).fetchone()
        return None if row is None else self._made.row(*row)

    def all(self, connection: Connection, **values: Any) -> list[Any]:
        """Every row, its columns as attributes."""
        return list(map(self._made.row._make, self.run(connection, **values)))


class _Made(NamedTuple):
    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]  # what the statement itself says
    row: Any


def driver(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, in the same transaction."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)
