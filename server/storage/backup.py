"""Copies of the database that can be trusted: made while the server runs, examined before they are believed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from server.storage.database import FILE_NAME, HEAD, lock_folder

KEPT = 5  # automatic copies kept in backups/
FOLDER = "backups"

JOURNAL_SINCE = "0004"  # the schema that brought it
LOG = "SELECT answer_id, seq FROM event"
JOURNAL = """
    SELECT message.id, json_extract(said.value, '$[1]')
    FROM journal, json_each(journal.events) AS said JOIN message ON message.id = json_extract(said.value, '$[0]')
    WHERE NOT EXISTS (SELECT 1 FROM event WHERE answer_id = message.id AND seq = json_extract(said.value, '$[1]'))"""
"""What is in the journal only. What it has of messages that were removed belongs to nobody."""

# What must hold in every database of ours, besides SQLite's own checks: a query that finds what breaks the rule. ``written`` are
# the events of the log and of the journal.
RULES = {
    "an event log has a gap": """
        SELECT answer_id FROM written GROUP BY answer_id
        HAVING COUNT(*) != MAX(seq) - MIN(seq) + 1""",
    "an answer has no generation": """
        SELECT id FROM message WHERE author = 'assistant'
        AND NOT EXISTS (SELECT 1 FROM generation WHERE answer_id = message.id)""",
    "a question has no answer": """
        SELECT id FROM message AS question WHERE author = 'user'
        AND NOT EXISTS (SELECT 1 FROM message WHERE parent_id = question.id AND author = 'assistant')""",
    "a message follows one of another conversation": """
        SELECT child.id FROM message AS child JOIN message AS parent ON parent.id = child.parent_id
        WHERE parent.conversation_id != child.conversation_id""",
    "a message stands before the one it follows": """
        SELECT child.id FROM message AS child JOIN message AS parent ON parent.id = child.parent_id
        WHERE parent.number >= child.number""",
}


class Damaged(Exception):
    """The file is not a sound database of ours; the text says what is wrong with it."""


def backup(folder: Path, target: Path) -> None:
    """Copy the database of a data folder to ``target``, at one point in time, while a server may be writing to it.

    The copy is examined before it gets its name. Raises ``Damaged``; ``FileNotFoundError`` when there is nothing to copy.
    """
    if not (folder / FILE_NAME).exists():
        raise FileNotFoundError(folder / FILE_NAME)
    with contextlib.closing(sqlite3.connect(f"file:{_quoted(folder / FILE_NAME)}?mode=ro", uri=True)) as source:
        copy_to(source, target)


def copy_to(source: sqlite3.Connection, target: Path) -> None:
    """The copy itself: a reader does not hold up the writer in WAL mode, so it is made in one go."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.unfinished")
    os.close(os.open(unfinished, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600))
    try:
        try:
            with contextlib.closing(sqlite3.connect(unfinished)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a companion
        except sqlite3.DatabaseError as error:
            raise Damaged(str(error)) from error
        verify(unfinished)
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def verify(file: Path) -> dict[str, int]:
    """Examine a database, also one in use. Returns how many conversations, messages and events it holds. Raises ``Damaged``."""
    if not file.exists():
        raise FileNotFoundError(file)
    try:
        with contextlib.closing(sqlite3.connect(f"file:{_quoted(file)}?mode=ro", uri=True)) as connection:
            connection.execute("BEGIN")  # all checks see the same moment
            for fault in _faults(connection):
                raise Damaged(fault)
            return {table: _count(connection, table) for table in ("conversation", "message", "event")}
    except sqlite3.DatabaseError as error:
        raise Damaged(str(error)) from error


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    for (answer,) in connection.execute("PRAGMA integrity_check(10)"):
        if answer != "ok":
            yield str(answer)
    for table, row, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} ({row}) refers to nothing"
    version = _version(connection)
    if version is None or version > HEAD:
        yield f"a schema of another version: {version}"
    for fault, query in RULES.items():
        found = connection.execute(_written(connection) + query).fetchone()
        if found is not None:
            yield f"{fault}: {found[0]}"


def _count(connection: sqlite3.Connection, table: str) -> int:
    source = "written" if table == "event" else table
    counted: int = connection.execute(f"{_written(connection)} SELECT COUNT(*) FROM {source}").fetchone()[0]  # noqa: S608 - our names
    return counted


def _version(connection: sqlite3.Connection) -> str | None:
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return found[0] if found else None


def _written(connection: sqlite3.Connection) -> str:
    """What makes ``written`` known to a query: a copy from before a migration has no journal."""
    has_journal = (_version(connection) or "") >= JOURNAL_SINCE
    return f"WITH written(answer_id, seq) AS ({LOG}{f' UNION ALL {JOURNAL}' if has_journal else ''})"


def restore(folder: Path, file: Path) -> Path | None:
    """Put the examined copy ``file`` in the place of the folder's database. The one that was there is kept; returns where.

    Raises ``Damaged`` for a copy that is not sound, ``Busy`` while a server uses the folder.
    """
    verify(file)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.closing(lock_folder(folder)):
        present = folder / FILE_NAME
        kept: Path | None = None
        if present.exists():
            kept = folder / FOLDER / f"before-restore-{_stamp()}.db"
            with contextlib.closing(sqlite3.connect(present)) as source:
                try:
                    copy_to(source, kept)
                except Damaged:  # a broken database is often why one restores: keep it as it is
                    kept.write_bytes(present.read_bytes())
        arriving = folder / f"{FILE_NAME}.arriving"
        arriving.write_bytes(file.read_bytes())
        arriving.chmod(0o600)
        for companion in ("-wal", "-shm"):
            Path(f"{present}{companion}").unlink(missing_ok=True)
        os.replace(arriving, present)
        return kept


def before_migration(source: sqlite3.Connection, folder: Path, version: str) -> None:
    """The automatic copy before the schema changes (A-094)."""
    place = folder / FOLDER
    copy_to(source, place / f"schema-{version}-{_stamp()}.db")
    for old in sorted(place.glob("schema-*.db"), key=lambda copy: copy.stat().st_mtime)[:-KEPT]:
        old.unlink()


def _stamp() -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime())


def _quoted(path: Path) -> str:
    """For a SQLite URI: these three characters mean something there."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
