"""The database: its settings, its faults, its copies, its migrations."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import IntegrityError

from server.conversations import Ask, Conversations
from server.errors import Conflict, StorageUnavailable
from server.storage import backup, database
from server.storage.database import FILE_NAME, HEAD, TOGETHER, Busy, Database, NewerSchema, temporary
from server.storage.statements import select_conversations
from server.storage.store import SqlStore

ROOT = Path(__file__).parents[2]


def ask(database: Database, words: str = "Вопрос", conversation: str = "c") -> None:
    Conversations(SqlStore(database)).ask("owner", Ask("", words, "m", "p", conversation_id=conversation))


def test_a091_the_settings_are_those_that_lose_nothing(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        wanted: dict[str, Any] = {
            "journal_mode": "wal",
            "synchronous": 2,
            "busy_timeout": 5000,
            "foreign_keys": 1,
            "mmap_size": 0,
            "trusted_schema": 0,
        }
        for run in (opened.read, opened.write):
            found = run(lambda c: {name: c.execute(text(f"PRAGMA {name}")).scalar() for name in wanted})
            assert found == wanted


def test_a091_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with temporary(tmp_path), pytest.raises(Busy):
        Database(tmp_path)
    with temporary(tmp_path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="file modes are POSIX")
def test_a076_nobody_else_may_read_the_conversations(tmp_path: Path) -> None:
    with temporary(tmp_path / "data") as opened:
        ask(opened)
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
        assert {file.name: file.stat().st_mode & 0o077 for file in (tmp_path / "data").glob("chat.db*")}.keys()
        assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "data").glob("chat.db*"))


def test_a089_the_same_send_from_ten_threads_is_one_message(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        conversations = Conversations(SqlStore(opened))
        places: list[Any] = []
        send = Ask("same", "Вопрос", "m", "p", conversation_id="c")
        threads = [threading.Thread(target=lambda: places.append(conversations.ask("owner", send))) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({place.answer_id for place in places}) == 1
        assert sum(not place.existed for place in places) == 1
        assert len(conversations.read("owner", "c")[1]) == 2


def test_a090_concurrent_renames_are_all_accounted_for(tmp_path: Path) -> None:
    from server.errors import Conflict

    with temporary(tmp_path) as opened:
        ask(opened)
        conversations = Conversations(SqlStore(opened))
        outcomes: list[str] = []

        def rename(worker: int) -> None:
            for number in range(25):
                revision = conversations.read("owner", "c")[0].revision
                try:
                    conversations.rename("owner", "c", f"{worker}-{number}", revision)
                    outcomes.append("renamed")
                except Conflict:
                    outcomes.append("conflict")

        threads = [threading.Thread(target=rename, args=(worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 200
        assert conversations.read("owner", "c")[0].revision == 1 + outcomes.count("renamed")


def test_a093_a_database_locked_for_a_while_is_waited_for(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        ask(opened)
        with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            threading.Timer(1.0, lambda: other.execute("COMMIT")).start()
            ask(opened, "Второй", "d")
            assert len(SqlStore(opened).conversations("owner", 10, None)) == 2
            time.sleep(0.1)


def test_a_write_that_fails_writes_nothing_and_says_so(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        ask(opened)

        def half(connection: Any) -> None:
            connection.execute(text("DELETE FROM generation"))
            connection.execute(text("INSERT INTO generation VALUES (1)"))

        with pytest.raises(StorageUnavailable):
            opened.write(half)
        assert opened.read(lambda c: c.execute(text("SELECT COUNT(*) FROM generation")).scalar()) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A real file system of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, check=False
    )
    if not mounted or mounted.returncode != 0:
        pytest.skip("проверка полного диска пропущена: нельзя смонтировать tmpfs")
    yield place
    subprocess.run(["umount", place], check=True)


def fails_in_the_end(opened: Database) -> bool:
    for number in range(100):
        try:
            ask(opened, "много слов " * 1000, f"c{number}")
        except StorageUnavailable:
            return True
    return False


def test_a092_a_full_disk_loses_nothing_and_heals(small_disk: Path) -> None:
    with temporary(small_disk / "data") as opened:
        ask(opened)
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(b"x" * 65536)
                file.flush()
        assert fails_in_the_end(opened)
        assert SqlStore(opened).conversation("owner", "c") is not None
        ballast.unlink()
        ask(opened, "после", "after")
        assert backup.verify(small_disk / "data" / FILE_NAME)["conversation"] >= 2


def test_a095_a_copy_made_while_writing_is_sound_and_can_be_put_back(tmp_path: Path) -> None:
    folder, copy = tmp_path / "data", tmp_path / "copies" / "one.db"
    with temporary(folder) as opened:
        going = threading.Event()

        def write() -> None:
            number = 0
            while not going.is_set():
                number += 1
                ask(opened, "слова " * 50, f"c{number}")

        thread = threading.Thread(target=write)
        thread.start()
        while len(SqlStore(opened).conversations("owner", 500, None)) < 20:
            time.sleep(0.01)
        backup.backup(folder, copy)
        going.set()
        thread.join()
        now = len(SqlStore(opened).conversations("owner", 10_000, None))
        with pytest.raises(Busy):
            backup.restore(folder, copy)
    counted = backup.verify(copy)
    assert 20 <= counted["conversation"] <= now
    kept = backup.restore(folder, copy)
    assert kept is not None
    assert backup.verify(kept)["conversation"] == now
    with temporary(folder) as opened:
        assert len(SqlStore(opened).conversations("owner", 10_000, None)) == counted["conversation"]


@pytest.mark.parametrize("damage", ["truncated", "garbage", "rules"])
def test_a_damaged_copy_is_never_put_back(tmp_path: Path, damage: str) -> None:
    folder, copy = tmp_path / "data", tmp_path / "copy.db"
    with temporary(folder) as opened:
        ask(opened)
    backup.backup(folder, copy)
    if damage == "truncated":
        copy.write_bytes(copy.read_bytes()[:-4096])
    elif damage == "garbage":
        copy.write_bytes(b"not a database" * 1000)
    else:
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            connection.execute("DELETE FROM generation")
            connection.commit()
    with pytest.raises(backup.Damaged):
        backup.restore(folder, copy)
    with temporary(folder) as opened:
        assert SqlStore(opened).conversation("owner", "c") is not None


def test_a094_an_old_program_refuses_a_newer_database(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        opened.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(NewerSchema):
        Database(tmp_path)
    with contextlib.closing(lock := database.lock_folder(tmp_path)):
        assert lock


MIGRATE = """
import sys
from pathlib import Path
from server.storage import database, migrate
original = migrate.upgrade
def slow(connection, revision="head"):
    original(connection, revision)
    print("migrating", flush=True)
    sys.stdin.read()
migrate.upgrade = slow
database.Database(Path(sys.argv[1])).close()
"""


def test_a094_a_migration_that_is_killed_leaves_the_old_schema(tmp_path: Path) -> None:
    """The first migration is killed at its very end, again and again: there is no schema, and then there is all of it."""
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", MIGRATE, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            while process.stdout.readline().strip() not in (b"migrating", b""):
                pass
            process.send_signal(signal.SIGKILL)
        with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
            assert connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0
    with temporary(tmp_path) as opened:
        ask(opened)
    assert backup.verify(tmp_path / FILE_NAME)["conversation"] == 1


def test_a094_a_verified_copy_is_made_before_a_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary(tmp_path) as opened:
        ask(opened)
    monkeypatch.setattr(database, "HEAD", "9999")
    monkeypatch.setattr(backup, "HEAD", "9999")
    with temporary(tmp_path):
        pass
    (copy,) = (tmp_path / backup.FOLDER).glob(f"schema-{HEAD}-*.db")
    assert backup.verify(copy)["conversation"] == 1


def test_the_newest_migration_is_the_head() -> None:
    newest = sorted((ROOT / "server/storage/migrations/versions").glob("[0-9]*.py"))[-1]
    assert newest.name.startswith(f"{HEAD}_")


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from server.storage.tables import metadata

    with temporary(tmp_path) as opened:
        assert opened.write(lambda c: compare_metadata(MigrationContext.configure(c), metadata)) == []


def test_a109_one_read_of_a_log_is_no_larger_than_a_reader_may_hold(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        store = SqlStore(opened)
        answer = Conversations(store).ask("owner", Ask("", "Вопрос", "m", "p")).answer_id
        rows = [(answer, seq, "text", "x" * 20_000) for seq in range(2, 12)]
        store.append([*rows, (answer, 12, "text", "y" * 1_000_000)], []).result()
        pages, after = [], 0
        while page := store.events_after(answer, after, 2_000):
            pages.append(page)
            after = page[-1][0]
        assert [seq for page in pages for seq, _, _ in page] == list(range(1, 13))
        assert [len(page) for page in pages[:2]] == [3, 2]
        assert sum(len(data) for _, _, data in pages[-1]) < 1_100_000


def test_a093_those_who_wait_for_a_locked_database_are_refused_together(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened, contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        opened.write(lambda connection: connection.execute(text("PRAGMA busy_timeout=300")))
        tried: list[int] = []
        other.execute("BEGIN IMMEDIATE")
        waiting = [opened.submit(lambda connection, number=number: tried.append(number)) for number in range(3)]
        began = time.monotonic()
        assert [type(job.exception(30)) for job in waiting] == [StorageUnavailable] * 3
        waited = time.monotonic() - began
        other.execute("ROLLBACK")
        opened.write(lambda connection: tried.append(9))
        assert tried == [9]
        assert waited < 0.85  # one pause of 0.3 s, not three


def commits(opened: Database) -> list[int]:
    """Grows by one with every commit of the writing connection."""
    counted: list[int] = []
    event.listen(opened._writing, "commit", lambda _connection: counted.append(1))
    return counted


def hold(opened: Database) -> Callable[[], None]:
    """Keep the writer busy until the returned function is called."""
    held, let_go = threading.Event(), threading.Event()
    opened.submit(lambda _connection: (held.set(), let_go.wait(30)))
    held.wait(30)
    return let_go.set


def test_what_waits_for_a_busy_writer_is_committed_together(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        store = SqlStore(opened)
        let_go = hold(opened)
        counted = commits(opened)
        answers = [Future[str]() for _ in range(10)]

        def ask(number: int) -> None:
            opened_answer = Conversations(store).ask("owner", Ask(f"q{number}", "?", "m", "p", conversation_id=f"c{number % 3}"))
            answers[number].set_result(opened_answer.answer_id)

        asking = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
        for thread in asking:
            thread.start()
        while opened._waiting.qsize() < 10:
            time.sleep(0.001)
        let_go()
        assert len({answer.result(30) for answer in answers}) == 10
        for thread in asking:
            thread.join()
        assert len(counted) == 2, "the one that was under way, and one for all ten"
        assert sum(len(store.messages("owner", f"c{number}")) for number in range(3)) == 20


def test_what_was_submitted_before_the_end_is_written_and_nothing_after_it(tmp_path: Path) -> None:
    opened = Database(tmp_path)
    SqlStore(opened)
    let_go = hold(opened)
    early = [opened.submit(lambda _connection, number=number: number) for number in range(TOGETHER + 3)]
    ending = threading.Thread(target=opened.close)
    ending.start()
    while not opened._closed:
        time.sleep(0.001)
    with pytest.raises(StorageUnavailable):
        opened.submit(lambda _connection: None)
    let_go()
    ending.join(30)
    assert [job.result(0) for job in early] == list(range(TOGETHER + 3))
    opened.close()


def test_one_that_fails_takes_nobody_with_it(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        store = SqlStore(opened)
        Conversations(store).ask("owner", Ask("q", "?", "m", "p", conversation_id="c"))
        let_go = hold(opened)

        def rename(title: str) -> Any:
            return lambda c: c.execute(text("UPDATE conversation SET title = :t, revision = revision + 1"), {"t": title}).rowcount

        def refuse(connection: Any) -> None:
            rename("lost")(connection)
            raise Conflict

        def break_rules(connection: Any) -> None:
            connection.execute(text("INSERT INTO generation SELECT * FROM generation"))

        jobs = [opened.submit(job) for job in (rename("first"), refuse, break_rules, rename("second"))]
        let_go()
        assert isinstance(jobs[1].exception(30), Conflict)
        assert isinstance(jobs[2].exception(30), IntegrityError)
        assert [jobs[0].result(30), jobs[3].result(30)] == [1, 1]
        found = store.conversation("owner", "c")
        assert found is not None
        assert (found.title, found.revision) == ("second", 3), "each was done once, and what failed not at all"


def test_what_is_running_is_looked_up_once_for_a_whole_list_of_conversations(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        query = select_conversations().compile(dialect=sqlite_dialect(), compile_kwargs={"literal_binds": True})
        plan = opened.read(lambda connection: [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))])
        assert any("LIST SUBQUERY" in step for step in plan), plan
        assert not any("CORRELATED" in step for step in plan), plan


def test_what_is_too_large_for_the_database_is_not_tried_for_ever(tmp_path: Path) -> None:
    """It is the fault of what was to be written: to say that the database is unavailable would have it repeated."""

    def write(_connection: Any) -> None:
        raise sqlite3.DataError("string or blob too big")  # SQLite's words, beyond a billion bytes

    with temporary(tmp_path) as opened, pytest.raises(sqlite3.DataError):
        opened.write(write)
