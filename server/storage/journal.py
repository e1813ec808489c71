"""The journal: what a commit of many answers' events brings stands in one row until each answer's events are filed in the log.

Filed at once, every event of a thousand answers dirties a page of its own: 4 KB written for a word. In the journal a commit is a
row of a few pages; ``ENOUGH`` events of one answer, or its end, then move into ``event`` together, where they are neighbours.

What is in the journal only is known in memory too, and read from there. It is written in the writer's thread, after the commit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from sqlalchemy import Connection

from server.conversations import EventRow
from server.storage.prepared import driver
from server.storage.statements import INSERT_EVENTS

FEW = 4  # events in a commit that are filed at once: so many pages it may cost
ENOUGH = 16  # events of one answer that wait in the journal before they are filed together
HEAVY = 64 * 1024  # characters of one answer likewise
AGED = 128  # commits after which an answer's events are filed however few they are: until then they keep all rows since
PRUNED = 64  # rows that have served before they are removed
KEY = "journal"  # of a connection's ``info``

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_WRITE = "INSERT INTO journal (number, events) VALUES (?, ?)"
_PRUNE = "DELETE FROM journal WHERE number < ?"
_THERE = "SELECT json_group_array(id) FROM message WHERE id IN (SELECT value FROM json_each(?))"
_FILE_LEFTOVER = """
    INSERT OR IGNORE INTO event (answer_id, seq, type, data)
    SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM message WHERE id = ?)"""


@dataclass
class _Held:
    """One answer's events that are not filed yet, and the row of the journal in which they begin."""

    number: int
    rows: list[EventRow] = field(default_factory=list)
    size: int = 0  # characters


class Written(NamedTuple):
    """What a transaction has done, to be remembered once it is committed."""

    filed: frozenset[str]
    kept: Sequence[EventRow]
    number: int
    pruned: int


class Journal:
    """``write`` in a transaction, ``remember`` after its commit; never two transactions at once."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}  # in the order of their numbers
        self._number = 0  # of the newest row
        self._pruned = 1  # rows below it are gone

    def held(self, answer_id: str) -> Sequence[EventRow]:
        """The committed events of this answer that are not in the log yet. From any thread.

        Ask before the database is asked: then what is filed in between comes twice and not never.
        """
        held = self._held.get(answer_id)
        return held.rows[:] if held else ()

    def write(self, connection: Connection, rows: Sequence[EventRow], ended: Sequence[str]) -> Written:
        """Put events into the journal, and into the log those of answers that have ended, have enough of them, or wait for long."""
        due = self._due(rows, ended)
        self._file(connection, rows, due)
        kept = [row for row in rows if row[0] not in due]
        if kept:
            driver(connection).execute(_WRITE, (self._number + 1, _encode(kept)))
        return Written(due, kept, self._number + bool(kept), self._prune(connection, due, kept))

    def _due(self, rows: Sequence[EventRow], ended: Sequence[str]) -> frozenset[str]:
        if len(rows) <= FEW:
            return frozenset([*(row[0] for row in rows), *ended])
        full = [row[0] for row in rows if (held := self._held.get(row[0])) and (len(held.rows) >= ENOUGH or held.size >= HEAVY)]
        aged = takewhile(lambda held: held[1].number <= self._number - AGED, self._held.items())
        return frozenset([*full, *(answer_id for answer_id, _ in aged), *ended])

    def _file(self, connection: Connection, rows: Sequence[EventRow], due: frozenset[str]) -> None:
        filed = [row for row in rows if row[0] in due]
        for answer_id in self._there(connection, due):
            filed += self._held[answer_id].rows
        insert_events(connection, sorted(filed))

    def _there(self, connection: Connection, due: frozenset[str]) -> list[str]:
        """Those of which the journal holds words, but for what was removed meanwhile: the log would not take it for anybody."""
        held = [answer_id for answer_id in due if answer_id in self._held]
        if not held:
            return held
        (there,) = driver(connection).execute(_THERE, (json.dumps(held),)).fetchone()
        found: list[str] = json.loads(there)
        return found

    def _prune(self, connection: Connection, due: frozenset[str], kept: Sequence[EventRow]) -> int:
        """Remove the rows of which everything is filed: many at once, or all when nothing is left to file.

        Returns below which number there are none.
        """
        oldest = next((held.number for answer_id, held in self._held.items() if answer_id not in due), self._number + 1)
        served = oldest - self._pruned
        if served >= PRUNED or (served and oldest > self._number and not kept):
            driver(connection).execute(_PRUNE, (oldest,))
            return oldest
        return self._pruned

    def remember(self, written: Written) -> None:
        """``written`` is committed."""
        for answer_id in written.filed:
            self._held.pop(answer_id, None)
        for row in written.kept:
            held = self._held.get(row[0])
            if held is None:
                held = self._held[row[0]] = _Held(written.number)
            held.rows.append(row)
            held.size += len(row[3])
        self._number, self._pruned = written.number, written.pruned


def held(connection: Connection, answer_id: str) -> Sequence[EventRow]:
    """``Journal.held`` for whoever has a connection of ``Database``."""
    journal: Journal = connection.info[KEY]
    return journal.held(answer_id)


def file_leftovers(connection: Connection) -> None:
    """After a start: file what the last process had in its journal. What is filed already, and what was removed, is passed over."""
    leftovers = driver(connection).execute("SELECT events FROM journal ORDER BY number").fetchall()
    for (events,) in leftovers:
        driver(connection).executemany(_FILE_LEFTOVER, [(*row, row[0]) for row in json.loads(events)])
    if leftovers:  # a full disk has room for nothing, but nothing is to be done
        driver(connection).execute("DELETE FROM journal")


def insert_events(connection: Connection, rows: Sequence[EventRow]) -> None:
    """Put events into the log itself."""
    done = 0
    for size, statement in INSERT_EVENTS.items():
        while len(rows) - done >= size:
            driver(connection).execute(statement, [value for row in rows[done : done + size] for value in row])
            done += size
