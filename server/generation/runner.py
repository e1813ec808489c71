"""Starts, stops, follows and restores generations: the answers that are being written.

A generation belongs to the server, not to a connection: readers come and go, and only ``stop`` stops it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Seam, Text
from g4f.errors import ProviderError
from server import wire
from server.conversations import Answer, AnswerEvent, Asked, Ended, Opened, State
from server.errors import ApiError, NotFound
from server.generation.log import Entry, EventLog, Events, Recorder, entry, read_entries
from server.generation.loop import LoopThread

logger = logging.getLogger(__name__)



@dataclass(frozen=True)
class Task:
    """What is to be said and by whom: ``candidates`` may begin, ``successors`` may go on if one falls silent.

    ``written`` is the beginning of an answer that ended before its time and is gone on with.
    """

    request: ChatRequest
    candidates: Sequence[Provider]
    successors: Sequence[Provider] = ()
    written: str = ""


Speak = Callable[[Task], AsyncGenerator[Event, None]]


class Store(Events, Protocol):
    """What generations ask of the store."""

    def unfinished(self) -> list[tuple[str, int]]: ...
    def answer(self, owner: str, answer_id: str) -> Answer | None: ...


@dataclass
class Running:
    """One answer being written, and the task that writes it."""

    log: EventLog
    task: asyncio.Task[None]
    cut: Ended | None = None  # how it ends because somebody stopped it


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

    def check_room(self) -> None:
        """Refuse a new answer before it is stored: when the server is stopping, or too many are being written."""
        if self.stopping:
            raise ApiError("stopping", 503, "The server is stopping", retry_after=5)
        if not self.healthy:
            raise ApiError("storage_unavailable", 503, "Storage is unavailable", retry_after=5)
        if self._max_running and self.running >= self._max_running:
            raise ApiError("too_many_answers", 429, "Too many answers are being written", retry_after=5)

    def start(self, opened: Opened, task: Task) -> None:
        """Begin to write the answer that ``opened`` made room for."""
        log = EventLog(opened.answer_id, self._store)
        first = Asked(opened.conversation_id, opened.question_id, opened.answer_id)
        log.publish([entry(1, *wire.to_row(first))], None)  # committed together with the question
        self._loop.run(self._start(log, task))

    def proceed(self, answer: Answer, task: Task) -> None:
        """Go on with an answer that ended before its time. Its first new event is the seam."""
        seam = Seam(answer.provider, task.candidates[0].id, answer.code or "stopped")
        self._loop.run(self._start(EventLog(answer.id, self._store, answer.seq), task, seam))

    async def _start(self, log: EventLog, task: Task, first: AnswerEvent | None = None) -> None:
        if first is not None:
            await self._recorder.append(log, first)
        writing = asyncio.create_task(self._write(log, task))
        self._running[log.answer_id] = Running(log, writing)
        writing.add_done_callback(lambda _: self._running.pop(log.answer_id, None))
        await asyncio.sleep(0)  # let it begin: a task cancelled before its first step would record no end

    async def _write(self, log: EventLog, task: Task) -> None:
        try:
            end = await self._listen(log, task)
        except asyncio.CancelledError:
            end = self._running[log.answer_id].cut or Ended("interrupted", code="server_restarted")
        except ProviderError as error:
            logger.warning("answer failed", extra={"answer": log.answer_id, "code": error.code, "reason": error.detail})
            end = _failure(log, error.code)
        except Exception:
            logger.exception("answer failed", extra={"answer": log.answer_id})
            end = _failure(log, "internal")
        await self._recorder.append(log, end)
        await log.ended()

    async def _listen(self, log: EventLog, task: Task) -> Ended:
        end = Ended("interrupted", code="provider_interrupted")
        async with aclosing(self._speak(task)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    end = Ended("complete", event.reason)
                else:
                    log.spoken = log.spoken or isinstance(event, Text)
                    await self._recorder.append(log, event)
        return end

    def stop(self, owner: str, answer_id: str) -> State:
        """Stop writing. Returns the state in which the answer has ended, which may be another one if it was just complete."""
        self._loop.run(self._stop(answer_id, Ended("stopped")))
        answer = self._store.answer(owner, answer_id)
        if answer is None:
            raise NotFound
        return answer.state

    async def _stop(self, answer_id: str, end: Ended) -> None:
        running = self._running.get(answer_id)
        if running is None:
            return
        if running.cut is None:  # a second stop only waits: cancelling again could cut off the recording of the end
            running.cut = end
            running.task.cancel()
        await running.log.ended()

    async def follow(self, owner: str, answer_id: str, after: int) -> AsyncGenerator[Sequence[Entry], None]:
        """The answer's events after number ``after``, from the database and from the running log alike, until it has ended."""
        running = self._running.get(answer_id)
        if (running is None or after < running.log.began) and not await self._has_next(answer_id, after):
            answer = await asyncio.to_thread(self._store.answer, owner, answer_id)
            if answer is not None and after < answer.seq:
                yield [entry(answer.seq, *wire.snapshot(answer))]
                after = answer.seq
        if running is not None:
            async for entries in running.log.follow(after):
                yield entries
            return
        while entries := await read_entries(self._store, answer_id, after):
            after = entries[-1].seq
            yield entries

    async def _has_next(self, answer_id: str, after: int) -> bool:
        """Whether the next event is still there: events are kept for a day after the end, then one snapshot stands for them."""
        following = await read_entries(self._store, answer_id, after, 1)
        return bool(following) and following[0].seq == after + 1

    def restore(self) -> int:
        """After a start: what was being written when the last process ended is *interrupted*, with its text kept (A-088)."""
        ended = 0
        for answer_id, seq in self._store.unfinished():
            end = Ended("interrupted", code="server_restarted")
            kind, data = wire.to_row(end)
            row: dict[str, object] = {"answer_id": answer_id, "seq": seq + 1, "type": kind, "data": data}
            self._store.append([row], [(answer_id, end, time.time())]).result()
            ended += 1
        return ended

    def drain(self, grace: float) -> None:
        """Let running answers finish for ``grace`` seconds; those that did not are stored as *interrupted*."""
        self.stopping = True
        self._loop.run(self._drain(grace))

    async def _drain(self, grace: float) -> None:
        tasks = [running.task for running in self._running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        end = Ended("interrupted", code="server_restarted")
        await asyncio.gather(*(self._stop(answer_id, end) for answer_id in list(self._running)))

    def close(self) -> None:
        """Call after ``drain``."""
        self._loop.run(self._recorder.close())


def _failure(log: EventLog, code: str) -> Ended:
    """With text already shown the answer is interrupted and can be continued; without it there is nothing but the failure."""
    return Ended("interrupted" if log.spoken else "failed", code=code)

