"""What tests of providers share: a transport with short deadlines, and the services acted out on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Message, Options, Reasoning, Text
from g4f.errors import ProviderError
from g4f.transport import Deadlines, Transport
from tests.emulators import ollama, openai
from tests.emulators.stage import Stage, on_stage

SHORT = Deadlines(connect=3.0, first_byte=1.2, idle=1.2, content=1.8, total=30.0)
AskFor = Callable[..., ChatRequest]


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    """A transport that loses patience soon, so that tests of silence are short."""
    made = Transport(deadlines=SHORT, local_deadlines=SHORT)
    yield made
    await made.close()


@pytest.fixture(scope="session")
def openai_stage() -> Iterator[Stage]:
    with on_stage(openai.make_app()) as stage:
        yield stage


@pytest.fixture(scope="session")
def ollama_stage() -> Iterator[Stage]:
    with on_stage(ollama.make_app()) as stage:
        yield stage


def ask(question: str = "Как дела?", model: str = openai.MODEL, **options: object) -> ChatRequest:
    return ChatRequest(model, (Message("user", question),), Options(**options))  # type: ignore[arg-type]


async def answer(provider: Provider, request: ChatRequest) -> tuple[list[Event], ProviderError | None]:
    """All events, and the error that ended them, if one did."""
    events: list[Event] = []
    try:
        async for event in provider.stream(request):
            events.append(event)
    except ProviderError as error:
        return events, error
    return events, None


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def thought_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Reasoning))
