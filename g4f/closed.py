"""What the four services of 2023 have in common: they are closed, and the operator names the address of a compatible server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from g4f.base import Provider, SyncProvider, iterate_in_thread
from g4f.chat import ChatRequest, Event, Message, Model
from g4f.errors import ModelMissing, RequestRejected, ServiceClosed
from g4f.line import Line

if TYPE_CHECKING:
    from g4f.transport import Terms


class ClosedService(Provider):
    """Off until the operator enables it and names an address; until then every use raises ``ServiceClosed``."""

    enabled_by_default = False
    names_conversations = False
    offers: ClassVar[tuple[Model, ...]] = ()

    def endpoint(self, path: str) -> str:
        """The operator's address with ``path``. Raises ``ServiceClosed`` where none was given."""
        if not self.address:
            raise ServiceClosed(
                f"The service {self.url} is closed. Name the address of a compatible server: providers.{self.id}.base_url "
                f"in config.json, the environment variable {self.base_url_variable}, or g4f.configure(...).",
                provider=self.id,
            )
        return self.address + path

    def terms(self, headers: Mapping[str, str]) -> Terms:
        """How to speak to the service; what the operator put into ``headers`` comes last and wins."""
        from g4f.transport import Terms

        return Terms({**headers, **self.config.headers}, self.transport.deadlines, self.config.options.get("ca_file", ""))

    def check(self, request: ChatRequest) -> None:
        """Raise what is known to be wrong before anybody is asked: no address, no key, no such model, no question."""
        _ = self.endpoint("/"), self.key, self.offered(request.model), question_and_past(request.messages, self.id)

    async def list_models(self) -> Sequence[Model]:
        """The documented models, or the operator's list. Raises ``ServiceClosed`` and ``KeyMissing``, as asking would."""
        _ = self.endpoint("/"), self.key
        return [Model(name) for name in self.config.models] or list(self.offers)

    def offered(self, name: str) -> Model:
        """The model of that name, the first one for an empty name. Raises ``ModelMissing``."""
        known = {model.id: model for model in self.offers} | {model: Model(model) for model in self.config.models}
        if name and name not in known:
            raise ModelMissing(f"{self.id} has no model {name!r}, only {', '.join(known)}", provider=self.id)
        return known[name] if name else self.offers[0]


class BlockingClosedService(ClosedService, SyncProvider):
    """A closed service whose module waits for it in a thread. Leaving the answer hangs up at once, even while nothing comes."""

    def told(self, request: ChatRequest, line: Line) -> Iterator[Event]:
        """The events of the answer. Runs outside the event loop and may block; ``line`` is the way to end that."""
        raise NotImplementedError

    def generate(self, request: ChatRequest) -> Iterator[str | Event]:
        return self.told(sendable(request), Line())

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        line = Line()
        events = iterate_in_thread(lambda: self.told(sendable(request), line))
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            line.hang_up()


def question_and_past(messages: Sequence[Message], provider: str) -> tuple[str, Sequence[Message]]:
    """The last message's text and what was said before it. Raises ``RequestRejected`` when nothing was asked."""
    if not messages or not messages[-1].text:
        raise RequestRejected("There is no question: the list of messages is empty, or its last message is", provider=provider)
    return messages[-1].text, messages[:-1]


def sendable(request: ChatRequest) -> ChatRequest:
    """The request with a "?" for every lone surrogate: broken clients write them, and they cannot be written as UTF-8."""
    messages = (replace(message, text=message.text.encode("utf-8", "replace").decode()) for message in request.messages)
    return replace(request, messages=tuple(messages))


def transcript(messages: Sequence[Message]) -> str:
    """A conversation as one text, in the form that Bing was given in 2023."""
    return "".join(f"[{message.role}](#message)\n{message.text}\n\n" for message in messages)
