"""What every emulator needs: a loopback server in a thread of its own, a memory of what it was asked, and the common misfortunes.

A behaviour is chosen by the first part of the path: ``http://127.0.0.1:PORT/cut`` is the address of a service whose answers are
cut, ``http://127.0.0.1:PORT`` that of a healthy one. So one server plays every part at once and keeps no state between requests.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

SLOW_FIRST_BYTE_SECONDS = 0.3
FOREVER_SECONDS = 3600.0
ENDLESS_PAUSE_SECONDS = 0.01

COMMON = {
    "normal": "a healthy answer",
    "slow-first-byte": "the first byte comes late",
    "split-characters": "every byte in a packet of its own",
    "cut": "the connection closes in the middle of the answer",
    "reset": "the connection is reset in the middle of the answer",
    "html": "200 with an HTML page instead of an answer",
    "html-502": "502 with an HTML page",
    "redirect": "302 to a login page",
    "401": "the key is refused",
    "402": "no money left",
    "429": "too many requests, Retry-After: 7",
    "500": "the server fails",
    "malformed": "a frame that breaks the protocol",
    "endless": "an answer without end",
    "stalled": "silence after the first word",
    "silent": "not a single byte of an answer",
    "early-close": "the connection closes before the answer",
    "empty": "an answer without a word",
}
HTML_PAGE = "<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>"
ENDLESS_WORD = "снова "

PACE = web.AppKey("pace", float)


@dataclass
class Seen:
    """One request as the emulator received it."""

    method: str
    path: str
    query: str
    headers: CIMultiDict[str]
    body: bytes


@dataclass
class Stage:
    """A running emulator. ``url`` has no slash at the end; ``seen`` is in order of arrival."""

    url: str
    seen: list[Seen] = field(default_factory=list)

    def playing(self, behaviour: str) -> str:
        """The address at which the service behaves so."""
        return f"{self.url}/{behaviour}"


SEEN = web.AppKey("seen", list[Seen])


def application(routes: Iterable[web.RouteDef], *, pace: float = 0.0) -> web.Application:
    """An application whose routes exist bare and once more behind ``/{behaviour}``. ``pace``: seconds between two pieces."""
    app = web.Application(middlewares=[_remember])
    app[PACE] = pace
    app[SEEN] = []
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)
        app.router.add_route(route.method, "/{behaviour}" + route.path, route.handler)
    return app


@web.middleware
async def _remember(request: web.Request, handler: Any) -> web.StreamResponse:
    body = await request.read()
    request.app[SEEN].append(Seen(request.method, request.path, request.query_string, request.headers.copy(), body))
    response: web.StreamResponse = await handler(request)
    return response


@contextmanager
def on_stage(app: web.Application, *, port: int = 0) -> Iterator[Stage]:
    """Serve ``app`` on loopback while the block runs. Leaves no thread and no socket behind."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    thread = threading.Thread(target=loop.run_forever, name="emulator", daemon=True)
    thread.start()

    async def open_up() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        address: tuple[str, int] = runner.addresses[0]
        return address[1]

    try:
        yield Stage(f"http://127.0.0.1:{asyncio.run_coroutine_threadsafe(open_up(), loop).result()}", app[SEEN])
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def behaviour_of(request: web.Request) -> str:
    return request.match_info.get("behaviour", "normal")


def words_of(text: str) -> list[str]:
    """The text in pieces as a model would write it: word by word."""
    return [word + " " for word in text.split(" ")[:-1]] + text.split(" ")[-1:]


async def refusal(request: web.Request) -> web.StreamResponse | None:
    """The answer of a service that refuses before the first word, if that is how it behaves."""
    match behaviour_of(request):
        case "html":
            return web.Response(text=HTML_PAGE, content_type="text/html")
        case "html-502":
            return web.Response(status=502, text=HTML_PAGE, content_type="text/html")
        case "redirect":
            return web.Response(status=302, headers={"Location": "/login"})
        case "401":
            return web.json_response({"message": "401 Unauthorized"}, status=401)
        case "402":
            return web.json_response({"message": "402 Payment Required"}, status=402)
        case "429":
            return web.json_response({"message": "slow down"}, status=429, headers={"Retry-After": "7"})
        case "500":
            return web.Response(status=500, text="Error")
        case "silent":
            await asyncio.sleep(FOREVER_SECONDS)
        case "early-close":
            _transport(request).close()
            return web.Response()
        case "slow-first-byte":
            await asyncio.sleep(SLOW_FIRST_BYTE_SECONDS)
    return None


async def play(
    request: web.Request, pieces: Sequence[bytes], *, content_type: str, again: bytes, end: bytes = b""
) -> web.StreamResponse:
    """Stream ``pieces`` with every misfortune of COMMON. An endless answer repeats ``again``, a whole one ends with ``end``."""
    if refused := await refusal(request):
        return refused
    behaviour = behaviour_of(request)
    response = web.StreamResponse(headers={"Content-Type": content_type})
    await response.prepare(request)
    if behaviour == "empty":
        return response
    async for piece in _paced(request, behaviour, pieces, again):
        await response.write(piece)
    match behaviour:
        case "cut":
            _transport(request).close()
        case "reset":
            _transport(request).abort()
        case "malformed":
            _transport(request).write(b"this is no chunk size\r\n\r\n")
            _transport(request).close()
        case "stalled":
            await asyncio.sleep(FOREVER_SECONDS)
        case _:
            if end:
                await response.write(end)
    return response


async def _paced(request: web.Request, behaviour: str, pieces: Sequence[bytes], again: bytes) -> AsyncIterator[bytes]:
    half = max(1, len(pieces) // 2)
    match behaviour:
        case "split-characters":
            for byte in b"".join(pieces):
                yield bytes([byte])
                await asyncio.sleep(0)
        case "cut" | "reset" | "malformed":
            for piece in pieces[:half]:
                yield piece
            # Let the reader have the first half before the connection goes.
            await asyncio.sleep(0.3)
        case "stalled":
            yield pieces[0]
        case "endless":
            while True:
                yield again
                await asyncio.sleep(ENDLESS_PAUSE_SECONDS)
        case _:
            for piece in pieces:
                yield piece
                await asyncio.sleep(request.app[PACE])


def _transport(request: web.Request) -> asyncio.Transport:
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)
    return transport
