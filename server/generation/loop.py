"""The one asyncio loop, in a thread of its own: providers are asked and answers are followed here."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import Context
from typing import Any, TypeVar

from server.logs import bare_context

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class LoopThread:
    """Runs coroutines for code that lives in ordinary threads."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._handed: deque[tuple[Context, Callable[..., object], tuple[Any, ...]]] = deque()
        self._woken = False  # for what lies in ``_handed``
        self._thread = threading.Thread(target=self._run, name="loop", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def spawn(self, coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Start a coroutine from any other thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def soon(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Have something done on the loop, after everything that was given to this method before. Nobody waits for it.

        What begins here may last for minutes: in the context of a request it would keep all that the request holds in memory.
        """
        self._handed.append((bare_context(), callback, arguments))
        if not self._woken:  # to wake it lets go of the interpreter: once is enough for what comes before it has looked
            self._woken = True
            try:
                self.loop.call_soon_threadsafe(self._take, context=Context())
            except RuntimeError:  # it is closed, and whoever comes next is to be told so too
                self._woken = False
                raise

    def _take(self) -> None:
        self._woken = False  # first: what comes from now on may not be seen below
        while self._handed:
            context, callback, arguments = self._handed.popleft()
            try:
                context.run(callback, *arguments)
            except Exception:
                logger.exception("what was handed to the loop failed")

    def run(self, coroutine: Coroutine[Any, Any, Result], timeout: float | None = None) -> Result:
        """Start a coroutine and wait for its result."""
        return self.spawn(coroutine).result(timeout)

    def close(self) -> None:
        """Cancel what still runs, let it clean up, and end the thread."""
        self.run(self._cancel_everything())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _cancel_everything(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()
