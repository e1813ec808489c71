"""The four services of 2023 in every mood, asked in each of the three ways: the right text or the right error, and nothing left."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

import g4f
from g4f import ProviderConfig, errors, legacy, registry
from g4f.chat import ChatRequest, Finished, Message, Started
from g4f.closed import ClosedService
from tests.emulators.stage import COMMON, HTML_PAGE, Stage
from tests.g4f import services_2023
from tests.g4f.services_2023 import (
    EMULATORS,
    FACES,
    IMPATIENT,
    MODELS,
    PATIENT,
    QUESTION,
    complete,
    forget_the_environment,
    heard,
    module,
    nothing_left,
    playing,
    provider,
)

# What each mood must end in; where nothing stands, in the whole answer.
ENDS: dict[str, tuple[type[errors.ProviderError], ...]] = {
    "normal": (),
    "slow-first-byte": (),
    "split-characters": (),
    "cut": (errors.Interrupted,),
    "reset": (errors.Interrupted,),
    "html": (errors.ProtocolViolation,),
    "html-502": (errors.ServerFailed,),
    "redirect": (errors.ProtocolViolation,),
    "401": (errors.KeyRejected,),
    "402": (errors.QuotaExceeded,),
    "429": (errors.RateLimited,),
    "500": (errors.ServerFailed,),
    "malformed": (errors.ProtocolViolation,),
    "endless": (errors.TimedOut,),
    "stalled": (errors.TimedOut,),
    "silent": (errors.TimedOut,),
    "early-close": (errors.Unreachable, errors.Interrupted),
    "empty": (errors.ProtocolViolation,),
}
WITH_FIRST_WORDS = {"cut", "reset", "malformed", "stalled"}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_the_environment(monkeypatch)
    monkeypatch.setattr(module("Bing").Bing, "first_pause", 0.001)


def test_every_mood_is_in_the_matrix() -> None:
    assert set(ENDS) == set(COMMON)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("behaviour", ENDS)
@pytest.mark.parametrize("name", EMULATORS)
def test_every_mood_ends_in_the_right_text_or_the_right_error(name: str, behaviour: str, face: str) -> None:
    deadlines = IMPATIENT if errors.TimedOut in ENDS[behaviour] else PATIENT
    with nothing_left(), playing(name, behaviour, deadlines=deadlines):
        said, error = FACES[face](name)
    whole = EMULATORS[name].answer_to(QUESTION)
    if not ENDS[behaviour]:
        assert error is None
        assert said == whole
        return
    assert isinstance(error, ENDS[behaviour]), repr(error)
    assert HTML_PAGE not in said
    if behaviour == "endless":
        assert said.startswith("снова снова ")
    else:
        assert whole.startswith(said)
        assert bool(said) == (behaviour in WITH_FIRST_WORDS)


def test_a_refusal_says_when_to_come_back() -> None:
    with playing("Yqcloud", "429"):
        _, error = FACES["for"]("Yqcloud")
    assert error is not None
    assert error.retry_after == 7


@pytest.mark.parametrize("name", EMULATORS)
def test_whoever_leaves_early_leaves_nothing_behind(name: str) -> None:
    with nothing_left(), playing(name, "endless"):
        tokens = complete(name)
        assert next(tokens)
        tokens.close()
        assert list(tokens) == []

        async def a_glance() -> str:
            awaited = complete(name)
            first = await anext(awaited)
            await awaited.aclose()
            assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
            return first

        assert asyncio.run(a_glance())


@pytest.mark.parametrize("behaviour", ["stalled", "silent", "endless"])
@pytest.mark.parametrize("name", EMULATORS)
def test_stopping_does_not_wait_for_a_service_that_says_nothing(name: str, behaviour: str) -> None:
    """With deadlines that are far away, thread and connection end all the same."""

    async def ask_and_stop(stage: Stage) -> None:
        made = provider(name)
        asked = asyncio.create_task(heard(made.stream(ChatRequest(MODELS[name], (Message("user", QUESTION),)))))
        while not any("generateStream" in seen.path or "chat" in seen.path.lower() for seen in stage.seen):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await made.transport.close()

    with nothing_left(), playing(name, behaviour) as stage, nothing_left():
        asyncio.run(ask_and_stop(stage))


@pytest.mark.parametrize("name", EMULATORS)
async def test_the_modern_face_tells_who_answers_and_that_it_ended(name: str) -> None:
    with playing(name):
        made = provider(name)
        try:
            events = await heard(made.stream(ChatRequest(MODELS[name], (Message("user", QUESTION),))))
            models = await made.list_models()
        finally:
            await made.transport.close()
    started = [event for event in events if isinstance(event, Started)]
    assert [event.provider for event in started] == [name]
    assert started[0].model.startswith(MODELS[name])
    assert events[0] == started[0]
    assert events[-1] == Finished("stop")
    assert [model.id for model in models] == (["gpt-4"] if name == "Bing" else list(_as_list(module(name).model)))


def _as_list(model: str | list[str]) -> list[str]:
    return [model] if isinstance(model, str) else model


@pytest.mark.parametrize("name", EMULATORS)
async def test_without_an_address_a_service_says_that_it_is_closed_and_what_to_do(name: str) -> None:
    with pytest.raises(errors.ServiceClosed, match=rf"providers\.{name}\.base_url"):
        complete(name, auth="code")
    made = provider(name)
    with pytest.raises(errors.ServiceClosed):
        await made.list_models()
    with pytest.raises(errors.ServiceClosed):
        await heard(made.stream(ChatRequest(MODELS[name], (Message("user", QUESTION),))))


@pytest.mark.parametrize("name", EMULATORS)
def test_the_environment_may_name_the_address(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(name) as stage:
        g4f.configure()
        kind = registry.provider_class(name)
        monkeypatch.setenv(kind.base_url_variable, stage.url)
        if kind.key_variable:
            monkeypatch.setenv(kind.key_variable, EMULATORS[name].CONFIG["api_key"])
        assert "".join(complete(name)) == EMULATORS[name].answer_to(QUESTION)


@pytest.mark.parametrize("name", EMULATORS)
def test_nothing_about_a_client_is_forged_unless_the_operator_says_so(name: str) -> None:
    with playing(name, headers={"sec-fetch-mode": "cors"}) as stage:
        FACES["for"](name)
        headers = [{key.lower() for key in seen.headers} for seen in stage.seen]
    forged = {"x-forwarded-for", "sec-ch-ua", "sec-ch-ua-platform", "x-edge-shopping-flag", "cookie"}
    for sent in headers:
        assert not sent & forged
        assert "sec-fetch-mode" in sent
    assert all(
        "freegpt-webui" in seen.headers["User-Agent"] or "aiohttp" in seen.headers["User-Agent"].lower() for seen in stage.seen
    )


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", EMULATORS)
def test_half_a_character_in_a_question_does_no_harm(name: str, face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(services_2023.ASKED[0], "content", "При\ud800вет")
    monkeypatch.setattr(services_2023, "QUESTION", "При\ud800вет")
    with playing(name):
        assert FACES[face](name) == (EMULATORS[name].answer_to("При?вет"), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Bing", "two\nlines"),  # aiohttp can send the others
        *((name, value) for name in ("Yqcloud", "Liaobots", "Ails") for value in ("непосылаемый", "two\nlines", " spaced")),
    ],
)
def test_a_header_that_cannot_be_sent_is_said_without_its_value(name: str, value: str) -> None:
    with nothing_left(), playing(name, headers={"X-Own": value}):
        _, error = FACES["for"](name)
    assert isinstance(error, errors.NotConfigured)
    assert value not in str(error)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("address", "expected"), [("http://127.0.0.1:1", errors.Unreachable), ("ftp://127.0.0.1", errors.NotConfigured)]
)
@pytest.mark.parametrize("name", EMULATORS)
def test_an_address_where_nobody_is_says_so(name: str, address: str, expected: type[errors.ProviderError], face: str) -> None:
    with playing(name, base_url=address), nothing_left():
        _, error = FACES[face](name)
    assert isinstance(error, expected)


@pytest.mark.parametrize("name", EMULATORS)
def test_the_service_is_off_until_the_operator_wants_it(name: str) -> None:
    kind = registry.provider_class(name)
    assert issubclass(kind, ClosedService)
    assert not kind.enabled_by_default
    assert kind.base_url == ""
    assert legacy.config_of(kind).enabled is None
    g4f.configure({name: ProviderConfig(base_url="http://127.0.0.1:1")})
    try:
        assert legacy.config_of(kind).enabled
    finally:
        g4f.configure()


@pytest.mark.parametrize("name", EMULATORS)
def test_importing_a_service_starts_nothing(name: str) -> None:
    """Neither a thread nor a loop, and none of the libraries that are slow to import."""
    program = f"""
import sys, threading, asyncio
made = []
asyncio.new_event_loop = asyncio.set_event_loop = lambda *_: made.append(1)
from g4f.Provider.Providers.{name} import _create_completion
assert threading.active_count() == 1 and not made
heavy = {{"aiohttp", "requests", "urllib3", "certifi", "flask", "truststore"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
