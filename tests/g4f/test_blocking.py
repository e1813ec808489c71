"""The way out for modules written with ``requests``: the same rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from g4f import errors
from g4f.blocking import blocking_session, check_response, errors_of_requests
from tests.emulators.stage import Stage

BODY = {"messages": [{"content": "Как дела?"}]}


def asked(stage: Stage, behaviour: str, timeout: float = 5.0) -> bytes:
    """The whole answer of the service in that mood."""
    url = stage.playing(behaviour) + "/v1/chat/completions"
    with blocking_session() as session, errors_of_requests():
        response = session.post(url, json=BODY, stream=True, timeout=timeout)
        return b"".join(check_response(response).iter_content(1024))


def test_an_answer_is_read(openai_stage: Stage) -> None:
    assert b"[DONE]" in asked(openai_stage, "normal")


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("401", errors.KeyRejected),
        ("429", errors.RateLimited),
        ("500", errors.ServerFailed),
        ("html-502", errors.ServerFailed),
        ("redirect", errors.ProtocolViolation),
        ("cut", errors.Interrupted),
        ("early-close", errors.Unreachable),
        ("bad-gzip", errors.ProtocolViolation),
    ],
)
def test_every_fault_has_its_name(openai_stage: Stage, behaviour: str, expected: type[errors.ProviderError]) -> None:
    with pytest.raises(expected) as caught:
        asked(openai_stage, behaviour)
    assert caught.value.code == expected.code


@pytest.mark.parametrize("behaviour", ["silent", "stalled"])
def test_silence_is_a_deadline_passed(openai_stage: Stage, behaviour: str) -> None:
    with pytest.raises(errors.TimedOut):
        asked(openai_stage, behaviour, timeout=0.3)


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(errors.Unreachable), blocking_session() as session, errors_of_requests():
        session.get("http://127.0.0.1:1/")


@pytest.mark.parametrize("address", ["", "nonsense", "ftp://example.org/"])
def test_what_is_no_address_is_the_operators_to_mend(address: str) -> None:
    with pytest.raises(errors.NotConfigured), blocking_session() as session, errors_of_requests():
        session.get(address)


def test_no_password_is_taken_from_netrc(openai_stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    asked(openai_stage, "normal")
    assert "Authorization" not in openai_stage.seen[-1].headers


def test_the_names_are_found_in_the_transport_too() -> None:
    from g4f import transport

    assert transport.blocking_session is blocking_session
    with pytest.raises(AttributeError):
        _ = transport.no_such_name
