"""Every route with odd input: each answer is a refusal of the one shape, none is a failure of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.settings import Settings
from tests.server.conftest import Ask, question

API = "/backend-api/v2"
NO_JSON = {"transfer.preview", "transfer.bring"}  # what they read is a file of somebody else's program

PIECES = [
    pytest.param("%00", id="NUL"),
    pytest.param("a" * 5_000, id="5,000 characters"),
    pytest.param("%ED%A0%80", id="half a character"),
    pytest.param("%FF%FE", id="no UTF-8"),
    pytest.param("%0D%0ASet-Cookie:%20a=b", id="line break"),
    pytest.param("..%2F..%2Fetc%2Fpasswd", id="path"),
    pytest.param(quote("'; DROP TABLE message; --"), id="SQL"),
    pytest.param("%F0%9F%92%A3", id="bomb"),
    pytest.param("-1", id="negative"),
    pytest.param("9" * 400, id="400 digits"),
]
QUERIES = [
    "nan", "inf", "-inf", "1e999", "1e5", "-1", "0", "", "%00", "9" * 30, "9" * 5_000, "0" * 30 + "9" * 30, "0x10", "1_0",
    "%ED%A0%80",
    "%D9%A3", "1.5", "%20", "null", "nan~x", "inf~x", "1e400~", "~", "1~%00", "9" * 5_000 + "~a",
]  # fmt: skip
NUMBERS = {"limit", "after"}
BODIES = [
    b"", b"{", b"null", b"true", b"[]", b'""', b"0", b"NaN", b"1e999", b"-0", b"{}{}", b'{"a":1,"a":2}', b"[" * 100_000,
    b'{"a":' * 100_000,
    b"\xff", b"\xef\xbb\xbf{}", b'"\\ud800"', b'{"\\ud800":1}', b"9" * 5_000, b'{"a":' + b"9" * 5_000 + b"}", b"\x00",
    b'{"\\u0000":"\\u0000"}',
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**30), 1e308, "", " ", "\x00", "a" * 5_000, [], {}, [[]], [None], {"a": None},
    ["\x00"],
    "💣", "../../x", "a\r\nb",
]  # fmt: skip


@pytest.fixture
def many(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


def routes(app: Flask, **arguments: str) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, address) of everything that is served."""
    for rule in app.url_map.iter_rules():
        address = rule.rule.replace("<path:", "<")
        for name in rule.arguments:
            address = address.replace(f"<{name}>", arguments.get(name, arguments.get("*", "x")))
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            yield rule.endpoint, method, address


def check(response: Any, what: object) -> None:
    """Not a failure of ours, and a refusal only in the one shape, or as a page where a person opens one."""
    assert response.status_code < 500, (what, response.get_data()[:300])
    assert b"Traceback" not in response.get_data()
    assert response.headers.get("Set-Cookie", "") != "a=b"
    # Of all addresses with a name in them this one is opened by people: it says in words that there is nothing (server/pages.py).
    if response.request.path.startswith("/s/") and response.mimetype == "text/html":
        assert response.status_code in (200, 404, 429), what
    elif response.status_code >= 400:
        body = json.loads(response.get_data())
        if "success" in body:  # the shape of 2023
            assert set(body) >= {"_action", "success", "error", "code"}, what
        else:
            assert set(body) == {"error"}, what
            assert set(body["error"]) in ({"code", "message", "request_id"}, {"code", "message", "request_id", "values"}), what


@pytest.mark.parametrize("piece", PIECES)
def test_no_piece_of_a_path_is_a_failure(app: Flask, many: FlaskClient, piece: str) -> None:
    for endpoint, method, address in routes(app, **{"*": piece}):
        json_body: Any = {} if method in ("POST", "PATCH", "PUT") else None
        check(many.open(address, method=method, json=json_body), (endpoint, method, address[:80]))


@pytest.mark.parametrize("value", QUERIES, ids=lambda value: value[:12])
def test_no_query_is_a_failure(app: Flask, many: FlaskClient, ask: Ask, value: str) -> None:
    reply = ask("Привет")
    names = ("limit", "before", "after", "q", "format", "archived", "pinned", "folder", "tag", "since", "until", "raw", "%ED%A0%80")
    for endpoint, method, address in routes(app, conversation_id=reply.conversation, answer_id=reply.answer):
        if method == "GET":
            for name in names:
                check(many.get(f"{address}?{name}={value}"), (endpoint, name, value[:30]))


@pytest.mark.parametrize("value", ["nan", "1e5", "-1", "0" * 30 + "9" * 30, "9" * 5_000, "1.5", "%D9%A3"],
    ids=lambda value: value[:12])
def test_what_is_no_number_is_refused(many: FlaskClient, ask: Ask, value: str) -> None:
    reply = ask("Привет")
    for address in (f"{API}/conversations?limit={value}", f"{API}/answers/{reply.answer}/events?after={value}"):
        assert many.get(address).status_code == 400, address
    header = many.get(f"{API}/answers/{reply.answer}/events", headers={"Last-Event-ID": value})
    assert header.status_code == 400


@pytest.mark.parametrize("cursor", ["nan~x", "inf~x", "-inf~", "1e999~x", "x~y", "~"])
def test_a_cursor_that_was_not_made_here_is_refused(many: FlaskClient, cursor: str) -> None:
    response = many.get(f"{API}/conversations?before={cursor}")
    assert (response.status_code, (response.json or {})["error"]["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
def test_no_body_is_a_failure(app: Flask, many: FlaskClient, ask: Ask, body: bytes) -> None:
    reply = ask("Привет")
    for endpoint, method, address in routes(app, conversation_id=reply.conversation, answer_id=reply.answer):
        if method in ("POST", "PATCH", "PUT"):
            check(many.open(address, method=method, data=body, content_type="application/json"), (endpoint, body[:30]))


FIELDS = {
    f"{API}/auth/login": {"password": "x"},
    f"{API}/auth/logout": {"everywhere": False},
    "/change-language": {"language": "ru_RU"},
    f"{API}/conversations/{{conversation}}": {
        "title": "x", "revision": 1, "pinned": True, "archived": True, "folder": "x", "tags": ["x"],
    },
    f"{API}/answers/{{answer}}/regenerate": {"id": "x", "model": "scripted", "provider": "Scripted", "role": "default",
    "options": {}, "wish": "longer"},
    f"{API}/answers/{{answer}}/continue": {"model": "scripted", "provider": "Scripted", "role": "default", "after": 0},
    f"{API}/answers/{{answer}}/stop": {"x": 1},
}  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
def test_no_value_of_a_field_is_a_failure(many: FlaskClient, ask: Ask, value: Any) -> None:
    reply = ask("тут обрыв")
    for template, fields in FIELDS.items():
        address = template.format(conversation=reply.conversation, answer=reply.answer)
        method = "PATCH" if "/conversations/" in address else "POST"
        for name in fields:
            check(many.open(address, method=method, json={**fields, name: value}), (address, name, value))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("form", ["events", "text"])
def test_no_value_of_a_question_is_a_failure(many: FlaskClient, value: Any, form: str) -> None:
    for place in places(question("Привет")):
        check(many.post(f"{API}/conversation", json=changed({**question("Привет"), "format": form}, place, value)), (place, value))
    for name in ("temperature", "top_p", "max_tokens", "reasoning_effort", "context_length", "unknown"):
        check(many.post(f"{API}/conversation", json=question("Привет", format=form, options={name: value})), (name, value))


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a value something else could stand."""
    yield here
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*here, key))
    if here == ():
        more = ("conversation_id", "action", "provider", "jailbreak", "role", "api_key", "parent_id", "options", "format", "nobody")
        yield from ((name,) for name in more)


def changed(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = changed(value[place[0]] if len(place) > 1 else None, place[1:], other)
    return copy


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_values, place=st.sampled_from(list(places(question("Привет")))))
def test_no_json_is_a_failure(many: FlaskClient, value: Any, place: tuple[Any, ...]) -> None:
    check(many.post(f"{API}/conversation", json=changed(question("Привет"), place, value)), (place, value))


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "language=" + "x" * 4000}, {"Cookie": 'language="\\000"; theme=<script>; accent=%00'}, {"Cookie": "=;;=;"},
        {"Content-Type": "application/json; charset=\x00"}, {"Content-Type": 'application/json; charset="'},
        {"Content-Length": "-1"},
        {"Content-Length": "x"}, {"Range": "bytes=9-1"}, {"Range": "bytes=-99999999999999999999"}, {"If-Modified-Since": "never"},
        {"If-None-Match": "\x80" * 100}, {"Accept-Encoding": "gzip;q=nan"}, {"User-Agent": "\xff" * 500},
        {"X-Forwarded-For": "x" * 500},
        {"Last-Event-ID": "-1"}, {"Origin": "null"}, {"Host": "localhost:99999"}, {"Host": ""}, {"Host": "[::1"},
        {"Host": "localhost\x00"},
        {"Sec-Fetch-Site": "\x00"}, {"Upgrade": "websocket"}, {"Expect": "x"}, {"Transfer-Encoding": "x"},
        {"Content-Encoding": "gzip"},
    ],
    ids=lambda headers: next(iter(headers)),
)  # fmt: skip
def test_no_header_is_a_failure(app: Flask, many: FlaskClient, ask: Ask, headers: dict[str, str]) -> None:
    reply = ask("Привет")
    version = many.get(f"{API}/version").headers  # the server is well
    assert version
    for endpoint, method, address in routes(app, conversation_id=reply.conversation, answer_id=reply.answer, version="css",
    path="base.css"):
        body: Any = b"{}" if method in ("POST", "PATCH", "PUT") else None
        sent = {"Content-Type": "application/json", **headers} if body else headers
        check(many.open(address, method=method, data=body, headers=sent), (endpoint, headers))


def test_a_password_of_every_length_is_answered(app: Flask, many: FlaskClient, settings: Settings) -> None:
    app.extensions["freegpt"].auth.set_password("четыре случайных слова тут")
    for password in ("", "\x00", "x" * 1024, "x" * 1025, "x" * 1_000_000, "💣" * 300):
        response = many.post(f"{API}/auth/login", json={"password": password})
        check(response, len(password))
        assert response.status_code in (400, 401, 429)


def test_letters_are_answered_as_they_are_and_half_of_one_escaped(app: Flask) -> None:
    """What a provider names its models is a stranger's JSON, which can spell half a surrogate pair."""
    with app.app_context():
        for name in ("Ёлка", "🧩", "\ud83e"):
            answered = jsonify(name=name)
            assert answered.mimetype == "application/json"
            assert json.loads(answered.get_data()) == {"name": name}
        assert jsonify(["Ёлка"]).get_data() == '["Ёлка"]'.encode()
