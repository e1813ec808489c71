"""«Помощник»: answers questions about this product from its own documentation. No network, no key, no language model."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from g4f import registry
from g4f.base import Provider, ProviderConfig
from g4f.chat import ChatRequest, Citation, Event, Finished, Model, Text
from g4f.guide.answer import Answer, compose, language_of
from g4f.guide.documents import Language, read_sections
from g4f.guide.search import Index

if TYPE_CHECKING:
    from g4f.transport import Transport

_WORD_WITH_SPACE = re.compile(r"\s*\S+\s*")
_WORDS_AT_ONCE = 16  # then the loop gets its turn: an answer of a thousand words must not hold up the others
_making = threading.Lock()


class Guide(Provider):
    """Always ready. ``found`` tells the ids of the model servers that discovery sees now; whoever builds a catalogue sets it."""

    title = "Помощник"
    local = True
    names_conversations = False

    def __init__(self, transport: Transport, config: ProviderConfig | None = None) -> None:
        super().__init__(transport, config)
        self.found: Callable[[], Sequence[str]] = tuple

    async def list_models(self) -> Sequence[Model]:
        return [Model("guide", title="Помощник")]

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        """The found section in words, then its address. The work is done in a thread; the first question also builds the index."""
        answer = await asyncio.to_thread(_answer, request, [_title(name) for name in self.found()])
        for number, word in enumerate(_WORD_WITH_SPACE.findall(answer.text)):
            yield Text(word)
            if number % _WORDS_AT_ONCE == 0:
                await asyncio.sleep(0)
        for section in answer.sources:
            yield Citation(section.link, section.heading)
        yield Finished()


def _title(provider: str) -> str:
    try:
        return registry.provider_class(provider).title
    except LookupError:  # a server that the operator named
        return provider


def _answer(request: ChatRequest, running: Sequence[str]) -> Answer:
    questions = [message.text for message in request.messages if message.role == "user"] or [""]
    *earlier, question = questions
    language = language_of(question, earlier)
    with _making:  # or two first questions would both build the index
        index = _index(language)
    return compose(question, language, index, earlier=earlier, running=running)


@cache
def _index(language: Language) -> Index:
    return Index(read_sections(language))
