"""The two forms of an answer, and each made of the other: *streamed*, an async generator of events that somebody reads, and
*told*, a coroutine that gives every event to a ``Sink``.

A stream is easier to write and to read. Telling is what a thousand answers at once can afford: a word goes down by plain calls,
from the loop that receives it to the log that keeps it, where in a chain of generators each wakes for it and falls asleep again.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Protocol

from g4f.chat import Event, Finished

Telling = Coroutine[Any, Any, None]


class Sink(Protocol):
    """Where the events of one answer go."""

    def take(self, event: Event) -> bool:
        """Whether there is room for more at once. What it raises ends the telling."""

    async def room(self) -> None:
        """Wait until there is."""


async def tell(events: AsyncIterator[Event], sink: Sink) -> None:
    """Tell what is streamed, up to ``Finished``. The stream is closed before this returns or raises."""
    async with closing(events):
        async for event in events:
            if not sink.take(event):
                await sink.room()
            if type(event) is Finished:
                return


async def stream(telling: Callable[[Sink], Telling]) -> AsyncGenerator[Event, None]:
    """Stream what is told: ``telling`` goes no further than the reader, in the reader's own task, and ends when this is closed."""
    told = _Told()
    teller = telling(told)
    error: Exception | None = None
    alive = True
    try:
        while alive:
            alive = False  # whatever it raises, it is over
            try:
                alive = await _run(teller, partial(teller.send, None))
            except Exception as raised:  # what was told before comes first
                error = raised
            while told.events:
                yield told.events.popleft()
        if error is not None:
            raise error
    finally:
        if alive:
            with suppress(GeneratorExit):
                await _run(teller, partial(teller.throw, GeneratorExit()))


@asynccontextmanager
async def closing(events: AsyncIterator[Event]) -> AsyncIterator[AsyncIterator[Event]]:
    """The iterator, closed at the end if it can be."""
    try:
        yield events
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


class _Told:
    """What was told and not yet streamed. There is never room for more: the teller waits until it has been read."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque()

    def take(self, event: Event) -> bool:
        self.events.append(event)
        return False

    async def room(self) -> None:
        await _pause()


_PAUSE = object()


@types.coroutine
def _pause() -> Generator[object, None, None]:
    yield _PAUSE


@types.coroutine
def _run(teller: Telling, step: Callable[[], Any]) -> Generator[Any, None, bool]:
    """Go on until it waits for its reader (true) or has told everything. Whatever else it waits for, the event loop is asked."""
    while True:
        try:
            awaited = step()
        except StopIteration:
            return False
        if awaited is _PAUSE:
            return True
        try:
            yield awaited
        except BaseException as thrown:  # a cancellation, or the end of the program
            step = partial(teller.throw, thrown)
        else:
            step = partial(teller.send, None)
