"""Prepared statements: the same rows as SQLAlchemy gives, in the same transaction, with the same errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, insert, select, text

from server.errors import StorageUnavailable
from server.storage.database import temporary
from server.storage.prepared import Prepared, driver
from server.storage.tables import login_failure

ADD = Prepared(insert(login_failure), "owner", "address", "at")
FOUND = select(login_failure).where(login_failure.c.owner == bindparam("owner"), login_failure.c.at > 1.0)
FIND = Prepared(FOUND.order_by(login_failure.c.at))


def test_a_prepared_statement_says_what_sqlalchemy_says(tmp_path: Path) -> None:
    with temporary(tmp_path) as database:

        def add(connection: Connection) -> None:
            for at in (1.0, 3.0, 2.0):
                ADD.run(connection, owner="o", address=f"a{at}", at=at)

        database.write(add)
        plain = database.read(lambda connection: connection.execute(FOUND, {"owner": "o"}).all())
        found = database.read(lambda connection: FIND.all(connection, owner="o"))
        assert [row.address for row in found] == ["a2.0", "a3.0"]
        assert {tuple(row) for row in plain} == {tuple(row) for row in found}
        assert database.read(lambda connection: FIND.first(connection, owner="nobody")) is None


def test_several_rows_are_one_statement(tmp_path: Path) -> None:
    with temporary(tmp_path) as database:
        said: list[str] = []

        def add(connection: Connection) -> None:
            driver(connection).set_trace_callback(said.append)
            ADD.run_for(connection, [{"owner": "o", "address": f"a{at}", "at": at} for at in (2.0, 3.0, 4.0)])
            driver(connection).set_trace_callback(None)

        database.write(add)
        found = database.read(lambda connection: FIND.all(connection, owner="o"))
        assert [(row.address, row.at) for row in found] == [("a2.0", 2.0), ("a3.0", 3.0), ("a4.0", 4.0)]
        assert len(said) == 1


def test_what_fails_takes_both_kinds_of_statements_back(tmp_path: Path) -> None:
    with temporary(tmp_path) as database:

        def half(connection: Connection) -> None:
            connection.execute(text("INSERT INTO login_failure (owner, address, at) VALUES ('o', 'plain', 2.0)"))
            ADD.run(connection, owner="o", address="prepared", at=2.0)
            raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011
            database.write(half)
        assert database.read(lambda connection: FIND.all(connection, owner="o")) == []


def test_an_error_of_the_driver_itself_is_a_storage_that_is_unavailable(tmp_path: Path) -> None:
    with temporary(tmp_path) as database:
        for ask in (database.read, database.write):
            with pytest.raises(StorageUnavailable, match="no such table"):
                ask(lambda connection: driver(connection).execute("SELECT 1 FROM nowhere"))
