"""The event log and its recorder: stored first, shown second; nothing dropped, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from g4f.chat import Progress, Text
from server.conversations import Asked, Ended, EventRow
from server.errors import StorageUnavailable
from server.generation import log as log_module
from server.generation.log import RECENT, Entry, EventLog, Recorder
from tests.fakes import Gathering


class Memory:
    """A store that remembers, and commits when the test says so."""

    def __init__(self) -> None:
        self.rows: list[EventRow] = []
        self.commits: list[list[int]] = []
        self.gate: Future[None] | None = None
        self.failures = 0

    def append(self, rows: Sequence[EventRow], ended: Sequence[Any]) -> Future[None]:
        done: Future[None] = Future()
        if self.failures:
            self.failures -= 1
            done.set_exception(StorageUnavailable())
            return done
        self.commits.append([seq for _, seq, _, _ in rows])
        self.rows += rows
        if self.gate is not None:
            return self.gate
        done.set_result(None)
        return done

    def events_after(self, answer_id: str, after: int, limit: int) -> list[tuple[int, str, str]]:
        return [row[1:] for row in self.rows if row[0] == answer_id and row[1] > after][:limit]


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
async def recorder(memory: Memory) -> AsyncIterator[Recorder]:
    recorder = Recorder(memory)
    yield recorder
    await recorder.close()


async def read(log: EventLog, after: int = 0) -> list[tuple[int, str]]:
    sink = Gathering()
    await log.follow(after, sink)
    return [(entry.seq, entry.data) for entry in sink.entries]


async def test_nothing_is_shown_before_it_is_stored(memory: Memory, recorder: Recorder) -> None:
    log = EventLog("a", memory)
    memory.gate = Future()
    reader = asyncio.create_task(read(log))
    await recorder.append(log, Text("раз"))
    await asyncio.sleep(0.05)
    assert (memory.commits, log.seq) == ([[1]], 0)
    memory.gate.set_result(None)
    memory.gate = None
    await recorder.append(log, Ended("complete"))
    assert (await reader)[0] == (1, "раз")


async def test_a_busy_writer_takes_everything_that_came_meanwhile(memory: Memory, recorder: Recorder) -> None:
    log = EventLog("a", memory)
    memory.gate = Future()
    await recorder.append(log, Asked("c", "q", "a"))
    await asyncio.sleep(0.01)
    for word in ("один ", "два ", "три"):
        await recorder.append(log, Text(word))
    await recorder.append(log, Progress("load", 0.1))
    await recorder.append(log, Progress("load", 0.9))
    await recorder.append(log, Ended("complete"))
    gate, memory.gate = memory.gate, None
    gate.set_result(None)
    entries = await read(log)
    assert memory.commits == [[1], [2, 3, 4]]
    assert entries[1] == (2, "один два три")
    assert '"fraction":0.9' in entries[2][1]


async def test_what_was_read_before_it_was_published_comes_once(memory: Memory, recorder: Recorder) -> None:
    log, seen = EventLog("a", memory), Gathering()
    reader = asyncio.create_task(log.follow(2, seen))  # two of the three are known: they stood in the database already
    memory.gate = Future()
    for event in (Asked("c", "q", "a"), Text("раз"), Progress("load")):
        await recorder.append(log, event)
    await asyncio.sleep(0.02)
    gate, memory.gate = memory.gate, None
    gate.set_result(None)
    await recorder.append(log, Ended("complete"))
    await reader
    assert [entry.seq for entry in seen.entries] == [3, 4]


async def test_a_reader_far_behind_reads_the_database(memory: Memory, recorder: Recorder) -> None:
    log = EventLog("a", memory)
    for number in range(RECENT * 3):
        await recorder.append(log, Text(f"{number} "))
        await asyncio.sleep(0)
        while log.seq < number + 1 and memory.commits[-1][-1] < number + 1:
            await asyncio.sleep(0)
    await recorder.append(log, Ended("complete"))
    await log.ended()
    assert "".join(data for _, data in (await read(log))[:-1]) == "".join(f"{number} " for number in range(RECENT * 3))
    seqs = [seq for seq, _ in await read(log, after=7)]
    assert seqs == list(range(8, log.seq + 1))


async def test_many_readers_see_the_same(memory: Memory, recorder: Recorder) -> None:
    log = EventLog("a", memory)
    readers = [asyncio.create_task(read(log)) for _ in range(50)]
    for number in range(20):
        await recorder.append(log, Text(f"{number} "))
        await asyncio.sleep(0.001)
    await recorder.append(log, Ended("complete"))
    first, *others = await asyncio.gather(*readers)
    assert all(other == first for other in others)


async def test_a_database_that_cannot_write_loses_nothing(
    memory: Memory, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "RETRY_SECONDS", (0.01,))
    log = EventLog("a", memory)
    memory.failures = 5
    await recorder.append(log, Text("раз"))
    await asyncio.sleep(0.02)
    assert not recorder.healthy
    waiting = asyncio.create_task(recorder.append(log, Text("два")))  # a provider has to wait now
    await asyncio.sleep(0.01)
    await waiting
    await recorder.append(log, Ended("complete"))
    assert "".join(data for _, data in (await read(log))[:-1]) == "раздва"
    assert recorder.healthy


async def test_a_reader_that_goes_away_disturbs_nobody(memory: Memory, recorder: Recorder) -> None:
    log = EventLog("a", memory)
    leaving, staying = (asyncio.create_task(read(log)) for _ in range(2))
    await recorder.append(log, Text("раз"))
    await asyncio.sleep(0.01)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    await recorder.append(log, Text("два"))
    await recorder.append(log, Ended("complete"))
    assert len(await staying) >= 2


class Slow(Gathering):
    """Wants one batch at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = asyncio.Event()

    def take(self, entries: Sequence[Entry]) -> bool:
        super().take(entries)
        self.may_go_on.clear()
        return False

    async def room(self) -> None:
        await self.may_go_on.wait()


async def test_a_slow_reader_gets_everything_in_its_own_time(memory: Memory, recorder: Recorder) -> None:
    log, slow = EventLog("a", memory), Slow()
    following = asyncio.create_task(log.follow(0, slow))
    for number in range(RECENT * 2):
        await recorder.append(log, Text(f"{number} "))
        await asyncio.sleep(0.02)
    await recorder.append(log, Ended("complete"))
    await log.ended()
    assert len(slow.entries) == 1
    while not following.done():
        slow.may_go_on.set()
        await asyncio.sleep(0)
    assert [entry.seq for entry in slow.entries] == list(range(1, log.seq + 1))
    assert (await following) == slow.entries[-1]


class Breaking(Gathering):
    def take(self, entries: Sequence[Entry]) -> bool:
        raise ValueError("a sink of its own mind")


async def test_a_sink_that_fails_fails_its_own_reader_alone(memory: Memory, recorder: Recorder) -> None:
    log = EventLog("a", memory)
    breaking = asyncio.create_task(log.follow(0, Breaking()))
    reader = asyncio.create_task(read(log))
    await asyncio.sleep(0)
    await recorder.append(log, Text("раз"))
    await recorder.append(log, Ended("complete"))
    assert (await reader)[-1][0] == log.seq
    with pytest.raises(ValueError, match="of its own mind"):
        await breaking
