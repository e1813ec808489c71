"""The one way out to the network: sessions, deadlines, decoded streams; every failure becomes an error of g4f.errors here, once.

Redirects are never followed, certificates always verified, nothing is taken from ``.netrc``. For modules written with
``requests`` the same rules are in g4f.blocking, reachable from here too.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from g4f.deadlines import LOCAL, REMOTE, Deadlines, Watch
from g4f.decoders import KEEPALIVE, LinesDecoder, ServerEvent, SSEDecoder, TolerantJSON
from g4f.ear import listen
from g4f.errors import Interrupted, NotConfigured, ProtocolViolation, ProviderError, TimedOut, TLSFailed, Unreachable
from g4f.http_errors import ERROR_BODY_BYTES, error_of_status
from g4f.later import Later
from g4f.tls import proxy_for, ssl_context

if sys.version_info >= (3, 11):
    from asyncio import timeout as deadline
else:  # aiohttp brings it where the standard library has none
    from async_timeout import timeout as deadline  # type: ignore[import-not-found,unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import aiohttp
else:  # it loads the machine's certificates while it is imported: 100 ms
    aiohttp = Later("aiohttp")

__all__ = [
    "KEEPALIVE", "LOCAL", "REMOTE", "Deadlines", "ServerEvent", "Terms", "TolerantJSON", "Transport", "deadline", "ssl_context",
]  # fmt: skip

STREAM_BYTES = 1 << 30  # the most bytes in which an answer may be wrapped
JSON_BYTES = 32 << 20

_HTML = ("text/html", "application/xhtml")
_EVENT_STARTS = (b"data", b"event", b":", b"id", b"retry", b"\xef\xbb\xbf", b"\r", b"\n")


@dataclass(frozen=True)
class Terms:
    """On what terms a service is spoken to: what goes along in the headers, how long we wait, whom else we trust (a PEM file)."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadlines: Deadlines = REMOTE
    ca_file: str = ""


DEFAULT_TERMS = Terms()


class _Decoder(Protocol):
    def feed(self, chunk: bytes) -> list[ServerEvent]: ...

    def finish(self) -> list[ServerEvent]: ...


class Transport:
    """Sessions by event loop, made when first needed. ``close`` each in its own loop.

    ``ca_file`` adds trusted roots for everybody; a provider's own extra roots go with its calls.
    """

    def __init__(
        self, ca_file: str = "", *, trust_env: bool = True, deadlines: Deadlines = REMOTE, local_deadlines: Deadlines = LOCAL
    ) -> None:
        self.deadlines = deadlines
        self.local_deadlines = local_deadlines
        self._ca_file = ca_file
        self._trust_env = trust_env
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()

    async def prepare(self) -> None:
        """Do now, in a thread, what the first request would have to wait for: a fifth of a second of imports and certificates."""
        await asyncio.to_thread(self._warm_up)
        self._session()

    def _warm_up(self) -> None:
        aiohttp.ClientSession  # noqa: B018 - its first attribute imports the module
        with suppress(NotConfigured):  # a certificate file that cannot be read concerns the request that needs it
            ssl_context(self._ca_file)

    async def close(self) -> None:
        """Close the session of the running loop, and with it every request still under way in it."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    async def get_json(self, url: str, terms: Terms = DEFAULT_TERMS) -> Any:
        """The JSON at ``url``. Raises ``ProviderError``."""
        return await self._json("GET", url, None, terms)

    async def post_json(self, url: str, body: Any, terms: Terms = DEFAULT_TERMS) -> Any:
        """The JSON that ``url`` answers to ``body``. Raises ``ProviderError``."""
        return await self._json("POST", url, body, terms)

    def post_events(self, url: str, body: Any, terms: Terms = DEFAULT_TERMS) -> AsyncGenerator[ServerEvent, None]:
        """The server-sent events that ``url`` answers to ``body``; comments come as ``KEEPALIVE``.

        A plain JSON answer comes as one event marked ``whole``. Raises ``ProviderError``; ``Interrupted`` if the connection broke.
        Close the iterator (``contextlib.aclosing``) to end the request.
        """
        return _each(self.packets(url, body, terms))

    def packets(self, url: str, body: Any, terms: Terms = DEFAULT_TERMS) -> AbstractAsyncContextManager[Packets]:
        """The same events by the packets in which they come, which costs a word less. Leaving the block ends the request."""
        return self._opened(url, body, _accepting(terms, "text/event-stream"), SSEDecoder)

    async def post_json_lines(self, url: str, body: Any, terms: Terms = DEFAULT_TERMS) -> AsyncGenerator[dict[str, Any], None]:
        """The objects of the newline-delimited JSON that ``url`` answers to ``body``. Raises and is closed as ``post_events``."""
        reader = TolerantJSON()
        async with aclosing(_each(self._opened(url, body, terms, LinesDecoder))) as events:
            async for event in events:
                value = reader.object(event.data)
                if value is not None:
                    yield value

    # --- how it is done ------------------------------------------------------------------------------------------------------

    async def _json(self, method: str, url: str, body: Any, terms: Terms) -> Any:
        response = await self._open(method, url, body, _accepting(terms, "application/json"))
        watch = Watch(response, terms.deadlines)
        try:
            _refuse_html(response)
            with _mapped(watch, url, Unreachable):
                watch.start()
                raw = await _read_capped(response, JSON_BYTES)
        finally:
            watch.stop()
            response.release()
        if len(raw) > JSON_BYTES:
            raise ProtocolViolation(f"more than {JSON_BYTES} bytes of JSON from {_place(url)}")
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise ProtocolViolation(f"not JSON from {_place(url)}: {error}") from error

    @asynccontextmanager
    async def _opened(self, url: str, body: Any, terms: Terms, decoder_type: Callable[[], _Decoder]) -> AsyncIterator[Packets]:
        response = await self._open("POST", url, body, terms)
        watch = Watch(response, terms.deadlines)
        try:
            _refuse_html(response)
            watch.start()
            yield Packets(response, watch, url, decoder_type)
        finally:
            watch.stop()
            response.release()  # closes the connection unless the answer was read to its end

    async def _open(self, method: str, url: str, body: Any, terms: Terms) -> aiohttp.ClientResponse:
        """The response with a good status. A connection that the server closed just as it was used again is tried once more."""
        trace = _Trace()
        while True:
            try:
                response = await self._request(method, url, body, terms, trace)
                break
            except _Disconnected:
                if not trace.reused or trace.repeated:
                    raise
                trace.repeated = True
        if 200 <= response.status < 300:
            return response
        try:
            raw = await self._error_body(response, terms.deadlines)
        finally:
            response.release()
        raise error_of_status(response.status, response.headers, raw, secret=_secret_of(terms.headers))

    async def _request(self, method: str, url: str, body: Any, terms: Terms, trace: _Trace) -> aiohttp.ClientResponse:
        _check_address(url)
        data = None
        headers = terms.headers
        if body is not None:
            # Lone surrogates come from broken clients; a "?" in their place beats a refusal.
            data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            headers = {"Content-Type": "application/json", **headers}
        proxy = proxy_for(url) if self._trust_env else None
        secure = url.startswith("https") or (proxy or "").startswith("https")
        with _mapped(None, url, _Disconnected):
            async with deadline(terms.deadlines.first_byte):
                return await self._session().request(
                    method,
                    url,
                    data=data,
                    headers=headers,
                    proxy=proxy,
                    ssl=ssl_context(terms.ca_file or self._ca_file) if secure else True,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(
                        total=None, connect=terms.deadlines.connect, sock_connect=terms.deadlines.connect, ceil_threshold=60
                    ),
                    trace_request_ctx=trace,
                )

    async def _error_body(self, response: aiohttp.ClientResponse, deadlines: Deadlines) -> bytes:
        """As much of the body as explains the error; a body that does not come explains nothing."""
        watch = Watch(response, deadlines)
        watch.start()
        try:
            return await _read_capped(response, ERROR_BODY_BYTES)
        except (aiohttp.ClientError, OSError):
            return b""
        finally:
            watch.stop()

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            tracing = aiohttp.TraceConfig()
            tracing.on_connection_reuseconn.append(_note_reuse)
            session = self._sessions[loop] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                # Compressed streams arrive in lumps, and compressed lists may be bombs.
                headers={"Accept-Encoding": "identity", "User-Agent": "freegpt-webui/2"},
                trust_env=False,
                trace_configs=[tracing],
            )
        return session


class Packets:
    """An answer as it comes: ``read`` gives the events of one packet, ``each`` those of one packet after another.

    Nothing is read while nobody asks, so a reader that pauses makes the service pause.
    """

    def __init__(self, response: aiohttp.ClientResponse, watch: Watch, url: str, decoder_type: Callable[[], _Decoder]) -> None:
        self._content = response.content
        self._watch = watch
        self._url = url
        self._decoder = decoder_type()
        self._received = 0
        self._over = False
        self._compressed = response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity")
        self._unsure = decoder_type is SSEDecoder and "text/event-stream" not in response.headers.get("Content-Type", "").lower()

    async def read(self) -> Sequence[ServerEvent] | None:
        """What the next packet says, which may be nothing yet; ``None`` at the end."""
        if self._compressed:  # a packet may hold millions of events: between two pieces of it everybody else has a turn
            await asyncio.sleep(0)
        self._watch.wait()
        try:
            chunk = await self._content.readany()
        except Exception as failure:
            chunk = self._arrived_before(failure)
        return self._decoded(chunk) if chunk else self._finish()

    async def each(self, take: Callable[[Sequence[ServerEvent]], bool]) -> bool:
        """Give ``take`` what every packet says, until it says that it wants no more (true), or to the end (false)."""

        def hear(chunk: bytes) -> bool:
            going_on = take(self._decoded(chunk))
            if going_on:
                self._watch.wait()
            return going_on

        while (events := await self.read()) is not None:
            if not take(events):
                return True
            if not self._over and not self._compressed:
                self._watch.wait()
                if not await listen(self._content, hear):
                    return True
        return False

    def _decoded(self, chunk: bytes) -> Sequence[ServerEvent]:
        watch = self._watch
        watch.waiting = False
        if self._unsure:
            self._unsure = False
            if not _looks_like_events(chunk):
                self._decoder = _WholeJSON(self._url)
        self._received += len(chunk)
        if self._received > STREAM_BYTES:
            raise ProtocolViolation(f"more than {STREAM_BYTES} bytes in one answer from {_place(self._url)}")
        events = self._decoder.feed(chunk)
        for event in events:
            if event is not KEEPALIVE:
                watch.spoken = True
                break
        return events

    def _finish(self) -> Sequence[ServerEvent] | None:
        """What the end itself completes, then nothing."""
        self._watch.waiting = False
        if self._over:
            return None
        self._over = True
        return self._decoder.finish()

    def _arrived_before(self, failure: Exception) -> bytes:
        """What came before the connection broke while nobody was reading: aiohttp raises the failure first and keeps the words."""
        if self._content._buffer:
            return self._content._read_nowait(-1)
        with _mapped(self._watch, self._url, Interrupted):
            if type(failure) is RuntimeError:  # aiohttp's word for a connection whose end it has not passed on yet
                raise ConnectionResetError(str(failure)) from failure
            raise failure


async def _each(opening: AbstractAsyncContextManager[Packets]) -> AsyncGenerator[ServerEvent, None]:
    async with opening as packets:
        while (events := await packets.read()) is not None:
            for event in events:
                yield event


class _Disconnected(Unreachable):
    """The server went away before it answered."""


class _Trace:
    """What became of one request: whether it travelled on a connection used before, whether it was repeated."""

    reused = False
    repeated = False


async def _note_reuse(session: aiohttp.ClientSession, context: Any, parameters: aiohttp.TraceConnectionReuseconnParams) -> None:
    context.trace_request_ctx.reused = True


class _WholeJSON:
    """Collects an answer that is one JSON document although a stream was asked for."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        if not self._pieces and chunk.lstrip()[:1] not in (b"{", b"["):
            raise ProtocolViolation(f"neither events nor JSON from {_place(self._url)}")
        self._pieces.append(chunk)
        self._size += len(chunk)
        if self._size > JSON_BYTES:
            raise ProtocolViolation(f"more than {JSON_BYTES} bytes of JSON from {_place(self._url)}")
        return []

    def finish(self) -> list[ServerEvent]:
        return [ServerEvent("", b"".join(self._pieces).decode("utf-8", "replace"), whole=True)]


def _looks_like_events(chunk: bytes) -> bool:
    """Whether the first packet of an answer without the right type begins as server-sent events do."""
    return chunk.startswith(_EVENT_STARTS) and chunk.lstrip()[:1] not in (b"{", b"[", b"<")


def _refuse_html(response: aiohttp.ClientResponse) -> None:
    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith(_HTML):
        raise ProtocolViolation(f"an HTML page from {response.url.host} where an answer should be")


async def _read_capped(response: aiohttp.ClientResponse, cap: int) -> bytes:
    """The body up to ``cap`` bytes and a little more, so that the caller can tell it was longer."""
    pieces: list[bytes] = []
    size = 0
    while size <= cap:
        piece = await response.content.readany()
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


@contextmanager
def _mapped(watch: Watch | None, url: str, broken: type[ProviderError]) -> Iterator[None]:
    """Turn what aiohttp, ssl and the system raise into our errors. ``broken`` is what a lost connection means here."""
    try:
        yield
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
        if watch is not None and watch.timed_out:
            raise TimedOut(f"{_place(url)}: {watch.timed_out}") from error
        raise _error_of(error, url, broken) from error
    except ValueError:
        if watch is not None:
            raise
        # The text of the error would show the header, and the header is the key.
        raise NotConfigured(f"a key or header for {_place(url)} holds characters that cannot be sent") from None


def _error_of(error: Exception, url: str, broken: type[ProviderError]) -> ProviderError:
    detail = f"{_place(url)}: {type(error).__name__}: {error}"[:300]
    if isinstance(error, (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch, ssl.SSLError)):
        return TLSFailed(detail)
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return Unreachable(detail)
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        return TimedOut(detail)
    if isinstance(error, aiohttp.ClientPayloadError) and "decode" in str(error).lower():
        return ProtocolViolation(detail)
    if isinstance(error, (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError, OSError)):
        return broken(detail)
    return ProtocolViolation(detail)


def _place(url: str) -> str:
    """The scheme, host and port of an address: what a log may hold."""
    return "/".join(url.split("/", 3)[:3]).rpartition("@")[2] if "@" in url else "/".join(url.split("/", 3)[:3])


def _secret_of(headers: Mapping[str, str]) -> str:
    return headers.get("Authorization", "").rpartition(" ")[2]


def _check_address(url: str) -> None:
    """Raises ``NotConfigured`` for what cannot be a web address: the operator wrote it."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise NotConfigured(f"not an address: {_place(url)!r}")


def _accepting(terms: Terms, kind: str) -> Terms:
    return replace(terms, headers={"Accept": kind, **terms.headers})


def __getattr__(name: str) -> Any:
    """The names of g4f.blocking, which imports ``requests``, on demand."""
    if name in ("blocking_session", "check_response", "errors_of_requests", "CONNECT_SECONDS", "READ_SECONDS"):
        from g4f import blocking

        return getattr(blocking, name)
    raise AttributeError(name)
