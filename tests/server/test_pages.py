"""The pages and the static files."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server.context import Services
from server.pages import CLIENT, Pages


def assets(page: str) -> str:
    found = re.search(r"assets/([0-9a-f]{12})/", page)
    assert found
    return found[1]


@pytest.mark.parametrize(("address", "root"), [("/", "./"), ("/chat/", "../"), ("/chat/some-id", "../"), ("/login", "./")])
def test_a_page_names_everything_relative_to_itself(client: FlaskClient, address: str, root: str) -> None:
    page = client.get(address).text
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert all(link.startswith((root, "#", "data:")) for link in links)
    assert "{{" not in page


def preloaded(page: str) -> list[str]:
    return re.findall(r'modulepreload" href="[./]+/assets/\w+/([^"]+)"', page)


def test_what_the_page_needs_at_once_comes_joined_and_is_named_in_it(client: FlaskClient) -> None:
    first, messages = "joined/index/js/main.js", "joined/index/js/components/messages.js"
    for address, named in (
        ("/", [first]),
        ("/chat/", [first]),
        ("/chat/some-id", [first, messages]),
        ("/login", ["joined/login/js/login.js"]),
        ("/s/some-token", ["joined/shared/js/shared.js"]),
        ("/help/en/finding.md", ["joined/help/js/guide.js"]),
    ):
        page = client.get(address).text
        assert preloaded(page) == named
        assert re.findall(r'<script type="module" src="[./]+/assets/\w+/([^"]+)"', page) == named[:1]
        for path in named:
            file = client.get(f"/assets/{assets(page)}/{path}")
            assert file.mimetype == "text/javascript"
            assert "immutable" in file.headers["Cache-Control"]


def test_whoever_edits_the_files_gets_every_module_by_itself(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.pages, "_live", True)
    first = {"js/main.js", "js/view.js", "js/store.js", "vendor/preact.mjs"}
    messages = {"js/components/messages.js", "js/components/markdown.js", "vendor/marked.mjs"}
    for address, named, others in (
        ("/", first, messages),
        ("/chat/", first, messages),
        ("/chat/some-id", first | messages, set()),
        ("/login", {"js/login.js", "js/view.js"}, messages),
        ("/s/some-token", {"js/shared.js", "js/components/markdown.js"}, {"js/main.js"}),
        ("/help/en/finding.md", {"js/guide.js", "js/components/markdown.js"}, {"js/main.js"}),
    ):
        page = client.get(address).text
        found = preloaded(page)
        assert named <= set(found)
        assert not others & set(found)
        assert len(found) == len(set(found))
        assert re.findall(r'<script type="module" src="[./]+/assets/\w+/([^"]+)"', page) == found[:1]
        assert "joined" not in page
        for path in found:
            assert client.get(f"/assets/{assets(page)}/{path}").status_code == 200


def test_what_the_scripts_will_fetch_first_is_fetched_with_them(client: FlaskClient) -> None:
    """tests/e2e/test_first_look.py sees that they ask for nothing twice."""
    client.set_cookie("language", "en")
    lists = {"backend-api/v2/conversations?limit=50", "backend-api/v2/models", "backend-api/v2/providers", "backend-api/v2/roles"}
    rest = "locales/en.more.json"
    for address, root, wanted in (
        ("/", "./", lists),
        ("/chat/", "../", lists),
        ("/chat/some-id", "../", {*lists, "backend-api/v2/conversations/some-id?last=20", rest}),
        ("/login", "./", {rest}),
        ("/s/some-token", "../", {rest}),
        ("/help/en/finding.md", "../../", {rest}),
    ):
        page = client.get(address).text
        found = re.findall(r'<link rel="preload" as="fetch" crossorigin href="([^"]+)">', page)
        assert {each.removeprefix(root).removeprefix(f"assets/{assets(page)}/") for each in found} == {
            *wanted,
            "locales/en.json",
        }
    assert "<script>alert" not in client.get('/chat/"><script>alert(1)').text


def test_the_style_sheets_of_a_conversation_come_with_its_page(client: FlaskClient) -> None:
    names = re.search(r"export const Messages = lazy\(.*?\[(.*?)\]\)", (CLIENT / "js/components/app.js").read_text("utf-8"))
    assert names
    address = "css/" + "+".join(re.findall(r'"(\w+)"', names[1])) + ".css"
    page = client.get("/chat/some-id").text
    assert address in page
    assert address not in client.get("/").text
    assert client.get(f"/assets/{assets(page)}/{address}").mimetype == "text/css"


def test_the_style_sheets_of_a_page_come_as_one_file(client: FlaskClient) -> None:
    page = client.get("/").text
    (sheet,) = re.findall(r'rel="stylesheet" href="\./([^"]+)"', page)
    plain = client.get(f"/{sheet}")
    small = client.get(f"/{sheet}", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(small.data) == plain.data
    for name in ("base", "app", "sidebar", "composer"):
        assert (CLIENT / "css" / f"{name}.css").read_bytes() in plain.data
    assert "immutable" in plain.headers["Cache-Control"]
    assert client.get(f"/assets/{assets(page)}/css/base+login+app.css").status_code == 404


def test_a_file_with_a_version_is_kept_for_ever_and_one_without_is_asked_for_again(client: FlaskClient) -> None:
    version = assets(client.get("/").text)
    assert "immutable" in client.get(f"/assets/{version}/js/main.js").headers["Cache-Control"]
    assert client.get("/assets/js/main.js").headers["Cache-Control"] == "no-cache"
    assert client.get("/assets/000000000000/js/main.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "../config.json",
        "%2e%2e/config.json",
        "..%2fconfig.json",
        "....//config.json",
        "js/../../config.json",
        "/etc/passwd",
        "js/main.js/",
        "js",
        "package.json",
        "html/index.html",
        "importmap.json",
        ".npmrc",
        "js/main.js%00.png",
        "js\\main.js",
        "",
        "x" * 3000,
    ],
)
def test_a066_nothing_but_the_manifest_is_served(client: FlaskClient, path: str) -> None:
    for start in ("/assets/", "/assets/0123456789ab/"):
        response = client.get(start + path)
        assert response.status_code in (404, 308, 405), response.status_code
        assert b"data_dir" not in response.data


def test_the_chosen_theme_and_language_are_in_the_first_paint(client: FlaskClient) -> None:
    client.set_cookie("theme", "dark")
    client.set_cookie("language", "en")
    page = client.get("/").text
    assert 'data-theme="dark"' in page
    assert 'lang="en"' in page
    for name, value in (("accent", "green"), ("density", "compact"), ("size", "larger"), ("sidebar", "hidden")):
        assert f'data-{name}="{value}"' not in page
        client.set_cookie(name, value)
        assert f'data-{name}="{value}"' in client.get("/").text
    client.set_cookie("theme", '"><script>')
    assert "<script>" not in client.get("/").text


def test_the_page_itself_is_compressed_for_whoever_takes_it(client: FlaskClient) -> None:
    plain = client.get("/")
    packed = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data


def test_the_sentences_of_the_page_are_fetched_with_it(client: FlaskClient) -> None:
    client.set_cookie("language", "en")
    page = client.get("/chat/").text
    address = re.search(r'<link rel="preload" as="fetch" crossorigin href="\.\./([^"]+/en\.json)">', page)
    assert address
    assert client.get(f"/{address[1]}").json is not None


def test_the_first_page_greets_before_any_script_runs(client: FlaskClient) -> None:
    for language, greeted in (("ru", "О чём поговорим?"), ("en", "What shall we talk about?")):
        client.set_cookie("language", language)
        page = client.get("/").text
        assert greeted in page
        assert '<meta name="greeting" content="ready">' in page
        assert greeted not in client.get("/chat/some-id").text


def test_a_section_of_the_guide_is_shown_and_given_as_text(client: FlaskClient) -> None:
    assert client.get("/help/ru/ollama.md").mimetype == "text/html"
    assert client.get("/help/ru/ollama.md?raw").text.startswith("#")
    for path in ("/help/ru/../ru/ollama.md", "/help/ru/nothing.md", "/help/xx/ollama.md", "/help/ru/..%2f..%2fREADME.md"):
        assert client.get(path).status_code == 404


def test_a_stale_compressed_copy_is_never_served(tmp_path: Path, client: FlaskClient, services: Services) -> None:
    for folder in ("js", "html"):
        (tmp_path / folder).mkdir()
    (tmp_path / "importmap.json").write_text('{"imports": {}}')
    source, copy = tmp_path / "js/main.js", tmp_path / "js/main.js.gz"
    source.write_text("new")
    copy.write_bytes(gzip.compress(b"old"))
    os.utime(copy, ns=(1, 1))
    pages = Pages(tmp_path)
    with client.application.test_request_context(headers={"Accept-Encoding": "gzip"}):
        response = pages.file("js/main.js", forever=False)
        assert response.data == b"new"
    assert not copy.exists()
