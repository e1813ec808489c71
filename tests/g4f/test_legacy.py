"""The interface of 2023: one call for everybody, old and new, and errors that say what to do."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import g4f
from g4f import ProviderConfig, errors, legacy, registry
from g4f.chat import Message
from tests.emulators import bing, liaobots, openai, yqcloud
from tests.emulators.stage import Stage, on_stage
from tests.g4f.services_2023 import ASKED, QUESTION, forget_the_environment, nothing_left, playing

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _nobody_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_the_environment(monkeypatch)


@pytest.fixture
def modern() -> Iterator[Stage]:
    """A service of today, and nobody else."""
    with on_stage(openai.make_app()) as stage:
        g4f.configure({"OpenAI": ProviderConfig(base_url=stage.url + "/v1", api_key="sk-emulated")})
        yield stage
        g4f.configure()


# --- naming a provider ------------------------------------------------------------------------------------------------------------


def test_a_provider_is_named_by_module_class_or_name() -> None:
    with playing("Bing"):
        for named in (g4f.Provider.Bing, g4f.Provider.Bing.Bing, "Bing"):
            assert g4f.ChatCompletion.create("gpt-4", ASKED, provider=named) == bing.answer_to(QUESTION)


def test_every_provider_in_the_folder_is_an_attribute() -> None:
    for name in registry.names():
        found, module = legacy.class_and_module(name)
        assert found is not None
        assert found.__name__ == name
        assert module is getattr(g4f.Provider, name)
    assert set(registry.names()) <= set(dir(g4f.Provider))


def test_an_unknown_provider_is_answered_with_those_there_are() -> None:
    with pytest.raises(errors.UnknownProvider) as caught:
        g4f.ChatCompletion.create("gpt-4", ASKED, provider="Bong")
    assert "Bing" in caught.value.known
    with pytest.raises(AttributeError, match="Bing"):
        _ = g4f.Provider.Bong
    with pytest.raises(AttributeError):
        _ = g4f.no_such_name


def test_a_model_leads_to_a_provider_that_has_it() -> None:
    with playing("Yqcloud"):
        assert g4f.ChatCompletion.create("gpt-3.5-turbo", ASKED) == yqcloud.answer_to(QUESTION)
        assert g4f.ChatCompletion.create(g4f.models.gpt_35_turbo, ASKED) == yqcloud.answer_to(QUESTION)


def test_a_known_model_that_nobody_offers_says_what_to_set_up() -> None:
    with pytest.raises(errors.ServiceClosed, match="G4F_BING_URL"):
        g4f.ChatCompletion.create("gpt-4", ASKED)


def test_an_unknown_model_is_an_error_with_those_there_are() -> None:
    with playing("Bing"), pytest.raises(errors.UnknownModel) as caught:
        g4f.ChatCompletion.create("gpt-9", ASKED)
    assert "gpt-4" in caught.value.known


def test_the_table_of_models_comes_from_the_folder() -> None:
    assert g4f.ModelUtils.convert["gpt-4"] is g4f.models.gpt_4 is g4f.Model.gpt_4
    assert g4f.Model.gpt_4.best_provider is g4f.Provider.Bing
    assert g4f.Model.gpt_35_turbo.best_provider is g4f.Provider.Yqcloud
    assert set(g4f.Model.gpt_35_turbo.best_providers) == {g4f.Provider.Yqcloud, g4f.Provider.Ails, g4f.Provider.Liaobots}
    assert g4f.Model.gpt_4.base_provider == "openai"
    with pytest.raises(AttributeError):
        _ = g4f.models.gpt_9
    with pytest.raises(AttributeError):
        _ = g4f.Model.gpt_9


# --- services of today ------------------------------------------------------------------------------------------------------------


def test_a_service_of_today_is_asked_by_the_same_call(modern: Stage) -> None:
    with nothing_left():
        assert g4f.ChatCompletion.create(openai.MODEL, ASKED, provider="OpenAI") == openai.answer_to(QUESTION)
        pieces = g4f.ChatCompletion.create(openai.MODEL, ASKED, provider=g4f.Provider.OpenAI, stream=True)
        assert "".join(pieces) == openai.answer_to(QUESTION)


def test_a_service_of_today_is_found_by_its_model(modern: Stage) -> None:
    with nothing_left():
        assert g4f.ChatCompletion.create(openai.MODEL, ASKED) == openai.answer_to(QUESTION)


async def test_it_works_beside_a_running_loop(modern: Stage) -> None:
    assert await g4f.ChatCompletion.create_async(openai.MODEL, ASKED) == openai.answer_to(QUESTION)
    assert g4f.ChatCompletion.create(openai.MODEL, ASKED, provider="OpenAI") == openai.answer_to(QUESTION)
    pieces = [piece async for piece in g4f.ChatCompletion.create(openai.MODEL, ASKED, provider="OpenAI", stream=True)]
    assert "".join(pieces) == openai.answer_to(QUESTION)


def test_the_options_of_the_call_reach_the_service(modern: Stage) -> None:
    g4f.ChatCompletion.create(openai.MODEL, ASKED, provider="OpenAI", temperature=0.1, max_tokens=5)
    assert b'"temperature":0.1' in modern.seen[-1].body
    assert b'"max_tokens":5' in modern.seen[-1].body or b'"max_completion_tokens":5' in modern.seen[-1].body


def test_the_key_of_the_call_is_the_key_that_is_used(modern: Stage) -> None:
    g4f.configure({"OpenAI": ProviderConfig(base_url=modern.url + "/v1", api_key="stale")})
    assert g4f.ChatCompletion.create(openai.MODEL, ASKED, provider="OpenAI", auth="sk-emulated")
    assert modern.seen[-1].headers["Authorization"] == "Bearer sk-emulated"


# --- somebody's own module of 2023 ------------------------------------------------------------------------------------------------


def own_module(**names: Any) -> ModuleType:
    module = ModuleType("Own")
    vars(module).update(names)
    return module


def test_a_module_with_nothing_but_a_generator_is_a_provider() -> None:
    def _create_completion(model: str, messages: list[Any], stream: bool, **kwargs: Any) -> Iterator[str]:
        yield f"{model} "
        yield messages[-1]["content"]

    module = own_module(_create_completion=_create_completion, needs_auth=False, supports_stream=True)
    assert g4f.ChatCompletion.create("own", ASKED, provider=module) == f"own {QUESTION}"
    tokens = g4f.ChatCompletion.create("own", ASKED, provider=module, stream=True)

    async def read() -> str:
        return "".join([token async for token in tokens])

    assert asyncio.run(read()) == f"own {QUESTION}"


def test_what_such_a_module_raises_is_an_error_of_the_tree() -> None:
    def _create_completion(**kwargs: Any) -> Iterator[str]:
        yield "Начало"
        raise IndexError("list index out of range")

    with pytest.raises(errors.ProviderError, match="IndexError: list index out of range"):
        g4f.ChatCompletion.create("own", ASKED, provider=own_module(_create_completion=_create_completion))


async def test_a_module_of_ones_own_may_yield_nothing_and_bytes_but_nothing_else() -> None:
    def well(**kwargs: Any) -> Iterator[Any]:
        yield from (None, "При", "", "вет".encode()[:3], "вет".encode()[3:])

    def badly(**kwargs: Any) -> Iterator[Any]:
        yield from ("При", {"text": "вет"})

    module = own_module(_create_completion=well)
    assert g4f.ChatCompletion.create("own", ASKED, provider=module) == "Привет"
    assert await g4f.ChatCompletion.create_async("own", ASKED, provider=module) == "Привет"
    with pytest.raises(errors.ProtocolViolation, match="dict"):
        g4f.ChatCompletion.create("own", ASKED, provider=own_module(_create_completion=badly))


def test_a_module_that_wants_a_key_is_not_asked_without_one() -> None:
    with pytest.raises(errors.KeyMissing):
        g4f.ChatCompletion.create("own", ASKED, provider=own_module(_create_completion=list, needs_auth=True))


# --- messages and details ---------------------------------------------------------------------------------------------------------


def test_messages_may_be_written_in_parts() -> None:
    parts = [{"type": "text", "text": "При"}, {"type": "image_url"}, {"type": "text", "text": "вет"}]
    assert legacy.values_of([{"role": "user", "content": parts}]) == (Message("user", "Привет"),)


@pytest.mark.parametrize("message", [{"role": "robot", "content": ""}, {"content": "Да"}, {"role": "user"}, "Да", None])
def test_what_is_no_message_is_refused_in_words(message: Any) -> None:
    with pytest.raises(errors.RequestRejected):
        legacy.values_of([message])


def test_the_call_decides_over_the_configuration_and_that_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = g4f.Provider.Liaobots.Liaobots
    monkeypatch.setenv("G4F_LIAOBOTS_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("G4F_LIAOBOTS_AUTH", "from-environment")
    assert legacy.config_of(kind).base_url == "http://127.0.0.1:1"
    assert legacy.provider_of(kind).key == "from-environment"
    g4f.configure({"Liaobots": ProviderConfig(api_key="configured")})
    try:
        assert legacy.provider_of(kind).key == "configured"
        assert legacy.provider_of(kind).address == "http://127.0.0.1:1"
        assert legacy.provider_of(kind, auth="called").key == "called"
    finally:
        g4f.configure()


# --- the program of a user --------------------------------------------------------------------------------------------------------


def test_a_program_of_2023_runs_without_the_servers_packages(tmp_path: Path) -> None:
    """Flask and its friends are made impossible to import."""
    for name in ("flask", "werkzeug", "waitress", "sqlalchemy", "pydantic"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not for g4f')\n")
    with ExitStack() as stages:
        served = {emulator.PROVIDER: stages.enter_context(on_stage(emulator.make_app())) for emulator in (bing, liaobots, yqcloud)}
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
            "PYTHONIOENCODING": "utf-8",
            **{f"G4F_{name.upper()}_URL": stage.url for name, stage in served.items()},
        }
        program = [sys.executable, "-W", "error", str(ROOT / "tests/g4f/user_program.py")]
        done = subprocess.run(program, capture_output=True, encoding="utf-8", env=environment)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "g4f.Providers.Ails supports: (model: str, messages: list, temperature: float, stream: bool)",
        "gpt-4 ['gpt-3.5-turbo', 'gpt-4']",
        yqcloud.answer_to("Привет!"),
        bing.answer_to("Привет!"),
        yqcloud.answer_to("Привет!") + bing.answer_to("Привет!"),
        "key_rejected False",
    ]


@pytest.mark.timeout(300)
def test_a_program_of_2023_is_typed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "tests/g4f/user_program.py"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
