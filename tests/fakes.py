"""A provider that says what a test wants: the question names a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from g4f.base import Provider
from g4f.chat import ChatRequest, Citation, Event, Finished, Model, Progress, Reasoning, Text, ToolCall, Usage
from g4f.errors import KeyMissing, RateLimited, ServerFailed
from g4f.telling import tell
from server.generation.log import Entry
from server.generation.runner import Speak, Task

WORDS = [f"слово{number} " for number in range(40)]


class Scripted(Provider):
    """Speaks by script. ``requests`` keeps what it was asked; ``gates`` lets a test decide when a waiting answer goes on."""

    title = "По сценарию"
    url = "https://example.org"
    requests: list[ChatRequest] = []  # noqa: RUF012 - shared on purpose, emptied by the fixture
    closed: list[str] = []  # noqa: RUF012

    async def list_models(self) -> Sequence[Model]:
        return [Model("scripted", "Сценарий", context_length=1000), Model("other")]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        question = request.messages[-1].text
        script = SCRIPTS.get(question.split()[-1], _plain)
        whole = False
        try:
            async for event in script():
                whole = isinstance(event, Finished)
                yield event
        finally:
            if not whole:
                self.closed.append(question)


async def _plain() -> AsyncGenerator[Event, None]:
    for piece in ("При", "вет", "! ", "Как дела?"):
        yield Text(piece)
    yield Usage(prompt_tokens=3, completion_tokens=4, seconds=0.5)
    yield Finished("stop")


async def _everything() -> AsyncGenerator[Event, None]:
    yield Progress("load", 0.5, "модель")
    yield Reasoning("Надо ")
    yield Reasoning("подумать.")
    yield Text("Ответ\nв две строки с «кавычками» и \u2028.")
    yield ToolCall(0, "call-1", "search", '{"q":')
    yield ToolCall(0, arguments='"погода"}')
    yield Citation("https://example.org/a", "Источник")
    yield Usage(10, 20, 5, 1.25)
    yield Finished("length")


async def _long() -> AsyncGenerator[Event, None]:
    for word in WORDS:
        await asyncio.sleep(0.02)
        yield Text(word)
    yield Finished()


async def _endless() -> AsyncGenerator[Event, None]:
    while True:
        await asyncio.sleep(0.02)
        yield Text("ещё ")


async def _cut() -> AsyncGenerator[Event, None]:
    yield Text("Начало")
    raise ServerFailed("upstream said: secret detail")


async def _limited() -> AsyncGenerator[Event, None]:
    raise RateLimited("slow down", retry_after=99)
    yield Text("")


async def _broken() -> AsyncGenerator[Event, None]:
    yield Text("Начало")
    raise ZeroDivisionError("a fault of our own")


SCRIPTS: dict[str, Callable[[], AsyncGenerator[Event, None]]] = {
    "всё": _everything,
    "долго": _long,
    "бесконечно": _endless,
    "обрыв": _cut,
    "предел": _limited,
    "поломка": _broken,
}


class Keyed(Provider):
    """Needs a key that nobody gave."""

    title = "С ключом"
    url = "https://example.org"
    needs_key = True

    async def list_models(self) -> Sequence[Model]:
        assert self.key
        return [Model("keyed")]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        if not self.config.api_key:
            raise KeyMissing(provider=self.id)
        yield Finished()


def telling(says: Callable[[Task], AsyncGenerator[Event, None]]) -> Speak:
    """What speaks in the runner's place of providers, out of a generator."""
    return lambda task, sink: tell(says(task), sink)


class Gathering:
    """A sink that takes everything at once."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def take(self, entries: Sequence[Entry]) -> bool:
        self.entries += entries
        return True

    async def room(self) -> None:
        """Always."""
