"""What one answer may weigh, whoever writes it: a service without measure ends its own answer and nothing else."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterable

import pytest

from g4f import continuation, failover
from g4f.base import Provider, ProviderConfig
from g4f.blocking_stream import decoded
from g4f.chat import ChatRequest, Citation, Event, Finished, Progress, Reasoning, Started, Text, ToolCall, Usage
from g4f.errors import ProtocolViolation
from g4f.health import Health
from g4f.openai_answer import Answer
from g4f.Provider.Providers.Bing import Listener
from g4f.Provider.Providers.Ollama import _Reading
from g4f.scales import ANSWER_CHARACTERS, CALLS, CITATIONS, EVENT_CHARACTERS
from g4f.transport import Transport
from tests.g4f.conftest import Gathered, ask

WITHOUT_END = 2 * ANSWER_CHARACTERS // EVENT_CHARACTERS


class Saying(Provider):
    """Says these events."""

    def __init__(self, events: Iterable[Event]) -> None:
        super().__init__(Transport(), ProviderConfig())
        self._events = events

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        for event in self._events:
            yield event


async def told(events: Iterable[Event], sink: Gathered) -> None:
    await continuation.tell(ask(), [Saying(events)], sink, health=Health())


@pytest.mark.parametrize(
    "event",
    [
        Progress("load"),
        Progress("tool", detail="и" * 1000),
        Reasoning(""),
        Reasoning("думаю " * 100),
        ToolCall(0, "call", "name", "x"),
        ToolCall(0, "i" * 1000),
        Citation("https://example.org/" + "a" * 10_000, ""),
        Usage(1, 1),
    ],
)
async def test_no_event_comes_without_end(event: Event) -> None:
    sink = Gathered()
    with pytest.raises(ProtocolViolation, match="characters"):
        await told(itertools.chain([Text("Да")], itertools.repeat(event, WITHOUT_END)), sink)
    assert len(sink.events) <= ANSWER_CHARACTERS // EVENT_CHARACTERS + 3


async def test_sources_beyond_the_cap_are_left_out_and_the_answer_is_whole() -> None:
    sink = Gathered()
    sources = [Citation(f"https://example.org/{number}", "Источник") for number in range(CITATIONS + 500)]
    await told([Text("Да"), *sources, Text("!"), Finished()], sink)
    assert sink.events == [Started("Saying", "emulated-small"), Text("Да"), *sources[:CITATIONS], Text("!"), Finished()]


async def test_too_many_calls_of_tools_end_the_answer() -> None:
    well, much = Gathered(), Gathered()
    calls = [ToolCall(number, "", "f", "{}") for number in range(CALLS + 1)]
    await told([*calls[:CALLS], *calls[:CALLS], Finished()], well)
    assert len(well.events) == 2 + 2 * CALLS
    with pytest.raises(ProtocolViolation, match="calls"):
        await told(calls, much)
    assert much.events[1:] == calls[:CALLS]


async def test_what_is_too_much_from_one_does_not_weigh_on_the_next() -> None:
    sink = Gathered()
    flood = Saying(itertools.repeat(Progress("load"), WITHOUT_END))
    health = Health()
    for _ in range(2):
        await failover.tell(ask(), [flood, Saying([Text("Да"), Finished()])], sink, health=health)
        assert sink.events[-2:] == [Text("Да"), Finished()]


async def test_a_long_thought_and_a_long_talk_are_no_flood() -> None:
    sink = Gathered()
    await told([*[Reasoning("мысль ")] * 100_000, *[Text("слово ")] * 500_000, Finished()], sink)
    assert len(sink.events) == 600_002


async def test_calls_of_ollama_have_their_weight() -> None:
    def events() -> Iterable[Event]:
        reading = _Reading()
        chunk = {"message": {"tool_calls": [{"function": {"name": "f", "arguments": {}}}] * 10}}
        for _ in range(CALLS):
            yield from reading.read(chunk)

    with pytest.raises(ProtocolViolation, match="calls"):
        await told(events(), Gathered())


async def test_sources_and_calls_of_the_dialect_have_their_weight() -> None:
    def events(**delta: object) -> Iterable[Event]:
        answer = Answer("Service", "model")
        chunk = json.dumps({"choices": [{"delta": {"content": "", **delta}}]})
        for _ in range(WITHOUT_END // 10):
            yield from answer.read(chunk)

    with pytest.raises(ProtocolViolation, match="characters"):
        await told(events(tool_calls=[{"index": 0, "id": "i" * 1000}]), Gathered())
    sink = Gathered()
    note = {"url_citation": {"url": "https://example.org/", "title": "Пример"}}
    await told([*itertools.islice(events(annotations=[note] * 100), 2 * CITATIONS), Finished()], sink)
    assert len(sink.events) == 2 + CITATIONS


def test_a_text_that_bing_writes_anew_without_end_is_refused() -> None:
    listener = Listener()

    def message(text: str) -> dict[str, object]:
        return {"type": 1, "arguments": [{"messages": [{"adaptiveCards": [{"body": [{"text": text}]}]}]}]}

    def heard() -> int:
        return sum(len(list(listener.hear(message(letter * 500_000)))) for letter in "абвгдежзиклмн")

    with pytest.raises(ProtocolViolation, match="characters"):
        heard()


def test_a_bare_text_without_end_is_refused() -> None:
    told = 0

    def read() -> None:
        nonlocal told
        for piece in decoded(itertools.repeat(b"x" * 100_000, 100)):
            told += len(piece)

    with pytest.raises(ProtocolViolation, match="characters"):
        read()
    assert ANSWER_CHARACTERS - 100_000 <= told <= ANSWER_CHARACTERS
