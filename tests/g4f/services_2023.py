"""What the tests of the four services of 2023 share: an emulator in any mood, three ways to ask, and what is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from types import ModuleType
from typing import Any

import pytest

import g4f
from g4f import ProviderConfig, ProviderError, Tokens, legacy, registry
from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Message, Text
from g4f.transport import Deadlines
from tests.emulators import ails, bing, liaobots, yqcloud
from tests.emulators.stage import Stage, on_stage

EMULATORS: dict[str, ModuleType] = {"Bing": bing, "Yqcloud": yqcloud, "Liaobots": liaobots, "Ails": ails}
MODELS = {"Bing": "gpt-4", "Yqcloud": "gpt-3.5-turbo", "Liaobots": "gpt-3.5-turbo", "Ails": "gpt-3.5-turbo"}
QUESTION = "Привет! Как дела?"
ASKED = [{"role": "user", "content": QUESTION}]
PATIENT = Deadlines(connect=5, first_byte=20, idle=20, content=20, total=60)
IMPATIENT = Deadlines(connect=2, first_byte=0.8, idle=0.8, content=0.8, total=1.2)


@contextmanager
def playing(name: str, behaviour: str = "normal", *, deadlines: Deadlines = PATIENT, **config: Any) -> Iterator[Stage]:
    """The emulator of ``name`` in this mood; while the block runs, the package knows its address and key."""
    emulator = EMULATORS[name]
    with on_stage(emulator.make_app()) as stage:
        address = stage.url if behaviour == "normal" else stage.playing(behaviour)
        g4f.configure({name: ProviderConfig(**{"base_url": address, **emulator.CONFIG, **config})}, deadlines=deadlines)
        try:
            yield stage
        finally:
            g4f.configure()


def forget_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may meet a service or a key of the person who runs it."""
    for kind in registry.providers().values():
        for variable in (kind.base_url_variable, kind.key_variable):
            if variable:
                monkeypatch.delenv(variable, raising=False)


def module(name: str) -> Any:
    """The provider's module, as a program of 2023 sees it."""
    return getattr(g4f.Provider, name)


def kind(name: str) -> type[Provider]:
    """The provider's class."""
    return registry.provider_class(name)


def complete(name: str, messages: list[dict[str, Any]] | None = None, **kwargs: Any) -> Tokens:
    made: Tokens = module(name)._create_completion(model=MODELS[name], messages=messages or ASKED, stream=True, **kwargs)
    return made


def provider(name: str) -> Provider:
    """The modern face with what ``playing`` configured. Close its transport."""
    return legacy.provider_of(kind(name))


async def heard(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


Outcome = tuple[str, ProviderError | None]


def with_for(name: str) -> Outcome:
    """Ask as in 2023, with ``for``."""
    said: list[str] = []
    try:
        for piece in g4f.ChatCompletion.create(MODELS[name], ASKED, provider=name, stream=True):
            said.append(piece)
    except ProviderError as error:
        return "".join(said), error
    return "".join(said), None


def with_async_for(name: str) -> Outcome:
    """Ask as in 2023, with ``async for``."""

    async def ask() -> Outcome:
        said: list[str] = []
        try:
            async for piece in complete(name):
                said.append(piece)
        except ProviderError as error:
            return "".join(said), error
        return "".join(said), None

    return asyncio.run(ask())


def as_events(name: str) -> Outcome:
    """Ask as the server does."""

    async def ask() -> Outcome:
        said: list[str] = []
        async with AsyncExitStack() as stack:
            made = provider(name)
            stack.push_async_callback(made.transport.close)
            try:
                async for event in made.stream(ChatRequest(MODELS[name], (Message("user", QUESTION),))):
                    if isinstance(event, Text):
                        said.append(event.text)
            except ProviderError as error:
                return "".join(said), error
        return "".join(said), None

    return asyncio.run(ask())


FACES: dict[str, Callable[[str], Outcome]] = {"for": with_for, "async for": with_async_for, "events": as_events}


@contextmanager
def nothing_left() -> Iterator[None]:
    """The block leaves no thread and no open file or socket behind."""
    before = _living()
    yield
    # A connection is closed by the loop's next turn, a thread ends a moment after its last word.
    for attempt in range(500):
        if _living() <= before:
            return
        if attempt % 20 == 19:
            gc.collect()
        time.sleep(0.02)
    left = _living() - before
    assert not left, left


def _living() -> set[str]:
    descriptors = {f"{number} {_target(number)}" for number in os.listdir("/dev/fd")} if os.path.isdir("/dev/fd") else set()
    return {thread.name for thread in threading.enumerate()} | {one for one in descriptors if "socket" in one or "pipe" in one}


def _target(number: str) -> str:
    try:
        return os.readlink(f"/dev/fd/{number}")
    except OSError:
        return ""
