"""Failover that finishes the answer: when a provider falls silent in mid-answer, another goes on where the text ended.

Before the first word everything is ``g4f.failover``'s. After it a *successor* is shown what was written and asked to go on: as the
beginning of its own answer where the service can take that (prefill), otherwise by a request in the language of the question. A
``Seam`` stands between the two, and ``Joint`` sees to it that nothing is said twice there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from g4f import failover, telling
from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Message, Model, Seam, Started, Text
from g4f.errors import ProviderError
from g4f.health import SHARED, Health
from g4f.telling import Sink, Telling

_log = logging.getLogger(__name__)

PLEA = {
    True: (
        "Твой предыдущий ответ оборвался. Продолжи его ровно с места обрыва: не повторяй уже написанное, "
        "не здоровайся и не поясняй, что продолжаешь."
    ),
    False: (
        "Your previous answer was cut off. Go on exactly where it ended: do not repeat what is written, "
        "do not greet and do not say that you continue."
    ),
}
LOOK_BACK = 400  # characters before the seam in which a repetition is sought
SHORTEST_REPETITION = 4  # characters; a shorter one is a coincidence
_AS_BYTES = ("utf-8", "surrogatepass")  # whatever a provider may have said
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)
_REOPENED = re.compile(r"\s*(```|~~~)[\w+#.-]*[ \t]*\n")
_WORD_END = re.compile(r"\w\Z")
_WORD_START = re.compile(r"\w")


def stream(
    request: ChatRequest,
    candidates: Sequence[Provider],
    *,
    successors: Sequence[Provider] = (),
    written: str = "",
    policy: failover.Policy = failover.DEFAULT_POLICY,
    health: Health = SHARED,
) -> AsyncGenerator[Event, None]:
    """What ``tell`` tells, as a stream. Close the iterator to end the request upstream."""
    return telling.stream(
        lambda sink: tell(request, candidates, sink, successors=successors, written=written, policy=policy, health=health)
    )


async def tell(
    request: ChatRequest,
    candidates: Sequence[Provider],
    sink: Sink,
    *,
    successors: Sequence[Provider] = (),
    written: str = "",
    policy: failover.Policy = failover.DEFAULT_POLICY,
    health: Health = SHARED,
) -> None:
    """Like ``failover.tell``; what breaks off after its first word is continued by ``successors``, each asked once, in order.

    ``written`` is the beginning of an answer that broke off earlier: then the candidates go on from there.
    Raises the error of the last speaker when nobody is left to go on.
    """
    waiting = list(successors)
    speakers = [Continuing(candidate, written) for candidate in candidates] if written else list(candidates)
    said = _Said(sink, written)
    while True:
        said.begin(speakers)
        try:
            return await failover.tell(request, speakers, said, policy=policy, health=health)
        except ProviderError as error:
            waiting = [provider for provider in waiting if provider.id != said.speaker]
            so_far = said.text
            if not so_far or not waiting or not _may_go_on(error, spoke=said.spoke):
                raise
            _log.warning("%s fell silent (%s); %s goes on", said.speaker, error.code, waiting[0].id)
            if not sink.take(Seam(said.speaker, waiting[0].id, error.code)):
                await sink.room()
            speakers, waiting = [Continuing(waiting[0], so_far)], waiting[1:]


def _may_go_on(error: ProviderError, *, spoke: bool) -> bool:
    """A filter that stopped the answer is not got round by asking elsewhere; a stand-in that never spoke only gives way."""
    return error.retryable or not spoke


class _Said:
    """Passes on what is said, joined to what was said before, and remembers it for whoever may have to go on."""

    def __init__(self, sink: Sink, written: str) -> None:
        self.room = sink.room
        self._take = sink.take
        self._bytes = bytearray(written, *_AS_BYTES)  # a list of its words would take ten times as much memory

    def begin(self, speakers: Sequence[Provider]) -> None:
        """From now on the first of these who answers speaks."""
        self.speaker = speakers[0].id if speakers else ""
        self._speakers = speakers
        self._began = len(self._bytes)
        self._joint = Joint(self.text) if self._bytes else None

    @property
    def text(self) -> str:
        return self._bytes.decode(*_AS_BYTES)

    @property
    def spoke(self) -> bool:
        """Whether the one who speaks now has said a word."""
        return len(self._bytes) > self._began

    def take(self, event: Event) -> bool:
        if type(event) is Text:
            if self._joint is not None:
                event = Text(self._joint.take(event.text, self._exact()))
                if self._joint.closed:
                    self._joint = None
            if not event.text:
                return True
            self._bytes += event.text.encode(*_AS_BYTES)
        elif type(event) is Started:
            self.speaker = event.provider
        elif type(event) is Finished and self._joint is not None:
            if rest := self._joint.rest():
                self._take(Text(rest))
            self._joint = None
        return self._take(event)

    def _exact(self) -> bool:
        """Whether the speaker went on from the very letter."""
        return any(isinstance(one, Continuing) and one.id == self.speaker and one.prefills for one in self._speakers)


class Continuing(Provider):
    """Another provider, asked to go on with what is ``written``."""

    def __init__(self, inner: Provider, written: str) -> None:
        super().__init__(inner.transport, inner.config)
        self._inner = inner
        self._written = written
        self.prefills = inner.prefills

    @property
    def id(self) -> str:
        return self._inner.id

    async def list_models(self) -> Sequence[Model]:
        return await self._inner.list_models()

    def tell(self, request: ChatRequest, sink: Sink) -> Telling:
        messages = (*request.messages, Message("assistant", self._written))
        if not self.prefills:
            russian = bool(_CYRILLIC.search(request.messages[-1].text)) if request.messages else True
            messages = (*messages, Message("user", PLEA[russian]))
        return self._inner.tell(replace(request, messages=messages), sink)


class Joint:
    """Where two voices meet: drops what the second one repeats, a code fence it opens again, and adds a missing space.

    ``take`` may hold back a beginning that could still turn out to be a repetition; ``rest`` gives it back at the end.
    """

    def __init__(self, written: str) -> None:
        self._tail = written[-LOOK_BACK:]
        self._fenced = len(_FENCE.findall(written)) % 2 == 1
        self._held = ""
        self.closed = False

    def take(self, text: str, exact: bool) -> str:
        """What may be shown of ``text``. ``exact``: the service went on from the very letter, so there is nothing to mend."""
        if exact:
            self.closed = True
            return text
        self._held += text
        if self._may_still_repeat():
            return ""
        return self.rest()

    def rest(self) -> str:
        """Decide with what has come."""
        self.closed = True
        text, self._held = self._held, ""
        if self._fenced and (reopened := _REOPENED.match(text)):
            return text[reopened.end() :]
        repeated = self._repetition(text)
        if repeated:
            return text[repeated:]
        if not self._fenced and _WORD_END.search(self._tail) and _WORD_START.match(text):
            return f" {text}"
        return text

    def _may_still_repeat(self) -> bool:
        if len(self._held) > LOOK_BACK:
            return False
        if self._fenced and self._held.lstrip()[:1] in ("`", "~", "") and "\n" not in self._held.lstrip():
            return True
        return any(
            suffix.startswith(self._held) and len(suffix) > len(self._held) for suffix in self._suffixes(len(self._held))
        )

    def _repetition(self, text: str) -> int:
        """Length of the longest end of what is written with which ``text`` begins."""
        return next((len(suffix) for suffix in self._suffixes(1) if text.startswith(suffix)), 0)

    def _suffixes(self, shortest: int) -> list[str]:
        """The ends of what is written that begin with a word, longest first."""
        starts = [match.start() for match in re.finditer(r"(?<!\w)\w|(?<=\s)[^\w\s]", self._tail)]
        return [
            self._tail[start:] for start in starts if len(self._tail) - start >= max(shortest, SHORTEST_REPETITION)
        ]
