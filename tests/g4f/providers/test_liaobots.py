"""Liaobots: the auth code goes where it belongs and nowhere else."""

from __future__ import annotations

import itertools
import json
import uuid

import pytest

import g4f
from g4f import errors
from g4f.Provider.Providers import Liaobots
from tests.emulators import liaobots
from tests.g4f.services_2023 import ASKED, QUESTION, complete, nothing_left, playing

WHOLE = liaobots.answer_to(QUESTION)


def test_the_module_has_every_name_of_2023() -> None:
    assert Liaobots.url == "https://liaobots.com"
    assert Liaobots.model == ["gpt-3.5-turbo", "gpt-4"]
    assert (Liaobots.supports_stream, Liaobots.needs_auth) == (True, True)
    assert Liaobots.params == "g4f.Providers.Liaobots supports: (model: str, messages: list, stream: bool)"
    assert Liaobots.models["gpt-4"] == {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000, "tokenLimit": 8000}
    assert Liaobots.models["gpt-3.5-turbo"] == {"id": "gpt-3.5-turbo", "name": "GPT-3.5", "maxLength": 12000, "tokenLimit": 4000}


def test_the_request_has_the_keys_of_2023() -> None:
    messages = [{"role": "system", "content": "Будь краток."}, *ASKED]
    with playing("Liaobots") as stage:
        assert g4f.ChatCompletion.create("gpt-4", messages, provider="Liaobots") == liaobots.answer_to(QUESTION, "gpt-4")
    body = json.loads(stage.seen[0].body)
    assert uuid.UUID(body["conversationId"]).version == 4
    assert body["model"] == Liaobots.models["gpt-4"]
    assert body["messages"] == messages
    assert body["key"] == ""
    assert "Markdown" in body["prompt"]
    assert stage.seen[0].headers["x-auth-code"] == liaobots.AUTH


def test_the_code_of_the_call_takes_the_place_of_the_configured_one() -> None:
    with playing("Liaobots", api_key="stale"):
        assert "".join(complete("Liaobots", auth=liaobots.AUTH)) == WHOLE
        with pytest.raises(errors.KeyRejected):
            list(complete("Liaobots"))


def test_without_a_code_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("G4F_LIAOBOTS_AUTH", raising=False)
    with playing("Liaobots", api_key="") as stage:
        with pytest.raises(errors.KeyMissing):
            complete("Liaobots")
        with pytest.raises(errors.KeyMissing, match="auth="):
            g4f.ChatCompletion.create("gpt-4", ASKED, provider=Liaobots)
        assert stage.seen == []


def test_an_unknown_model_is_refused_before_anybody_is_asked() -> None:
    with playing("Liaobots") as stage:
        with pytest.raises(errors.ModelMissing, match=r"gpt-3\.5-turbo, gpt-4"):
            g4f.ChatCompletion.create("gpt-9", ASKED, provider="Liaobots")
        assert stage.seen == []


def test_the_bare_word_error_is_a_refused_code_and_not_an_answer() -> None:
    with nothing_left(), playing("Liaobots", "error-text"), pytest.raises(errors.KeyRejected):
        list(complete("Liaobots"))
    with playing("Liaobots", "error-500"), pytest.raises(errors.ServerFailed):
        list(complete("Liaobots"))
    with playing("Liaobots", "says-error"):
        assert "".join(complete("Liaobots")) == "Error — это по-русски «ошибка»."


def test_spaces_without_end_are_not_kept_until_the_word_comes() -> None:
    assert len("".join(Liaobots.unless_failed(itertools.islice(itertools.repeat(" "), 3_000)))) == 3_000
    assert next(Liaobots.unless_failed(itertools.repeat(" "))) == " " * 1_001
    with pytest.raises(errors.KeyRejected):
        list(Liaobots.unless_failed(iter([" " * 900, "Err", "or\n"])))


def test_the_code_is_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with playing("Liaobots", "echo"), pytest.raises(errors.KeyRejected) as caught:
        list(complete("Liaobots", auth="very-secret-code"))
    assert "very-secret-code" not in f"{caught.value} {caught.value.detail}"
    printed = capsys.readouterr()
    assert "very-secret-code" not in printed.out + printed.err
