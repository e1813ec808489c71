"""What threads hand to the loop: in order, with one wake-up, and nothing of the request that handed it over."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from server.generation.loop import LoopThread
from server.logs import discreet

of_the_request: ContextVar[str] = ContextVar("of_the_request", default="")


def test_what_comes_while_the_loop_is_busy_wakes_it_once_and_is_done_in_order(
    loop: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    finished, busy, let_go = threading.Event(), threading.Event(), threading.Event()
    loop.soon(lambda: (busy.set(), let_go.wait(30)))
    busy.wait(30)
    woken: list[object] = []
    wake = loop.loop.call_soon_threadsafe
    monkeypatch.setattr(loop.loop, "call_soon_threadsafe", lambda *a, **k: (woken.append(a), wake(*a, **k)))
    loop.soon(lambda: 1 / 0)  # takes nobody with it
    for number in range(10):
        loop.soon(done.append, number)
    loop.soon(finished.set)
    let_go.set()
    assert finished.wait(30)
    assert done == list(range(10))
    assert len(woken) == 1 or not woken, "none where the loop was still taking what came before"


def test_it_is_woken_again_for_what_comes_later(loop: LoopThread) -> None:
    for _ in range(300):
        done = threading.Event()
        loop.soon(done.set)
        assert done.wait(30)


def test_it_knows_of_the_request_only_whether_it_is_discreet(loop: LoopThread) -> None:
    seen: list[tuple[str, bool]] = []
    finished = threading.Event()
    of_the_request.set("question")
    loop.soon(lambda: seen.append((of_the_request.get(), discreet.get())))
    token = discreet.set(True)
    loop.soon(lambda: seen.append((of_the_request.get(), discreet.get())))
    discreet.reset(token)
    loop.soon(finished.set)
    assert finished.wait(30)
    assert seen == [("", False), ("", True)]


def test_after_the_end_everybody_is_told_so() -> None:
    loop = LoopThread()
    loop.close()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            loop.soon(print)
