"""An answer that can be read in both styles, ``for`` and ``async for``, in any thread, whether a loop is running there or not."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from g4f.base import iterate_in_thread

T = TypeVar("T")
_END = object()


class Tokens(Iterator[str], AsyncIterator[str]):
    """Pieces of an answer, once. Nothing is asked before the first piece is wanted; what can go wrong is a ``ProviderError``.

    Leaving early: ``close()`` after ``for``, ``aclose()`` after ``async for``; being forgotten does the same.
    """

    def __init__(self, plain: Callable[[], Iterator[str]], awaited: Callable[[], AsyncIterator[str]]) -> None:
        self._make_plain = plain
        self._make_awaited = awaited
        self._plain: Iterator[str] | None = None
        self._awaited: AsyncIterator[str] | None = None

    @classmethod
    def of_plain(cls, make: Callable[[], Iterator[str]]) -> Tokens:
        """From what blocks; for ``async for`` it gets a thread."""
        return cls(make, lambda: _texts_from_thread(make))

    @classmethod
    def of_awaited(cls, make: Callable[[], AsyncIterator[str]]) -> Tokens:
        """From what awaits; for ``for`` it gets a loop of its own."""
        return cls(lambda: run(make()), make)

    def __next__(self) -> str:
        if self._plain is None:
            self._plain = self._make_plain()
        return next(self._plain)

    async def __anext__(self) -> str:
        if self._awaited is None:
            self._awaited = self._make_awaited()
        return await anext(self._awaited)

    def close(self) -> None:
        """End the request of a ``for``."""
        close = getattr(self._plain, "close", None)
        if close is not None:
            close()

    async def aclose(self) -> None:
        """End the request of an ``async for``."""
        aclose = getattr(self._awaited, "aclose", None)
        if aclose is not None:
            await aclose()


def run(generator: AsyncIterator[T]) -> Iterator[T]:
    """What the asynchronous ``generator`` yields, as a plain generator.

    It lives on a loop in a thread of its own, so that this works where a loop is running already, and the connection is kept
    alive between two steps. Both end with the plain generator.
    """
    guard = asyncio.Lock()  # a step that was given up must be over before the generator can be closed

    async def step() -> Any:
        async with guard:
            return await anext(generator, _END)

    async def close() -> None:
        aclose = getattr(generator, "aclose", None)
        if aclose is not None:
            async with guard:
                await aclose()

    with _loop_in_thread() as loop:
        try:
            while (piece := _wait(step(), loop)) is not _END:
                yield piece
        finally:
            # When the whole interpreter ends the thread stands still already, and waiting for it would never end.
            if not sys.is_finalizing():
                _wait(close(), loop)


def finish(task: Coroutine[Any, Any, T]) -> T:
    """The result of ``task``, waited for on a loop of its own: works where a loop is running already, and blocks it."""
    with _loop_in_thread() as loop:
        return _wait(task, loop)


@contextmanager
def _loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="g4f-run", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        if not sys.is_finalizing():
            _wait(loop.shutdown_asyncgens(), loop)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


def _wait(task: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    future = asyncio.run_coroutine_threadsafe(task, loop)
    try:
        return future.result()
    except BaseException:
        # Ctrl-C comes here while the task is still under way; cancelling a finished one does nothing.
        future.cancel()
        raise


async def _texts_from_thread(make: Callable[[], Iterator[str]]) -> AsyncIterator[str]:
    pieces = iterate_in_thread(make)
    try:
        async for piece in pieces:
            yield piece
    finally:
        await pieces.aclose()
