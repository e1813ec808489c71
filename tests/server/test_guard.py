"""Which requests are meant for us: hosts (A-009), forwarded headers (A-010), cross-site changes (A-011, A-012), bodies (A-013)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, jsonify, request
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import create_environ, run_wsgi_app

from server import guard
from server.context import Services
from server.errors import ApiError
from server.settings import Settings
from server.storage.tables import metadata
from tests.server.conftest import Ask, question

API = "/backend-api/v2"
UNSAFE = ("POST", "PATCH", "PUT", "DELETE")


def small_app(settings: Settings) -> Flask:
    """Nothing but the guard and one route that says who asked."""
    app = Flask("small")
    guard.install(app, settings)

    @app.errorhandler(ApiError)
    def refuse(error: ApiError) -> tuple[dict[str, object], int]:
        return error.to_json("1"), error.status

    @app.route("/who", methods=["GET", *UNSAFE])
    def who() -> Any:
        return jsonify(guard.client(request)._asdict())

    return app


@pytest.fixture
def guarded() -> FlaskClient:
    return small_app(Settings()).test_client()


def routes(app: Flask, *methods: str) -> Iterator[tuple[str, str]]:
    """Every address of the application with every of these methods that it takes; ids are made up."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & set(methods)):
            yield method, re.sub(r"<[^>]+>", "unknown", rule.rule)


def state(services: Services) -> dict[str, list[Any]]:
    """All that is stored."""
    return {
        table.name: sorted(
            map(tuple, services.database.read(lambda connection, t=table: connection.execute(select(t)).all())), key=repr
        )  # type: ignore[misc]
        for table in metadata.sorted_tables
    }


#


ODD_HOSTS = [
    "evil.test",
    "localhost.evil.test",
    "127.0.0.1.nip.io",
    "127.0.0.2",
    "",
    " ",
    "localhost@evil.test",
    "localhost:99999",
    "localhost:0",
    "localhost:",
    "localhost:1338:1338",
    "localhost, localhost",
    "a, b",
    "[::1",
    "::1",
    "[::2]",
    "0.0.0.0",
    "2130706433",
    "localhost/",
    "localhost\\",
    "localhоst",  # a Cyrillic о
    "*",
]


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_a_009_a_foreign_host_gets_nothing(guarded: FlaskClient, host: str) -> None:
    environ = create_environ("/who")
    environ["HTTP_HOST"] = host.encode().decode("latin-1")
    status, headers, body = answer(guarded.application, environ)
    assert status == 421
    assert b"host_unknown" in body
    assert "Set-Cookie" not in headers


def test_a_009_a_missing_host_gets_nothing(guarded: FlaskClient) -> None:
    environ = create_environ("/who")
    del environ["HTTP_HOST"]
    assert answer(guarded.application, environ)[0] == 421


def answer(app: Flask, environ: dict[str, Any]) -> tuple[int, Any, bytes]:
    chunks, status, headers = run_wsgi_app(app, environ)
    return int(status.split()[0]), headers, b"".join(chunks)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1338", "LOCALHOST:8080", "localhost.", "127.0.0.1:1338", "[::1]:1338", "[0:0:0:0:0:0:0:1]"]
)
def test_a_009_this_machine_is_served_by_its_names(guarded: FlaskClient, host: str) -> None:
    assert guarded.get("/who", headers={"Host": host}).status_code == 200


def test_a_009_the_bound_address_and_the_named_hosts_are_served() -> None:
    client = small_app(Settings(host="192.168.7.5", allowed_hosts=("chat.example.org", "fd00::5"))).test_client()
    for host, status in {
        "192.168.7.5:1338": 200,
        "chat.example.org": 200,
        "[fd00::5]": 200,
        "192.168.7.6": 421,
        "x.chat.example.org": 421,
    }.items():
        assert client.get("/who", headers={"Host": host}).status_code == status, host


@pytest.mark.parametrize("listening", ["0.0.0.0", "::"])
def test_a_009_on_every_interface_any_address_is_served_but_no_foreign_name(listening: str) -> None:
    client = small_app(Settings(host=listening)).test_client()
    for host, status in {"192.168.7.5:1338": 200, "[fd00::5]": 200, "evil.test": 421, "192.168.7.5.nip.io": 421}.items():
        assert client.get("/who", headers={"Host": host}).status_code == status, host


def test_a_009_no_address_of_the_application_answers_to_a_foreign_host(app: Flask, client: FlaskClient) -> None:
    for method, path in routes(app, "GET", "POST", "PATCH", "DELETE", "OPTIONS"):
        response = client.open(path, method=method, headers={"Host": "evil.test"})
        assert response.status_code == 421, (method, path)
        assert response.json is not None
        assert response.json["error"]["code"] == "host_unknown"
    assert client.get("/no-such-place", headers={"Host": "evil.test"}).status_code == 421


#

FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.test",
    "Forwarded": "for=203.0.113.9;proto=https;host=evil.test",
    "X-Real-IP": "203.0.113.9",
}


def who(settings: Settings, headers: dict[str, str], peer: str = "127.0.0.1") -> dict[str, Any]:
    response = small_app(settings).test_client().get("/who", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    assert response.json is not None
    return dict(response.json)


def test_a_010_a_direct_client_cannot_forward() -> None:
    assert who(Settings(), FORGED) == {"address": "127.0.0.1", "https": False}
    assert who(Settings(trusted_proxies=("10.0.0.0/8",)), FORGED) == {"address": "127.0.0.1", "https": False}


def test_a_010_a_known_proxy_says_who_asked() -> None:
    settings = Settings(trusted_proxies=("127.0.0.1", "10.0.0.0/8"))
    assert who(settings, FORGED) == {"address": "203.0.113.9", "https": True}
    assert who(settings, {}) == {"address": "127.0.0.1", "https": False}


@pytest.mark.parametrize(
    ("hops", "address"),
    [
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the left one is what the client claims
        ("198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),  # two proxies of ours
        ("evil, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", "127.0.0.1"),
    ],
)
def test_a_010_the_client_is_the_first_stranger_from_the_right(hops: str, address: str) -> None:
    settings = Settings(trusted_proxies=("127.0.0.1", "10.0.0.0/8"))
    assert who(settings, {"X-Forwarded-For": hops})["address"] == address


#

REFUSED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "same-origin, none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer anything"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://localhost.evil.test"},
    {"Origin": "http://localhost@evil.test"},
    {"Origin": "http://evil.test", "Authorization": "Bearer anything"},
]
ALLOWED: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
    {"Origin": "https://LOCALHOST"},
]


@pytest.mark.parametrize("headers", REFUSED)
def test_a_011_another_page_changes_nothing(
    app: Flask, client: FlaskClient, services: Services, ask: Ask, headers: dict[str, str]
) -> None:
    reply = ask("Привет")
    before = state(services)
    for method, pattern in routes(app, *UNSAFE):
        path = pattern.replace("/conversations/unknown", f"/conversations/{reply.conversation}")
        path = path.replace("/answers/unknown", f"/answers/{reply.answer}")
        response = client.open(path, method=method, headers=headers, json=question("Чужой вопрос") if method == "POST" else {})
        assert response.status_code == 403, (method, path)
        assert response.json is not None
        assert response.json["error"]["code"] == "cross_site"
    assert state(services) == before


@pytest.mark.parametrize("headers", ALLOWED)
def test_a_011_our_own_page_and_programs_may_change(guarded: FlaskClient, headers: dict[str, str]) -> None:
    for method in UNSAFE:
        assert guarded.open("/who", method=method, headers=headers, json={}).status_code == 200


def test_a_011_another_page_may_be_followed_here_by_a_link(guarded: FlaskClient) -> None:
    assert guarded.get("/who", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


#


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_012_reading_changes_nothing(app: Flask, client: FlaskClient, services: Services, ask: Ask, method: str) -> None:
    reply = ask("Привет")
    before = state(services)
    for _, pattern in routes(app, method):
        path = pattern.replace("/conversations/unknown", f"/conversations/{reply.conversation}")
        path = path.replace("/answers/unknown", f"/answers/{reply.answer}")
        client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}).get_data()
    assert state(services) == before


#

NOT_JSON = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "",
    "application/json;charset=utf-7",
    "application/json; charset=windows-1251",
    "application/jsonp",
    "text/json",
]


@pytest.mark.parametrize("content_type", NOT_JSON)
def test_a_013_only_json_is_read(app: Flask, client: FlaskClient, services: Services, content_type: str) -> None:
    before = state(services)
    for method, path in routes(app, *UNSAFE):
        response = client.open(path, method=method, data=b'{"title": "x"}', content_type=content_type)
        assert response.status_code == 415, (method, path)
    assert state(services) == before


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_a_013_json_is_read(guarded: FlaskClient, content_type: str) -> None:
    assert guarded.post("/who", data=b"{}", content_type=content_type).status_code == 200


def test_a_013_no_body_needs_no_type_but_a_false_type_is_refused(guarded: FlaskClient) -> None:
    assert guarded.post("/who").status_code == 200
    assert guarded.get("/who", content_type="application/x-www-form-urlencoded").status_code == 200
    assert guarded.post("/who", content_type="text/plain").status_code == 415


def test_a_083_a_compressed_body_is_refused(guarded: FlaskClient) -> None:
    for coding, status in {"gzip": 415, "br": 415, "gzip, identity": 415, "identity": 200}.items():
        response = guarded.post("/who", json={}, headers={"Content-Encoding": coding})
        assert response.status_code == status, coding


#


def test_a_014_no_other_origin_is_invited(app: Flask, client: FlaskClient) -> None:
    headers = {
        "Origin": "https://evil.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Private-Network": "true",
        "Access-Control-Request-Local-Network": "true",
    }
    for method, path in routes(app, "GET", "OPTIONS", *UNSAFE):
        response = client.open(path, method=method, headers=headers)
        assert not [name for name, _ in response.headers if name.lower().startswith("access-control-")], (method, path)


def test_a_016_a_connection_is_never_upgraded(app: Flask, client: FlaskClient) -> None:
    websocket = {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": "https://evil.test"}
    for method, path in routes(app, "GET"):
        assert client.open(path, method=method, headers=websocket).status_code == 400, path
    assert client.get("/health", headers={"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"}).status_code == 200


#


def test_a_017_a_redirect_names_no_host(app: Flask) -> None:
    for prefix, path, target in (
        ("/sub/path", "", "/sub/path/"),
        ("", "//chat///abc", "/chat/abc"),
        ("", "//evil.test//chat", None),
    ):
        environ = create_environ("/", "http://localhost")
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = prefix, path
        _, headers, _ = answer(app, environ)
        assert headers.get("Location") == target


# Under a prefix


def test_the_guard_stands_under_a_prefix_too(settings: Settings) -> None:
    client = small_app(replace(settings, url_prefix="/chat")).test_client()
    assert (
        client.post("/who", environ_overrides={"SCRIPT_NAME": "/chat"}, headers={"Origin": "http://localhost"}).status_code == 200
    )
    refused = client.post("/who", environ_overrides={"SCRIPT_NAME": "/chat"}, headers={"Origin": "http://evil.test"})
    assert refused.status_code == 403
