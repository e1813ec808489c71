"""Generations at their edges: between being stored and being started, at their very end, while the database cannot write."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, cast

import pytest

from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Message, Seam, Text
from server import wire
from server.conversations import Answer, Ended, EventRow, Opened, Proceeding, State
from server.errors import ApiError, StorageUnavailable
from server.generation import runner as runner_module
from server.generation.loop import LoopThread
from server.generation.runner import Runner, Task
from server.logs import discreet
from tests.fakes import Gathering, telling

PLACE = Opened("c", "q", "a")


class Memory:
    """A store of one answer, which is stored as running from the beginning.

    ``broken`` refuses every commit, ``unstorable`` only those with events.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = [("a", 1, "started", "{}")]
        self.end: Ended | None = None
        self.broken: Exception | None = None
        self.unstorable: Exception | None = None
        self.committed: Callable[[], None] = lambda: None

    def append(self, rows: Sequence[EventRow], ended: Sequence[tuple[str, Ended, float]]) -> Future[None]:
        done: Future[None] = Future()
        refusal = self.broken or (self.unstorable if rows else None)
        if refusal is not None:
            done.set_exception(refusal)
            return done
        self.rows += rows
        for _, end, _ in ended:
            self.end = end
            self.committed()
        done.set_result(None)
        return done

    def events_after(self, answer_id: str, after: int, limit: int) -> list[tuple[int, str, str]]:
        return [row[1:] for row in self.rows if row[1] > after][:limit]

    def answer(self, owner: str, answer_id: str) -> Answer:
        text = "".join(data for _, _, kind, data in self.rows if kind == "text")
        code = self.end.code if self.end else None
        return Answer("a", "q", text, 0.0, self.state_of(owner, answer_id), "One", code=code, seq=self.rows[-1][1])

    def state_of(self, owner: str, answer_id: str) -> State:
        return self.end.state if self.end else "running"

    def proceed(self) -> Proceeding:
        """What the database does when an answer that has ended is gone on with."""
        answer, self.end = self.answer("owner", "a"), None
        seam = Seam("One", "One", answer.code or "stopped")
        kind, data = wire.to_row(seam)
        self.rows.append(("a", answer.seq + 1, kind, data))
        return Proceeding(PLACE, answer, {}, seam)

    def unfinished(self) -> list[tuple[str, int]]:
        return []


class One(Provider):
    @property
    def id(self) -> str:
        return "One"


async def words(_task: Task) -> AsyncGenerator[Event, None]:
    yield Text("слово")
    yield Finished()


async def silence(_task: Task) -> AsyncGenerator[Event, None]:
    yield Text("слово")
    await asyncio.Event().wait()


def task() -> Task:
    return Task(ChatRequest("m", (Message("user", "?"),)), [One(cast(Any, None))])


@pytest.fixture
def memory() -> Memory:
    return Memory()


async def read(runner: Runner, after: int = 0) -> list[str]:
    sink = Gathering()
    await runner.follow("owner", "a", after, sink)
    return [entry.type for entry in sink.entries]


def test_a_question_sent_again_before_its_answer_began_is_answered_whole(memory: Memory, loop: LoopThread) -> None:
    runner = Runner(memory, telling(words), loop)
    second = loop.spawn(read(runner))
    with pytest.raises(Exception):  # noqa: B017, PT011 - it waits, so there is no result yet
        second.result(0.2)
    runner.start(PLACE, task())
    assert second.result(5) == ["started", "text", "finished"]
    runner.drain(0)
    runner.close()


def test_a_stop_before_the_start_stops(memory: Memory, loop: LoopThread) -> None:
    runner = Runner(memory, telling(silence), loop)
    states: list[str] = []
    stopping = threading.Thread(target=lambda: states.append(runner.stop("owner", "a")))
    stopping.start()
    runner.start(PLACE, task())
    stopping.join(5)
    assert states == ["stopped"]
    runner.close()


def test_an_answer_remembers_nothing_of_the_request_but_that_it_is_discreet(memory: Memory, loop: LoopThread) -> None:
    of_the_request: ContextVar[str] = ContextVar("of_the_request", default="")
    seen: list[tuple[str, bool]] = []

    async def look(_task: Task) -> AsyncGenerator[Event, None]:
        seen.append((of_the_request.get(), discreet.get()))
        yield Finished()

    runner = Runner(memory, telling(look), loop)
    of_the_request.set("everything that hangs on it")
    token = discreet.set(True)
    runner.start(PLACE, task())
    discreet.reset(token)
    assert loop.run(read(runner)) == ["started", "finished"]
    assert seen == [("", True)]
    runner.close()


def test_an_answer_that_could_not_be_started_has_an_end(memory: Memory, loop: LoopThread) -> None:
    runner = Runner(memory, telling(words), loop)
    with pytest.raises(ApiError), runner.opening("a"):
        raise ApiError("bad_request", 400)
    assert loop.run(read(runner)) == ["started", "failed"]
    assert memory.end == Ended("failed", code="bad_request")
    runner.close()


def test_an_answer_gone_on_with_at_the_moment_of_its_end_can_still_be_stopped(memory: Memory, loop: LoopThread) -> None:
    runner = Runner(memory, telling(silence), loop)
    runner.start(PLACE, task())

    def go_on() -> None:
        """The end is in the database, but the loop has not heard of it: another request goes on with the answer now."""
        memory.committed = lambda: None
        asyncio.get_running_loop().create_task(proceed(memory.proceed()))

    async def proceed(proceeding: Proceeding) -> None:
        threading.Thread(target=runner.proceed, args=(proceeding, task())).start()

    memory.committed = go_on
    loop.spawn(runner._stop("owner", "a")).result(5)
    for _ in range(100):
        if runner.running and "seam" in [kind for _, _, kind, _ in memory.rows]:
            break
        threading.Event().wait(0.02)
    assert runner.running == 1
    assert runner.stop("owner", "a") == "stopped"
    assert [seq for _, seq, _, _ in memory.rows] == list(range(1, len(memory.rows) + 1))
    runner.close()


@pytest.mark.parametrize(("cut", "end"), [("stop", "finished"), ("drain", "failed")])
def test_a_continuation_that_is_cut_before_its_first_step_ends_behind_its_seam(
    memory: Memory, loop: LoopThread, cut: str, end: str
) -> None:
    runner = Runner(memory, telling(silence), loop)
    runner.start(PLACE, task())
    runner.stop("owner", "a")
    proceeding = memory.proceed()

    async def go_on_and_cut() -> None:
        runner.stopping = cut == "drain"
        runner.proceed(proceeding, task())
        await asyncio.sleep(0)  # it is there now, and has not taken a step
        await (runner._stop("owner", "a") if cut == "stop" else runner._drain(0))

    loop.run(go_on_and_cut(), 5)
    assert [kind for _, _, kind, _ in memory.rows][-3:] == ["finished", "seam", end]
    assert [seq for _, seq, _, _ in memory.rows] == list(range(1, len(memory.rows) + 1))
    runner.close()


def test_the_server_ends_although_the_database_cannot_write(
    memory: Memory, loop: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "DRAIN_SECONDS", 0.1)
    monkeypatch.setattr(runner_module, "STOP_SECONDS", 0.1)
    runner = Runner(memory, telling(silence), loop)
    runner.start(PLACE, task())
    memory.broken = StorageUnavailable()
    with pytest.raises(StorageUnavailable):
        runner.stop("owner", "a")
    runner.drain(0)
    runner.close()


def test_half_a_character_from_a_model_is_stored_as_a_question_mark_of_its_own(memory: Memory, loop: LoopThread) -> None:
    async def half(_task: Task) -> AsyncGenerator[Event, None]:
        yield Text("до \ud83d после")
        yield Finished()

    runner = Runner(memory, telling(half), loop)
    runner.start(PLACE, task())
    assert loop.run(read(runner)) == ["started", "text", "finished"]
    assert memory.rows[1][3] == "до \ufffd после"
    runner.close()


def test_events_that_cannot_be_stored_end_their_answer_and_no_other(memory: Memory, loop: LoopThread) -> None:
    runner = Runner(memory, telling(silence), loop)
    memory.broken = ValueError("these very events")
    runner.start(PLACE, task())
    memory.rows.clear()
    assert loop.run(read(runner, 1), 5) == []
    memory.broken = None
    assert runner.healthy
    runner.close()


def test_an_answer_whose_log_takes_no_events_is_not_called_running(memory: Memory, loop: LoopThread) -> None:
    runner = Runner(memory, telling(silence), loop)
    memory.unstorable = ValueError("a number that is taken")
    runner.start(PLACE, task())
    assert loop.run(read(runner, 1), 5) == ["failed"]
    assert memory.end == Ended("interrupted", code="internal")
    assert runner.stop("owner", "a") == "interrupted"
    runner.close()


def test_what_is_no_event_ends_its_answer_and_no_other(memory: Memory, loop: LoopThread) -> None:
    async def nothing(_task: Task) -> AsyncGenerator[Event, None]:
        yield Text("слово")
        yield cast(Event, None)
        await asyncio.Event().wait()

    runner = Runner(memory, telling(nothing), loop)
    runner.start(PLACE, task())
    assert loop.run(read(runner), 5)[-1] == "failed"
    assert memory.end == Ended("interrupted", code="internal")
    memory.end = None
    memory.rows[1:] = []
    runner.start(PLACE, task())  # the recorder has lived on
    assert loop.run(read(runner), 5)[-1] == "failed"
    runner.close()


def test_one_answer_that_cannot_be_ended_does_not_keep_the_server_from_starting(
    memory: Memory, loop: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Runner(memory, telling(silence), loop)
    append = memory.append

    def choosy(rows: Sequence[EventRow], ended: Sequence[tuple[str, Ended, float]]) -> Future[None]:
        memory.unstorable = ValueError("too large") if rows[0][0] == "large" else None
        return append(rows, ended)

    monkeypatch.setattr(memory, "append", choosy)
    monkeypatch.setattr(memory, "unfinished", lambda: [("large", 9), ("a", 1)])
    assert runner.restore() == 1
    assert memory.end == runner_module.RESTARTED
    runner.close()


def test_an_answer_that_cannot_be_stored_is_not_written_on(memory: Memory, loop: LoopThread) -> None:
    closed = threading.Event()

    async def endless(_task: Task) -> AsyncGenerator[Event, None]:
        try:
            while True:
                await asyncio.sleep(0.01)
                yield Text("ещё ")
        finally:
            closed.set()

    runner = Runner(memory, telling(endless), loop)
    memory.unstorable = ValueError("these very events")
    runner.start(PLACE, task())
    assert closed.wait(5)
    runner.drain(0)
    assert memory.end == Ended("interrupted", code="internal")
    runner.close()
