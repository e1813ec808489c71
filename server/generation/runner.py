"""Starts, stops, follows and restores generations: the answers that are being written.

A generation belongs to the server, not to a connection: readers come and go, and only ``stop`` stops it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Text
from g4f.errors import ProviderError
from g4f.telling import Sink as EventSink
from g4f.telling import Telling
from server import wire
from server.conversations import TERMINAL, Answer, Asked, Ended, Opened, Proceeding, State
from server.errors import ApiError, NotFound, StorageUnavailable
from server.generation.log import Entry, EventLog, Events, Recorder, Sink, entry, read_entries
from server.generation.loop import LoopThread

logger = logging.getLogger(__name__)

RESTARTED = Ended("interrupted", code="server_restarted")  # how an answer ends that the server's end cuts off
ENDS = ("finished", "failed")  # types of the last event of a generation
OPENING_SECONDS = 5.0  # how long the start of an answer that is stored already is waited for
OPENING_LOOK_SECONDS = 0.02
STOP_SECONDS = 10.0  # how long a person waits at most for an end to be stored
DRAIN_SECONDS = 5.0  # how long the server's end waits for a database that cannot write; nothing unstored was shown


@dataclass(frozen=True)
class Task:
    """What is to be said and by whom: ``candidates`` may begin, ``successors`` may go on if one falls silent.

    ``written`` is the beginning of an answer that ended before its time and is gone on with.
    """

    request: ChatRequest
    candidates: Sequence[Provider]
    successors: Sequence[Provider] = ()
    written: str = ""


Speak = Callable[[Task, EventSink], Telling]  # cancelled, it ends what it asked of the providers
After = Callable[[EventLog, Ended], None]  # told on the loop how an answer ends, just before that is stored


class Store(Events, Protocol):
    """What generations ask of the store."""

    def unfinished(self) -> list[tuple[str, int]]: ...
    def answer(self, owner: str, answer_id: str) -> Answer | None: ...
    def state_of(self, owner: str, answer_id: str) -> State | None: ...


@dataclass(eq=False)
class Running:
    """One answer being written: ``speaking`` asks the providers and is what a stop cancels, ``writing`` records how it ends."""

    log: EventLog
    provider: str  # who was asked first
    speaking: asyncio.Task[Ended]
    writing: asyncio.Task[None] = field(init=False)
    cut: Ended | None = None  # how it ends because somebody stopped it
    after: After | None = None


class Runner:
    """All generations of this process. Public methods may be called from any thread, unless they are coroutines."""

    def __init__(self, store: Store, speak: Speak, loop: LoopThread, *, max_running: int = 0) -> None:
        self._store = store
        self._speak = speak
        self._loop = loop
        self._max_running = max_running
        self._running: dict[str, Running] = {}
        self.stopping = False
        self._recorder: Recorder = loop.run(self._make_recorder())

    async def _make_recorder(self) -> Recorder:
        return Recorder(self._store)

    @property
    def healthy(self) -> bool:
        """Whether the last commit succeeded."""
        return self._recorder.healthy

    @property
    def running(self) -> int:
        return len(self._running)

    def is_busy(self, provider: str) -> bool:
        """Whether an answer of this provider is being written. On the loop."""
        return any(running.provider == provider for running in self._running.values())

    def check_room(self) -> None:
        """Refuse a new answer before it is stored: when the server is stopping, or too many are being written."""
        if self.stopping:
            raise ApiError("stopping", 503, "The server is stopping", retry_after=5)
        if not self.healthy:
            raise ApiError("storage_unavailable", 503, "Storage is unavailable", retry_after=5)
        if self._max_running and self.running >= self._max_running:
            raise ApiError("too_many_answers", 429, "Too many answers are being written", retry_after=5)

    @contextmanager
    def opening(self, answer_id: str, *, seq: int = 1, written: str = "") -> Iterator[None]:
        """Around everything between storing an answer and starting it: a failure there is the answer's end.

        Without it the answer would seem to be written until the next restart. ``seq`` is the number of its last event.
        """
        try:
            yield
        except Exception as error:
            code = error.code if isinstance(error, ApiError) else "internal"
            log = EventLog(answer_id, self._store, seq)
            log.spoken = bool(written)
            self._loop.run(self._recorder.append(log, _failure(log, code)))
            raise

    def start(self, opened: Opened, task: Task, after: After | None = None) -> None:
        """Begin to write the answer that ``opened`` made room for."""
        log = EventLog(opened.answer_id, self._store)
        first = Asked(opened.conversation_id, opened.question_id, opened.answer_id)
        log.publish([entry(1, *wire.to_row(first))], None)  # committed together with the question
        self._loop.soon(self._start, log, task, after)

    def proceed(self, proceeding: Proceeding, task: Task, after: After | None = None) -> None:
        """Go on with an answer that ended before its time."""
        answer = proceeding.answer
        log = EventLog(answer.id, self._store, answer.seq)
        log.spoken = bool(answer.text)
        log.publish([entry(answer.seq + 1, *wire.to_row(proceeding.seam))], None)  # committed when the answer was opened again
        self._loop.soon(self._start, log, task, after)

    def _start(self, log: EventLog, task: Task, after: After | None) -> None:
        """On the loop. Nobody waits for it: who follows the answer or stops it comes after it, or looks again."""
        speaking = asyncio.create_task(self._speaking(log, task))
        running = Running(log, task.candidates[0].id if task.candidates else "", speaking, after=after)
        running.writing = asyncio.create_task(self._write(running))
        self._running[log.answer_id] = running
        if self.stopping:  # it was stored just before the server was told to stop
            _cut(running, RESTARTED)

    async def _speaking(self, log: EventLog, task: Task) -> Ended:
        said = _ToRecorder(log, self._recorder)
        with suppress(_Over):
            await self._speak(task, said)
        return said.end

    async def _write(self, running: Running) -> None:
        """Nobody cancels this task, so that every answer gets its end, also one that is stopped before its first step."""
        log = running.log
        try:
            await asyncio.wait([running.speaking])
            end = _end_of(running)
            if running.after is not None:
                running.after(log, end)
            await self._recorder.append(log, end)
            await log.ended()
        finally:
            # Once the end is stored the answer may be gone on with, and then another generation stands here.
            if self._running.get(log.answer_id) is running:
                del self._running[log.answer_id]

    def stop(self, owner: str, answer_id: str) -> State:
        """Stop writing. Returns the state in which the answer has ended, which may be another one if it was just complete."""
        stopped = self._loop.spawn(self._stop(owner, answer_id))
        try:
            stopped.result(STOP_SECONDS)
        except concurrent.futures.TimeoutError:
            stopped.cancel()
            raise StorageUnavailable("the end could not be stored yet") from None
        answer = self._store.answer(owner, answer_id)
        if answer is None:
            raise NotFound
        return answer.state

    def abandon(self, owner: str, answer_ids: Iterable[str]) -> None:
        """Stop answers that nobody wants any more, without waiting for their ends."""
        for answer_id in answer_ids:
            self._loop.spawn(self._stop(owner, answer_id))

    async def _stop(self, owner: str, answer_id: str) -> None:
        running = await self._writer(owner, answer_id)
        if running is not None:
            _cut(running, Ended("stopped"))
            await running.log.ended()

    async def _writer(self, owner: str, answer_id: str) -> Running | None:
        """Who writes this answer now. Between being stored and being started an answer has nobody for a moment."""
        clock = asyncio.get_running_loop().time
        latest = clock() + OPENING_SECONDS
        while True:
            running = self._running.get(answer_id)
            if running is not None:
                return running
            state = await asyncio.to_thread(self._store.state_of, owner, answer_id)
            if state is None or state in TERMINAL or clock() > latest:
                return None
            await asyncio.sleep(OPENING_LOOK_SECONDS)

    async def follow(self, owner: str, answer_id: str, after: int, sink: Sink) -> None:
        """The answer's events after number ``after``, from the database and from the running log alike, until it has ended."""
        while True:
            running = await self._writer(owner, answer_id)
            if (running is None or after < running.log.began) and not await self._has_next(answer_id, after):
                answer = await asyncio.to_thread(self._store.answer, owner, answer_id)
                if answer is not None and after < answer.seq:
                    if not sink.take([entry(answer.seq, *wire.snapshot(answer))]):
                        await sink.room()
                    after = answer.seq
            last = await (running.log.follow(after, sink) if running else self._replay(answer_id, after, sink))
            if last is None or last.type in ENDS:
                return
            after = last.seq  # somebody went on with the answer while its end was being read: there is more to come

    async def _replay(self, answer_id: str, after: int, sink: Sink) -> Entry | None:
        """What is stored, to its end. Returns the last event."""
        last: Entry | None = None
        while entries := await read_entries(self._store, answer_id, last.seq if last else after):
            last = entries[-1]
            has_room = sink.take(entries)
            del entries  # a slow reader does not keep what has been passed on
            if not has_room:
                await sink.room()
        return last

    async def _has_next(self, answer_id: str, after: int) -> bool:
        """Whether the next event is still there: events are kept for a day after the end, then one snapshot stands for them."""
        following = await read_entries(self._store, answer_id, after, 1)
        return bool(following) and following[0].seq == after + 1

    def restore(self) -> int:
        """After a start: what was being written when the last process ended is *interrupted*, with its text kept (A-088)."""
        ended = 0
        kind, data = wire.to_row(RESTARTED)
        for answer_id, seq in self._store.unfinished():
            try:
                self._store.append([(answer_id, seq + 1, kind, data)], [(answer_id, RESTARTED, time.time())]).result()
                ended += 1
            except StorageUnavailable:
                raise
            except Exception:  # one answer that cannot be read must not keep the server from starting
                logger.exception("an answer cannot be ended", extra={"answer": answer_id})
        return ended

    def drain(self, grace: float) -> None:
        """Let running answers finish for ``grace`` seconds; those that did not are stored as *interrupted*.

        A database that cannot write is waited for a little: what is lost then was shown to nobody, and ``restore`` ends it.
        """
        self.stopping = True
        self._loop.run(self._drain(grace))

    async def _drain(self, grace: float) -> None:
        await _all_written(self._running.values(), grace)
        for running in self._running.values():
            _cut(running, RESTARTED)
        await _all_written(self._running.values(), DRAIN_SECONDS)

    def close(self) -> None:
        """Call after ``drain``."""
        self._loop.run(self._recorder.close())


class _ToRecorder:
    """What the providers say, on its way to the recorder. ``end`` is how it ends by their own account."""

    def __init__(self, log: EventLog, recorder: Recorder) -> None:
        self.end = Ended("interrupted", code="provider_interrupted")
        self.room = recorder.room
        self._log = log
        self._take = recorder.take

    def take(self, event: Event) -> bool:
        log = self._log
        if log.end is not None:
            raise _Over
        if type(event) is Finished:
            self.end = Ended("complete", event.reason)
            return True
        if type(event) is Text:
            log.spoken = True
        return self._take(log, event)


class _Over(Exception):
    """The answer has ended although its providers go on: it could not be stored."""


def _cut(running: Running, end: Ended) -> None:
    """Stop the providers. The first reason counts."""
    if running.cut is None:
        running.cut = end
        running.speaking.cancel()


async def _all_written(running: Iterable[Running], seconds: float) -> None:
    tasks = [each.writing for each in running]
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)


def _end_of(running: Running) -> Ended:
    """How the providers ended, in the words of the log."""
    log = running.log
    try:
        return running.speaking.result()
    except asyncio.CancelledError:
        return running.cut or RESTARTED
    except ProviderError as error:
        logger.warning("answer failed", extra={"answer": log.answer_id, "code": error.code, "reason": error.detail})
        return _failure(log, error.code)
    except Exception:
        logger.exception("answer failed", extra={"answer": log.answer_id})
        return _failure(log, "internal")


def _failure(log: EventLog, code: str) -> Ended:
    """With text already shown the answer is interrupted and can be continued; without it there is nothing but the failure."""
    return Ended("interrupted" if log.spoken else "failed", code=code)
