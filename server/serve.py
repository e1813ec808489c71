"""The HTTP server: waitress for requests, the asyncio loop for answers that stream.

waitress holds a thread for as long as a response lasts. A live body (``server/streaming.py``) is therefore taken over: the view
runs in a waitress thread, then the connection leaves waitress and its socket is driven on the loop, so that a reader costs no
thread and a token no hand-over. This is the only file that knows waitress' inside, as it is in 3.0.2, the pinned version.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from server import close_app, create_app, logs, wire
from server.auth import check_exposure
from server.browser import open_page
from server.context import KEY, Services
from server.errors import ApiError
from server.generation.loop import LoopThread
from server.settings import SettingsError
from server.storage.database import Busy, NewerSchema
from server.streaming import PING_SECONDS, TAKE_OVER, LiveBody, Refused, TakenOver

if TYPE_CHECKING:
    from flask import Flask

    from server.settings import Settings

logger = logging.getLogger(__name__)

WRITE_AHEAD = 64 * 1024  # bytes queued for a slow reader before its source has to wait
NO_PROGRESS_SECONDS = 30.0  # a reader that takes nothing for so long is let go
EVERYWHERE = ("0.0.0.0", "::", "localhost")  # noqa: S104 - addresses to listen on that a browser cannot open
MAX_READERS = 4_000  # live bodies at once; more are refused with 503


class Task(WSGITask):  # type: ignore[misc]
    """A request whose response may turn out to be live."""

    live: LiveBody | None = None

    def __init__(self, channel: Channel, request: Any) -> None:
        super().__init__(channel, request)
        channel.task = self

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[TAKE_OVER] = self._take_over
        return environ

    def _take_over(self, body: LiveBody) -> None:
        if not self.channel.server.readers.has_room:
            raise ApiError("too_many_answers", 503, "Too many readers", retry_after=5)
        self.live = body


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that can leave waitress in the middle of a response.

    Its socket is duplicated for the loop, and only waitress' own thread closes the original: were it closed elsewhere, its number
    could be given to a new connection while ``poll`` still holds an event for the old one, and the new one would be cut.
    """

    task_class = Task
    task: Task
    left = False

    def service(self) -> None:
        try:
            super().service()
        except TakenOver:
            self._leave()

    def _leave(self) -> None:
        """Give the connection, with what is still queued on it, to the loop."""
        with self.outbuf_lock:
            queued = b"".join(bytes(buffer.get(len(buffer))) for buffer in self.outbufs)
            self.total_outbufs_len = 0
            self.left = True
        self.requests[0].close()
        self.server.readers.take(self.socket.dup(), self.task, queued)
        self.server.pull_trigger()

    def readable(self) -> bool:
        if self.left:  # in waitress' thread, before it polls: the only safe moment to let go of the descriptor
            self.del_channel()
            self.socket.close()
            return False
        return bool(super().readable())

    def writable(self) -> bool:
        return not self.left and bool(super().writable())

    def handle_read(self) -> None:
        if not self.left:
            super().handle_read()

    def handle_write(self) -> None:
        if not self.left:
            super().handle_write()


class Reader(asyncio.Protocol):
    """One live response on the loop: writes the chunks, holds back for a slow reader, notices when the reader has gone."""

    def __init__(self, task: Task, queued: bytes) -> None:
        self._task = task
        self._queued = queued
        self._writable = asyncio.Event()
        self._writable.set()
        self._started = False
        self.transport: asyncio.Transport
        self.written_at = time.monotonic()
        self.pump: asyncio.Task[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=WRITE_AHEAD)
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

    async def _run(self) -> None:
        assert self._task.live is not None
        chunks = self._task.live.chunks
        try:
            async for chunk in chunks:
                self._write(chunk)
                if not self._writable.is_set():
                    await asyncio.wait_for(self._writable.wait(), NO_PROGRESS_SECONDS)
            self._finish()
        except Refused as refusal:
            self._refuse(refusal)
        except (asyncio.CancelledError, asyncio.TimeoutError):
            self.transport.abort()
        except Exception:
            logger.exception("a live response failed")
            self.transport.abort()
        finally:
            with contextlib.suppress(Exception):
                await chunks.aclose()

    def _write(self, chunk: bytes) -> None:
        if not self._started:
            self._started = True
            head: bytes = self._queued + self._task.build_response_header()
            chunk = head + self._framed(chunk)
        else:
            chunk = self._framed(chunk)
        self.transport.write(chunk)
        self.written_at = time.monotonic()

    def _framed(self, chunk: bytes) -> bytes:
        if not chunk or not self._task.chunked_response:
            return chunk
        return b"%X\r\n%b\r\n" % (len(chunk), chunk)

    def _finish(self) -> None:
        self._write(b"")
        if self._task.chunked_response:
            self.transport.write(b"0\r\n\r\n")
        self.transport.close()

    def _refuse(self, refusal: Refused) -> None:
        self._task.status = f"{refusal.status} {http.HTTPStatus(refusal.status).phrase}"
        replaced = {name.lower() for name in refusal.headers}
        kept = [header for header in self._task.response_headers if header[0].lower() not in replaced]
        self._task.response_headers = [*kept, *refusal.headers.items()]
        self._task.content_length = len(refusal.body)
        self._write(refusal.body)
        self.transport.close()

    def ping(self) -> None:
        if self._started and self._writable.is_set() and self._task.live and self._task.live.pings:
            self._write(wire.PING)


class Readers:
    """All live responses of this process."""

    def __init__(self, loop: LoopThread) -> None:
        self._loop = loop
        self._all: set[Reader] = set()
        self._heart = loop.spawn(self._beat())

    @property
    def has_room(self) -> bool:
        return len(self._all) < MAX_READERS

    def take(self, connection: socket.socket, task: Task, queued: bytes) -> None:
        """Called in a waitress thread: from here on the socket belongs to the loop."""
        self._loop.spawn(self._adopt(connection, task, queued))

    async def _adopt(self, connection: socket.socket, task: Task, queued: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, reader = await loop.connect_accepted_socket(lambda: Reader(task, queued), connection)
        self._all.add(reader)
        reader.pump.add_done_callback(lambda _: self._all.discard(reader))

    async def _beat(self) -> None:
        """One clock for all pings."""
        while True:
            await asyncio.sleep(PING_SECONDS / 3)
            due = time.monotonic() - PING_SECONDS * 2 / 3
            for reader in [reader for reader in self._all if reader.written_at < due]:
                reader.ping()

    def drain(self, grace: float) -> None:
        """Let the last events reach their readers."""
        self._loop.run(self._drain(grace))

    async def _drain(self, grace: float) -> None:
        pumps = [reader.pump for reader in self._all]
        if pumps:
            await asyncio.wait(pumps, timeout=grace)

    def close(self) -> None:
        self._heart.cancel()


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """One listening socket."""

    channel_class = Channel
    readers: Readers


class HttpServer:
    """Listens, serves until ``close``, and lets streams outlive their threads."""

    def __init__(self, app: Any, loop: LoopThread, settings: Settings) -> None:
        adjustments = Adjustments(
            host=settings.host,
            port=settings.port,
            url_prefix=settings.url_prefix,
            threads=settings.threads,
            connection_limit=settings.connection_limit,
            asyncore_use_poll=True,  # select() ends the process above 1,024 descriptors
            channel_request_lookahead=1,
            outbuf_high_watermark=WRITE_AHEAD,
            channel_timeout=60,
            cleanup_interval=5,
            max_request_header_size=32 * 1024,
            max_request_body_size=settings.max_body_bytes,
            backlog=2048,
            ident=None,
            expose_tracebacks=False,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,  # server/auth.py decides whom to believe
        )
        self.readers = Readers(loop)
        self._map: dict[int, Any] = {}
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(settings.threads)
        self._servers = [
            Listener(app, map=self._map, dispatcher=self._dispatcher, adj=adjustments, sockinfo=sockinfo)
            for sockinfo in adjustments.listen
        ]
        for server in self._servers:
            server.readers = self.readers
        self._closing = False

    @property
    def port(self) -> int:
        return int(self._servers[0].effective_port)

    def run(self) -> None:
        """Serve until ``close`` is called (from a signal handler or another thread)."""
        while not self._closing:
            wasyncore.poll2(timeout=1.0, map=self._map)

    def close(self) -> None:
        """Stop serving. Safe to call anywhere, any number of times."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._servers[0].pull_trigger()

    def stop_listening(self) -> None:
        """No new connections; those that exist go on."""
        for server in self._servers:
            server.del_channel()
            server.socket.close()

    def shutdown(self) -> None:
        """After ``run``: end the threads and close what is open."""
        self._dispatcher.shutdown(timeout=2)
        wasyncore.close_all(self._map, ignore_all=True)
        self.readers.close()


def main(settings: Settings) -> int:
    """Serve until told to stop. Returns the exit status of the process."""
    logs.install(settings.log_level, _secrets(settings))
    _raise_descriptor_limit()
    try:
        app = create_app(settings)
    except Busy:
        return _refuse(f"Папка данных {settings.data_dir} занята: сервер уже запущен. Остановите его или укажите --data-dir.")
    except NewerSchema:
        return _refuse("База данных записана более новой версией программы. Обновите программу или восстановите резервную копию.")
    services: Services = app.extensions[KEY]
    try:
        check_exposure(settings, services.auth)
        server = HttpServer(app, services.loop, settings)
    except SettingsError as error:
        close_app(app)
        return _refuse(str(error))
    except OSError as error:
        close_app(app)
        return _refuse(f"Не удаётся слушать {settings.host}:{settings.port}: {error.strerror}. Укажите другой порт: --port 1339.")
    services.loop.spawn(services.catalog.refresh())
    _announce(settings, server.port)
    _stop_on_signals(app, server, settings.stop_grace_seconds)
    server.run()
    server.shutdown()
    close_app(app)
    return 0


def _secrets(settings: Settings) -> list[str]:
    """What must never appear in the log."""
    keys = [config.api_key for config in settings.providers.values()] + [endpoint.api_key for endpoint in settings.endpoints]
    options = [value for config in settings.providers.values() for value in config.options.values()]
    headers = [value for endpoint in settings.endpoints for value in endpoint.headers.values()]
    return [secret for secret in (*keys, *options, *headers, settings.owner_password) if secret]


def _refuse(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


def _announce(settings: Settings, port: int) -> None:
    host = "127.0.0.1" if settings.host in EVERYWHERE else settings.host
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}{settings.url_prefix}/"
    sys.stdout.write(f"Откройте {address}\n")
    sys.stdout.flush()
    if settings.open_browser:
        open_page(address)


def _raise_descriptor_limit() -> None:
    """A thousand readers need a thousand descriptors; the usual soft limit is 1,024."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _stop_on_signals(app: Flask, server: HttpServer, grace: float) -> None:
    """SIGTERM and SIGINT: no new connections, running answers get ``grace`` seconds, a second signal takes them away (A-118)."""
    asked = threading.Event()
    hurried = threading.Event()

    def handle(_number: int, _frame: object) -> None:
        (hurried if asked.is_set() else asked).set()

    def stop() -> None:
        asked.wait()
        services: Services = app.extensions[KEY]
        services.runner.stopping = True
        server.stop_listening()
        deadline = time.monotonic() + grace
        while services.runner.running and time.monotonic() < deadline and not hurried.wait(0.1):
            pass
        services.runner.drain(0)
        server.readers.drain(1.0)
        server.close()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    threading.Thread(target=stop, name="stop", daemon=True).start()
