"""Bing's conversation: how it is opened, how it is told, what every message in it means."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
from typing import Any

import pytest

import g4f
from g4f import errors, failover
from g4f.chat import ChatRequest, Finished, Message, Progress, Text
from g4f.health import Health
from g4f.Provider.Providers import Bing
from tests.emulators import bing
from tests.g4f.services_2023 import QUESTION, complete, heard, nothing_left, playing, provider


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bing.Bing, "first_pause", 0.001)


def told(*messages: dict[str, Any]) -> list[Any]:
    listener = Bing.Listener()
    return [event for message in messages for event in listener.hear(message)]


# --- the surface of 2023 ----------------------------------------------------------------------------------------------------------


def test_the_module_has_every_name_of_2023() -> None:
    assert Bing.url == "https://bing.com/chat"
    assert Bing.model == ["gpt-4"]
    assert (Bing.supports_stream, Bing.needs_auth) == (True, False)
    assert Bing.params == "g4f.Providers.Bing supports: (model: str, messages: list, stream: bool)"
    assert isinstance(Bing.ssl_context, ssl.SSLContext)
    assert Bing.ssl_context.verify_mode is ssl.CERT_REQUIRED
    assert Bing.optionsSets.optionSet == {"tone": str, "optionsSets": list}
    assert len(Bing.optionsSets.jailbreak["optionsSets"]) == 14
    assert "h3precisedtappid" in Bing.optionsSets.jailbreak["optionsSets"]
    assert len(Bing.Defaults.allowedMessageTypes) == 11
    assert len(Bing.Defaults.sliceIds) == 17
    assert Bing.Defaults.location["market"] == "en-US"
    with pytest.raises(AttributeError):
        _ = Bing.no_such_name  # type: ignore[attr-defined]


def test_a_message_travels_as_json_without_escapes_and_a_separator() -> None:
    assert Bing._format({"text": "Привет"}) == '{"text": "Привет"}\x1e'


def test_a_conversation_becomes_one_text() -> None:
    asked = [{"role": "system", "content": "Будь краток."}, {"role": "user", "content": "Да?"}]
    assert Bing.convert(asked) == "[system](#message)\nБудь краток.\n\n[user](#message)\nДа?\n\n"


# --- opening a conversation -------------------------------------------------------------------------------------------------------


def test_a_conversation_is_opened_at_the_second_try() -> None:
    with playing("Bing", "second-try") as stage:
        ids = asyncio.run(Bing.create_conversation())
        assert ids[2] == "signature"
        assert len(stage.seen) == 2


@pytest.mark.parametrize("behaviour", ["no-conversation-id", "no-client-id", "no-signature", "not-json"])
def test_after_five_tries_it_is_given_up(behaviour: str) -> None:
    with playing("Bing", behaviour) as stage:
        with pytest.raises(errors.ProtocolViolation):
            asyncio.run(Bing.create_conversation())
        assert len(stage.seen) == Bing.Bing.attempts == 5


@pytest.mark.parametrize(("behaviour", "requests"), [("500", 1), ("html-502", 1), ("not-json", 1)])
async def test_where_the_server_asks_it_does_not_multiply_the_attempts(behaviour: str, requests: int) -> None:
    """``g4f.failover`` repeats what may help, within a budget of all providers: five tries each time would be fifteen."""
    with playing("Bing", behaviour) as stage:
        bing = provider("Bing")
        with pytest.raises(errors.ProviderError):
            await heard(bing.stream(ChatRequest("gpt-4", (Message("user", QUESTION),))))
        await bing.transport.close()
        assert len(stage.seen) == requests


async def test_a_conversation_that_was_not_opened_at_once_is_asked_for_again_by_who_asked() -> None:
    with playing("Bing", "second-try") as stage:
        bing = provider("Bing")
        request = ChatRequest("gpt-4", (Message("user", QUESTION),))
        said = await heard(failover.stream(request, [bing], policy=failover.Policy(base=0.01), health=Health()))
        await bing.transport.close()
        assert [type(event) for event in said][-1] is Finished
        assert sum(seen.path.endswith("/create") for seen in stage.seen) == 2


@pytest.mark.parametrize("behaviour", ["401", "429"])
def test_a_clear_refusal_is_not_asked_again(behaviour: str) -> None:
    with playing("Bing", behaviour) as stage:
        with pytest.raises((errors.KeyRejected, errors.RateLimited)):
            asyncio.run(Bing.create_conversation())
        assert len(stage.seen) == 1


# --- asking -----------------------------------------------------------------------------------------------------------------------


def test_the_question_has_the_shape_of_2023() -> None:
    question = Bing.question("Да?", Bing.optionsSets.jailbreak, "раньше", ("conversation", "client", "signature"))
    assert (question["type"], question["target"], question["invocationId"]) == (4, "chat", "0")
    argument = question["arguments"][0]
    assert argument["source"] == "cib"
    assert argument["isStartOfSession"] is True
    assert re.fullmatch("[0-9a-f]{32}", argument["traceId"])
    assert (argument["conversationId"], argument["participant"], argument["conversationSignature"]) == (
        "conversation",
        {"id": "client"},
        "signature",
    )
    assert argument["message"]["text"] == "Да?"
    assert argument["message"]["locationHints"][0]["Center"].keys() == {"Latitude", "Longitude"}
    assert argument["previousMessages"] == [
        {
            "author": "user",
            "description": "раньше",
            "contextType": "WebPage",
            "messageType": "Context",
            "messageId": "discover-web--page-ping-mriduna-----",
        }
    ]


def test_without_a_past_there_is_no_context() -> None:
    assert "previousMessages" not in Bing.question("Да?", {}, False, ("a", "b", "c"))["arguments"][0]


def test_the_address_of_the_reader_is_sent_only_where_somebody_has_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with playing("Bing", options={"forwarded_for": "192.0.2.7"}) as stage:
        assert "".join(complete("Bing"))
        assert [seen.headers["x-forwarded-for"] for seen in stage.seen] == ["192.0.2.7"] * 2
    monkeypatch.setattr(Bing.Defaults, "ip_address", "192.0.2.8")
    with playing("Bing") as stage:
        assert "".join(complete("Bing"))
        assert [seen.headers["x-forwarded-for"] for seen in stage.seen] == ["192.0.2.8"] * 2


def test_an_empty_conversation_is_refused_before_anybody_is_asked() -> None:
    with playing("Bing") as stage:
        with pytest.raises(errors.RequestRejected):
            Bing._create_completion("gpt-4", [], True)
        assert stage.seen == []


# --- being answered ---------------------------------------------------------------------------------------------------------------

WHOLE = bing.answer_to(QUESTION)


@pytest.mark.parametrize(
    ("behaviour", "text"),
    [
        ("handshake-joined", WHOLE),
        ("two-in-frame", WHOLE),
        ("ping", WHOLE),
        ("bare", WHOLE),
        ("final-only", WHOLE),
        ("completion-only", WHOLE),
        ("shrinks", WHOLE),
        ("self-similar", "aab"),
        ("search", f"Searching for: погода\n{WHOLE}"),
        ("replaced", "Первый ответ\n\nСовсем другой ответ."),
    ],
)
def test_the_text_is_right_however_it_is_told(behaviour: str, text: str) -> None:
    with nothing_left(), playing("Bing", behaviour):
        assert "".join(complete("Bing")) == text


@pytest.mark.parametrize(
    ("behaviour", "error", "detail"),
    [
        ("chat-hub-401", errors.KeyRejected, "401"),
        ("chat-hub-html", errors.ProtocolViolation, "WebSocket"),
        ("handshake-error", errors.ServerFailed, "handshake"),
        ("apology-first", errors.ContentFiltered, "apologised"),
        ("completion-error", errors.ServerFailed, "unexpected"),
        ("close-error", errors.ServerFailed, "closed"),
        ("close-clean", errors.Interrupted, "before the end"),
        ("captcha", errors.KeyRejected, "CaptchaChallenge: User needs to solve CAPTCHA to continue."),
        ("throttled", errors.RateLimited, "Throttled"),
        ("invalid-request", errors.RequestRejected, "too long"),
        ("binary", errors.ProtocolViolation, "binary"),
    ],
)
def test_every_failure_has_its_error(behaviour: str, error: type[errors.ProviderError], detail: str) -> None:
    with nothing_left(), playing("Bing", behaviour), pytest.raises(error, match=re.escape(detail)):
        list(complete("Bing"))


def test_an_apology_leaves_what_was_said_before_and_names_the_filter() -> None:
    events = told(bing.update("Начало"), bing.update("Простите", origin="Apology"), *bing._end("Простите", origin="Apology")[:1])
    assert events == [Text("Начало"), Finished("filter")]


def test_a_search_is_progress_for_those_who_can_tell() -> None:
    assert told(bing.searching("Searching for: погода")) == [Progress("tool", detail="Searching for: погода")]


@pytest.mark.parametrize(
    ("shown", "text", "added"),
    [
        ("", "Да", "Да"),
        ("Да", "Да, конечно", ", конечно"),
        ("a", "aa", "a"),
        ("Да, конечно", "Да", ""),
        ("Да  ", "Да,", ","),
        ("Да", "Нет", "\n\nНет"),
        ("Да", "Да", ""),
    ],
)
def test_only_what_is_new_is_said(shown: str, text: str, added: str) -> None:
    assert Bing.addition(shown, text) == added


def test_an_emoji_cut_between_two_messages_is_said_whole_and_once() -> None:
    assert told(bing.update("Да \ud83d"), bing.update("Да 🙂"), bing.update("Да 🙂!")) == [Text("Да "), Text("🙂"), Text("!")]
    assert told(bing.update("a\ude42b")) == [Text("a\ufffdb")]


def test_frames_may_cut_messages_anywhere() -> None:
    stream = "".join(Bing._format({"type": 1, "text": f"слово {number} 🙂"}) for number in range(5))
    for size in range(1, len(stream)):
        frames = Bing.Frames()
        found = [message for start in range(0, len(stream), size) for message in frames.feed(stream[start : start + size])]
        assert [message["text"] for message in found] == [f"слово {number} 🙂" for number in range(5)]


@pytest.mark.timeout(30)
def test_a_message_that_comes_letter_by_letter_is_not_read_from_its_start_each_time() -> None:
    frames = Bing.Frames()
    assert not any(list(frames.feed(letter)) for letter in '{"text":"' + "x" * (Bing.LONGEST_MESSAGE - 20))
    assert len(list(frames.feed('"}\x1e{'))) == 1


@pytest.mark.parametrize("frame", ["{\x1e", "[]\x1e", "[" * 100_000 + "\x1e", "x" * (Bing.LONGEST_MESSAGE + 1)])
def test_what_is_no_message_ends_the_answer(frame: str) -> None:
    with pytest.raises(errors.ProtocolViolation):
        list(Bing.Frames().feed(frame))


@pytest.mark.parametrize(
    "message", [{"type": 1}, {"type": 1, "arguments": None}, {"type": 1, "arguments": [{"messages": []}]}, {}, {"type": "x"}]
)
def test_messages_of_a_strange_shape_are_passed_over(message: dict[str, Any]) -> None:
    assert told(json.loads(json.dumps(message))) == []


# --- run --------------------------------------------------------------------------------------------------------------------------


def test_run_works_in_any_thread_and_beside_a_running_loop() -> None:
    heard: list[str] = []

    def in_a_thread() -> None:
        heard.append("".join(Bing.run(Bing.stream_generate(QUESTION))))

    async def beside_a_loop() -> None:
        heard.append("".join(Bing.run(Bing.stream_generate(QUESTION))))

    with nothing_left(), playing("Bing"):
        thread = threading.Thread(target=in_a_thread)
        thread.start()
        thread.join()
        asyncio.run(beside_a_loop())
        heard.append("".join(Bing.run(Bing.stream_generate(QUESTION, Bing.optionsSets.jailbreak, "раньше"))))
    assert heard == [WHOLE] * 3


def test_history_travels_as_context() -> None:
    messages = [
        {"role": "system", "content": "Будь краток."},
        {"role": "user", "content": "Привет"},
        {"role": "assistant", "content": "Привет!"},
        {"role": "user", "content": QUESTION},
    ]
    with playing("Bing"):
        assert g4f.ChatCompletion.create("gpt-4", messages, provider=Bing) == WHOLE
