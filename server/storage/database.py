"""The database itself: one writing connection in a thread of its own, reading connections for everybody, the schema's version.

SQLite settings and the single writer are those of A-091: WAL, synchronous FULL, every write ``BEGIN IMMEDIATE``. One writer also
keeps clear of the WAL-reset fault of SQLite 3.7.0-3.51.2, which needs two connections writing at once.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.pool import QueuePool, StaticPool

from server.errors import StorageUnavailable
from server.storage.journal import KEY as JOURNAL
from server.storage.journal import Journal
from server.storage.prepared import driver
from server.storage.tables import metadata

FILE_NAME = "chat.db"
HEAD = "0004"  # the newest file in migrations/versions/
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
    "wal_autocheckpoint=1000",
)
READERS = 8  # reading connections kept open
READER_CACHE = 512  # KiB of pages a reading connection keeps; SQLite's own limit is 2 MiB for each
TOGETHER = 64  # jobs that one commit is made for at the most

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Waiting(Generic[Result]):
    """A job in the writer's line."""

    job: Callable[[Connection], Result]
    future: Future[Result]
    asked_at: float
    committed: Callable[[Result], None]

    def succeed(self, result: Result) -> None:
        try:
            self.committed(result)
        except Exception as error:  # the writer's thread has to live on
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class Busy(Exception):
    """Another server uses this data folder."""


class NewerSchema(Exception):
    """The database was written by a newer version of the program."""


class Database:
    """Open with ``Database(folder)``; ``write`` and ``read`` run a function with a connection; ``close`` when done."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / FILE_NAME
        self._folder = folder
        self._lock = lock_folder(folder)
        self._found_locked_at = 0.0  # monotonic; by somebody else, for longer than busy_timeout
        self._waiting: queue.SimpleQueue[_Waiting[Any] | None] = queue.SimpleQueue()  # ``None`` is the end
        self._closing = threading.Lock()  # held while a job is put in the line, so that none gets behind the end
        self._closed = False
        self._writer = threading.Thread(target=self._work, name="writer", daemon=True)
        self.journal = Journal()
        self._writing = _engine(self.path, "BEGIN IMMEDIATE", self.journal, pooled=False)
        self._reading = _engine(self.path, "BEGIN", self.journal, pooled=True)
        try:
            self._make_private()
            self._migrate()
        except BaseException:
            self._let_go()
            raise
        self._writer.start()

    def _make_private(self) -> None:
        """Only the owner of the process may read the conversations (A-076)."""
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))

    def _migrate(self) -> None:
        """Bring the schema to ``HEAD``. Alembic is imported only when there is something to do: it costs 70 ms and 6 MB."""
        with self._writing.begin() as connection:
            version = _version(connection)
            if version == HEAD:
                return
            if version is not None and version > HEAD:
                raise NewerSchema(version)
            from server.storage.migrate import upgrade

            if version is not None:
                self._back_up(version)
            upgrade(connection)

    def _back_up(self, version: str) -> None:
        from server.storage import backup

        with contextlib.closing(sqlite3.connect(self.path)) as source:
            backup.before_migration(source, self._folder, version)

    def submit(
        self, job: Callable[[Connection], Result], committed: Callable[[Result], None] = lambda _result: None
    ) -> Future[Result]:
        """Run ``job`` in a transaction on the writing connection, after everything submitted before.

        What waits while the writer is busy is committed together. A job may be run anew: it changes nothing but the database;
        ``committed`` is told its result, in the writer's thread, after the commit and before anybody else.
        """
        waiting: _Waiting[Result] = _Waiting(job, Future(), time.monotonic(), committed)
        with self._closing:
            if self._closed:
                raise StorageUnavailable("the database is closed")
            self._waiting.put(waiting)
        return waiting.future

    def _work(self) -> None:
        """The writer's thread."""
        while taken := self._take():
            together = [waiting for waiting in taken if waiting.future.set_running_or_notify_cancel()]
            if len(together) < 2 or not self._done_together(together):
                for waiting in together:
                    self._do_alone(waiting)

    def _take(self) -> list[_Waiting[Any]]:
        """Everything that waits, as soon as something does. Nothing: it is the end."""
        taken: list[_Waiting[Any]] = []
        while len(taken) < TOGETHER and not (taken and self._waiting.empty()):
            waiting = self._waiting.get()
            if waiting is None:
                self._waiting.put(None)  # for the next look
                break
            taken.append(waiting)
        return taken

    def _done_together(self, together: list[_Waiting[Any]]) -> bool:
        """Whether one commit was enough. If not, nothing was written, and each is to be tried alone: one of them is at fault."""
        try:
            with self._writing.begin() as connection:
                results = [waiting.job(connection) for waiting in together]
        except Exception as error:
            self._note_lock(error)
            return False
        for waiting, result in zip(together, results, strict=True):
            waiting.succeed(result)
        return True

    def _do_alone(self, waiting: _Waiting[Any]) -> None:
        try:
            result = self._transact(waiting.job, waiting.asked_at)
        except BaseException as error:
            waiting.future.set_exception(error)
        else:
            waiting.succeed(result)

    def _transact(self, job: Callable[[Connection], Result], asked_at: float) -> Result:
        """A job that stood in line behind one that found the database locked has waited long enough: it is not tried.

        Else each would wait for the lock in turn, and a dozen of them would hold every thread of the server.
        """
        if asked_at < self._found_locked_at:
            raise StorageUnavailable("database is locked")
        try:
            with self._writing.begin() as connection:
                return job(connection)
        except (IntegrityError, sqlite3.IntegrityError, DataError, sqlite3.DataError):
            raise  # it is what was to be written that is wrong or too large: trying again would not help
        except (DBAPIError, sqlite3.Error) as error:
            self._note_lock(error)
            raise StorageUnavailable(_reason(error)) from error

    def _note_lock(self, error: Exception) -> None:
        if isinstance(error, (DBAPIError, sqlite3.Error)) and "locked" in _reason(error):
            self._found_locked_at = time.monotonic()

    def write(self, job: Callable[[Connection], Result]) -> Result:
        """``submit`` and wait. Raises ``StorageUnavailable`` when it could not be committed; then nothing was written."""
        return self.submit(job).result()

    def read(self, job: Callable[[Connection], Result]) -> Result:
        """Run ``job`` with a reading connection. Statements of ``Prepared`` each see their own moment, others one for all."""
        try:
            with self._reading.connect() as connection:
                return job(connection)
        except NoConnection as error:
            raise StorageUnavailable("all reading connections are busy") from error
        except (DBAPIError, sqlite3.Error) as error:
            raise StorageUnavailable(_reason(error)) from error

    def close(self) -> None:
        """What was submitted before is written; what comes later is refused."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._writer.join()
        self._let_go()

    def _let_go(self) -> None:
        self._writing.dispose()
        self._reading.dispose()
        self._lock.close()


def _engine(path: Path, begin: str, journal: Journal, *, pooled: bool) -> Engine:
    pool: dict[str, Any] = (
        {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": 64} if pooled else {"poolclass": StaticPool}
    )
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False}, **pool)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        record.info[JOURNAL] = journal
        connection.isolation_level = None  # the "begin" listener below decides how transactions start
        for pragma in (*PRAGMAS, *([f"cache_size=-{READER_CACHE}"] if pooled else [])):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        driver(connection).execute(begin)

    return engine


def _reason(error: DBAPIError | sqlite3.Error) -> str:
    """What the driver says, however it was reached."""
    return str(error.orig if isinstance(error, DBAPIError) else error)


def _version(connection: Connection) -> str | None:
    exists = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).first()
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if exists else None


def lock_folder(folder: Path) -> IO[bytes]:
    """Hold the folder for this process until the handle is closed. The system lets go by itself, however the process ends.

    Raises ``Busy``.
    """
    handle = (folder / "lock").open("ab")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise Busy(str(folder)) from error
    return handle


@contextlib.contextmanager
def temporary(folder: Path) -> Iterator[Database]:
    """A database for the length of a ``with`` block."""
    database = Database(folder)
    try:
        yield database
    finally:
        database.close()


__all__ = ["HEAD", "Busy", "Database", "NewerSchema", "metadata", "temporary"]
