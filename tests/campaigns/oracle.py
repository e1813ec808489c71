"""Judges what is stored after a disturbance: the invariants I1-I7, against what the clients were promised and shown.

Reads the database beside the running server and asks the server itself for what follows an event that somebody saw.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tests.campaigns import client
from tests.campaigns.crowd import Crowd, Title
from tests.campaigns.reading import Reading, Violation, check_text
from tests.campaigns.stage import Stage

TERMINAL = ("complete", "stopped", "failed", "interrupted")
WAL_BYTES = 64 << 20
RESUMED = 40  # answers whose rest is asked for after each disturbance


@dataclass(frozen=True)
class Stored:
    """An answer as the database has it."""

    question: str
    state: str
    text: str
    seq: int


class Oracle:
    """``check`` raises nothing: it returns the violations. What once had ended is remembered, and must never change."""

    def __init__(self, stage: Stage, crowd: Crowd) -> None:
        self._stage = stage
        self.crowd = crowd
        self._ended: dict[str, Stored] = {}
        self._chance = random.Random(7)
        self.checked: Counter[str] = Counter()

    async def check(self) -> list[str]:
        """All invariants but the liveness of I5. Call while the clients are halted and the server runs."""
        with closing(sqlite3.connect(f"file:{self._stage.database}?mode=ro", uri=True)) as database:
            faults = [*_integrity(database), *self._size()]
            questions = _questions(database)
            answers = _answers(database)
            titles = {row[0]: row[1:] for row in database.execute("SELECT id, title, revision, deleted_at FROM conversation")}
        faults += self._sends(questions, answers)
        present = [reading for reading in self.crowd.readings if reading.answer in answers]
        touched = [reading for reading in present if reading.gone_on or reading.answer not in self._ended]
        for reading in touched:
            faults += self._answer(reading, answers[reading.answer])
        faults += self._unchanged(answers)
        faults += [fault for key, title in self.crowd.titles.items() for fault in _title(key, title, titles.get(key))]
        faults += await self._resume(touched, answers)
        faults += self._asked_once()
        faults += ["a traceback in the server's log"] * ("Traceback" in self._stage.server.log)
        self.checked["checks"] += 1
        return faults

    def running(self) -> int:
        """Answers that the database says are being written."""
        with closing(sqlite3.connect(f"file:{self._stage.database}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT count(*) FROM generation WHERE state NOT IN (?, ?, ?, ?)", TERMINAL).fetchone()
        return int(row[0])

    def _size(self) -> list[str]:
        wal = self._stage.database.with_name("chat.db-wal")
        size = wal.stat().st_size if wal.exists() else 0
        return [f"I7: the WAL has {size} bytes"] if size > WAL_BYTES else []

    def _sends(self, questions: dict[str, list[str]], answers: dict[str, Stored]) -> list[str]:
        faults = []
        answered = Counter(answer.question for answer in answers.values())
        again: dict[str, list[str]] = defaultdict(list)
        for reading in self.crowd.readings:
            if reading.again:
                again[reading.question].append(reading.answer)
        for reading in self.crowd.readings:
            if reading.again:
                self.checked["again"] += reading.acked
                if reading.acked and reading.answer not in answers:
                    faults.append(f"I1: acknowledged answer {reading.answer} is not stored")
                continue
            stored = questions.get(reading.question, [])
            if reading.acked:
                self.checked["acked"] += 1
                if stored != [reading.script.to_question()]:
                    faults.append(f"I1: acknowledged question {reading.question} is stored {len(stored)} times, or differently")
            beside = sum(other in answers for other in again[reading.question])
            if len(stored) > 1 or answered[reading.question] != len(stored) + beside:
                faults.append(f"I2: question {reading.question}: {len(stored)} messages, {answered[reading.question]} answers")
        texts = Counter(text for stored in questions.values() for text in stored)
        return faults + [f"I2: stored {count} times: {text[:80]}" for text, count in texts.items() if count > 1]

    def _answer(self, reading: Reading, stored: Stored) -> list[str]:
        self.checked["answers"] += 1
        seen = max((length for _, length in reading.seen), default=0)
        faults = []
        if reading.end is not None and reading.end["state"] != stored.state:
            faults.append(f"I5: answer {reading.answer} is {stored.state}, its reader was told {reading.end['state']}")
        if len(stored.text) < seen:
            faults.append(f"I3: {len(stored.text)} characters of answer {reading.answer} are stored, {seen} were shown")
        try:
            check_text(reading.script, stored.text, stored.state)
        except Violation as violation:
            faults.append(f"{violation} (stored, answer {reading.answer})")
        return faults

    def _unchanged(self, answers: dict[str, Stored]) -> list[str]:
        """What has ended stays; one that is gone on with grows, and begins as it began."""
        faults = []
        gone_on = {reading.answer for reading in self.crowd.readings if reading.gone_on}
        for key, stored in answers.items():
            before = self._ended.get(key, stored)
            same = (stored.state, stored.text) == (before.state, before.text)
            if key in gone_on:
                self.checked["gone on"] += not same
                same = stored.text.startswith(before.text)
            elif stored.state not in TERMINAL:
                same = key not in self._ended
            if not same:
                faults.append(f"I5: answer {key} changed after its end")
            if stored.state in TERMINAL:
                self._ended[key] = stored
        return [*faults, *(f"I1: answer {key} is gone" for key in self._ended.keys() - answers.keys())]

    async def _resume(self, touched: list[Reading], answers: dict[str, Stored]) -> list[str]:
        """I4: from any event that was seen, the exact rest follows."""
        faults = []
        seen = [reading for reading in touched if reading.seen and answers[reading.answer].state in TERMINAL]
        seen = [reading for reading in seen if not self.crowd.titles[reading.conversation].hidden]
        for reading in self._chance.sample(seen, min(RESUMED, len(seen))):
            seq, length = self._chance.choice(reading.seen)
            text = ""
            async with client.send(self._stage.port, "GET", f"/answers/{reading.answer}/events?after={seq}") as response:
                while not response.ended:
                    for event in await response.more():
                        faults += [f"I4: event {event.seq} after {seq} of {reading.answer}"] * (event.seq != seq + 1)
                        seq = event.seq
                        text += event.fields["text"] if event.type == "text" else ""
            self.checked["resumed"] += 1
            if text != answers[reading.answer].text[length:]:
                faults.append(f"I4: another rest of answer {reading.answer} after {length} characters")
        return faults

    def _asked_once(self) -> list[str]:
        """A restart and a repeated send cost the upstream nothing (A-088, A-089); what people ask for anew is asked anew."""
        asked = Counter(line["key"] for line in self._stage.upstream_said() if line["what"].startswith("asked"))
        more: Counter[str] = Counter()
        for reading in self.crowd.readings:
            more[reading.script.key] += reading.again + reading.gone_on
        self.checked["upstream"] = len(asked)
        return [f"the upstream was asked {count} times for {key}" for key, count in asked.items() if count > 1 + more[key]]


def _integrity(database: sqlite3.Connection) -> list[str]:
    faults = [f"I7: {row[0]}" for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
    faults += [f"I6: a row without its parent: {row}" for row in database.execute("PRAGMA foreign_key_check")]
    gaps = "SELECT answer_id FROM event GROUP BY answer_id HAVING min(seq) != 1 OR max(seq) != count(*)"
    faults += [f"I4: a gap in the events of {row[0]}" for row in database.execute(gaps)]
    unnamed = "SELECT answer_id FROM event WHERE seq = 1 AND type != 'started'"
    faults += [f"I4: answer {row[0]} does not begin with started" for row in database.execute(unnamed)]
    parents = """SELECT child.id FROM message child JOIN message parent ON parent.id = child.parent_id
                 WHERE parent.number >= child.number OR parent.conversation_id != child.conversation_id"""
    return faults + [f"I6: message {row[0]} is not younger than its parent" for row in database.execute(parents)]


def _questions(database: sqlite3.Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, text in database.execute("SELECT id, text FROM message WHERE author = 'user'"):
        found.setdefault(key, []).append(text)
    return found


def _answers(database: sqlite3.Connection) -> dict[str, Stored]:
    """With the text of those that have not ended yet gathered from their events."""
    rows = database.execute(
        """SELECT message.id, parent_id, state, text, seq FROM message JOIN generation ON answer_id = message.id
           WHERE generation.number = (SELECT max(number) FROM generation newest WHERE newest.answer_id = message.id)"""
    ).fetchall()
    return {key: Stored(question, state, text or _written(database, key, state), seq) for key, question, state, text, seq in rows}


def _written(database: sqlite3.Connection, answer: str, state: str) -> str:
    if state in TERMINAL:
        return ""
    rows = database.execute("SELECT data FROM event WHERE answer_id = ? AND type = 'text' ORDER BY seq", (answer,))
    return "".join(row[0] for row in rows)


def _title(key: str, known: Title, stored: tuple[Any, ...] | None) -> list[str]:
    """I6: an acknowledged title or deletion holds; one that nobody acknowledged may or may not have happened."""
    if stored is None:
        return [f"I6: conversation {key} is gone"]
    title, revision, deleted_at = stored
    if known.title and revision < known.revision:
        return [f"I6: conversation {key} went back from revision {known.revision} to {revision}"]
    possible = {(known.title, known.deleted), *known.pending}
    is_deleted = deleted_at is not None
    if not known.title:  # never renamed: named by its first question
        title, possible = "", {("", deleted) for _, deleted in possible}
    if (title, is_deleted) not in possible:
        return [f"I6: conversation {key} is {(title, is_deleted)}, known are {sorted(possible)}"]
    return []
