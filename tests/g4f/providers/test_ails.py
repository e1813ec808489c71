"""Ails: how a request is dated and signed, and what is read from its events."""

from __future__ import annotations

import json

import pytest

import g4f
from g4f import errors
from g4f.chat import Finished, Text
from g4f.Provider.Providers import Ails
from g4f.typing import get_type_hints
from tests.emulators import ails
from tests.g4f.services_2023 import ASKED, QUESTION, complete, nothing_left, playing

WHOLE = ails.answer_to(QUESTION)


def test_the_module_has_every_name_of_2023() -> None:
    assert Ails.url == "https://ai.ls"
    assert Ails.model == "gpt-3.5-turbo"
    assert (Ails.supports_stream, Ails.needs_auth) == (True, False)
    assert Ails.params == "g4f.Providers.Ails supports: (model: str, messages: list, temperature: float, stream: bool)"
    assert get_type_hints(Ails.Utils.hash)["return"].__name__ == "sha_256_hash"


@pytest.mark.parametrize(
    ("milliseconds", "stamp"),
    [(1690000000000, "1690000000001"), (1690000000008, "1690000000009"), (1690000000003, "1690000000003")],
)
def test_a_date_is_always_odd(milliseconds: int, stamp: str) -> None:
    assert Ails.Utils.format_timestamp(milliseconds) == stamp


@pytest.mark.parametrize(
    ("t", "m", "digest"),
    [
        ("1690000000001", "hello", "a11f159ef1b58fa378723e26649dc295a9369c3d42b86595cc87395d537edae0"),
        ("1690000000001", "Привет! Как дела?", "11b784e2a90404c0b162fe02a1ef2c81fb1c4836964fff5466ab9166ec8d41cb"),
        ("1690000000009", "a:b", "e9111edfcc8f5d0ceb38efd4b65f77cb776f078afd66bf4d5c1b2137691f8827"),
    ],
)
def test_a_request_is_signed_as_in_2023(t: str, m: str, digest: str) -> None:
    with playing("Ails", api_key="test-secret"):
        assert Ails.Utils.hash({"t": t, "m": m}) == digest


def test_without_the_secret_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("G4F_AILS_SECRET", raising=False)
    with playing("Ails", api_key="") as stage:
        with pytest.raises(errors.KeyMissing, match="G4F_AILS_SECRET"):
            complete("Ails")
        with pytest.raises(errors.KeyMissing):
            Ails.Utils.hash({"t": "1", "m": "hello"})
        assert stage.seen == []


def test_the_request_has_the_shape_of_2023() -> None:
    with playing("Ails") as stage:
        assert "".join(complete("Ails", [{"role": "system", "content": "Будь краток."}, *ASKED])) == WHOLE
    seen = stage.seen[0]
    body = json.loads(seen.body)
    assert list(body) == ["model", "temperature", "stream", "messages", "d", "t", "s"]
    assert (body["model"], body["temperature"], body["stream"]) == ("gpt-3.5-turbo", 0.6, True)
    assert seen.body.isascii()
    assert seen.body == json.dumps(body, separators=(",", ":")).encode()
    assert seen.query == "full=false"
    assert seen.headers["Authorization"] == "Bearer free"
    assert seen.headers["client-v"]
    assert ails.SECRET.encode() not in seen.body


def test_the_flag_stream_in_the_place_of_the_temperature_does_no_harm() -> None:
    """The dispatcher of 2023 passed it there."""
    with playing("Ails") as stage:
        assert "".join(Ails._create_completion("gpt-3.5-turbo", ASKED, True)) == WHOLE  # type: ignore[arg-type]
        assert g4f.ChatCompletion.create("gpt-3.5-turbo", ASKED, provider=Ails, temperature=0.2) == WHOLE
    assert [json.loads(seen.body)["temperature"] for seen in stage.seen] == [0.6, 0.2]


@pytest.mark.parametrize("behaviour", ["no-done", "comments", "crlf", "no-space", "malformed-json", "unsigned"])
def test_the_text_is_right_however_the_events_are_written(behaviour: str) -> None:
    with nothing_left(), playing("Ails", behaviour):
        assert "".join(complete("Ails")) == WHOLE


def test_an_answer_may_speak_of_events() -> None:
    with playing("Ails", "data-in-text"):
        assert "".join(complete("Ails")) == "Строка SSE начинается так: data: {json}, а ещё content: это просто слово."


def test_an_error_in_place_of_the_stream_or_in_it_is_an_error() -> None:
    with nothing_left(), playing("Ails", "need-refresh"), pytest.raises(errors.ServerFailed, match="refresh"):
        list(complete("Ails"))
    with nothing_left(), playing("Ails", "error-mid-stream"):
        tokens = complete("Ails")
        assert next(tokens)
        with pytest.raises(errors.ServerFailed):
            list(tokens)


def test_a_wrong_secret_is_a_refused_key() -> None:
    with playing("Ails", api_key="another-secret"), pytest.raises(errors.KeyRejected):
        list(complete("Ails"))


@pytest.mark.parametrize(("finish", "reason"), [("length", "length"), ("content_filter", "filter"), ("stop", "stop")])
def test_the_reason_of_the_end_is_told(finish: str, reason: str) -> None:
    stream = ails._event({"content": "Да"}) + ails._event({}, finish=finish) + b"data: [DONE]\n\n"
    events = list(Ails.events_of(iter([stream[:20], stream[20:]]), "gpt-3.5-turbo"))
    assert events[1:] == [Text("Да"), Finished(reason)]  # type: ignore[arg-type]
