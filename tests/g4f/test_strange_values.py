"""Whatever stands where in what a service sends: it becomes events that can be stored and shown, or an error of the tree."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, cast

import pytest

from g4f import continuation, registry
from g4f.base import Provider, ProviderConfig
from g4f.chat import ChatRequest, Event, Finished, Text, ToolCall, Usage
from g4f.errors import ProviderError
from g4f.failover import Policy
from g4f.health import Health
from g4f.model_list import TOKENS_CAP, items_of, read_models
from g4f.openai_answer import Answer
from g4f.openai_compatible import OpenAICompatible
from g4f.Provider.Providers.Bing import Listener
from g4f.Provider.Providers.LMStudio import _as_dialect
from g4f.Provider.Providers.Ollama import _described_by, _name_of, _Reading
from g4f.transport import Transport
from server import wire
from tests.g4f.conftest import Gathered, ask

STRANGE: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 1.5, -0.0, float("nan"), float("inf"), -float("inf"), 1e308),
    *(10**12, 10**30, -(10**30), 10**400),
    *("", " ", "0", "1", "stop", "error", "NaN", "\ud83d", "\ude00", "a\udc80b", "\x00", "\r\n", "\u2028", "x" * 300, "https://\ud800"),
    *([], {}, [[]], [None], ["\ud800"], {"error": {}}, {"text": "\ud800"}, [{"text": "\udfff"}], [1, 2], {"a": {"b": [{}]}}),
]
OPENAI: list[Any] = [
    {
        "id": "1",
        "model": "m",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": "да", "reasoning": "думаю"}, "finish_reason": None}],
        "prompt_progress": {"total": 4, "processed": 1},
    },
    {
        "choices": [
            {
                "index": 0,
                "delta": {
                    "content": [{"type": "text", "text": "да"}, {"type": "thinking", "thinking": [{"text": "думаю"}]}],
                    "reasoning_details": [{"text": "думаю", "summary": "s"}],
                    "refusal": "нет",
                    "tool_calls": [{"index": 0, "id": "call", "function": {"name": "f", "arguments": {"a": 1}}}],
                    "function_call": {"name": "f", "arguments": "{}"},
                    "annotations": [{"url_citation": {"url": "https://example.org/", "title": "Пример"}}],
                },
                "finish_reason": "stop",
            },
            {"index": 1, "delta": {"content": "другое"}},
        ]
    },
    {
        "choices": [],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 3}},
        "x_groq": {"usage": {"prompt_tokens": 1, "completion_time": 0.5}, "error": None},
        "timings": {"predicted_ms": 350.0},
        "error": None,
    },
    {"choices": [{"delta": {"content": ""}, "finish_reason": "error", "error": {"code": 1, "message": "m", "type": "t"}}]},
]
OLLAMA: list[Any] = [
    {
        "model": "m",
        "message": {
            "content": "да",
            "thinking": "думаю",
            "tool_calls": [{"id": "call", "function": {"name": "f", "arguments": {"a": 1}}}],
        },
        "done": False,
    },
    {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 1, "eval_count": 2, "eval_duration": 3},
]
BING: list[Any] = [
    {
        "type": 1,
        "arguments": [
            {"messages": [{"contentOrigin": "x", "messageType": None, "adaptiveCards": [{"body": [{"text": "да"}]}]}]},
        ],
    },
    {"type": 1, "arguments": [{"messages": [{"messageType": "I", "adaptiveCards": [{"body": [{"inlines": [{"text": "ищу"}]}]}]}]}]},
    {"type": 2, "item": {"result": {"value": "Success", "message": "m", "error": None}, "messages": [{"author": "bot"}]}},
    {"type": 7, "error": "e"},
    {"type": 3, "error": None},
]


def openai(chunks: list[Any]) -> Iterator[Event]:
    answer = Answer("Service", "model")
    for chunk in chunks:
        yield from answer.read(json.dumps(chunk))
    yield from answer.close()


def openai_whole(chunks: list[Any]) -> Iterator[Event]:
    yield from Answer("Service", "model").read_whole(json.dumps(chunks[1]).replace('"delta"', '"message"'))


def ollama(chunks: list[Any]) -> Iterator[Event]:
    reading = _Reading()
    for chunk in chunks:
        if isinstance(chunk, dict):
            yield from reading.read(json.loads(json.dumps(chunk)))


def bing(chunks: list[Any]) -> Iterator[Event]:
    listener = Listener()
    for chunk in chunks:
        if isinstance(chunk, dict):
            yield from listener.hear(json.loads(json.dumps(chunk)))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
    for step, each in inner.items():
        yield from places(each, (*path, step))


def with_strange(chunks: list[Any], path: tuple[Any, ...], strange: Any) -> list[Any]:
    changed = copy.deepcopy(chunks)
    target: Any = changed
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = strange
    return changed


class Reader(Provider):
    def __init__(self, events: Iterator[Event]) -> None:
        super().__init__(Transport())
        self._events = events

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        for event in self._events:
            yield event


async def stored(events: Iterator[Event]) -> list[Event]:
    """What came of it, after it was written down and read again."""
    sink = Gathered()
    with suppress(ProviderError):
        await continuation.tell(ask(), [Reader(events)], sink, policy=Policy(repeats=0), health=Health())
    again: list[Event] = []
    for seq, event in enumerate(sink.events):
        if isinstance(event, Text):
            event.text.encode()  # programs print it
        if not isinstance(event, Finished):
            kind, data = wire.to_row(event)
            data.encode()
            json.loads(wire.to_sse(seq, kind, data).split(b"data: ")[1], parse_constant=pytest.fail)
            known = wire.from_row(kind, data)
            assert known is not None
            again.append(cast(Event, known))
    return again


@pytest.mark.parametrize(
    ("read", "chunks"),
    [
        pytest.param(openai, OPENAI, id="openai"),
        pytest.param(openai_whole, OPENAI, id="openai-whole"),
        pytest.param(ollama, OLLAMA, id="ollama"),
        pytest.param(bing, BING, id="bing"),
    ],
)
async def test_a_strange_value_anywhere_is_an_event_or_an_error_of_the_tree(
    read: Callable[[list[Any]], Iterator[Event]], chunks: list[Any]
) -> None:
    for path in places(chunks):
        for strange in STRANGE if path else ():
            for event in await stored(read(with_strange(chunks, path, strange))):
                if isinstance(event, ToolCall):
                    assert type(event.index) is int, (path, strange)
                    assert 0 <= event.index < 1 << 31, (path, strange)
                if isinstance(event, Usage):
                    for count in (event.prompt_tokens, event.completion_tokens, event.reasoning_tokens):
                        assert type(count) is int
                        assert 0 <= count <= TOKENS_CAP


LISTED: Any = {
    "data": [
        {
            "id": "gpt://folder/model/latest",
            "name": "Model",
            "display_name": "Модель",
            "type": "chat",
            "active": True,
            "context_length": 8192,
            "meta": {"n_ctx": 4096, "n_ctx_train": 8192},
            "pricing": {"prompt": "0.000001", "completion": "0.000002"},
            "architecture": {"input_modalities": ["image", "text"], "output_modalities": ["text"]},
            "supported_parameters": ["tools", "reasoning"],
            "capabilities": {"vision": True, "completion_chat": True},
            "key": "model",
            "model": "model",
            "digest": "sha",
        }
    ]
}
SHOWN: Any = {"capabilities": ["completion", "vision"], "model_info": {"general.name": "x", "qwen.context_length": 40960}}


@pytest.mark.parametrize("name", [name for name, kind in registry.providers().items() if issubclass(kind, OpenAICompatible)])
def test_a_strange_value_anywhere_in_a_list_of_models_is_a_list_or_an_error_of_the_tree(name: str) -> None:
    provider: Any = registry.provider_class(name)(Transport(), ProviderConfig(api_key="k", options={"folder": "b1g"}))
    for path in places(LISTED):
        for strange in STRANGE if path else ():
            with suppress(ProviderError):
                items = items_of(with_strange(LISTED, path, strange))
                read_models([*provider.kept(items), *map(_as_dialect, items)])


def test_a_strange_value_anywhere_in_what_ollama_tells_of_a_model_is_passed_over() -> None:
    for path in places(SHOWN):
        for strange in STRANGE if path else ():
            length = _described_by("m", with_strange(SHOWN, path, strange)).context_length
            assert length is None or (type(length) is int and 0 < length <= TOKENS_CAP)
    for strange in STRANGE:
        assert _name_of({"model": strange, "name": strange}).isprintable()
