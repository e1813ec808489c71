"""A response whose body is written on the asyncio loop, whichever server carries it.

``server/edge.py`` takes such a response over and drives it without a thread. Any other WSGI server (and Flask's test client)
iterates it: then the calling thread waits for each chunk.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

from flask import Response, request

from server import wire
from server.errors import ApiError
from server.generation.loop import LoopThread

TAKE_OVER = "freegpt.take_over"  # key in the WSGI environment: Callable[[LiveBody], None], put there by server/edge.py
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


class LiveBody:
    """The body: an async iterator of chunks, whether comments may be sent while nothing happens, and whether it may still be read.

    ``allowed`` is asked every few seconds, in a thread: it may read the database (A-027).
    """

    def __init__(self, chunks: AsyncGenerator[bytes, None], *, pings: bool, allowed: Callable[[], bool]) -> None:
        self.chunks = chunks
        self.pings = pings
        self.allowed = allowed

    def __iter__(self) -> Iterator[bytes]:
        raise TakenOver

    def close(self) -> None:
        """WSGI closes bodies; this one is closed by who drives it."""


def respond(
    chunks: AsyncGenerator[bytes, None], loop: LoopThread, *, pings: bool, allowed: Callable[[], bool] = lambda: True
) -> Response:
    """Answer with chunks made on the loop. ``Refused`` raised before the first chunk becomes the response itself."""
    if request.method == "HEAD":
        return Response(iter(()), headers=HEADERS)
    take_over: Callable[[LiveBody], None] | None = request.environ.get(TAKE_OVER)
    if take_over is not None:
        body = LiveBody(chunks, pings=pings, allowed=allowed)
        take_over(body)
        return Response(body, headers=HEADERS)
    plain = _pull(chunks, loop, pings)
    try:
        first = next(plain, b"")
    except Refused as refusal:
        return Response(refusal.body, status=refusal.status, headers=refusal.headers)
    return Response(_chain(first, plain), headers=HEADERS)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pull(chunks: AsyncGenerator[bytes, None], loop: LoopThread, pings: bool) -> Iterator[bytes]:
    pending: Any = None
    try:
        while True:
            pending = pending or loop.spawn(_next(chunks))
            try:
                chunk = pending.result(PING_SECONDS if pings else None)
            except concurrent.futures.TimeoutError:  # another class than the builtin one before Python 3.11
                yield wire.PING
                continue
            pending = None
            if chunk is None:
                return
            yield chunk
    finally:
        if pending is not None:
            pending.cancel()
        if not loop.loop.is_closed():
            loop.spawn(_close(chunks))


async def _next(chunks: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(chunks, None)


async def _close(chunks: AsyncGenerator[bytes, None]) -> None:
    await asyncio.sleep(0)
    await chunks.aclose()


def refusal(error: ApiError, body: bytes) -> Refused:
    """``error`` as the response itself, with its own body."""
    headers = {"Retry-After": str(max(1, round(error.retry_after)))} if error.retry_after else {}
    return Refused(error.status, body, headers)
