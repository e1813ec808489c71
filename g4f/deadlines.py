"""How long a service may take, and who looks at the clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from g4f.later import Later

if TYPE_CHECKING:
    import aiohttp
else:  # it loads the machine's certificates while it is imported: 100 ms
    aiohttp = Later("aiohttp")


@dataclass(frozen=True)
class Deadlines:
    """Seconds by the monotonic clock: to connect, to the answer's head, between two packets, between two events that are
    not mere keep-alives, for the whole answer."""

    connect: float = 5.0
    first_byte: float = 60.0
    idle: float = 60.0
    content: float = 300.0
    total: float = 900.0


REMOTE = Deadlines()
LOCAL = Deadlines(first_byte=300.0, idle=300.0)  # a local model may load for minutes before its first word


class Watch:
    """Ends the reading of a response whose deadlines have passed; one timer an answer, not one a packet.

    Only time spent waiting for the server counts: a reader of ours that pauses does not make the server late.
    ``waiting`` and ``spoken`` (something other than a keep-alive has come) are set by the one who reads.
    """

    def __init__(self, response: aiohttp.ClientResponse, deadlines: Deadlines) -> None:
        self._loop = asyncio.get_running_loop()
        self._response = response
        self._deadlines = deadlines
        self._timer: asyncio.TimerHandle | None = None
        self._lost: asyncio.Future[None] | None = None
        self._began = self._packet = self._content = 0.0
        self.waiting = False
        self.spoken = True
        self.timed_out = ""  # which deadline passed

    def start(self) -> None:
        self._began = self._packet = self._content = self._loop.time()
        self.waiting = True
        self._timer = self._loop.call_later(min(self._deadlines.idle, self._deadlines.content, self._deadlines.total), self._check)
        # A connection that dies of bad framing does not wake its reader (aiohttp 3.14): then we do.
        connection = self._response.connection
        self._lost = getattr(connection.protocol, "closed", None) if connection is not None else None
        if self._lost is not None:
            self._lost.remove_done_callback(_note)
            self._lost.add_done_callback(_note)
            self._lost.add_done_callback(self._wake_later)

    def wait(self) -> None:
        """From now on the server is waited for."""
        self._packet = self._loop.time()
        if self.spoken:
            self._content = self._packet
            self.spoken = False
        self.waiting = True

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._lost is not None:
            self._lost.remove_done_callback(self._wake_later)

    def _check(self) -> None:
        now = self._loop.time()
        limits = self._deadlines
        ends = [(self._began + limits.total, "the whole answer took too long")]
        if self.waiting:
            ends.append((self._packet + limits.idle, "silence"))
            ends.append((self._content + limits.content, "nothing but keep-alives"))
        else:
            ends.append((now + limits.idle, ""))
        due, reason = min(ends)
        if now < due:
            self._timer = self._loop.call_at(due, self._check)
            return
        self.timed_out = reason
        self._response.close()

    def _wake_later(self, lost: asyncio.Future[Any]) -> None:
        # The loop has been told of the loss before aiohttp has told the reader: let it come first.
        self._loop.call_soon(self._wake)

    def _wake(self) -> None:
        content = self._response.content
        if content.exception() is None and not content.is_eof():
            content.set_exception(aiohttp.ClientPayloadError("the connection was lost"))


def _note(lost: asyncio.Future[Any]) -> None:
    """Look at the exception, so that nobody complains that it was not looked at."""
    if not lost.cancelled():
        lost.exception()
