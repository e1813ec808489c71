"""A response whose body is written on the asyncio loop, whichever server carries it.

``server/edge.py`` takes such a response over and drives it without a thread. Any other WSGI server (and Flask's test client)
iterates it: then the calling thread waits for each chunk.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Protocol

from flask import Response, request

from server import wire
from server.errors import ApiError
from server.generation.loop import LoopThread

TAKE_OVER = "freegpt.take_over"  # key in the WSGI environment: Callable[[LiveBody], None], put there by server/edge.py
AHEAD = 16  # chunks that wait for a slow reader of an ordinary WSGI server before their writer has to
PING_SECONDS = 15  # a comment this often keeps proxies and the reader's idle clock calm

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-store, no-transform",
    "X-Accel-Buffering": "no",
}


class Refused(Exception):
    """The first chunk could not be had: the whole response becomes this one."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = {"Content-Type": "application/json", **(headers or {})}


class TakenOver(BaseException):
    """Raised by a live body that a WSGI server tries to iterate: its server takes it over instead, see server/edge.py.

    Not an ``Exception``, so that nothing between the view and the server takes it for a failure.
    """


class Outlet(Protocol):
    """Where a live body puts its chunks. On the loop."""

    def write(self, chunk: bytes) -> bool:
        """Send it, or keep it until it can be sent; whether there is room for more at once."""

    async def room(self) -> None:
        """Wait until there is."""


Write = Callable[[Outlet], Coroutine[Any, Any, None]]  # writes a whole body


class LiveBody:
    """The body: what writes it, whether comments may be sent while nothing happens, and whether it may still be read.

    ``allowed`` is asked every few seconds, in a thread: it may read the database (A-027).
    """

    def __init__(self, write: Write, *, pings: bool, allowed: Callable[[], bool]) -> None:
        self.write = write
        self.pings = pings
        self.allowed = allowed

    def __iter__(self) -> Iterator[bytes]:
        raise TakenOver

    def close(self) -> None:
        """WSGI closes bodies; this one is closed by who drives it."""


def respond(write: Write, loop: LoopThread, *, pings: bool, allowed: Callable[[], bool] = lambda: True) -> Response:
    """Answer with what ``write`` writes on the loop. ``Refused`` raised before the first chunk becomes the response itself."""
    if request.method == "HEAD":
        return Response(iter(()), headers=HEADERS)
    take_over: Callable[[LiveBody], None] | None = request.environ.get(TAKE_OVER)
    if take_over is not None:
        body = LiveBody(write, pings=pings, allowed=allowed)
        take_over(body)
        return Response(body, headers=HEADERS)
    plain = _pull(write, loop, pings)
    try:
        first = next(plain, b"")
    except Refused as refusal:
        return Response(refusal.body, status=refusal.status, headers=refusal.headers)
    return Response(_chain(first, plain), headers=HEADERS)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


class _Bridge:
    """From the loop to the thread of an ordinary WSGI server. ``None`` is the end."""

    def __init__(self, loop: LoopThread) -> None:
        self.chunks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._loop = loop
        self._taken = asyncio.Event()

    def write(self, chunk: bytes) -> bool:
        self.chunks.put(chunk)
        return self.chunks.qsize() < AHEAD

    async def room(self) -> None:
        while self.chunks.qsize() >= AHEAD:
            self._taken.clear()
            await self._taken.wait()

    def taken(self) -> None:
        """In the server's thread: it has passed a chunk on."""
        with contextlib.suppress(RuntimeError):  # the loop may just have been closed
            self._loop.loop.call_soon_threadsafe(self._taken.set)

    async def run(self, write: Write) -> None:
        try:
            await write(self)
        finally:
            self.chunks.put(None)


def _pull(write: Write, loop: LoopThread, pings: bool) -> Iterator[bytes]:
    bridge = _Bridge(loop)
    writing = loop.spawn(bridge.run(write))
    try:
        while True:
            try:
                chunk = bridge.chunks.get(timeout=PING_SECONDS if pings else None)
            except queue.Empty:
                yield wire.PING
                continue
            if chunk is None:
                writing.result()
                return
            yield chunk
            bridge.taken()
    finally:
        writing.cancel()


def refusal(error: ApiError, body: bytes) -> Refused:
    """``error`` as the response itself, with its own body."""
    headers = {"Retry-After": str(max(1, round(error.retry_after)))} if error.retry_after else {}
    return Refused(error.status, body, headers)
