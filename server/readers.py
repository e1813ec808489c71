"""Live responses on the asyncio loop: each is a socket that has left the HTTP server, and the outlet of what writes its body."""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import os
import socket
import struct
import time
from typing import Protocol, cast

from server import wire
from server.errors import StorageUnavailable
from server.generation.loop import LoopThread
from server.streaming import PING_SECONDS, LiveBody, Refused

logger = logging.getLogger(__name__)

SEND_BUFFER = 64 * 1024  # bytes the system may hold for one reader; left alone it takes megabytes for one who reads nothing
WRITE_AHEAD = 64 * 1024  # bytes queued for a slow reader before its source has to wait
NO_PROGRESS_SECONDS = 30.0  # a reader that takes less than SLOWEST in this time is let go (A-109)
SLOWEST = 16 * 1024  # bytes, or all that is left
BEAT_SECONDS = 2.0  # how often the readers are looked at
AT_ONCE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # SO_LINGER: close with RST and forget what is unsent
MAX_READERS = 4_000  # live bodies at once; more are refused with 503


class Head(Protocol):
    """The response's status and headers, which can still change until the first chunk: a task of the HTTP server."""

    live: LiveBody | None
    status: str
    response_headers: list[tuple[str, str]]
    content_length: int | None
    chunked_response: bool

    def build_response_header(self) -> bytes: ...


class Reader(asyncio.Protocol):
    """One live response on the loop: writes the chunks, holds back for a slow reader, notices when the reader has gone."""

    def __init__(self, head: Head, queued: bytes) -> None:
        assert head.live is not None
        self._live = head.live
        self._head: Head | None = head  # until it is sent: behind it hang the whole request and its connection's buffers
        self._queued = queued
        self._chunked = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.transport: asyncio.Transport
        self.written_at = time.monotonic()
        self.pump: asyncio.Task[None]
        self._letting_go: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=WRITE_AHEAD)
        self.pump = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data: bytes) -> None:
        """The request is complete and the connection closes after the response: nothing that comes now matters."""

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._writable.set()
        self.pump.cancel()
        self._stop_watching()

    async def _run(self) -> None:
        try:
            await self._live.write(self)
            self._finish()
        except Refused as refusal:
            self._refuse(refusal)
        except asyncio.CancelledError:
            self.transport.abort()
        except StorageUnavailable as error:
            logger.warning("a live response broke off", extra={"reason": error.message})
            self.transport.abort()
        except Exception:
            logger.exception("a live response failed")
            self.transport.abort()

    async def room(self) -> None:
        """Wait until the reader has taken something. Not ``wait_for``: before Python 3.12 it can lose the cancellation."""
        if self._writable.is_set():
            return
        self._watch_progress()
        try:
            await self._writable.wait()
        finally:
            self._stop_watching()

    def _watch_progress(self) -> None:
        """Let the reader go unless it takes something, and look again: what is large may take a slow one minutes."""
        left = self.transport.get_write_buffer_size()
        self._letting_go = asyncio.get_running_loop().call_later(NO_PROGRESS_SECONDS, self._look, left)

    def _look(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() < min(SLOWEST, before):
            reset(self.transport.get_extra_info("socket"))
            self.transport.abort()
        else:
            self._watch_progress()

    def _stop_watching(self) -> None:
        if self._letting_go is not None:
            self._letting_go.cancel()

    def write(self, chunk: bytes) -> bool:
        if not self.transport.is_closing():
            framed = self._framed(chunk) if self._head is None else self._begun() + self._framed(chunk)
            self.transport.write(framed)
            self.written_at = time.monotonic()
        return self._writable.is_set()

    def _begun(self) -> bytes:
        """What goes before the first chunk."""
        if self._head is None:
            return b""
        head, self._head = self._head, None
        beginning = self._queued + head.build_response_header()
        self._chunked = head.chunked_response
        self._queued = b""
        return beginning

    def _framed(self, chunk: bytes) -> bytes:
        if not chunk or not self._chunked:
            return chunk
        return b"%X\r\n%b\r\n" % (len(chunk), chunk)

    def _finish(self) -> None:
        self.write(b"")
        if self._chunked and not self.transport.is_closing():
            self.transport.write(b"0\r\n\r\n")
        self._close()

    def _refuse(self, refusal: Refused) -> None:
        assert self._head is not None, "refused after the first chunk"
        self._head.status = f"{refusal.status} {http.HTTPStatus(refusal.status).phrase}"
        replaced = {name.lower() for name in refusal.headers}
        kept = [header for header in self._head.response_headers if header[0].lower() not in replaced]
        self._head.response_headers = [*kept, *refusal.headers.items()]
        self._head.content_length = len(refusal.body)
        self.write(refusal.body)
        self._close()

    def _close(self) -> None:
        """End the connection. What a deaf reader has not taken is not kept for it for ever."""
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._watch_progress()

    @property
    def allowed(self) -> bool:
        return self._live.allowed()

    def dismiss(self) -> None:
        """End the response before its time, and say why."""
        if self._head is None and self._live.pings:
            self.write(wire.SIGNED_OUT)
        self._finish()

    def ping(self) -> None:
        if self._head is None and self._writable.is_set() and self._live.pings:
            self.write(wire.PING)


def reset(connection: socket.socket) -> None:
    """Have its close tell a deaf reader: an ordinary one would stand in line behind all that it has not taken."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)


class Readers:
    """All live responses of this process."""

    def __init__(self, loop: LoopThread) -> None:
        self._loop = loop
        self._all: set[Reader] = set()
        self._adopting: set[asyncio.Task[None]] = set()
        self._heart = loop.spawn(self._beat())

    @property
    def has_room(self) -> bool:
        return len(self._all) < MAX_READERS

    def take(self, connection: socket.socket, head: Head, queued: bytes) -> None:
        """Called in a thread of the HTTP server: from here on the socket belongs to the loop."""
        self._loop.soon(self._begin, connection, head, queued)

    def _begin(self, connection: socket.socket, head: Head, queued: bytes) -> None:
        adopting = asyncio.get_running_loop().create_task(self._adopt(connection, head, queued))
        self._adopting.add(adopting)  # the loop itself does not hold it
        adopting.add_done_callback(self._adopting.discard)

    async def _adopt(self, connection: socket.socket, head: Head, queued: bytes) -> None:
        loop = asyncio.get_running_loop()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        _, reader = await loop.connect_accepted_socket(lambda: Reader(head, queued), connection)
        self._all.add(reader)
        reader.pump.add_done_callback(lambda _: self._all.discard(reader))

    async def _beat(self) -> None:
        """One clock for everybody: who has been quiet gets a comment, who was signed out is let go (A-027).

        A beat that fails is not the last one.
        """
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                due = time.monotonic() - PING_SECONDS + BEAT_SECONDS
                for reader in self._all:
                    if reader.written_at < due:
                        reader.ping()
                for reader in await asyncio.to_thread(_dismissed, list(self._all)):
                    reader.dismiss()
            except StorageUnavailable:  # nobody is let go because the database cannot be asked; the next beat asks again
                continue
            except Exception:
                logger.exception("the readers could not be looked at")

    def drain(self, grace: float) -> None:
        """Let the last events reach their readers."""
        self._loop.run(self._drain(grace))

    async def _drain(self, grace: float) -> None:
        pumps = [reader.pump for reader in self._all]
        if pumps:
            await asyncio.wait(pumps, timeout=grace)

    def close(self) -> None:
        self._heart.cancel()


def _dismissed(readers: list[Reader]) -> list[Reader]:
    return [reader for reader in readers if not reader.allowed]
