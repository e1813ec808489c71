"""The wire: what is stored is what is shown, and the page folds it as the server does.

The golden streams in tests/wire/ are written here and folded by tests/client/ under node. After a change that is meant:
``UPDATE_GOLDEN=1 python3 run.py test tests/server/test_wire.py``.
"""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f.chat import Citation, Progress, Reasoning, Seam, Started, Text, ToolCall, Usage
from server import wire
from server.conversations import Answer, AnswerEvent, Asked, Ended, fold

FOLDER = Path(__file__).parents[1] / "wire"
ASKED = Asked("conversation-1", "question-1", "answer-1")
EMPTY = Answer("answer-1", "question-1", "", 1.0, "running")

STREAMS: dict[str, list[AnswerEvent]] = {
    "plain": [
        ASKED,
        Started("Ollama", "qwen3:8b"),
        Text("При"),
        Text("вет! "),
        Text("Как дела?"),
        Usage(3, 4, 0, 0.5),
        Ended("complete", "stop"),
    ],
    "everything": [
        ASKED,
        Progress("load", 0.5, "модель"),
        Started("OpenRouter", "deepseek/deepseek-v4"),
        Reasoning("Надо "),
        Reasoning("подумать."),
        Text('Ответ\nв две строки с "кавычками", \\ чертой, \u2028 и 🧩.\r\n\n'),
        ToolCall(0, "call-1", "search", '{"q":'),
        ToolCall(1, "call-2", "time", "{}"),
        ToolCall(0, arguments='"погода"}'),
        Citation("https://example.org/a?b=c&d", "Источник <1>"),
        Usage(10, 20, 5, None),
        Ended("complete", "length"),
    ],
    "seam": [
        ASKED,
        Started("Ollama", "qwen3:8b"),
        Text("Первая 🧩 часть, "),
        Seam("Ollama", "DeepSeek", "provider_unreachable"),
        Started("DeepSeek", "deepseek-chat"),
        Text("вторая часть."),
        Ended("complete", "stop"),
    ],
    "continued": [
        ASKED,
        Started("Groq", "llama"),
        Text("Первая половина, "),
        Ended("interrupted", code="server_restarted"),
        Seam("Groq", "Ollama", "server_restarted"),
        Started("Ollama", "qwen3:8b"),
        Text("вторая половина."),
        Ended("complete", "stop"),
    ],
    "stopped": [ASKED, Started("Ollama", "qwen3:8b"), Text("Начало"), Ended("stopped")],
    "failed": [ASKED, Started("Groq", "llama"), Ended("failed", code="rate_limited")],
    "interrupted": [ASKED, Started("Groq", "llama"), Text("Полови"), Ended("interrupted", code="server_restarted")],
    "silent": [ASKED, Started("Guide", "guide"), Ended("complete", "filter")],
}

texts = st.text(st.characters(exclude_categories=["Cs"]))
events = st.one_of(
    texts.map(Text),
    texts.map(Reasoning),
    st.builds(Started, texts, texts),
    st.builds(Progress, st.sampled_from(["queue", "load", "prompt", "tool", "pull"]), st.none() | st.floats(0, 1), texts),
    st.builds(ToolCall, st.integers(0, 9), texts, texts, texts),
    st.builds(Citation, texts, texts),
    st.builds(Usage, st.integers(0), st.integers(0), st.integers(0), st.none() | st.floats(0, 1e6)),
    st.builds(Asked, texts, texts, texts),
    st.builds(Seam, texts, texts, texts),
    st.builds(Ended, st.sampled_from(["complete", "stopped"]), st.none() | st.sampled_from(["stop", "length"])),
    st.builds(Ended, st.sampled_from(["failed", "interrupted"]), st.none(), texts),
)


@given(events)
def test_an_event_comes_back_from_the_database_as_it_was(event: AnswerEvent) -> None:
    assert wire.from_row(*wire.to_row(event)) == event


@given(st.integers(1), events)
def test_a_frame_is_one_event_whatever_its_text_holds(seq: int, event: AnswerEvent) -> None:
    kind, data = wire.to_row(event)
    frame = wire.to_sse(seq, kind, data).decode()
    first, second, *rest = frame.split("\n")
    assert rest == ["", ""]
    assert first == f"id: {seq}"
    assert json.loads(second.removeprefix("data: "))["type"] == kind
    assert "\r" not in frame


@given(st.lists(events, max_size=20))
def test_events_fold_the_same_one_by_one_and_all_at_once_and_from_their_rows(stream: list[AnswerEvent]) -> None:
    begun = replace(EMPTY, text="Раз", tool_calls=(ToolCall(3, "a"), ToolCall(3, "b")), citations=(Citation("u", "t"),))
    one_by_one = begun
    for event in stream:
        one_by_one = fold(one_by_one, [event])
    rows = [(seq, *wire.to_row(event)) for seq, event in enumerate(stream)]
    assert fold(begun, stream) == fold(begun, wire.from_rows(rows)) == one_by_one


@pytest.mark.timeout(30)
@pytest.mark.parametrize("pair", [(Text("слово " * 3), Reasoning("м")), (ToolCall(0, arguments="x" * 20), Citation("u", "t"))])
def test_what_is_mixed_without_measure_folds_as_fast_as_the_rest(pair: tuple[AnswerEvent, AnswerEvent]) -> None:
    folded = fold(EMPTY, pair * 250_000)
    assert len(folded.text + folded.reasoning) + len(folded.citations) >= 250_000


def test_an_unknown_type_is_passed_over() -> None:
    assert wire.from_row("from-the-future", '{"a":1}') is None


def test_half_a_character_does_not_break_the_wire() -> None:
    assert b"?" in wire.to_sse(1, "text", "\ud800")


@pytest.mark.parametrize("name", STREAMS)
def test_the_golden_stream_is_what_the_server_sends(name: str) -> None:
    made = golden(STREAMS[name])
    file = FOLDER / f"{name}.ndjson"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(made, "utf-8")
    assert file.read_text("utf-8") == made


def test_every_golden_stream_has_its_events_here() -> None:
    assert {file.stem for file in FOLDER.glob("*.ndjson")} == set(STREAMS)


def golden(stream: list[AnswerEvent]) -> str:
    """Lines {"id", "event"}, then {"expect"}: the message that they fold into."""
    lines = []
    answer = EMPTY
    for seq, event in enumerate(stream, 1):
        data = wire.to_sse(seq, *wire.to_row(event)).decode().split("\n")[1].removeprefix("data: ")
        lines.append({"id": seq, "event": json.loads(data)})
        answer = replace(fold(answer, [event]), seq=seq)
    lines.append({"expect": wire.message_to_json(answer)})
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


@pytest.mark.timeout(30)
def test_what_a_hostile_service_says_in_a_million_pieces_is_put_together_in_time() -> None:
    pieces = 300_000
    events = [Text("а"), Reasoning("б"), ToolCall(0, "id", "имя", "в"), Citation("https://example.org", "г")]
    answer = fold(EMPTY, itertools.chain.from_iterable(itertools.repeat(events, pieces)))
    assert (answer.text, answer.reasoning) == ("а" * pieces, "б" * pieces)
    assert answer.tool_calls == (ToolCall(0, "id", "имя", "в" * pieces),)
    assert len(answer.citations) == pieces
