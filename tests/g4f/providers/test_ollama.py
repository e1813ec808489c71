"""Ollama by its own protocol: abilities, context, thinking, pictures, downloads, and every fault."""

from __future__ import annotations

import json
from contextlib import aclosing

import pytest

from g4f import errors
from g4f.base import ProviderConfig
from g4f.chat import ChatRequest, Finished, Image, Message, Options, Progress, Started, Text, ToolCall, Usage
from g4f.Provider.Providers.Ollama import Ollama, context_needed, normal_address
from g4f.transport import Transport
from tests.emulators.ollama import MODELS, THOUGHT, answer_to
from tests.emulators.stage import Stage
from tests.g4f.conftest import answer, ask, text_of, thought_of

QUESTION = "Как дела?"
MODEL = "qwen3:8b"


def ollama(transport: Transport, stage: Stage, behaviour: str = "normal", **config: object) -> Ollama:
    return Ollama(transport, ProviderConfig(base_url=stage.playing(behaviour), **config))  # type: ignore[arg-type]


@pytest.mark.parametrize("behaviour", ["normal", "crlf", "broken-json", "split-characters", "slow-first-byte", "no-show"])
async def test_the_answer_is_whole_however_it_comes(transport: Transport, ollama_stage: Stage, behaviour: str) -> None:
    events, error = await answer(ollama(transport, ollama_stage, behaviour), ask(QUESTION, MODEL))
    assert error is None
    assert events[0] == Started("Ollama", MODEL)
    assert text_of(events) == answer_to(QUESTION)
    assert events[-2:] == [Usage(26, 298, 0, 4.0), Finished("stop")]


@pytest.mark.parametrize(
    ("behaviour", "expected", "said"),
    [
        ("cut", errors.Interrupted, True),
        ("reset", errors.Interrupted, True),
        ("malformed", errors.Interrupted, True),
        ("no-end", errors.Interrupted, True),
        ("empty", errors.Interrupted, False),
        ("stalled", errors.TimedOut, True),
        ("silent", errors.TimedOut, False),
        ("error-mid", errors.ServerFailed, True),
        ("always-broken", errors.ProtocolViolation, True),
        ("long-line", errors.ProtocolViolation, False),
        ("big", errors.ProtocolViolation, True),
        ("html", errors.ProtocolViolation, False),
        ("html-502", errors.ServerFailed, False),
        ("redirect", errors.ProtocolViolation, False),
        ("early-close", errors.Unreachable, False),
        ("401", errors.KeyRejected, False),
        ("429", errors.RateLimited, False),
        ("500", errors.ServerFailed, False),
    ],
)
async def test_every_fault_has_its_name_and_takes_no_word_back(
    transport: Transport, ollama_stage: Stage, behaviour: str, expected: type[errors.ProviderError], said: bool
) -> None:
    events, error = await answer(ollama(transport, ollama_stage, behaviour), ask(QUESTION, MODEL))
    assert error is not None
    assert error.code == expected.code
    assert bool(text_of(events)) is said
    assert not any(isinstance(event, Finished) for event in events)


async def test_models_are_listed_with_their_abilities_and_without_those_that_cannot_chat(
    transport: Transport, ollama_stage: Stage
) -> None:
    models = {model.id: model for model in await ollama(transport, ollama_stage).list_models()}
    assert list(models) == ["qwen3:8b", "gemma3:4b", "tiny:1b"]
    assert models["qwen3:8b"].context_length == 40960
    assert models["qwen3:8b"].capabilities == {"completion", "tools", "thinking"}
    assert "vision" in models["gemma3:4b"].capabilities


async def test_a_model_is_described_once(transport: Transport, ollama_stage: Stage) -> None:
    provider = ollama(transport, ollama_stage)
    await provider.list_models()
    before = len(ollama_stage.seen)
    await provider.list_models()
    assert [seen.path for seen in ollama_stage.seen[before:]] == ["/normal/api/tags"]


async def test_a_server_that_describes_nothing_still_lists(transport: Transport, ollama_stage: Stage) -> None:
    models = await ollama(transport, ollama_stage, "no-show").list_models()
    assert [model.id for model in models] == list(MODELS)


async def body_of(transport: Transport, stage: Stage, request: ChatRequest) -> dict[str, object]:
    events, error = await answer(ollama(transport, stage, "echo"), request)
    assert error is None
    body: dict[str, object] = json.loads(text_of(events))
    return body


@pytest.mark.parametrize(
    ("model", "effort", "think"),
    [(MODEL, "high", "high"), (MODEL, "none", False), (MODEL, None, None), ("tiny:1b", "high", None), ("tiny:1b", "none", None)],
)
async def test_thinking_is_asked_only_of_models_that_can(
    transport: Transport, ollama_stage: Stage, model: str, effort: str | None, think: object
) -> None:
    body = await body_of(transport, ollama_stage, ask(model=model, reasoning_effort=effort))
    assert body.get("think") == think


async def test_thinking_comes_apart_from_the_text(transport: Transport, ollama_stage: Stage) -> None:
    events, _ = await answer(ollama(transport, ollama_stage), ask(QUESTION, MODEL, reasoning_effort="low"))
    assert thought_of(events) == THOUGHT
    assert text_of(events) == answer_to(QUESTION)


async def test_options_and_pictures_go_in_its_own_words(transport: Transport, ollama_stage: Stage) -> None:
    request = ChatRequest(
        "gemma3:4b",
        (Message("user", "Что это?", (Image("image/png", b"\x89PNG"),)),),
        Options(temperature=0.1, top_p=0.5, max_tokens=7, context_length=9999),
    )
    body = await body_of(transport, ollama_stage, request)
    assert body["options"] == {"temperature": 0.1, "top_p": 0.5, "num_predict": 7, "num_ctx": 9999}
    assert body["messages"] == [{"role": "user", "content": "Что это?", "images": ["iVBORw=="]}]


def test_the_context_grows_with_the_conversation_in_powers_of_two() -> None:
    assert context_needed(ask("коротко"), None) == 2048
    assert context_needed(ask("слово " * 2000), None) == 8192
    assert context_needed(ask("слово " * 2000), 6000) == 6000
    assert context_needed(ask("коротко", max_tokens=10_000), 40960) == 16384


@pytest.mark.parametrize(
    ("model", "question", "context"),
    [
        (MODEL, "коротко", None),
        (MODEL, "слово " * 2000, 8192),
        ("gemma3:4b", "коротко", 16384),
        ("gemma3:4b", "слово " * 2000, 16384),
        ("gemma3:4b", "слово " * 9000, 32768),
    ],
)
async def test_a_model_in_memory_keeps_its_context_while_it_is_enough(
    transport: Transport, ollama_stage: Stage, model: str, question: str, context: int | None
) -> None:
    body = await body_of(transport, ollama_stage, ask(question, model))
    assert isinstance(body["options"], dict)
    assert body["options"].get("num_ctx") == context


def test_a_conversation_that_cannot_fit_is_refused_and_not_cut_in_silence() -> None:
    with pytest.raises(errors.ContextTooLong):
        context_needed(ask("слово " * 20_000), 2048)


@pytest.mark.parametrize(("behaviour", "finish"), [("length", "length"), ("tools", "tool")])
async def test_the_end_says_why(transport: Transport, ollama_stage: Stage, behaviour: str, finish: str) -> None:
    events, error = await answer(ollama(transport, ollama_stage, behaviour), ask(QUESTION, MODEL))
    assert error is None
    assert events[-1] == Finished(finish)  # type: ignore[arg-type]


async def test_a_call_of_a_tool_is_passed_on(transport: Transport, ollama_stage: Stage) -> None:
    events, _ = await answer(ollama(transport, ollama_stage, "tools"), ask(QUESTION, MODEL))
    assert ToolCall(0, "", "weather", '{"city": "Тула"}') in events


async def test_a_missing_model_can_be_fetched(transport: Transport, ollama_stage: Stage) -> None:
    _, error = await answer(ollama(transport, ollama_stage), ask(QUESTION, "unknown:1b"))
    assert isinstance(error, errors.ModelMissing)
    assert error.pullable


async def test_fetching_a_model_tells_how_far_it_is(transport: Transport, ollama_stage: Stage) -> None:
    steps = [step async for step in ollama(transport, ollama_stage).pull("new:1b")]
    assert Progress("pull", 0.5, "pulling 1a2b") in steps
    assert steps[-1] == Progress("pull", None, "success")


async def test_a_model_that_does_not_exist_cannot_be_fetched(transport: Transport, ollama_stage: Stage) -> None:
    with pytest.raises(errors.ProviderError):
        async for _ in ollama(transport, ollama_stage).pull("missing:1b"):
            pass


async def test_stopping_ends_the_request(transport: Transport, ollama_stage: Stage) -> None:
    async with aclosing(ollama(transport, ollama_stage, "endless").stream(ask(QUESTION, MODEL))) as events:
        async for event in events:
            if isinstance(event, Text):
                break


async def test_a_key_goes_along_if_there_is_one(transport: Transport, ollama_stage: Stage) -> None:
    await answer(ollama(transport, ollama_stage, api_key="cloud-key"), ask(QUESTION, MODEL))
    assert ollama_stage.seen[-1].headers["Authorization"] == "Bearer cloud-key"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("example.org", "http://example.org:11434"),
        ("http://box.lan:1234/", "http://box.lan:1234"),
        ("https://ollama.com", "https://ollama.com"),
        ("::1", "http://[::1]:11434"),
        ("[::1]:9000", "http://[::1]:9000"),
        ("http://127.0.0.1:5/prefix", "http://127.0.0.1:5/prefix"),
    ],
)
def test_the_address_is_understood_as_people_write_it(written: str, address: str) -> None:
    assert normal_address(written) == address
