"""What a refusal means: status, headers and body become one error of the tree."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from g4f import errors
from g4f.http_errors import RETRY_AFTER_CAP, error_of_object, error_of_status


def body(message: str, **fields: object) -> bytes:
    return json.dumps({"error": {"message": message, **fields}}).encode()


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (301, b"", errors.ProtocolViolation),
        (400, body("bad"), errors.RequestRejected),
        (400, body("This model's maximum context length is 8192 tokens"), errors.ContextTooLong),
        (400, body("the request exceeds the available context size", type="exceed_context_size_error"), errors.ContextTooLong),
        (400, body("prompt is too long: 210000 tokens > 200000 maximum"), errors.ContextTooLong),
        (400, body("Invalid model: x", type="invalid_model"), errors.ModelMissing),
        (400, body("x is not a valid model ID"), errors.ModelMissing),
        (400, body("blocked", code="content_filter"), errors.ContentFiltered),
        (401, body("no"), errors.KeyRejected),
        (401, b"", errors.KeyRejected),
        (402, body("no money"), errors.QuotaExceeded),
        (403, body("no"), errors.KeyRejected),
        (403, body("Your input was flagged by moderation"), errors.ContentFiltered),
        (403, body("Country, region, or territory not supported", code="unsupported_country_region_territory"), errors.Unavailable),
        (403, b"<html>Just a moment</html>", errors.Unavailable),
        (404, body("The model `x` does not exist", code="model_not_found"), errors.ModelMissing),
        (404, b"404 page not found", errors.NotConfigured),
        (408, b"", errors.TimedOut),
        (409, b"", errors.Unavailable),
        (413, b"", errors.ContextTooLong),
        (422, body("temperature"), errors.RequestRejected),
        (429, body("slow down"), errors.RateLimited),
        (429, body("You exceeded your current quota", code="insufficient_quota"), errors.QuotaExceeded),
        (500, body("boom"), errors.ServerFailed),
        (502, b"<html>", errors.ServerFailed),
        (503, b"", errors.ServerFailed),
        (529, body("Overloaded"), errors.ServerFailed),
    ],
)
def test_every_status_has_its_error(status: int, content: bytes, expected: type[errors.ProviderError]) -> None:
    error = error_of_status(status, {}, content)
    assert type(error) is expected
    assert error.status == status


def test_ollama_says_when_a_model_could_be_fetched() -> None:
    error = error_of_status(404, {}, b'{"error":"model \'x\' not found, try pulling it first"}')
    assert isinstance(error, errors.ModelMissing)
    assert error.pullable


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        *[("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("1e9", RETRY_AFTER_CAP), ("nan", None), ("завтра", None)],
        *[("inf", RETRY_AFTER_CAP), ("-inf", 0.0), ("9" * 5_000, RETRY_AFTER_CAP), ("1e-400", 0.0), ("0x7", None), ("", None)],
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", RETRY_AFTER_CAP),
    ],
)
def test_retry_after_in_seconds_is_believed_within_reason(said: str, seconds: float | None) -> None:
    assert error_of_status(429, {"Retry-After": said}, b"").retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    when = datetime.now(timezone.utc) + timedelta(seconds=100)
    seconds = error_of_status(503, {"Retry-After": format_datetime(when, usegmt=True)}, b"").retry_after
    assert seconds is not None
    assert 90 < seconds <= 100


@example("+" + "9" * 5_000)
@given(st.text("MonJa ,:+-0123456789", max_size=60) | st.text(max_size=60))
def test_whatever_retry_after_says_the_error_has_its_name(said: str) -> None:
    for value in (said, f"Mon, 01 Jan 2024 00:00:00 {said}", f"Mon, {said} Jan 2024 00:00:00 GMT"):
        seconds = error_of_status(429, {"Retry-After": value}, b"").retry_after
        assert seconds is None or 0 <= seconds <= RETRY_AFTER_CAP


def test_a_page_of_html_hardly_enters_the_log() -> None:
    error = error_of_status(502, {"Content-Type": "text/html"}, b"<html><script>alert(1)</script>" + b"<p>word</p>" * 1000)
    assert "<" not in error.detail
    assert len(error.detail) < 250


def test_a_key_that_the_service_repeats_is_blotted_out() -> None:
    error = error_of_status(401, {}, body("Incorrect API key provided: sk-very-secret"), secret="sk-very-secret")
    assert "sk-very-secret" not in error.detail + str(error)


def test_the_parameter_that_was_refused_is_named() -> None:
    error = error_of_status(400, {}, body("no", param="top_p"))
    assert isinstance(error, errors.RequestRejected)
    assert error.parameter == "top_p"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"message": "busy", "type": "overloaded_error"}, errors.ServerFailed),
        ({"message": "no credit", "code": 402}, errors.QuotaExceeded),
        ({"message": "slow", "code": "429"}, errors.RateLimited),
        ({"message": "who?", "code": "invalid_api_key"}, errors.KeyRejected),
        ({"message": "maximum context length"}, errors.ContextTooLong),
        ({"message": "something"}, errors.ServerFailed),
        ("an error was encountered while running the model", errors.ServerFailed),
        (7, errors.ServerFailed),
    ],
)
def test_an_error_inside_a_good_answer_has_its_meaning_too(value: object, expected: type[errors.ProviderError]) -> None:
    assert type(error_of_object(value)) is expected


@pytest.mark.parametrize("depth", [500, 985, 990, 995, 100_000])
def test_an_error_nested_however_deep_is_an_error_like_others(depth: int) -> None:
    nested: list[object] = []
    for _ in range(depth):
        nested = [nested]
    assert type(error_of_object(nested)) is errors.ServerFailed
    assert type(error_of_object({"message": nested, "code": 429})) is errors.RateLimited
    document = b'{"error":{"message":' + b"[" * depth + b"]" * depth + b"}}"
    assert type(error_of_status(400, {}, document)) is errors.RequestRejected


def test_an_error_whose_number_is_endless_is_an_error_like_others() -> None:
    assert type(error_of_object({"code": "9" * 5_000, "message": "no"})) is errors.ServerFailed
