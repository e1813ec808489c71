"""What every response tells the browser: A-036, A-037, A-077, and A-005 for what it must not tell."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, Response, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server import guard, headers, running_app
from server.settings import Settings
from tests.server.conftest import Ask, question
from tests.server.test_guard import routes

API = "/backend-api/v2"
PROXY = "10.0.0.1"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Frame-Options": "DENY",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self' blob:",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "app dompurify",
}

BARE = {"default-src": "'none'", "script-src": "'self'", "connect-src": "'self'", "frame-ancestors": "'none'"}


def policy_of(response: TestResponse) -> dict[str, str]:
    (value,) = response.headers.getlist("Content-Security-Policy")
    return dict(part.split(" ", 1) for part in value.split("; "))


def is_page(response: TestResponse) -> bool:
    asked = response.request.method in ("GET", "HEAD")
    return asked and response.mimetype == "text/html" and response.status_code // 100 != 3


def check(response: TestResponse, where: object) -> None:
    for name, value in ALWAYS.items():
        assert response.headers.getlist(name) == [value], (where, name)
    (permissions,) = response.headers.getlist("Permissions-Policy")
    for feature in ("camera", "geolocation", "microphone", "usb", "payment"):
        assert f"{feature}=()" in permissions
    policy = policy_of(response)
    if is_page(response):
        assert re.fullmatch(r"'self'( 'sha256-[\w+/]{43}=')*", policy["script-src"]), where
        assert policy | {"script-src": "'self'"} == POLICY, where
    else:
        assert policy == BARE, where
    assert len(response.headers.getlist("Cache-Control")) == 1, where
    assert "Server" not in response.headers, where


def test_a_036_every_route_and_every_refusal_carries_them(app: Flask, client: FlaskClient) -> None:
    for method, path in routes(app, "GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE"):
        if path == "/preview":  # has a policy of its own, see below
            continue
        for more in ({}, {"Host": "evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
            response = client.open(path, method=method, headers=more, json={} if method == "POST" else None)
            check(response, (method, path, more))
    check(client.get("/no-such-place"), 404)
    check(client.put("/health"), 405)
    check(client.post(f"{API}/conversation", data=b"{", content_type="application/json"), 400)
    check(client.post(f"{API}/conversation", data=b"{}", content_type="text/plain"), 415)


def test_a_036_a_stream_carries_them(client: FlaskClient) -> None:
    response = client.post(f"{API}/conversation", json=question("Привет"))
    assert response.mimetype == "text/event-stream"
    check(response, "stream")
    assert "no-store" in response.headers["Cache-Control"]
    response.get_data()


def test_a_036_an_unexpected_failure_carries_them(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.view_functions, "catalog.version", lambda: 1 / 0)
    response = client.get(f"{API}/version")
    assert response.status_code == 500
    check(response, 500)
    assert "Traceback" not in response.text
    assert "ZeroDivision" not in response.text


def test_a_036_a_static_file_and_its_304_carry_them(client: FlaskClient) -> None:
    first = client.get("/assets/x/locales/ru.json")
    check(first, "static")
    assert "no-store" not in first.headers["Cache-Control"]
    first.close()
    again = client.get("/assets/x/locales/ru.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    check(again, 304)


def test_a_047_the_frame_of_previews_has_no_origin_no_network_and_one_host(client: FlaskClient) -> None:
    response = client.get("/preview")
    parts = [part.partition(" ") for part in response.headers["Content-Security-Policy"].split("; ")]
    assert {name: value for name, _, value in parts} == {
        "sandbox": "allow-scripts",
        "default-src": "'none'",
        "script-src": "'unsafe-inline'",
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:",
        "font-src": "data:",
        "connect-src": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-src": "'none'",
        "frame-ancestors": "'self'",
    }
    others = ALWAYS | {"X-Frame-Options": "SAMEORIGIN", "X-DNS-Prefetch-Control": "off"}
    assert {name: response.headers[name] for name in others} == others
    assert "Set-Cookie" not in response.headers


@pytest.fixture
def behind_proxy(settings: Settings) -> Iterator[FlaskClient]:
    with running_app(replace(settings, trusted_proxies=(PROXY,), owner_password="верная лошадь батарея скрепка")) as app:
        yield app.test_client()


def test_a_036_https_is_remembered_and_http_is_not(behind_proxy: FlaskClient) -> None:
    https = {"X-Forwarded-Proto": "https"}
    (remembered,) = behind_proxy.get("/health", headers=https, environ_overrides={"REMOTE_ADDR": PROXY}).headers.getlist(
        "Strict-Transport-Security"
    )
    assert int(remembered.removeprefix("max-age=")) >= 31_536_000
    assert "Strict-Transport-Security" not in behind_proxy.get("/health", environ_overrides={"REMOTE_ADDR": PROXY}).headers
    assert "Strict-Transport-Security" not in behind_proxy.get("/health", headers=https).headers  # from no proxy


def test_a_036_a_redirect_carries_them(behind_proxy: FlaskClient) -> None:
    response = behind_proxy.get("/")
    assert response.status_code == 303
    check(response, 303)


def test_a_037_the_import_map_of_a_page_is_the_only_inline_script(client: FlaskClient) -> None:
    for path in ("/", "/chat/abc", "/login"):
        response = client.get(path)
        inline = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", response.text, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
        assert policy_of(response)["script-src"] == " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
        assert not re.search(r"<[^>]+\s(style|on\w+)=", response.text)


def test_a_077_what_belongs_to_a_person_is_kept_nowhere(app: Flask, client: FlaskClient, ask: Ask) -> None:
    reply = ask("Привет")
    for method, pattern in routes(app, "GET"):
        if not pattern.startswith(API):
            continue
        path = pattern.replace("/conversations/unknown", f"/conversations/{reply.conversation}")
        path = path.replace("/answers/unknown", f"/answers/{reply.answer}")
        response = client.open(path, method=method)
        assert "no-store" in response.headers["Cache-Control"], path
        response.get_data()


def test_a_077_the_404_of_a_static_name_is_no_page(client: FlaskClient) -> None:
    response = client.get("/assets/x/js/no-such-file.js")
    assert response.status_code == 404
    assert "html" not in response.content_type


def test_what_a_view_decides_stays() -> None:
    app = Flask("small")
    guard.install(app, Settings())
    headers.install(app)

    @app.get("/file")
    def file() -> Response:
        g.script_hashes = ["'sha256-unused'"]
        return Response("x", headers={"Content-Security-Policy": "sandbox", "Cache-Control": "public", "Server": "secret/1.0"})

    response = app.test_client().get("/file")
    assert response.headers.getlist("Content-Security-Policy") == ["sandbox"]
    assert response.headers.getlist("Cache-Control") == ["public"]
    assert "Server" not in response.headers
