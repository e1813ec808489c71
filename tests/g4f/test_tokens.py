"""An answer for both styles: read once, left at any moment, in any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from g4f.tokens import Tokens, finish, run
from tests.g4f.services_2023 import nothing_left

closed: list[str] = []


@pytest.fixture(autouse=True)
def _nobody_has_closed_yet() -> None:
    closed.clear()


def plain() -> Iterator[str]:
    try:
        yield from "абв"
    finally:
        closed.append("plain")


async def awaited() -> AsyncIterator[str]:
    try:
        for letter in "абв":
            await asyncio.sleep(0)
            yield letter
    finally:
        await asyncio.sleep(0)
        closed.append("awaited")


MAKERS = {"plain": lambda: Tokens.of_plain(plain), "awaited": lambda: Tokens.of_awaited(awaited)}


@pytest.mark.parametrize("source", MAKERS)
def test_for_reads_it_once(source: str) -> None:
    with nothing_left():
        tokens = MAKERS[source]()
        assert closed == []
        assert list(tokens) == list("абв")
        assert list(tokens) == []
        assert closed == [source]


@pytest.mark.parametrize("source", MAKERS)
def test_async_for_reads_it_once(source: str) -> None:
    async def read() -> list[str]:
        tokens = MAKERS[source]()
        first = [token async for token in tokens]
        return first + [token async for token in tokens]

    with nothing_left():
        assert asyncio.run(read()) == list("абв")
    assert closed == [source]


@pytest.mark.parametrize("source", MAKERS)
def test_leaving_early_closes_the_source(source: str) -> None:
    async def glance() -> None:
        tokens = MAKERS[source]()
        assert await anext(tokens) == "а"
        await tokens.aclose()

    with nothing_left():
        tokens = MAKERS[source]()
        assert next(tokens) == "а"
        tokens.close()
        assert closed == [source]
        asyncio.run(glance())
    assert closed == [source] * 2


@pytest.mark.parametrize("source", MAKERS)
def test_being_forgotten_closes_the_source_too(source: str) -> None:
    with nothing_left():
        assert next(MAKERS[source]()) == "а"
    assert closed == [source]


def test_an_answer_that_nobody_reads_never_begins() -> None:
    with nothing_left():
        for make in MAKERS.values():
            make().close()
    assert closed == []


async def test_run_works_beside_a_running_loop() -> None:
    assert list(run(awaited())) == list("абв")


def test_run_works_in_many_threads_at_once() -> None:
    heard: list[str] = []
    with nothing_left():
        threads = [threading.Thread(target=lambda: heard.append("".join(run(awaited())))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard == ["абв"] * 20


def test_run_hands_over_what_was_raised() -> None:
    async def failing() -> AsyncIterator[str]:
        yield "а"
        raise ZeroDivisionError

    pieces = run(failing())
    with nothing_left():
        assert next(pieces) == "а"
        with pytest.raises(ZeroDivisionError):
            next(pieces)


def test_a_stopped_wait_ends_the_step_that_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes while a step is under way: the step is cancelled, the source closed, the thread ends."""

    async def silent() -> AsyncIterator[str]:
        try:
            yield "а"
            await asyncio.Event().wait()
        finally:
            closed.append("silent")

    class Stopped(BaseException):
        pass

    with nothing_left():
        pieces = run(silent())
        assert next(pieces) == "а"
        wait = asyncio.run_coroutine_threadsafe

        def interrupted(*arguments: object) -> object:
            future = wait(*arguments)  # type: ignore[arg-type]

            def result() -> object:
                raise Stopped

            monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", wait)
            future.result = result  # type: ignore[assignment]
            return future

        monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", interrupted)
        with pytest.raises(Stopped):
            next(pieces)
    assert closed == ["silent"]


def test_finish_waits_for_one_task() -> None:
    async def task() -> int:
        await asyncio.sleep(0)
        return 7

    with nothing_left():
        assert finish(task()) == 7
