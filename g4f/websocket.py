"""The way out over a WebSocket: the same roots, proxies and deadlines as g4f.transport, the same errors."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from g4f.errors import Interrupted, NotConfigured, ProtocolViolation, TimedOut, TLSFailed, Unreachable
from g4f.http_errors import error_of_status
from g4f.later import Later
from g4f.tls import proxy_for, ssl_context
from g4f.transport import Deadlines, Terms

if sys.version_info >= (3, 11):
    from asyncio import timeout as deadline
else:  # aiohttp brings it where the standard library has none
    from async_timeout import timeout as deadline  # type: ignore[import-not-found,unused-ignore]

if TYPE_CHECKING:
    import aiohttp
else:  # it loads the machine's certificates while it is imported: 100 ms
    aiohttp = Later("aiohttp")

GOODBYE_SECONDS = 0.5  # how long the other side may take to answer our close
LONGEST_FRAME_BYTES = 4 << 20


class Socket:
    """A text conversation. Every wait ends by one of the deadlines."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool], deadlines: Deadlines) -> None:
        self._socket = socket
        self._limits = deadlines
        self._clock = asyncio.get_running_loop().time
        self._overdue = self._clock() + deadlines.total
        self._content = self._clock()
        self._pause = deadlines.first_byte

    def spoken(self) -> None:
        """What came was more than a sign of life."""
        self._content = self._clock()
        self._pause = self._limits.idle

    async def send(self, text: str) -> None:
        """Raises ``Interrupted`` when nobody is there any more."""
        with _mapped():
            # Lone surrogates come from broken clients; a "?" in their place beats a refusal.
            await self._socket.send_str(text.encode("utf-8", "replace").decode())

    async def receive(self) -> str | None:
        """The next text frame; ``None`` when the other side has said goodbye. Raises ``ProviderError``."""
        now = self._clock()
        patience = min(self._pause, self._overdue - now, self._content + self._limits.content - now)
        if patience <= 0:
            raise TimedOut("the whole answer took too long" if now >= self._overdue else "nothing but keep-alives")
        with _mapped():
            # Not wait_for: before Python 3.12 it forgets a cancellation that comes together with a message.
            async with deadline(patience):
                message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return str(message.data)
        if message.type is aiohttp.WSMsgType.BINARY:
            raise ProtocolViolation("a binary frame where text should be")
        if message.type is aiohttp.WSMsgType.ERROR:
            raise Interrupted(f"{type(message.data).__name__}: {message.data}"[:300])
        if self._socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE:
            raise Interrupted("the connection was lost")
        return None


@asynccontextmanager
async def open_socket(url: str, terms: Terms) -> AsyncIterator[Socket]:
    """A WebSocket at ``url`` (http: or https:). Raises ``ProviderError``; leaving the block closes the connection."""
    proxy = proxy_for(url)
    tls = ssl_context(terms.ca_file) if url.startswith("https") else True
    patience = aiohttp.ClientTimeout(total=None, connect=terms.deadlines.connect, sock_connect=terms.deadlines.connect)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=patience, trust_env=False) as session:
        with _mapped():
            async with deadline(terms.deadlines.first_byte):
                socket = await session.ws_connect(
                    url,
                    headers=terms.headers,
                    ssl=tls,
                    proxy=proxy,
                    max_msg_size=LONGEST_FRAME_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=GOODBYE_SECONDS),
                )
        try:
            yield Socket(socket, terms.deadlines)
        finally:
            await _say_goodbye(socket)


async def _say_goodbye(socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
    # The library gives every further message this long, so one who never stops talking would hold us for ever.
    try:
        async with deadline(GOODBYE_SECONDS):
            await socket.close()
    except (asyncio.TimeoutError, aiohttp.ClientError, OSError):
        pass  # the connection is cut instead


@contextmanager
def _mapped() -> Iterator[None]:
    """Turn what aiohttp and the system raise into our errors."""
    try:
        yield
    except aiohttp.WSServerHandshakeError as error:
        if error.status in (101, 200):
            raise ProtocolViolation(f"no WebSocket at this address: {error.message}") from error
        raise error_of_status(error.status, error.headers or {}, b"") from error
    except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch) as error:
        raise TLSFailed(str(error)[:300]) from error
    except aiohttp.InvalidURL as error:
        raise NotConfigured("not an address") from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Unreachable(str(error)[:300]) from error
    except asyncio.TimeoutError as error:
        raise TimedOut("silence") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Interrupted(f"{type(error).__name__}: {error}"[:300]) from error
