"""The event log of an answer being written, and the recorder that stores events before anybody sees them.

Everything here lives on the asyncio loop, so nothing needs a lock; only the commit itself runs in the database's writer thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from g4f.chat import Progress, Reasoning, Text
from server import wire
from server.conversations import AnswerEvent, Ended, EventRow
from server.errors import StorageUnavailable

logger = logging.getLogger(__name__)

RECENT = 8  # committed events kept in memory per running answer; a reader further behind reads the database
BATCH = 2_000  # events that one read of the database returns at the most
SHORTEST_GATHER = 0.005  # seconds between the beginnings of two commits: one answer never waits for it, hundreds share commits
LONGEST_GATHER = 0.015  # seconds; the most that a busy machine delays an event for the sake of fewer commits
COMMIT_SHARE = 0.4  # of the time that may go into commits
MAX_PENDING = 20_000  # events waiting for the database before the providers have to wait too
RETRY_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0)  # pauses while the database cannot write; the last one repeats


class Entry(NamedTuple):
    """One committed event: its number, its row, and its form on the wire (made once for all readers)."""

    seq: int
    type: str
    data: str
    frame: bytes


def entry(seq: int, kind: str, data: str) -> Entry:
    return Entry(seq, kind, data, wire.to_sse(seq, kind, data))


class Events(Protocol):
    """What the log asks of the store."""

    def append(self, rows: Sequence[EventRow], ended: Sequence[tuple[str, Ended, float]]) -> Future[None]: ...

    def events_after(self, answer_id: str, after: int, limit: int) -> list[tuple[int, str, str]]: ...


class Sink(Protocol):
    """Where a reader wants the events."""

    def take(self, entries: Sequence[Entry]) -> bool:
        """Pass them on; whether there is room for more at once."""

    async def room(self) -> None:
        """Wait until there is."""


@dataclass(eq=False)
class _Listener:
    """A reader who has everything so far: it is handed what comes in the moment of its commit, and no task wakes for it.

    ``done`` is set when it wants no more for now, when the answer has ended, or to the failure of its sink.
    """

    sink: Sink
    last: Entry | None
    seen: int
    done: asyncio.Future[None]

    def hear(self, entries: Sequence[Entry]) -> bool:
        """Whether it goes on listening."""
        if entries[0].seq <= self.seen:  # it was read in the database, where it stands a moment before it is published
            entries = [entry for entry in entries if entry.seq > self.seen]
            if not entries:
                return True
        self.last = entries[-1]
        try:
            going_on = self.sink.take(entries)
        except Exception as error:  # the reader's own, and no business of those who write the answer
            self.leave(error)
            return False
        if not going_on:
            self.leave()
        return going_on

    def leave(self, error: Exception | None = None) -> None:
        if self.done.done():  # cancelled: the reader has gone
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


class EventLog:
    """The log of one running answer. ``seq`` counts what was committed and published."""

    def __init__(self, answer_id: str, store: Events, seq: int = 0) -> None:
        self.answer_id = answer_id
        self.seq = seq
        self.began = seq  # what came before is not in this log
        self.end: Ended | None = None
        self.spoken = False  # whether a person was shown a word of it
        self._store = store
        self._recent: deque[Entry] = deque(maxlen=RECENT)
        self._listeners: list[_Listener] = []
        self._waiting: list[asyncio.Future[None]] = []

    def publish(self, entries: Sequence[Entry], end: Ended | None) -> None:
        """Let the readers have what has just been committed."""
        if entries:
            self._recent.extend(entries)
            self.seq = entries[-1].seq
            if self._listeners:
                self._listeners = [listener for listener in self._listeners if listener.hear(entries)]
        if end is not None:
            self.end = self.end or end
            for listener in self._listeners:
                listener.leave()
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)
            self._listeners, self._waiting = [], []

    async def follow(self, after: int, sink: Sink) -> Entry | None:
        """Give everything after event ``after``, as it is committed, until the answer has ended. Returns the last event given."""
        last: Entry | None = None
        while True:
            seen = last.seq if last else after
            if entries := await self._since(seen):
                last = entries[-1]
                has_room = sink.take(entries)
                del entries  # a slow reader does not keep what has been passed on
                if not has_room:
                    await sink.room()
            elif self.end is not None:
                return last
            else:
                last = await self._listen(sink, last, seen)

    async def _listen(self, sink: Sink, last: Entry | None, seen: int) -> Entry | None:
        listener = _Listener(sink, last, seen, asyncio.get_running_loop().create_future())
        self._listeners.append(listener)
        try:
            await listener.done
        finally:
            if listener in self._listeners:
                self._listeners.remove(listener)
        await sink.room()
        return listener.last

    async def ended(self) -> None:
        """Wait until the end is committed."""
        if self.end is None:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting

    async def _since(self, after: int) -> Sequence[Entry]:
        missing = self.seq - after
        if missing <= 0:
            return ()
        if missing <= len(self._recent):
            return [self._recent[index] for index in range(len(self._recent) - missing, len(self._recent))]
        return await read_entries(self._store, self.answer_id, after, min(missing, BATCH))


async def read_entries(store: Events, answer_id: str, after: int, limit: int = BATCH) -> Sequence[Entry]:
    """Committed events from the database, off the loop."""
    return await asyncio.to_thread(lambda: [entry(*row) for row in store.events_after(answer_id, after, limit)])


class Recorder:
    """Gathers events of all running answers and commits them: at once when the writer is idle, together when it is busy."""

    def __init__(self, store: Events, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._pending: dict[EventLog, list[AnswerEvent]] = {}
        self._count = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.healthy = True
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def append(self, log: EventLog, event: AnswerEvent) -> None:
        """Hand an event over. Returns at once, unless the database has fallen far behind. After the end nothing is taken."""
        if not self.take(log, event):
            await self.room()

    def take(self, log: EventLog, event: AnswerEvent) -> bool:
        """``append`` without the waiting: whether there is room for more."""
        if log.end is not None:
            return True
        events = self._pending.get(log)
        if events is None:
            self._pending[log] = [event]
            self._count += 1
            self._arrived.set()
        elif not _merge(events, event):
            events.append(event)
            self._count += 1
        if self._count > MAX_PENDING:
            self._room.clear()
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until the database has caught up."""
        await self._room.wait()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = 0.0
        while True:
            await self._arrived.wait()
            if (pause := due - loop.time()) > 0:
                await asyncio.sleep(pause)
            began = loop.time()
            self._arrived.clear()
            pending, self._pending, self._count = self._pending, {}, 0
            if pending:
                await self._commit(pending)
            due = began + min(max((loop.time() - began) / COMMIT_SHARE, SHORTEST_GATHER), LONGEST_GATHER)

    async def _commit(self, pending: dict[EventLog, list[AnswerEvent]]) -> None:
        rows: list[EventRow] = []
        ended: list[tuple[str, Ended, float]] = []
        published: list[tuple[EventLog, list[Entry], Ended | None]] = []
        try:
            for log, events in pending.items():
                entries: list[Entry] = []
                for seq, event in enumerate(events, log.seq + 1):
                    kind, data = wire.to_row(event)
                    rows.append((log.answer_id, seq, kind, data))
                    entries.append(Entry(seq, kind, data, wire.to_sse(seq, kind, data)))
                end = events[-1] if isinstance(events[-1], Ended) else None
                if end is not None:
                    ended.append((log.answer_id, end, self._clock()))
                published.append((log, entries, end))
            await self._store_until_done(rows, ended)
        except Exception:  # not the database's state but these very events: trying again would not help
            logger.exception("events cannot be stored", extra={"answer": next(iter(pending)).answer_id})
            await self._commit_apart(pending)
        else:
            for log, entries, end in published:
                log.publish(entries, end)
        if self._count <= MAX_PENDING // 2:
            self._room.set()

    async def _commit_apart(self, pending: dict[EventLog, list[AnswerEvent]]) -> None:
        """One answer that cannot be stored must not keep the others: each is tried alone, and that one ends."""
        broken = Ended("interrupted", code="internal")
        for log, events in pending.items():
            if len(pending) > 1:
                await self._commit({log: events})
            elif events != [broken]:
                await self._commit({log: [broken]})
            else:
                await self._end_without_event(log, broken)

    async def _end_without_event(self, log: EventLog, end: Ended) -> None:
        """Not even the end can stand among its events: the answer is given its state alone, so that nothing calls it running."""
        try:
            await self._store_until_done([], [(log.answer_id, end, self._clock())])
        except Exception:  # the answer itself is gone; its readers still have to be let go
            logger.exception("an end cannot be stored", extra={"answer": log.answer_id})
            log.publish([], end)
        else:
            log.publish([entry(log.seq + 1, *wire.to_row(end))], end)

    async def _store_until_done(self, rows: list[EventRow], ended: list[tuple[str, Ended, float]]) -> None:
        """Nothing is dropped while the database cannot write: the providers wait until it can (A-092, A-093)."""
        for attempt in range(1 << 62):
            try:
                await asyncio.wrap_future(self._store.append(rows, ended))
            except StorageUnavailable as error:
                if self.healthy:
                    logger.error("the database cannot write", extra={"reason": error.message})
                self.healthy = False
                self._room.clear()
                await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
            else:
                if not self.healthy:
                    logger.warning("the database can write again")
                self.healthy = True
                return

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def _merge(events: list[AnswerEvent], event: AnswerEvent) -> bool:
    """Join a piece to the one before it when both still wait for the same commit: fewer rows when the machine is busy."""
    last = events[-1]
    if isinstance(event, Text) and isinstance(last, Text):
        events[-1] = Text(last.text + event.text)
    elif isinstance(event, Reasoning) and isinstance(last, Reasoning):
        events[-1] = Reasoning(last.text + event.text)
    elif isinstance(event, Progress) and isinstance(last, Progress):
        events[-1] = event
    else:
        return False
    return True
