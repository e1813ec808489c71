"""Hearing aiohttp's stream: nothing is lost, nothing comes twice, and whoever has gone hears nothing."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from g4f.ear import KNOWN, listen

who: ContextVar[str] = ContextVar("who", default="nobody")


@pytest.fixture
async def content() -> aiohttp.StreamReader:
    protocol = SimpleNamespace(
        _reading_paused=False, connected=True, pause_reading=lambda: None, resume_reading=lambda **_options: None
    )
    return aiohttp.StreamReader(cast(Any, protocol), 2**16, loop=asyncio.get_running_loop())


async def soon() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_what_comes_is_heard_without_waking_the_listener(content: aiohttp.StreamReader) -> None:
    heard: list[bytes] = []
    listening = asyncio.create_task(listen(content, lambda chunk: heard.append(chunk) is None))
    await soon()
    for chunk in (b"one", b"two"):
        content.feed_data(chunk)
        await soon()
    content.feed_data(b"th")
    content.feed_data(b"ree")
    await soon()
    assert heard == [b"one", b"two", b"th", b"ree"]
    assert not listening.done()
    content.feed_eof()
    assert await listening
    assert await content.readany() == b""


async def test_who_wants_no_more_leaves_the_rest_to_be_read(content: aiohttp.StreamReader) -> None:
    listening = asyncio.create_task(listen(content, lambda chunk: False))
    await soon()
    content.feed_data(b"one")
    assert not await listening
    content.feed_data(b"two")
    assert await content.readany() == b"two"


async def test_what_is_there_already_is_for_the_reader(content: aiohttp.StreamReader) -> None:
    content.feed_data(b"one")
    assert await listen(content, pytest.fail)
    assert await content.readany() == b"one"


async def test_the_words_before_a_failure_are_heard_and_the_failure_is_for_the_reader(content: aiohttp.StreamReader) -> None:
    heard: list[bytes] = []
    listening = asyncio.create_task(listen(content, lambda chunk: heard.append(chunk) is None))
    await soon()
    content.feed_data(b"one")
    content.set_exception(aiohttp.ClientPayloadError("lost"))
    assert await listening
    assert heard == [b"one"]
    with pytest.raises(aiohttp.ClientPayloadError):
        await content.readany()


async def test_what_the_listener_raises_is_raised_to_him(content: aiohttp.StreamReader) -> None:
    def burst(chunk: bytes) -> bool:
        raise ZeroDivisionError

    listening = asyncio.create_task(listen(content, burst))
    await soon()
    content.feed_data(b"one")
    with pytest.raises(ZeroDivisionError):
        await listening


async def test_a_listener_who_has_gone_hears_nothing_more(content: aiohttp.StreamReader) -> None:
    listening = asyncio.create_task(listen(content, pytest.fail))
    await soon()
    listening.cancel()
    content.feed_data(b"one")
    with pytest.raises(asyncio.CancelledError):
        await listening
    await soon()
    assert await content.readany() == b"one"


async def test_a_connection_that_is_lost_as_the_listener_goes_is_no_fault(content: aiohttp.StreamReader) -> None:
    """The listener is cancelled, and before he has had his turn aiohttp tells of the loss: it must not stumble over him."""
    listening = asyncio.create_task(listen(content, pytest.fail))
    await soon()
    listening.cancel()
    content.set_exception(aiohttp.ClientPayloadError("lost"))
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_it_is_heard_as_the_listener_whoever_opened_the_connection(content: aiohttp.StreamReader) -> None:
    heard: list[str] = []

    async def as_reader() -> None:
        who.set("reader")
        await listen(content, lambda chunk: heard.append(who.get()) is not None)

    listening = asyncio.create_task(as_reader())
    await soon()
    content.feed_data(b"one")
    await listening
    assert heard == ["reader"]


async def test_a_large_answer_is_heard_to_its_end_and_leaves_nothing_behind(content: aiohttp.StreamReader) -> None:
    """As aiohttp's parser feeds it: chunk by chunk, an end after each, several in one packet."""
    heard: list[bytes] = []
    listening = asyncio.create_task(listen(content, lambda chunk: heard.append(chunk) is None))
    await soon()
    for number in range(30_000):
        content.begin_http_chunk_receiving()
        content.feed_data(b"%d " % number)
        content.end_http_chunk_receiving()
    assert b"".join(heard) == b"".join(b"%d " % number for number in range(30_000))
    assert (content._size, len(content._buffer)) == (0, 0)
    assert len(content._http_chunk_splits or ()) <= 1
    content.feed_eof()
    assert await listening


async def test_a_paused_connection_is_resumed() -> None:
    resumed: list[bool] = []
    protocol = SimpleNamespace(
        _reading_paused=True, connected=True, pause_reading=lambda: None, resume_reading=lambda **_options: resumed.append(True)
    )
    content = aiohttp.StreamReader(cast(Any, protocol), 2**16, loop=asyncio.get_running_loop())
    listening = asyncio.create_task(listen(content, lambda chunk: True))
    await soon()
    content.feed_data(b"one")
    assert resumed == [True]
    listening.cancel()


async def test_an_unknown_aiohttp_is_read_and_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("g4f.ear.KNOWN", ("1.0.",))
    assert await listen(cast(Any, object()), pytest.fail)


def test_the_aiohttp_here_is_known() -> None:
    """Another one? See whether its StreamReader keeps what g4f/ear.py touches, then add it to ``KNOWN``."""
    assert aiohttp.__version__.startswith(KNOWN)
