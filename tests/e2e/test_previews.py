"""HTML, SVG and diagrams of an answer in their isolated frame, in Chromium: they reach neither the page nor the network."""

# ruff: noqa: E501
from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.e2e.rendering_stage import stage
from tests.e2e.test_rendering import Watched

pytestmark = pytest.mark.timeout(180)

SHOW, RUN = "Показать", "Запустить сценарии"


class Canary:
    """An address of this machine that counts who calls: even a greeting without a question is noticed."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.calls: list[str] = []
        self._closing = False
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                if self._closing:
                    return
                connection.settimeout(1)
                with suppress(OSError):
                    self.calls.append(connection.recv(200).decode(errors="replace").split("\r\n")[0] or "a greeting")

    def close(self) -> None:
        self._closing = True
        socket.create_connection(self._socket.getsockname()).close()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.close()


@pytest.fixture
def watched(browser: Any) -> Iterator[Watched]:
    with stage() as address:
        context = browser.new_context(viewport={"width": 900, "height": 900})
        watched = Watched(context.new_page(), address)
        yield watched
        assert watched.page.url == address
        assert watched.page.evaluate("window.__pwn") is None
        context.close()


def show(watched: Watched, language: str, code: str) -> Page:
    watched.page.evaluate("text => { stage.show('a', text) }", f"```{language}\n{code}\n```")
    watched.page.get_by_role("button", name=SHOW).click()
    return watched.page


def inner(page: Page) -> Frame:
    """The frame in the frame, where the content is, once it is there."""
    for _ in range(500):
        found = [frame for frame in page.frames if frame.parent_frame and frame.parent_frame.parent_frame == page.main_frame]
        if found and found[-1].evaluate("document.readyState === 'complete' && document.body !== null"):
            return found[-1]
        page.wait_for_timeout(20)
    raise AssertionError("nothing is shown")


def test_a_page_is_shown_as_it_looks_and_nothing_in_it_runs(watched: Watched) -> None:
    page = show(
        watched,
        "html",
        "<style>p { color: rgb(1, 2, 3); block-size: 450px }</style><p>Привет</p><script>document.body.textContent = 'ran'</script>",
    )
    content = inner(page)
    assert content.locator("p").inner_text() == "Привет"
    assert content.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(1, 2, 3)"
    frame = page.locator(".preview iframe")
    watched.until("document.querySelector('.preview iframe').height > 450")
    assert frame.get_attribute("sandbox") == "allow-scripts"
    expect(page.locator(".code__body")).to_be_hidden()
    page.get_by_role("button", name="Код").click()
    expect(page.locator(".code__body")).to_be_visible()
    expect(frame).to_have_count(0)


def test_a_preview_is_offered_for_what_can_be_shown_and_once_it_is_whole(watched: Watched) -> None:
    page = watched.page
    offer = page.get_by_role("button", name=SHOW)
    for text, streaming, offered in (
        ("```html\n<p>", True, 0),
        ("```html\n<p>\n```\n", True, 1),
        ("```html\n<p>\n```", False, 1),
        ("```mermaid\ngraph TD\n```", False, 1),
        ("```xml\n<svg></svg>\n```", False, 1),
        ("```xml\n<a></a>\n```", False, 0),
        ("```python\nprint()\n```", False, 0),
    ):
        page.evaluate("([text, streaming]) => { stage.remove('a'); stage.show('a', text, streaming) }", [text, streaming])
        expect(offer).to_have_count(offered)
    assert watched.quiet()


HOSTILE = """
<meta http-equiv="refresh" content="0; url={canary}/refresh">
<link rel="stylesheet" href="{canary}/link"><link rel="preload" as="image" href="{canary}/preload">
<link rel="preconnect" href="{canary}"><link rel="dns-prefetch" href="{canary}"><link rel="prefetch" href="{canary}/prefetch">
<base href="{canary}/"><img src="{canary}/img" srcset="{canary}/srcset 2x"><video src="{canary}/video" poster="{canary}/poster"></video>
<style>@import url({canary}/import); body {{ background: url({canary}/css) }} @font-face {{ font-family: f; src: url({canary}/font) }} p {{ font-family: f }}</style><p>x</p>
<iframe src="{canary}/frame"></iframe><object data="{canary}/object"></object><embed src="{canary}/embed">
<svg><image href="{canary}/image"/><use href="{canary}/use#a"/></svg><input type="image" src="{canary}/input">
<img src=x onerror="document.body.dataset.ran=1"><svg onload="document.body.dataset.ran=1"></svg>
<script>document.body.dataset.ran = 1</script><script src="{canary}/script"></script>
<a id="away" href="{canary}/a" target="_top" ping="{canary}/ping">away</a>
<form action="{canary}/form" target="_top"><button id="send">send</button></form>
"""


def test_a_still_page_reaches_nobody_and_leads_nowhere(watched: Watched, canary: Canary) -> None:
    page = show(watched, "html", HOSTILE.format(canary=canary.address))
    content = inner(page)
    assert content.evaluate("document.body.dataset.ran") is None
    content.evaluate("document.getElementById('away').click()")
    content.evaluate("document.getElementById('send').click()")
    page.wait_for_timeout(700)
    assert canary.calls == []
    expect(page.get_by_role("button", name=RUN)).to_be_visible()


ATTEMPTS = """<body><script>
const tried = {}
const attempt = (name, act) => { try { tried[name] = String(act()) } catch (error) { tried[name] = error.name } }
attempt("origin", () => self.origin)
attempt("cookie", () => document.cookie)
attempt("local", () => localStorage.length)
attempt("session", () => sessionStorage.length)
attempt("database", () => indexedDB.open("x"))
attempt("parent", () => parent.document.body)
attempt("top", () => top.document.body)
attempt("element", () => frameElement)
attempt("write", () => { top.__pwn = 1 })
attempt("popup", () => window.open("CANARY/popup"))
attempt("rtc", () => typeof RTCPeerConnection)
attempt("socket", () => new WebSocket("ws://CANARY_HOST/"))
attempt("worker", () => new Worker("CANARY/worker.js"))
attempt("beacon", () => navigator.sendBeacon("CANARY/beacon"))
attempt("dialog", () => confirm("x"))
fetch("CANARY/fetch").catch(error => { tried.fetch = error.name })
new Image().src = "CANARY/image"
document.body.append(Object.assign(document.createElement("script"), { src: "CANARY/script" }))
document.body.append(Object.assign(document.createElement("iframe"), { src: "CANARY/frame" }))
const form = Object.assign(document.createElement("form"), { action: "CANARY/form", target: "_top" })
document.body.append(form)
attempt("form", () => form.submit())
attempt("away", () => { top.location = "CANARY/top" })
for (const kind of ["failed", "drawn", "size"]) top.postMessage({ kind, height: 1e9 }, "*")
parent.postMessage({ kind: "size", height: "1e9" }, "*")
document.body.dataset.tried = JSON.stringify(tried)
setTimeout(() => { document.body.dataset.tried = JSON.stringify(tried) }, 300)
</script></body>"""


def test_scripts_run_after_a_second_click_and_reach_neither_page_nor_network(watched: Watched, canary: Canary) -> None:
    page = show(watched, "html", ATTEMPTS.replace("CANARY_HOST", canary.address[7:]).replace("CANARY", canary.address))
    page.context.add_cookies([{"name": "secret", "value": "1", "url": watched.page.url}])
    assert inner(page).evaluate("document.body.dataset.tried") is None
    page.get_by_role("button", name=RUN).click()
    for _ in range(200):
        page.wait_for_timeout(50)
        tried = inner(page).evaluate("JSON.parse(document.body.dataset.tried ?? '{}')")
        if "fetch" in tried:
            break
    assert tried["origin"] == "null"
    for name in ("cookie", "local", "session", "parent", "top", "write", "away"):
        assert tried[name] == "SecurityError", name
    assert tried["database"] in ("SecurityError", "UnknownError", "[object IDBOpenDBRequest]")
    assert (tried["element"], tried["popup"], tried["rtc"], tried["dialog"]) == ("null", "null", "undefined", "false")
    assert tried["fetch"] == "TypeError"
    page.wait_for_timeout(500)
    assert canary.calls == []
    assert page.locator(".preview iframe").evaluate("frame => Number(frame.height)") <= 640
    expect(page.get_by_role("button", name="Остановить")).to_be_visible()


def test_a_page_that_leads_itself_away_leads_nowhere(watched: Watched, canary: Canary) -> None:
    page = show(watched, "html", f"<p>x</p><script>location = '{canary.address}/away'</script>")
    page.get_by_role("button", name=RUN).click()
    page.wait_for_timeout(1_000)
    assert canary.calls == []


def test_an_endless_loop_is_ended_while_the_page_goes_on(watched: Watched) -> None:
    page = show(watched, "html", "<p>x</p><script>if (!self.name) for (;;);</script>")
    page.get_by_role("button", name=RUN).click()
    page.evaluate("window.ticks = 0; setInterval(() => { ticks++ }, 10), 0")
    for _ in range(5):
        page.wait_for_timeout(100)
        assert page.evaluate("1 + 1") == 2
    expect(page.locator(".preview__ending")).to_contain_text("перестал отвечать")
    assert page.evaluate("ticks") > 50  # the page went on for those two seconds
    assert page.locator("iframe").count() == 0
    page.evaluate("stage.remove('a'), 0")
    show(watched, "html", "<p>дальше</p>")
    assert inner(page).locator("p").inner_text() == "дальше"


def test_scripts_are_stopped_by_a_click(watched: Watched) -> None:
    page = show(watched, "html", "<p>x</p><script>document.querySelector('p').textContent = 'бежит'</script>")
    page.get_by_role("button", name=RUN).click()
    watched.until("Boolean(document.querySelector('.preview iframe'))")
    page.get_by_role("button", name="Остановить").click()
    expect(page.locator("iframe")).to_have_count(0)
    page.get_by_role("button", name="Показать снова").click()
    assert inner(page).locator("p").inner_text() == "x"


def test_a_picture_of_svg_is_shown(watched: Watched) -> None:
    svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="200" height="99"><script>document.title = 1</script><circle r="9"/></svg>'
    page = show(watched, "svg", svg)
    assert inner(page).locator("circle").count() == 1
    expect(page.get_by_role("button", name=RUN)).to_have_count(0)


DIAGRAM = """%%{init: {"securityLevel": "loose", "themeCSS": "* { background: url(CANARY/css) }"}}%%
graph TD
  A["Начало <img src=x onerror=top.__pwn=1> <img src='CANARY/label'>"] --> B{Дальше}
  B --> C["<b onclick=top.__pwn=1>конец</b>"]
  click A "javascript:top.__pwn=1"
  click B href "CANARY/click" _top
  classDef evil fill:red
  class C evil
"""


def test_a_diagram_is_drawn_and_what_hides_in_it_does_nothing(watched: Watched, canary: Canary) -> None:
    page = show(watched, "mermaid", DIAGRAM.replace("CANARY", canary.address))
    content = inner(page)
    content.wait_for_selector("svg", timeout=20_000)
    assert "Начало" in content.locator("svg").text_content()
    content.evaluate(
        "document.querySelectorAll('svg a, svg .clickable').forEach(node => node.dispatchEvent(new MouseEvent('click', { bubbles: true })))"
    )
    page.wait_for_timeout(700)
    assert canary.calls == []


def test_a_diagram_with_a_mistake_says_so(watched: Watched) -> None:
    page = show(watched, "mermaid", "graph TD\n  A[[[ -->")
    expect(page.locator(".preview__ending")).to_contain_text("ошибка")


def test_a_preview_that_dies_while_a_diagram_is_drawn_is_closed(watched: Watched) -> None:
    """Diagrams of earlier versions had endless loops; any library in the frame may have one."""
    page = watched.page
    page.route(
        "**/mermaid.tiny.js", lambda route: route.fulfill(body="globalThis.mermaid = { initialize() {}, render() { for (;;); } }")
    )
    show(watched, "mermaid", "graph TD\n  A --> B")
    expect(page.locator(".preview__ending")).to_contain_text("перестал отвечать")
