"""Temporary talks: answers that live in the memory of this process alone, beside those that are stored.

``Beside`` stands before the database and keeps the events of temporary answers to itself, so that the runner writes, stops and
follows both alike. What a talk said before comes with each question; nothing of it is kept here but the answer being read.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from server import wire
from server.conversations import Answer, Asked, Ended, EventRow, Opened, State, fold, new_id
from server.errors import ApiError
from server.generation.runner import Store

KEPT = 300.0  # seconds after its end for which an answer can still be read: the line may just have been lost
MOST = 1_000  # answers kept at once


@dataclass
class _Kept:
    """One answer. Its rows are only ever added to, by the loop; any thread may read them."""

    owner: str
    place: Opened
    rows: list[tuple[int, str, str]] = field(default_factory=list)
    end: Ended | None = None


class Temporary:
    """The temporary answers. Public methods may be called from any thread, ``append`` from the loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # of the two tables, not of what stands in them
        self._answers: dict[str, _Kept] = {}
        self._asked: dict[tuple[str, str], str] = {}

    def open(self, owner: str, question_id: str) -> Opened:
        """The place of an answer. The same question id again finds the answer that is there."""
        question_id = question_id or new_id()
        with self._lock:
            known = self._find(owner, question_id)
            if known is not None:
                return known
            if len(self._answers) >= MOST:
                raise ApiError("too_many_answers", 429, "Too many temporary answers", retry_after=60)
            kept = _Kept(owner, Opened("", question_id, new_id()))
            kept.rows.append((1, *wire.to_row(Asked("", question_id, kept.place.answer_id))))
            self._answers[kept.place.answer_id] = kept
            self._asked[(owner, question_id)] = kept.place.answer_id
            return kept.place

    def asked(self, owner: str, question_id: str) -> Opened | None:
        """The answer that this question opened before, if it did."""
        with self._lock:
            return self._find(owner, question_id)

    def _find(self, owner: str, question_id: str) -> Opened | None:
        known = self._answers.get(self._asked.get((owner, question_id), ""))
        return replace(known.place, existed=True) if known else None

    def holds(self, answer_id: str) -> bool:
        return answer_id in self._answers

    def place_of(self, owner: str, answer_id: str) -> Opened | None:
        kept = self._of(owner, answer_id)
        return kept.place if kept else None

    def _of(self, owner: str, answer_id: str) -> _Kept | None:
        kept = self._answers.get(answer_id)
        return kept if kept is not None and kept.owner == owner else None

    @property
    def empty(self) -> bool:
        return not self._answers

    def append(self, row: EventRow) -> None:
        """A row that comes again because the others of its commit had to is there already."""
        answer_id, seq, kind, data = row
        kept = self._answers.get(answer_id)
        if kept is not None and seq > kept.rows[-1][0]:
            kept.rows.append((seq, kind, data))

    def finish(self, answer_id: str, end: Ended) -> None:
        kept = self._answers.get(answer_id)
        if kept is not None and kept.end is None:
            kept.end = end
            asyncio.get_running_loop().call_later(KEPT, self._forget, answer_id)

    def _forget(self, answer_id: str) -> None:
        with self._lock:
            kept = self._answers.pop(answer_id)
            del self._asked[(kept.owner, kept.place.question_id)]

    def events_after(self, answer_id: str, after: int, limit: int) -> list[tuple[int, str, str]]:
        kept = self._answers.get(answer_id)
        return [row for row in list(kept.rows) if row[0] > after][:limit] if kept else []

    def state_of(self, owner: str, answer_id: str) -> State | None:
        kept = self._of(owner, answer_id)
        return None if kept is None else kept.end.state if kept.end else "running"

    def answer(self, owner: str, answer_id: str) -> Answer | None:
        kept = self._of(owner, answer_id)
        if kept is None:
            return None
        rows = list(kept.rows)
        answer = Answer(answer_id, kept.place.question_id, "", 0.0, "running")
        return replace(fold(answer, wire.from_rows(rows)), seq=rows[-1][0])


class Beside:
    """The runner's store: temporary answers in memory, all others in the database."""

    def __init__(self, stored: Store, temporary: Temporary) -> None:
        self._stored = stored
        self._temporary = temporary

    def append(self, rows: Sequence[EventRow], ended: Sequence[tuple[str, Ended, float]]) -> Future[None]:
        """What is temporary becomes visible together with what was stored in the same commit."""
        if self._temporary.empty:
            return self._stored.append(rows, ended)
        holds = self._temporary.holds
        to_store = [row for row in rows if not holds(row[0])]
        ended_stored = [end for end in ended if not holds(end[0])]
        for row in rows:
            self._temporary.append(row)
        for answer_id, end, _ in ended:
            self._temporary.finish(answer_id, end)
        if to_store or ended_stored:
            return self._stored.append(to_store, ended_stored)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def events_after(self, answer_id: str, after: int, limit: int) -> list[tuple[int, str, str]]:
        store = self._temporary if self._temporary.holds(answer_id) else self._stored
        return store.events_after(answer_id, after, limit)

    def unfinished(self) -> list[tuple[str, int]]:
        return self._stored.unfinished()

    def answer(self, owner: str, answer_id: str) -> Answer | None:
        store = self._temporary if self._temporary.holds(answer_id) else self._stored
        return store.answer(owner, answer_id)

    def state_of(self, owner: str, answer_id: str) -> State | None:
        store = self._temporary if self._temporary.holds(answer_id) else self._stored
        return store.state_of(owner, answer_id)
