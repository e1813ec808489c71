"""OpenAI's dialect against a service in every mood: what is said arrives, what goes wrong has a name, what was said stays."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from g4f import errors
from g4f.base import ProviderConfig
from g4f.chat import ChatRequest, Finished, Image, Message, Options, Progress, Reasoning, Started, Text, ToolCall, Usage
from g4f.openai_compatible import CustomEndpoint, OpenAICompatible
from g4f.transport import Transport
from tests.emulators import openai
from tests.emulators.openai import THOUGHT, answer_to
from tests.emulators.stage import Stage
from tests.g4f.conftest import Gathered, answer, ask, text_of, thought_of

QUESTION = "Как дела?"


def service(transport: Transport, stage: Stage, behaviour: str = "normal", **config: object) -> OpenAICompatible:
    values = {"base_url": stage.playing(behaviour) + "/v1", "api_key": "sk-emulated", **config}
    return OpenAICompatible(transport, ProviderConfig(**values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "behaviour",
    [
        "normal",
        "crlf",
        "bom",
        "comments",
        "no-done",
        "reset-at-end",
        "hold-at-end",
        "no-finish",
        "after-end",
        "broken-json",
        "odd",
        "two-choices",
        "usage",
        "groq",
        "timings",
        "json",
        "think",
        "reasoning",
        "reasoning-twice",
        "parts",
        "gzip",
        "split-characters",
        "slow-first-byte",
        "nonsense-usage",
        "no-stream-options",
    ],
)
async def test_the_answer_is_whole_however_it_is_written(transport: Transport, openai_stage: Stage, behaviour: str) -> None:
    events, error = await answer(service(transport, openai_stage, behaviour), ask(QUESTION))
    assert error is None
    assert text_of(events) == answer_to(QUESTION)
    assert events[-1] == Finished("stop")
    assert [event for event in events if isinstance(event, Started)] == [Started("OpenAICompatible", openai.MODEL)]


async def test_a_service_that_stays_silent_after_its_last_word_is_not_waited_for(openai_stage: Stage) -> None:
    class Hasty(OpenAICompatible):
        settling = 0.05

    transport = Transport()  # of a minute's patience
    provider = Hasty(transport, ProviderConfig(base_url=openai_stage.playing("hold-at-end") + "/v1"))
    events, error = await asyncio.wait_for(answer(provider, ask(QUESTION)), 30)
    await transport.close()
    assert error is None
    assert text_of(events) == answer_to(QUESTION)


@pytest.mark.parametrize("behaviour", ["reasoning", "reasoning-twice", "think", "parts", "json"])
async def test_thinking_is_kept_apart_under_all_its_names(transport: Transport, openai_stage: Stage, behaviour: str) -> None:
    events, _ = await answer(service(transport, openai_stage, behaviour), ask(QUESTION))
    assert thought_of(events) == THOUGHT
    kinds = [type(event) for event in events if isinstance(event, (Reasoning, Text))]
    assert kinds == sorted(kinds, key=lambda kind: kind is Text)


@pytest.mark.parametrize(
    ("behaviour", "expected", "said"),
    [
        ("cut", errors.Interrupted, True),
        ("reset", errors.Interrupted, True),
        ("malformed", errors.Interrupted, True),
        ("no-end", errors.Interrupted, True),
        ("stalled", errors.TimedOut, True),
        ("silent", errors.TimedOut, False),
        ("only-comments", errors.TimedOut, False),
        ("error-mid", errors.ServerFailed, True),
        ("always-broken", errors.ProtocolViolation, True),
        ("long-line", errors.ProtocolViolation, False),
        ("big", errors.ProtocolViolation, True),
        ("bad-gzip", errors.ProtocolViolation, False),
        ("html", errors.ProtocolViolation, False),
        ("html-502", errors.ServerFailed, False),
        ("redirect", errors.ProtocolViolation, False),
        ("early-close", errors.Unreachable, False),
        ("empty", errors.Interrupted, False),
        ("error-200", errors.QuotaExceeded, False),
        ("401", errors.KeyRejected, False),
        ("402", errors.QuotaExceeded, False),
        ("403-country", errors.Unavailable, False),
        ("404", errors.NotConfigured, False),
        ("404-model", errors.ModelMissing, False),
        ("429", errors.RateLimited, False),
        ("429-absurd", errors.RateLimited, False),
        ("500", errors.ServerFailed, False),
        ("503", errors.ServerFailed, False),
        ("529", errors.ServerFailed, False),
        ("context", errors.ContextTooLong, False),
    ],
)
async def test_every_fault_has_its_name_and_takes_no_word_back(
    transport: Transport, openai_stage: Stage, behaviour: str, expected: type[errors.ProviderError], said: bool
) -> None:
    events, error = await answer(service(transport, openai_stage, behaviour), ask(QUESTION))
    assert error is not None
    assert error.code == expected.code
    assert bool(text_of(events)) is said
    assert not any(isinstance(event, Finished) for event in events)
    assert "html" not in error.detail.lower() or "<" not in error.detail


async def test_nobody_at_the_address_is_unreachable(transport: Transport) -> None:
    _, error = await answer(OpenAICompatible(transport, ProviderConfig(base_url="http://127.0.0.1:1/v1")), ask())
    assert isinstance(error, errors.Unreachable)


async def test_a_missing_key_is_told_before_anything_is_sent(transport: Transport, openai_stage: Stage) -> None:
    class Keyed(OpenAICompatible):
        needs_key = True

    before = len(openai_stage.seen)
    _, error = await answer(Keyed(transport, ProviderConfig(base_url=openai_stage.url)), ask())
    assert isinstance(error, errors.KeyMissing)
    assert len(openai_stage.seen) == before


async def test_calls_of_tools_come_in_fragments(transport: Transport, openai_stage: Stage) -> None:
    events, _ = await answer(service(transport, openai_stage, "tools"), ask())
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert [call.name for call in calls if call.name] == ["weather", "time"]
    assert "".join(call.arguments for call in calls if call.index == 0) == '{"city":"Тула"}'
    assert events[-1] == Finished("tool")


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("usage", Usage(11, 7, 3, None)),
        ("groq", Usage(11, 7, 3, 0.5)),
        ("timings", Usage(11, 7, 3, 0.35)),
        ("json", Usage(11, 7, 3, None)),
        ("nonsense-usage", Usage(0, 0, 0, None)),
    ],
)
async def test_the_count_is_told_once_before_the_end(
    transport: Transport, openai_stage: Stage, behaviour: str, expected: Usage
) -> None:
    events, _ = await answer(service(transport, openai_stage, behaviour), ask())
    assert [event for event in events if isinstance(event, Usage)] == [expected]
    assert events[-2:] == [expected, Finished("stop")]


async def test_progress_of_reading_the_question_is_told(transport: Transport, openai_stage: Stage) -> None:
    events, _ = await answer(service(transport, openai_stage, "timings"), ask())
    assert [event for event in events if isinstance(event, Progress)] == [Progress("prompt", 0.25), Progress("prompt", 1.0)]


async def test_waiting_in_the_services_queue_is_told_once(transport: Transport, openai_stage: Stage) -> None:
    events, _ = await answer(service(transport, openai_stage, "comments"), ask())
    assert [event for event in events if isinstance(event, Progress)] == [Progress("queue")]


@pytest.mark.parametrize(("behaviour", "reason"), [("filter", "filter"), ("length", "length")])
async def test_an_answer_cut_short_says_why(transport: Transport, openai_stage: Stage, behaviour: str, reason: str) -> None:
    events, error = await answer(service(transport, openai_stage, behaviour), ask())
    assert error is None
    assert events[-1] == Finished(reason)  # type: ignore[arg-type]


async def test_halves_of_an_emoji_from_two_chunks_are_joined(transport: Transport, openai_stage: Stage) -> None:
    events, _ = await answer(service(transport, openai_stage, "surrogates"), ask())
    assert text_of(events) == "😀!"


async def test_broken_utf8_is_shown_as_such(transport: Transport, openai_stage: Stage) -> None:
    events, error = await answer(service(transport, openai_stage, "bad-utf8"), ask())
    assert error is None
    assert text_of(events) == "\ufffd?"


async def test_a_burst_arrives_whole(transport: Transport, openai_stage: Stage) -> None:
    events, _ = await answer(service(transport, openai_stage, "burst"), ask())
    assert text_of(events) == "слово " * 2000


async def test_a_refused_parameter_is_left_out_and_remembered(transport: Transport, openai_stage: Stage) -> None:
    provider = service(transport, openai_stage, "no-stream-options")
    before = len(openai_stage.seen)
    await answer(provider, ask())
    await answer(provider, ask())
    bodies = [json.loads(seen.body) for seen in openai_stage.seen[before:]]
    assert ["stream_options" in body for body in bodies] == [True, False, False]


async def test_a_refused_max_tokens_goes_under_its_other_name(transport: Transport, openai_stage: Stage) -> None:
    before = len(openai_stage.seen)
    _, error = await answer(service(transport, openai_stage, "no-max-tokens"), ask(max_tokens=100))
    assert error is None
    first, second = (json.loads(seen.body) for seen in openai_stage.seen[before:])
    assert first["max_tokens"] == 100
    assert second["max_completion_tokens"] == 100
    assert "max_tokens" not in second


async def test_a_parameter_refused_after_the_first_word_says_nothing_twice(transport: Transport, openai_stage: Stage) -> None:
    provider = service(transport, openai_stage, "refused-late")
    before = len(openai_stage.seen)
    events, error = await answer(provider, ask(QUESTION, temperature=0.5))
    assert isinstance(error, errors.RequestRejected)
    sink = Gathered()
    with pytest.raises(errors.RequestRejected):
        await provider.tell(ask(QUESTION, temperature=0.5), sink)
    assert text_of(events) == text_of(sink.events) == "Вы спросили: "
    assert ["temperature" in json.loads(seen.body) for seen in openai_stage.seen[before:]] == [True, True]


async def test_a_parameter_refused_inside_the_stream_before_the_first_word_is_left_out(
    transport: Transport, openai_stage: Stage
) -> None:
    events, error = await answer(service(transport, openai_stage, "refused-inside"), ask(QUESTION, temperature=0.5))
    assert error is None
    assert text_of(events) == answer_to(QUESTION)


async def test_the_request_says_what_the_person_chose(transport: Transport, openai_stage: Stage) -> None:
    request = ChatRequest(
        "emulated-large",
        (Message("system", "Кратко."), Message("user", "Что это?", (Image("image/png", b"\x89PNG"),))),
        Options(temperature=0.5, top_p=0.9, max_tokens=10, reasoning_effort="low"),
    )
    provider = service(transport, openai_stage, "echo", headers={"X-Team": "7"})
    events, _ = await answer(provider, request)
    body = json.loads(text_of(events))
    assert body["model"] == "emulated-large"
    assert body["messages"] == [
        {"role": "system", "content": "Кратко."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Что это?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
            ],
        },
    ]
    chosen = {name: body[name] for name in ("temperature", "top_p", "max_tokens", "reasoning_effort", "stream")}
    assert chosen == {"temperature": 0.5, "top_p": 0.9, "max_tokens": 10, "reasoning_effort": "low", "stream": True}
    headers = openai_stage.seen[-1].headers
    assert headers["Authorization"] == "Bearer sk-emulated"
    assert headers["X-Team"] == "7"


async def test_what_nobody_chose_is_not_sent(transport: Transport, openai_stage: Stage) -> None:
    events, _ = await answer(service(transport, openai_stage, "echo"), ask())
    assert json.loads(text_of(events)).keys() == {"model", "messages", "stream", "stream_options"}


async def test_stopping_ends_the_request_at_the_service(transport: Transport, openai_stage: Stage) -> None:
    provider = service(transport, openai_stage, "endless")
    async with aclosing(provider.stream(ask())) as events:
        async for event in events:
            if isinstance(event, Text):
                break
    # The service's handler is cancelled when its peer is gone; no task of ours is left either.
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_a_connection_closed_at_reuse_is_replaced_unnoticed(transport: Transport, openai_stage: Stage) -> None:
    provider = service(transport, openai_stage, "close-reused")
    for _ in range(3):
        events, error = await answer(provider, ask(QUESTION))
        assert error is None
        assert text_of(events) == answer_to(QUESTION)


async def test_models_are_listed_with_what_the_service_tells_of_them(transport: Transport, openai_stage: Stage) -> None:
    models = await service(transport, openai_stage).list_models()
    assert [model.id for model in models] == list(openai.MODELS)
    assert models[0].context_length == 8192


async def test_a_list_of_thousands_is_capped_and_odd_names_are_left_out(transport: Transport, openai_stage: Stage) -> None:
    models = await service(transport, openai_stage, "many-models").list_models()
    assert len(models) == 2000
    assert [model.id for model in models[:2]] == ["<b>bold</b>", "model-0"]


async def test_the_operators_list_is_not_asked_for(transport: Transport, openai_stage: Stage) -> None:
    models = await service(transport, openai_stage, "no-models", models=("mine",)).list_models()
    assert [model.id for model in models] == ["mine"]


async def test_an_endpoint_of_the_operators_own_bears_its_name(transport: Transport, openai_stage: Stage) -> None:
    provider = CustomEndpoint(transport, "Мой сервер", ProviderConfig(base_url=openai_stage.url))
    events, error = await answer(provider, ask(QUESTION))
    assert error is None
    assert events[0] == Started("Мой сервер", openai.MODEL)
    assert provider.address == openai_stage.url + "/v1"
    assert provider.near
