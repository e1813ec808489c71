"""What tests of providers share: a transport with short deadlines, and the services acted out on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from g4f.base import Provider, ProviderConfig
from g4f.chat import ChatRequest, Event, Message, Model, Options, Reasoning, Text
from g4f.errors import ProviderError
from g4f.model_list import read_models
from g4f.openai_compatible import OpenAICompatible
from g4f.transport import Deadlines, Transport
from tests.emulators import ollama, openai
from tests.emulators.stage import Stage, on_stage

SHORT = Deadlines(connect=3.0, first_byte=1.2, idle=1.2, content=1.8, total=30.0)


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


class Gathered:
    """A sink that takes everything at once."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def take(self, event: Event) -> bool:
        self.events.append(event)
        return True

    async def room(self) -> None:
        """Always."""


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


async def body_sent(kind: type[Provider], transport: Transport, stage: Stage, **options: object) -> dict[str, Any]:
    """The request that a service of OpenAI's dialect is sent for a question with these options."""
    config = ProviderConfig(base_url=stage.playing("echo") + "/v1", api_key="k", options={"folder": "b1g"})
    events, error = await answer(kind(transport, config), ask(**options))
    assert error is None
    body: dict[str, Any] = json.loads(text_of(events))
    return body


def kept(kind: type[OpenAICompatible], *items: dict[str, Any]) -> list[Model]:
    """What the provider makes of a list of models."""
    provider = kind(Transport(), ProviderConfig(api_key="k", options={"folder": "b1g"}))
    return read_models(provider.kept(items))
