"""The journal: one row a commit for the events of many answers, and nothing that a reader or a restart could tell it by."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from server.conversations import Answer, Ended, EventRow, NewAnswer
from server.errors import StorageUnavailable
from server.storage import backup, rows
from server.storage.database import FILE_NAME, Database, temporary
from server.storage.journal import AGED, ENOUGH, FEW, HEAVY, PRUNED
from server.storage.rows import events_of, first_events
from server.storage.store import SqlStore

ANSWERS = [f"a{number}" for number in range(FEW + 4)]
END = Ended("stopped")


def open_answers(store: SqlStore) -> None:
    for number, answer in enumerate(ANSWERS):
        store.open_answer(NewAnswer("owner", f"c{number}", "t", f"q{number}", "?", None, answer, "m", "p", "default", {}, 1.0))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    with temporary(tmp_path) as database:
        yield database


@pytest.fixture
def store(opened: Database) -> SqlStore:
    made = SqlStore(opened)
    open_answers(made)
    return made


def words(seq: int, answers: Sequence[str] = ANSWERS) -> list[EventRow]:
    """One word of each of these answers."""
    return [(answer, seq, "text", f"{answer}:{seq} ") for answer in answers]


def say(store: SqlStore, first: int, last: int, answers: Sequence[str] = ANSWERS) -> None:
    for seq in range(first, last + 1):
        store.append(words(seq, answers), []).result()


def end(store: SqlStore, answer: str, seq: int) -> None:
    store.append([(answer, seq, "finished", '{"state":"stopped","reason":null}')], [(answer, END, 2.0)]).result()


def count(database: Database, table: str) -> int:
    found: Any = database.read(lambda connection: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar())
    return int(found)


def read(store: SqlStore, answer: str) -> Answer:
    found = store.answer("owner", answer)
    assert found is not None
    return found


def expected(answer: str, last: int) -> str:
    return "".join(f"{answer}:{seq} " for seq in range(2, last + 1))


def test_what_many_say_together_is_one_row_and_is_read_like_any_other(opened: Database, store: SqlStore) -> None:
    say(store, 2, 5)
    assert count(opened, "journal") == 4
    assert count(opened, "event") == len(ANSWERS)  # how each began
    for answer in ANSWERS:
        assert [row[0] for row in store.events_after(answer, 0, 100)] == [1, 2, 3, 4, 5]
        assert store.events_after(answer, 3, 1) == [(4, "text", f"{answer}:4 ")]
        assert (read(store, answer).text, read(store, answer).seq) == (expected(answer, 5), 5)
        conversation = f"c{answer[1:]}"
        assert [each.text for each in store.messages("owner", conversation)] == ["?", expected(answer, 5)]


def test_the_words_of_few_are_filed_at_once_with_all_before_them(opened: Database, store: SqlStore) -> None:
    say(store, 2, 3)
    say(store, 4, 4, ANSWERS[:FEW])
    assert count(opened, "event") == len(ANSWERS) + 3 * FEW
    assert all(read(store, answer).text == expected(answer, 4) for answer in ANSWERS[:FEW])
    assert all(read(store, answer).text == expected(answer, 3) for answer in ANSWERS[FEW:])


def test_enough_words_are_filed_together_and_what_has_served_is_removed(opened: Database, store: SqlStore) -> None:
    last = 1 + 3 * PRUNED
    say(store, 2, last)
    assert count(opened, "journal") <= PRUNED + ENOUGH + 1
    assert count(opened, "event") >= len(ANSWERS) * (last - ENOUGH)
    for answer in ANSWERS:
        assert (read(store, answer).text, read(store, answer).seq) == (expected(answer, last), last)
    for answer in ANSWERS:
        end(store, answer, last + 1)
    assert count(opened, "journal") == 0
    assert count(opened, "event") == len(ANSWERS) * (last + 1)
    assert [read(store, answer).text for answer in ANSWERS] == [expected(answer, last) for answer in ANSWERS]


def test_an_answer_that_falls_silent_does_not_keep_what_the_others_say(opened: Database, store: SqlStore) -> None:
    say(store, 2, 2)
    last = 2 + AGED + 2 * PRUNED
    say(store, 3, last, ANSWERS[1:])
    assert opened.journal.held(ANSWERS[0]) == ()
    assert read(store, ANSWERS[0]).text == expected(ANSWERS[0], 2)
    assert count(opened, "journal") <= AGED + PRUNED


def test_one_end_leaves_the_others_in_the_journal(opened: Database, store: SqlStore) -> None:
    say(store, 2, 4)
    end(store, ANSWERS[0], 5)
    assert (read(store, ANSWERS[0]).state, read(store, ANSWERS[0]).text) == ("stopped", expected(ANSWERS[0], 4))
    assert count(opened, "journal") == 3
    say(store, 5, 6, ANSWERS[1:])
    assert all(read(store, answer).text == expected(answer, 6) for answer in ANSWERS[1:])


def test_the_next_process_files_what_the_last_one_left(tmp_path: Path) -> None:
    with temporary(tmp_path) as opened:
        store = SqlStore(opened)
        open_answers(store)
        say(store, 2, 7)
        say(store, 8, 8, ANSWERS[:FEW])  # filed: the rows of the journal still say it too
    with temporary(tmp_path) as opened:
        store = SqlStore(opened)
        assert count(opened, "journal") == 0
        assert sorted(store.unfinished()) == sorted([(a, 8) for a in ANSWERS[:FEW]] + [(a, 7) for a in ANSWERS[FEW:]])
        assert all(read(store, answer).text == expected(answer, 8) for answer in ANSWERS[:FEW])
        assert all(read(store, answer).text == expected(answer, 7) for answer in ANSWERS[FEW:])
        backup.verify(tmp_path / FILE_NAME)


def test_a095_verify_looks_into_the_journal(tmp_path: Path, opened: Database, store: SqlStore) -> None:
    say(store, 2, 9)
    assert count(opened, "journal") == 8
    assert backup.verify(tmp_path / FILE_NAME)["event"] == 9 * len(ANSWERS)
    say(store, 10, 10, ANSWERS[:FEW])  # filed: what stands in both is counted once
    assert backup.verify(tmp_path / FILE_NAME)["event"] == 9 * len(ANSWERS) + FEW


@pytest.mark.parametrize(
    "damage", ["DELETE FROM journal WHERE number = 3", "UPDATE journal SET events = substr(events, 2) WHERE number = 3"]
)
def test_a095_verify_finds_what_is_broken_in_the_journal(tmp_path: Path, opened: Database, store: SqlStore, damage: str) -> None:
    say(store, 2, 9)
    opened.write(lambda connection: connection.execute(text(damage)))
    with pytest.raises(backup.Damaged):
        backup.verify(tmp_path / FILE_NAME)


def test_a095_a_copy_holds_the_journal_too(tmp_path: Path, opened: Database, store: SqlStore) -> None:
    say(store, 2, 9)
    backup.backup(tmp_path, tmp_path / "copy.db")
    backup.restore(tmp_path / "elsewhere", tmp_path / "copy.db")
    with temporary(tmp_path / "elsewhere") as other:
        assert all(read(SqlStore(other), answer).text == expected(answer, 9) for answer in ANSWERS)


def test_any_text_comes_back_as_it_was(tmp_path: Path) -> None:
    odd = ['"\\\n\r\t', "\0", "\u2028", "🙂é", "[", "", "x" * 100_000]
    with temporary(tmp_path) as opened:
        store = SqlStore(opened)
        open_answers(store)
        for seq, piece in enumerate(odd, 2):
            store.append([(answer, seq, "text", piece) for answer in ANSWERS], []).result()
        assert read(store, "a0").text == "".join(odd)
    with temporary(tmp_path) as opened:
        store = SqlStore(opened)
        assert [row[2] for row in store.events_after("a0", 1, 100)] == odd
        assert read(store, "a0").text == "".join(odd)
        end(store, "a0", 9)
        assert (read(store, "a0").state, read(store, "a0").text) == ("stopped", "".join(odd))


def test_what_is_filed_between_two_looks_comes_once(opened: Database, store: SqlStore) -> None:
    say(store, 2, 6)
    waiting = opened.journal.held("a0")
    assert len(waiting) == 5
    end(store, "a0", 7)
    seen = opened.read(lambda connection: first_events(connection, "a0", 0, 100, 10_000, waiting))
    assert [row[0] for row in seen] == [1, 2, 3, 4, 5, 6, 7]


def test_a_look_that_missed_the_middle_ends_before_it(opened: Database, store: SqlStore) -> None:
    """The database as it was before something was filed, the journal as it was after: a beginning, and no gap."""
    with opened._reading.connect() as early:
        early.execute(text("SELECT count(*) FROM event")).scalar()  # from here on it sees this moment
        say(store, 2, 2 + ENOUGH)
        say(store, 3 + ENOUGH, 4 + ENOUGH)
        assert opened.journal.held("a0")[0][1] > 2
        assert [row[0] for row in events_of(early, "a0", 0)] == [1]


def test_the_words_of_a_removed_conversation_hold_up_nobody(opened: Database, store: SqlStore) -> None:
    say(store, 2, 4)
    opened.write(lambda connection: connection.execute(text("DELETE FROM conversation WHERE id = 'c0'")))
    with pytest.raises(sqlite3.IntegrityError):  # as before there was a journal: the recorder ends this answer alone
        store.append([("a0", 5, "text", "x")], []).result()
    store.append([], [("a0", END, 2.0)]).result()
    assert opened.journal.held("a0") == ()
    assert store.events_after("a0", 0, 10) == []
    for answer in ANSWERS[1:]:
        end(store, answer, 5)
    assert count(opened, "journal") == 0


def test_a_removed_answer_that_waits_for_long_holds_up_nobody(opened: Database, store: SqlStore) -> None:
    say(store, 2, 2)
    opened.write(lambda connection: connection.execute(text("DELETE FROM conversation WHERE id = 'c0'")))
    last = 3 + AGED + 2 * ENOUGH
    say(store, 3, last, ANSWERS[1:])
    assert opened.journal.held("a0") == ()
    assert all(read(store, answer).text == expected(answer, last) for answer in ANSWERS[1:])


def test_long_pieces_are_filed_sooner(opened: Database, store: SqlStore) -> None:
    for seq in (2, 3):
        store.append([(answer, seq, "text", "x" * HEAVY) for answer in ANSWERS], []).result()
    assert opened.journal.held("a0") == ()
    assert read(store, "a0").text == "x" * 2 * HEAVY


def test_what_is_filed_while_an_answer_is_read_is_read(opened: Database, store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    say(store, 2, 6)
    looked = rows.held

    def held(connection: Connection, answer_id: str) -> Sequence[EventRow]:
        found = looked(connection, answer_id)
        if found and threading.current_thread() is threading.main_thread():
            end(store, answer_id, 7)
        return found

    monkeypatch.setattr(rows, "held", held)
    assert read(store, "a0").seq == 7


def test_what_could_not_be_committed_is_not_remembered(tmp_path: Path, opened: Database, store: SqlStore) -> None:
    say(store, 2, 3)
    opened.write(lambda connection: connection.execute(text("PRAGMA busy_timeout=50")))
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable):
            store.append(words(4), []).result()
        assert all(read(store, answer).text == expected(answer, 3) for answer in ANSWERS)
        other.execute("ROLLBACK")
    say(store, 4, 4)
    assert all(read(store, answer).text == expected(answer, 4) for answer in ANSWERS)


def test_two_commits_at_once_are_refused(opened: Database, store: SqlStore) -> None:
    """The second would not know what the first has put into the journal."""
    let_go = threading.Event()
    opened.submit(lambda _connection: let_go.wait(30))
    first = store.append(words(2), [])
    with pytest.raises(RuntimeError):
        store.append(words(3), [])
    let_go.set()
    first.result()
    say(store, 3, 3)
    assert all(read(store, answer).text == expected(answer, 3) for answer in ANSWERS)
