"""Titles made by the model: after the first whole answer of a conversation its own model is asked for a few words.

Nobody waits for it and nothing depends on it: whatever goes wrong, the first words of the question stay the title. It gives way
to answers, because a server with one place would make a person wait for a name.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import unicodedata
from collections.abc import Callable
from typing import Protocol

from g4f.base import Provider
from g4f.catalog import Catalog
from g4f.chat import ChatRequest, Message, Options, Text
from g4f.errors import NameUnknown, ProviderError
from g4f.telling import closing
from server.conversations import TITLE_LENGTH, Ended, Exchange, Opened
from server.generation.log import EventLog
from server.generation.loop import LoopThread
from server.generation.runner import Runner

logger = logging.getLogger(__name__)

MOST_TOKENS = 24
MOST_CHARACTERS = 400  # of an answer to the request for a title; who says more was not asked for it
EXCERPT = 1_500  # characters of question and answer that the model is shown
DEADLINE = 20.0  # seconds for the model to answer
PATIENCE = 120.0  # seconds in which the provider must be free once; then the first words stay
MOST_WAITING = 16  # conversations; where more end at a time the first words stay, or the queue would grow as long as people ask
LOOK = 0.25  # seconds between two looks at whether the provider is free
TRIES = 3  # how often it is asked anew after it has given way

PLEA = {
    True: "Придумай название этой беседы: от двух до шести слов на языке вопроса. Ответь только названием, без кавычек.",
    False: "Name this conversation: two to six words in the language of the question. Answer with the name only, no quotes.",
}
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*\)")
_MARKUP = re.compile(r"[*`~#>|<\[\]{}\\]+|(?<!\w)_+|(?<!_)_+(?!\w)|^\s*(?:[-+•]|\d+[.)])\s+")
_PREFIX = re.compile(r"^(?:название(?: беседы)?|заголовок|тема|title|name|conversation title)\s*[:—–-]\s*", re.IGNORECASE)
_AROUND = " \"'«»„“”‘’‹›.,;:—–-"


class Store(Protocol):
    """What is asked of the database."""

    def first_exchange(self, owner: str, conversation_id: str, characters: int) -> Exchange | None: ...
    def give_title(self, owner: str, exchange: Exchange, title: str) -> bool: ...


class Titler:
    """Asks for titles, one at a time of each provider. Public methods may be called from any thread."""

    def __init__(self, store: Store, catalog: Catalog, runner: Runner, loop: LoopThread, *, automatic: bool) -> None:
        self._store = store
        self._catalog = catalog
        self._runner = runner
        self._loop = loop
        self._automatic = automatic
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._asked: set[str] = set()  # ids of the providers that are being asked for a title

    def after(self, owner: str, opened: Opened) -> Callable[[EventLog, Ended], None] | None:
        """What the runner is to call when this answer ends."""

        def ended(log: EventLog, end: Ended) -> None:
            if end.state == "complete":
                self._begin(owner, opened.conversation_id, log)

        return ended if self._automatic else None

    def ask(self, owner: str, conversation_id: str) -> None:
        """A person wants a title by the model, whoever made the one there is."""

        async def begin() -> None:
            self._begin(owner, conversation_id, None)

        self._loop.run(begin())

    def waiting(self, owner: str) -> list[str]:
        """The conversations that may get a title in a moment."""
        return [conversation_id for who, conversation_id in list(self._tasks) if who == owner]

    def close(self) -> None:
        """Ask for nothing any more."""
        self._automatic = False
        self._loop.run(self._cancel())

    async def _cancel(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, owner: str, conversation_id: str, log: EventLog | None) -> None:
        place = (owner, conversation_id)
        if place in self._tasks or self._runner.stopping or (log is not None and len(self._tasks) >= MOST_WAITING):
            return
        task = self._tasks[place] = asyncio.create_task(self._name(owner, conversation_id, log))
        task.add_done_callback(lambda _: self._tasks.pop(place, None))

    async def _name(self, owner: str, conversation_id: str, log: EventLog | None) -> None:
        try:
            if log is not None:
                await log.ended()
            exchange = await asyncio.to_thread(self._store.first_exchange, owner, conversation_id, EXCERPT)
            if exchange is None or (log is not None and (exchange.titled_by or exchange.answer_id != log.answer_id)):
                return
            title = await self._title_of(exchange)
            if title:
                await asyncio.to_thread(self._store.give_title, owner, exchange, title)
        except Exception:  # a title is not worth more than a line in the log
            logger.info("no title was made", exc_info=True)

    async def _title_of(self, exchange: Exchange) -> str:
        try:
            provider = self._catalog.get(exchange.provider)
        except NameUnknown:
            return ""
        if not provider.names_conversations:
            return ""
        request = ChatRequest(exchange.model, (Message("user", _plea(exchange)),), self._options(provider, exchange.model))
        until = time.monotonic() + PATIENCE
        for _ in range(TRIES):
            if not await self._turn_comes(provider.id, until):
                break
            try:
                said = await self._ask_giving_way(provider, request)
            finally:
                self._asked.discard(provider.id)
            if said is not None:
                return clean(said)
        return ""

    def _options(self, provider: Provider, model: str) -> Options:
        """Thinking is switched off where there is such a switch; elsewhere the mere word may be refused."""
        able = any(
            name == provider.id and offered.id == model and "thinking" in offered.capabilities
            for name, offered in self._catalog.models()
        )
        return Options(max_tokens=MOST_TOKENS, reasoning_effort="none" if able or provider.local else None)

    async def _turn_comes(self, provider: str, until: float) -> bool:
        """Wait until this provider writes no answer and no other title; it is then marked as asked."""
        while time.monotonic() < until:
            if provider not in self._asked and not self._runner.is_busy(provider):
                self._asked.add(provider)
                return True
            await asyncio.sleep(LOOK)
        return False

    async def _ask_giving_way(self, provider: Provider, request: ChatRequest) -> str | None:
        """What the model says, "" if it does not in time; ``None`` when an answer of the same provider came in between."""
        asking = asyncio.create_task(_ask(provider, request))
        try:
            for _ in range(int(DEADLINE / LOOK)):
                done, _pending = await asyncio.wait([asking], timeout=LOOK)
                if done:
                    return asking.result()
                if self._runner.is_busy(provider.id):
                    return None
            return ""
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)


async def _ask(provider: Provider, request: ChatRequest) -> str:
    said = ""
    try:
        async with closing(provider.stream(request)) as events:
            async for event in events:
                if isinstance(event, Text):
                    said += event.text[: MOST_CHARACTERS - len(said)]
                if len(said) == MOST_CHARACTERS:
                    break
    except ProviderError as error:
        logger.info("no title was made", extra={"code": error.code})
        return ""
    return said


def _plea(exchange: Exchange) -> str:
    """One message, because some models know no other roles."""
    plea = PLEA[bool(_CYRILLIC.search(exchange.question))]
    return f"{plea}\n\n<<<\n{exchange.question}\n>>>\n\n<<<\n{exchange.answer}\n>>>\n\n{plea}"


def clean(said: str) -> str:
    """One plain line of at most ``TITLE_LENGTH`` characters, or "" when nothing is left that one could read.

    Called on the loop, where everybody waits for it: it is given no more than ``MOST_CHARACTERS``.
    """
    text = _TAG.sub("", _THOUGHT.sub("", said))
    lines = (_plain(line) for line in text.splitlines())
    line = next((line for line in lines if any(map(str.isalnum, line))), "")
    if len(line) > TITLE_LENGTH:
        line = line[: TITLE_LENGTH + 1].rsplit(" ", 1)[0][:TITLE_LENGTH].rstrip(_AROUND)
    return line


def _plain(line: str) -> str:
    """Without markup, quotes around, a label before, and characters that do not show or turn the line round."""
    line = "".join(" " if character.isspace() else character for character in line)
    line = "".join(character for character in line if not unicodedata.category(character).startswith("C"))
    line = _MARKUP.sub("", _LINK.sub(r"\1", line.strip()))
    line = _PREFIX.sub("", " ".join(line.split()).strip(_AROUND))
    return line.strip(_AROUND)
