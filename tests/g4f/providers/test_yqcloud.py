"""Yqcloud: what is sent, and what is made of a bare text that may be anything."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import g4f
from g4f import errors
from g4f.Provider.Providers import Yqcloud
from tests.emulators import yqcloud
from tests.g4f.services_2023 import ASKED, QUESTION, complete, nothing_left, playing

WHOLE = yqcloud.answer_to(QUESTION)


def test_the_module_has_every_name_of_2023() -> None:
    assert Yqcloud.url == "https://chat9.yqcloud.top/"
    assert Yqcloud.model == ["gpt-3.5-turbo"]
    assert (Yqcloud.supports_stream, Yqcloud.needs_auth) == (True, False)
    assert Yqcloud.params == "g4f.Providers.Yqcloud supports: (model: str, messages: list, stream: bool)"


def test_the_request_has_the_keys_of_2023() -> None:
    with playing("Yqcloud") as stage:
        assert "".join(complete("Yqcloud")) == WHOLE
    body = json.loads(stage.seen[0].body)
    assert body.pop("userId").startswith("#/chat/1")
    assert body == {
        "prompt": f"always respond in english | {QUESTION}",
        "network": True,
        "apikey": "",
        "system": "",
        "withoutContext": False,
    }
    assert stage.seen[0].headers["Referer"] == "https://chat9.yqcloud.top/"


def test_what_was_said_before_is_not_lost() -> None:
    with playing("Yqcloud") as stage:
        messages = [{"role": "system", "content": "Будь краток."}, *ASKED]
        assert "".join(complete("Yqcloud", messages, chatId="беседа")) == WHOLE
    body = json.loads(stage.seen[0].body)
    assert "Будь краток." in body["system"]
    assert body["userId"] == "#/chat/беседа"


def test_the_operator_chooses_the_language_of_the_answer() -> None:
    with playing("Yqcloud", options={"language": "russian"}) as stage:
        assert "".join(complete("Yqcloud")) == WHOLE
    assert json.loads(stage.seen[0].body)["prompt"] == f"always respond in russian | {QUESTION}"


@pytest.mark.parametrize(
    ("behaviour", "text"),
    [
        ("phrase", f"Итак, {WHOLE}"),
        ("phrase-split", f"Итак,  {WHOLE}"),
        ("one-piece", WHOLE),
        ("bad-utf8", WHOLE.replace("«", "\N{REPLACEMENT CHARACTER} «", 1)),
    ],
)
def test_the_text_is_right_however_it_comes(behaviour: str, text: str) -> None:
    with nothing_left(), playing("Yqcloud", behaviour):
        assert "".join(complete("Yqcloud")) == text


@pytest.mark.parametrize(("behaviour", "error"), [("blocked", errors.RateLimited), ("unlabelled-html", errors.ProtocolViolation)])
def test_what_only_looks_like_an_answer_is_an_error(behaviour: str, error: type[errors.ProviderError]) -> None:
    with nothing_left(), playing("Yqcloud", behaviour):
        tokens = complete("Yqcloud")
        with pytest.raises(error):
            next(tokens)


@given(st.lists(st.sampled_from(["always respond in ", "english", " | ", "always ", "a", " ", "Привет", "|"])), st.integers(1, 5))
def test_the_phrase_is_removed_wherever_the_cuts_are(parts: list[str], size: int) -> None:
    phrase, text = "always respond in english", "".join(parts)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    # Whole or in pieces must not make a difference.
    assert "".join(Yqcloud.without(phrase, iter(pieces))) == re.sub(rf"{phrase}( \| )?", "", text)


@pytest.mark.parametrize("start", ["sorry", "sorry, 您", "s", "", "Sorry, but no"])
def test_an_answer_that_begins_like_the_notice_is_still_an_answer(start: str) -> None:
    assert "".join(Yqcloud.until_known(iter(start))) == start


def test_the_modern_call_reaches_it_by_its_class() -> None:
    with playing("Yqcloud"):
        assert g4f.ChatCompletion.create("gpt-3.5-turbo", ASKED, provider=Yqcloud.Yqcloud) == WHOLE
