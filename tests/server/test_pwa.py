"""The page as an application of its own: what browsers are told about it, and that nothing of it is anybody's."""

from __future__ import annotations

import json
import re
import struct
import xml.etree.ElementTree as Xml
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.context import Services
from server.languages import LANGUAGES
from server.pages import CLIENT

BASE = "https://chat.example.org/sub/"


def shell_of(worker: str) -> dict[str, object]:
    first, _, _ = worker.partition("\n")
    told: dict[str, object] = json.loads(first.removeprefix("self.SHELL = "))
    return told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_speaks_the_language_of_the_page(client: FlaskClient, language: str) -> None:
    response = client.get(f"/manifest.webmanifest?language={language}")
    assert response.mimetype == "application/manifest+json"
    manifest = response.get_json(force=True)
    said = json.loads((CLIENT / "locales" / f"{language}.json").read_text("utf-8"))
    assert manifest["lang"] == language
    assert [shortcut["name"] for shortcut in manifest["shortcuts"]] == [said["sidebar.new"], said["sidebar.search"]]
    assert client.get("/manifest.webmanifest?language=%22%3Cscript").json["lang"] in LANGUAGES  # type: ignore[index]


def test_every_address_of_the_manifest_is_right_under_any_prefix(client: FlaskClient) -> None:
    manifest = client.get("/manifest.webmanifest").get_json(force=True)
    addresses = [manifest["start_url"], manifest["scope"], manifest["share_target"]["action"]]
    addresses += [entry["url"] for entry in manifest["shortcuts"]] + [icon["src"] for icon in manifest["icons"]]
    for address in addresses:
        assert urljoin(f"{BASE}manifest.webmanifest", address).startswith(BASE), address
        assert client.get(urljoin("/", address)).status_code == 200, address


def test_the_icons_are_as_large_as_they_say_and_small_in_bytes(client: FlaskClient) -> None:
    icons = client.get("/manifest.webmanifest").get_json(force=True)["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in icons}
    for icon in icons:
        body = client.get(f"/{icon['src']}").data
        assert body.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", body[16:24])
        assert icon["sizes"] == f"{width}x{height}"
        assert len(body) < 16_000


def test_what_is_shared_only_fills_the_composer(client: FlaskClient) -> None:
    target = client.get("/manifest.webmanifest").get_json(force=True)["share_target"]
    assert target["method"] == "GET"
    assert set(target["params"].values()) == {"title", "q", "url"}


def test_the_worker_is_told_this_version_and_what_the_first_page_needs(client: FlaskClient, services: Services) -> None:
    response = client.get("/service-worker.js?language=en")
    assert response.mimetype == "text/javascript"
    assert response.headers["Cache-Control"] == "no-cache"
    shell = shell_of(response.text)
    assert shell["version"] == services.pages.version
    files = shell["files"]
    assert isinstance(files, list)
    page = client.get("/").text
    named = set(re.findall(rf'(?:stylesheet|modulepreload)" href="\./assets/{services.pages.version}/([^"]+)"', page))
    assert named | {"locales/en.json", "locales/en.more.json"} == set(files)
    for file in files:
        kept = client.get(f"/assets/{services.pages.version}/{file}")
        assert kept.status_code == 200
        assert "immutable" in kept.headers["Cache-Control"]


def test_the_worker_never_answers_for_data(client: FlaskClient) -> None:
    """It touches navigations and versioned files; tests/e2e/test_hands.py looks at what it has kept."""
    worker = client.get("/service-worker.js").text
    assert worker.count("respondWith(") == 2
    assert worker.count("cache.put(") == 2
    assert "importScripts" not in worker


def test_another_version_makes_another_worker(client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    before = client.get("/service-worker.js").text
    assert client.get("/service-worker.js").text == before
    monkeypatch.setattr(services.pages, "version", "0123456789ab")
    assert client.get("/service-worker.js").text != before


def test_the_page_leads_to_both(client: FlaskClient) -> None:
    client.set_cookie("language", "en")
    page = client.get("/chat/some-id").text
    assert 'rel="manifest" href="../manifest.webmanifest?language=en"' in page
    assert 'href="../opensearch.xml?language=en"' in page
    assert "manifest" not in client.get("/login").text


@pytest.mark.parametrize(("prefix", "root"), [("", "http://localhost/"), ("/sub", "http://localhost/sub/")])
def test_a_browser_can_search_here(client: FlaskClient, prefix: str, root: str) -> None:
    response = client.get("/opensearch.xml?language=en", environ_overrides={"SCRIPT_NAME": prefix})
    assert response.mimetype == "application/opensearchdescription+xml"
    names = {"os": "http://a9.com/-/spec/opensearch/1.1/"}
    described = Xml.fromstring(response.data)
    url = described.find("os:Url", names)
    assert url is not None
    assert url.get("template") == f"{root}?q={{searchTerms}}"
    assert described.findtext("os:ShortName", namespaces=names) == "FreeGPT"


def test_a_foreign_name_never_gets_into_the_search_engine(app: Flask) -> None:
    assert app.test_client().get("/opensearch.xml", headers={"Host": "evil.test"}).status_code == 421


def test_every_page_has_an_icon_for_browsers_that_cannot_draw_svg() -> None:
    for page in (CLIENT / "html").glob("*.html"):
        icons = re.findall(r'rel="icon" type="([\w/+]+)" sizes="(\w+)"', page.read_text("utf-8"))
        assert page.name == "preview.html" or icons == [("image/png", "192x192"), ("image/svg+xml", "any")], page.name


def test_the_drawings_of_the_icons_are_in_the_repository() -> None:
    for name in ("icon.svg", "maskable.svg"):
        assert "<script" not in (CLIENT / "icons" / name).read_text("utf-8")
    script = (Path(__file__).parents[1] / "e2e" / "icons.py").read_text("utf-8")
    drawn = set(re.findall(r'"([\w-]+\.png)"', script))
    assert drawn == {file.name for file in (CLIENT / "icons").glob("*.png")}
