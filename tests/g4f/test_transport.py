"""The way out: whom it trusts, which way it goes, how long it waits, what it takes along."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from g4f import errors
from g4f.tls import proxy_for, ssl_context
from g4f.transport import Terms, Transport
from tests.emulators.openai import chunk
from tests.emulators.stage import Stage
from tests.g4f.conftest import SHORT

CERTIFICATES = Path(__file__).parent / "certificates"
ROOT = str(CERTIFICATES / "root.pem")
if sys.version_info < (3, 11):  # its standard library leaves the server's end of a refused handshake to the garbage collector
    pytestmark = pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")

TERMS = Terms(deadlines=SHORT)


@asynccontextmanager
async def served(handler: Any, *, tls: bool = False, method: str = "*") -> AsyncIterator[str]:
    """A server of one handler in this loop; gives its address."""
    app = web.Application()
    app.router.add_route(method, "/{tail:.*}", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATES / "server.pem")
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def read_all(transport: Transport, url: str, terms: Terms) -> None:
    async with aclosing(transport.post_events(url, {"messages": [{"content": "?"}]}, terms)) as events:
        async for _ in events:
            pass


async def fine(request: web.Request) -> web.Response:
    return web.json_response({"fine": True})


async def test_a_certificate_of_an_unknown_root_is_refused(transport: Transport) -> None:
    async with served(fine, tls=True) as url:
        with pytest.raises(errors.TLSFailed):
            await transport.get_json(url, TERMS)


async def test_a_root_of_the_providers_own_is_trusted_for_it_alone(transport: Transport) -> None:
    async with served(fine, tls=True) as url:
        assert await transport.get_json(url, replace(TERMS, ca_file=ROOT)) == {"fine": True}
        with pytest.raises(errors.TLSFailed):
            await transport.get_json(url, TERMS)


async def test_a_root_of_the_operators_is_trusted_for_all() -> None:
    transport = Transport(ROOT)
    async with served(fine, tls=True) as url:
        assert await transport.get_json(url, TERMS) == {"fine": True}
        await transport.close()


async def test_a_certificate_for_another_name_is_refused(transport: Transport) -> None:
    async with served(fine, tls=True) as url:
        with pytest.raises(errors.TLSFailed):
            await transport.get_json(url.replace("127.0.0.1", "localhost"), replace(TERMS, ca_file=ROOT))


def test_verification_is_on_and_cannot_be_switched_off() -> None:
    context = ssl_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_file_that_holds_no_certificates_is_the_operators_to_mend(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("nothing")
    for file in (wrong, tmp_path / "missing.pem"):
        with pytest.raises(errors.NotConfigured):
            ssl_context(str(file))


async def test_a_redirect_is_not_followed_and_takes_no_key_along(transport: Transport) -> None:
    seen: list[str] = []

    async def away(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with served(away) as url:
        with pytest.raises(errors.ProtocolViolation):
            await transport.post_json(url + "/here", {}, replace(TERMS, headers={"Authorization": "Bearer k"}))
    assert seen == ["/here"]


async def test_the_proxy_of_the_environment_is_used(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append(str(request.url))
        return web.json_response({"by": "proxy"})

    async with served(proxy) as url:
        monkeypatch.setenv("http_proxy", url)
        assert await transport.get_json("http://service.example/v1/models", TERMS) == {"by": "proxy"}
    assert asked == ["http://service.example/v1/models"]


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.example/v1", "http://proxy.example:3128"),
        ("http://127.0.0.1:11434", None),
        ("http://localhost:1234", None),
        ("http://192.168.1.7:8080", None),
        ("https://inner.example/v1", None),
        ("http://api.example/", "http://proxy.example:3129"),
    ],
)
def test_who_is_near_or_excepted_is_asked_directly(monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "NO_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3129")
    monkeypatch.setenv("no_proxy", "inner.example")
    assert proxy_for(url) == proxy


def test_a_socks_proxy_is_not_gone_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(errors.NotConfigured):
        proxy_for("https://api.example/v1")


async def test_no_password_is_taken_from_netrc(transport: Transport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))

    async def headers(request: web.Request) -> web.Response:
        return web.json_response(dict(request.headers))

    async with served(headers) as url:
        assert "Authorization" not in await transport.get_json(url, TERMS)


async def test_no_cookie_is_kept(transport: Transport) -> None:
    async def cookies(request: web.Request) -> web.Response:
        response = web.json_response(dict(request.cookies))
        response.set_cookie("spy", "1")
        return response

    async with served(cookies) as url:
        for _ in range(2):
            assert await transport.get_json(url, TERMS) == {}


async def test_slow_words_are_waited_for_as_long_as_they_keep_coming(transport: Transport) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for _ in range(5):
            await response.write(chunk("слово"))
            await asyncio.sleep(0.15)
        return response

    terms = Terms(deadlines=replace(SHORT, first_byte=0.5, idle=0.5, content=0.5))
    async with served(slow) as url, aclosing(transport.post_events(url, {}, terms)) as events:
        assert len([event async for event in events]) == 5


async def test_an_answer_that_takes_too_long_altogether_is_ended(transport: Transport, openai_stage: Stage) -> None:
    url = openai_stage.playing("endless") + "/v1/chat/completions"
    terms = Terms(deadlines=replace(SHORT, total=0.3))
    with pytest.raises(errors.TimedOut):
        await read_all(transport, url, terms)


async def test_a_reader_that_pauses_does_not_make_the_server_late(transport: Transport, openai_stage: Stage) -> None:
    url = openai_stage.url + "/v1/chat/completions"
    terms = Terms(deadlines=replace(SHORT, idle=0.2, content=0.2))
    async with aclosing(transport.post_events(url, {"messages": [{"content": "?"}]}, terms)) as events:
        async for _ in events:
            await asyncio.sleep(0.05)


async def test_json_that_is_no_json_is_a_violation(transport: Transport) -> None:
    async def odd(request: web.Request) -> web.Response:
        return web.Response(text="{", content_type="application/json")

    async with served(odd) as url:
        with pytest.raises(errors.ProtocolViolation):
            await transport.get_json(url, TERMS)


async def test_words_that_are_neither_events_nor_json_are_a_violation(transport: Transport) -> None:
    async def odd(request: web.Request) -> web.Response:
        return web.Response(text="Hello", content_type="text/plain")

    async with served(odd) as url:
        with pytest.raises(errors.ProtocolViolation):
            await read_all(transport, url, TERMS)


@pytest.mark.parametrize("address", ["", "nonsense", "http://", "http://[::1", "ftp://example.org/"])
async def test_what_is_no_address_is_the_operators_to_mend(transport: Transport, address: str) -> None:
    with pytest.raises(errors.NotConfigured):
        await transport.get_json(address, TERMS)


@pytest.mark.parametrize("key", ["sk-1\nX-Evil: 1", "sk-1\r\n\r\n"])
async def test_a_key_that_cannot_be_sent_is_the_operators_to_mend_and_is_not_shown(transport: Transport, key: str) -> None:
    async with served(fine) as url:
        with pytest.raises(errors.NotConfigured) as caught:
            await transport.get_json(url, replace(TERMS, headers={"Authorization": f"Bearer {key}"}))
    assert key[:4] not in str(caught.value)


async def test_a_name_that_does_not_exist_is_unreachable(transport: Transport) -> None:
    with pytest.raises(errors.Unreachable):
        await transport.get_json("http://no-such-host.invalid/", TERMS)


async def test_a_transport_can_be_closed_twice_and_used_again(transport: Transport) -> None:
    async with served(fine) as url:
        for _ in range(2):
            assert await transport.get_json(url, TERMS) == {"fine": True}
            await transport.close()
            await transport.close()


@pytest.mark.parametrize("end", [b"this is no chunk size\r\n\r\n", b""])
async def test_words_that_came_before_the_connection_broke_are_read_although_nobody_waited_for_them(
    transport: Transport, end: bytes
) -> None:
    slow_reader = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"A\r\ndata: 1\n\n\r\n")
        await slow_reader.wait()
        writer.write(b"A\r\ndata: 2\n\n\r\n" + end)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    heard: list[str] = []

    async def read() -> None:
        async with aclosing(transport.post_events(address, {}, TERMS)) as events:
            async for event in events:
                heard.append(event.data)
                slow_reader.set()
                await asyncio.sleep(0.1)

    with pytest.raises(errors.ProtocolViolation):
        await read()
    server.close()
    assert heard == ["1", "2"]
