"""The HTTP server: waitress, made strict, with the deadlines it lacks, and with live responses that leave it.

waitress holds a thread for as long as a response lasts. A live body (``server/streaming.py``) is therefore taken over: the view
runs in a waitress thread, then the connection leaves waitress and its socket is driven on the loop (``server/readers.py``), so that
a reader costs no thread and a token no hand-over. This is the only file that knows waitress' inside, as it is in 3.0.2, the pinned
version.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import time
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from server.errors import ApiError
from server.generation.loop import LoopThread
from server.headers import security_headers
from server.readers import WRITE_AHEAD, Readers, reset
from server.streaming import TAKE_OVER, LiveBody, TakenOver

if TYPE_CHECKING:
    from server.settings import Settings

HEADER_SECONDS = 10.0  # for a whole request head
BODY_GRACE_SECONDS = 30.0  # after which a body must have come at BODY_RATE on average
BODY_RATE = 1024  # bytes a second
IDLE_SECONDS = 60.0  # between two requests of one connection
NO_PROGRESS_SECONDS = 30.0  # for a reader of an ordinary response to take anything
SWEEP_SECONDS = 1.0  # how often the deadlines are looked at
MAX_HEADERS = 100  # header lines a request may have
MAX_HEADER_BYTES = 32 * 1024
STRANGER_BODY_BYTES = 64 * 1024  # a body from somebody without a session cookie, where a login is required
ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"origin")  # header lines that may not be repeated
LIVENESS = "/health"
VERSIONS = (b" HTTP/1.1", b" HTTP/1.0")
CODES = {400: "bad_request", 413: "body_too_large", 431: "headers_too_large", 500: "internal", 501: "bad_request"}


class StrictParser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses what can be understood in two ways (A-082): waitress joins repeated lines and prefers one length to another."""

    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        first, *lines = header_plus.split(b"\r\n")
        if not first.endswith(VERSIONS):
            raise ParsingError("The request line has no HTTP version of ours")
        self._check_lines([line for line in lines if line], first)
        super().parse_header(header_plus)
        if self.proxy_netloc and self.proxy_netloc.lower() != self.headers.get("HOST", "").lower():
            raise ParsingError("The address and the Host header differ")
        if self.adj.is_stranger(self.headers.get("COOKIE", "")):
            self.adj = copy(self.adj)
            self.adj.max_request_body_size = min(STRANGER_BODY_BYTES, self.adj.max_request_body_size)

    def _check_lines(self, lines: list[bytes], first: bytes) -> None:
        if len(lines) > MAX_HEADERS:
            raise ParsingError("Too many headers")
        names = [line.partition(b":")[0].lower() for line in lines]
        if any(line[:1] in b" \t" for line in lines):
            raise ParsingError("A folded header line")
        if any(names.count(name) > 1 for name in ONCE):
            raise ParsingError("A header line that may come once came twice")
        if b"host" not in names:
            raise ParsingError("No Host header")
        if b"transfer-encoding" in names and (b"content-length" in names or first.endswith(b" HTTP/1.0")):
            raise ParsingError("Two lengths")


class Refusal(ErrorTask):  # type: ignore[misc]
    """What the parser refuses is answered like everything else: one JSON shape, all headers."""

    def execute(self) -> None:
        error = self.request.error
        body = json.dumps(ApiError(CODES.get(error.code, "bad_request"), error.code, error.reason).to_json("")).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        self.response_headers += security_headers(https=False)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Task(WSGITask):  # type: ignore[misc]
    """A request whose response may turn out to be live."""

    live: LiveBody | None = None
    wrote_header: bool

    def service(self) -> None:
        """Raises ``TakenOver`` when the connection has left for the loop."""
        try:
            super().service()
        except TakenOver:
            self.channel.leave(self)
            raise
        finally:
            self.environ = None  # it holds this task: without this both would stay until somebody searched for garbage

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[TAKE_OVER] = self._take_over
        return environ

    def finish(self) -> None:
        """waitress ends a response of unknown length with a last chunk, also where there may be no body at all.

        Before the next request of the same connection it would wait in this thread until the reader has taken most of this
        response: sixteen who send two requests at once and read nothing would hold every thread. Their connection ends instead.
        """
        if self.request.command != "HEAD":
            super().finish()
        elif not self.wrote_header:
            self.wrote_header = True
            self.channel.write_soon(self.build_response_header())
        if len(self.channel.requests) > 1 and self.channel.is_congested():
            self.close_on_finish = True

    def _take_over(self, body: LiveBody) -> None:
        if not self.channel.server.readers.has_room:
            raise ApiError("too_many_readers", 503, "Too many readers", retry_after=5)
        self.live = body


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection with deadlines by the monotonic clock, which can leave waitress in the middle of a response.

    Its socket is duplicated for the loop, and only waitress' own thread closes the original: were it closed elsewhere, its number
    could be given to a new connection while ``poll`` still holds an event for the old one, and the new one would be cut.
    """

    parser_class = StrictParser
    task_class = Task
    error_task_class = Refusal
    left = False
    deaf = False  # has taken nothing for too long: to be cut off

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.moved_at = time.monotonic()  # when bytes last went in or out
        self.request_began_at = 0.0
        self.request_bytes = 0
        super().__init__(*args, **kwargs)
        self.will_close = self.server.is_greedy(self.addr[0])

    def received(self, data: bytes) -> bool:
        self.moved_at = time.monotonic()
        if self.request is None:
            self.request_began_at = self.moved_at
            self.request_bytes = 0
        self.request_bytes += len(data)
        return bool(super().received(data))

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent: int = super().send(data, do_close)
        if sent:
            self.moved_at = time.monotonic()
        return sent

    def is_overdue(self, now: float) -> bool:
        """Whether this connection has used up its time."""
        if self.left:
            return False
        quiet = now - self.moved_at
        if self.total_outbufs_len:
            return quiet > NO_PROGRESS_SECONDS
        if self.requests:
            return False  # being answered: the answer has deadlines of its own
        if self.request is None:
            return quiet > IDLE_SECONDS
        age = now - self.request_began_at
        if not self.request.headers_finished:
            return age > HEADER_SECONDS
        return age > BODY_GRACE_SECONDS and self.request_bytes < age * BODY_RATE

    def service(self) -> None:
        with contextlib.suppress(TakenOver):
            super().service()

    def end(self) -> None:
        """Its time is used up. waitress closes a connection once it can write to it, which a reader who takes nothing prevents."""
        self.will_close = True
        self.deaf = bool(self.total_outbufs_len)

    def is_congested(self) -> bool:
        """Whether more waits to be taken than a thread may run ahead."""
        with self.outbuf_lock:
            self._flush_exception(self._flush_some, do_close=False)
            return bool(self.total_outbufs_len > WRITE_AHEAD)

    def leave(self, task: Task) -> None:
        """Give the connection, with what is still queued on it, to the loop."""
        with self.outbuf_lock:
            if not self.connected:  # while the lock is held nobody closes the socket, whose number may then be another's
                raise ClientDisconnected
            queued = b"".join(bytes(buffer.get(len(buffer))) for buffer in self.outbufs)
            self.total_outbufs_len = 0
            duplicate = socket.socket(self.socket.family, self.socket.type, self.socket.proto, socket.dup(self.socket.fileno()))
        self.requests[0].close()
        self.left = True  # from now on waitress' thread may close the original
        self.server.readers.take(duplicate, task, queued)
        self.server.pull_trigger()

    def readable(self) -> bool:
        if self.left:  # in waitress' thread, before it polls: the only safe moment to let go of the descriptor
            self.del_channel()
            self.socket.close()
            return False
        if self.deaf:
            reset(self.socket)
            self.handle_close()  # which also wakes the thread that may wait for this reader
            return False
        return bool(super().readable())

    def writable(self) -> bool:
        return not self.left and not self.deaf and bool(super().writable())

    def handle_read(self) -> None:
        if not self.left:
            super().handle_read()

    def handle_write(self) -> None:
        if not self.left:
            super().handle_write()


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """One listening socket."""

    channel_class = Channel
    readers: Readers
    next_channel_cleanup = float("inf")  # waitress' own clean-up counts any byte as life, by the clock on the wall
    next_sweep = 0.0

    def readable(self) -> bool:
        now = time.monotonic()
        if now >= self.next_sweep:
            self.next_sweep = now + SWEEP_SECONDS
            for channel in list(self.active_channels.values()):
                if channel.is_overdue(now):
                    channel.end()
        return bool(super().readable())

    def is_greedy(self, address: str) -> bool:
        """Whether one address holds too many connections while they are scarce. A proxy on this machine speaks for many."""
        scarce = len(self._map) > self.adj.connection_limit // 2
        if not scarce or ipaddress.ip_address(address.partition("%")[0]).is_loopback:
            return False
        share: int = sum(other.addr[0] == address for other in self.active_channels.values())
        return bool(share > self.adj.connection_limit // 4)


class Lanes:
    """Threads for requests, and one more for those who only ask whether the server is well: they never stand in the queue."""

    def __init__(self, threads: int, url_prefix: str) -> None:
        self._liveness_paths = (LIVENESS, f"{url_prefix}{LIVENESS}")
        self._ordinary, self._liveness = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self._ordinary.set_thread_count(threads)
        self._liveness.set_thread_count(1)

    def add_task(self, channel: Channel) -> None:
        request = channel.requests[0]
        is_liveness = not request.error and request.path in self._liveness_paths
        (self._liveness if is_liveness else self._ordinary).add_task(channel)

    def shutdown(self, timeout: float) -> None:
        self._ordinary.shutdown(timeout=timeout)
        self._liveness.shutdown(timeout=timeout)


class HttpServer:
    """Listens, serves until ``close``, and lets streams outlive their threads."""

    def __init__(
        self, app: Any, loop: LoopThread, settings: Settings, is_stranger: Callable[[str], bool] = lambda cookies: False
    ) -> None:
        """``is_stranger`` judges by the ``Cookie`` header, without asking the database, who may not send much (A-064)."""
        adjustments = Adjustments(
            host=settings.host,
            port=settings.port,
            url_prefix=settings.url_prefix,
            threads=settings.threads,
            connection_limit=settings.connection_limit,
            asyncore_use_poll=True,  # select() ends the process above 1,024 descriptors
            channel_request_lookahead=1,
            outbuf_high_watermark=WRITE_AHEAD,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=settings.max_body_bytes,
            backlog=2048,
            ident=None,
            expose_tracebacks=False,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,  # server/guard.py decides whom to believe
        )
        adjustments.is_stranger = is_stranger
        self.readers = Readers(loop)
        self._map: dict[int, Any] = {}
        self._dispatcher = Lanes(settings.threads, settings.url_prefix)
        self._listeners = [
            Listener(app, map=self._map, dispatcher=self._dispatcher, adj=adjustments, sockinfo=sockinfo)
            for sockinfo in adjustments.listen
        ]
        for listener in self._listeners:
            listener.readers = self.readers
        self._closing = False

    @property
    def port(self) -> int:
        return int(self._listeners[0].effective_port)

    def run(self) -> None:
        """Serve until ``close`` is called from another thread."""
        while not self._closing:
            wasyncore.poll2(timeout=SWEEP_SECONDS, map=self._map)

    def close(self) -> None:
        """Stop serving. Safe to call from any thread, any number of times."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listeners[0].pull_trigger()

    def stop_listening(self) -> None:
        """No new connections; those that exist go on."""
        for listener in self._listeners:
            listener.del_channel()
            listener.socket.close()

    def shutdown(self) -> None:
        """After ``run``: end the threads and close what is open."""
        self._dispatcher.shutdown(timeout=2)
        for listener in self._listeners:
            for channel in list(listener.active_channels.values()):
                channel.handle_close()  # with the files that hold what was not taken
        wasyncore.close_all(self._map, ignore_all=True)
        self.readers.close()
