"""The page in WebKit, the engine of Safari and of every browser on an iPhone: what one does first, and what differs there."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from g4f.chat import ChatRequest, Event, Finished, Text
from tests.e2e import acting
from tests.e2e.webdriver import ENTER, Element, Session, session, until

pytestmark = pytest.mark.timeout(180)

DRIVER = shutil.which("WebKitWebDriver")
BROWSER = next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))), None)
SCREEN = shutil.which("Xvfb")
PAGE = "Покажи страницу"
WATCH = """
    window.faults = []
    addEventListener("error", event => faults.push(event.message))
    addEventListener("unhandledrejection", event => faults.push(String(event.reason)))
    document.addEventListener("securitypolicyviolation", event => faults.push(`${event.violatedDirective} ${event.blockedURI}`))
"""


class Ollama(acting.Ollama):
    """Can also answer with a page."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        if request.messages[-1].text == PAGE:
            yield Text("```html\n<!doctype html><h1>Рамка</h1><script>parent.postMessage('alive', '*')</script>\n```\n")
            yield Finished("stop")
            return
        async for event in super().stream(request):
            yield event


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A display that nobody looks at."""
    if not (DRIVER and BROWSER and SCREEN):
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, and there is no WebKit (webkit2gtk-driver, xvfb)")
        pytest.skip("тесты в WebKit пропущены: не найдены WebKitWebDriver, MiniBrowser или Xvfb")
    command = [SCREEN, "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield f":{process.stdout.readline().strip()}"
        process.terminate()


@pytest.fixture(scope="module")
def webkit(screen: str) -> Iterator[Session]:
    # In a container there is no sandbox for it to use; the pages are our own.
    environment = {**os.environ, "DISPLAY": screen, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
    options = {"binary": str(BROWSER), "args": ["--automation"]}
    with session(str(DRIVER), {"webkitgtk:browserOptions": options}, environment) as opened:
        opened.call("POST", "window/rect", {"width": 1280, "height": 860})
        yield opened


class Visit:
    """One person at the page."""

    def __init__(self, browser: Session, address: str) -> None:
        self._browser = browser
        self.run = browser.run
        self.all = browser.find
        self.reload = browser.reload
        browser.open(address)
        self.find("textarea")
        self.watch()

    def watch(self) -> None:
        """Remember what goes wrong from now on."""
        self.run(WATCH)

    def find(self, selector: str, text: str = "") -> Element:
        """The last of these that is shown and says this."""
        return until(lambda: next((each for each in reversed(self.all(selector)) if each.shows(text)), None))

    def button(self, name: str) -> Element:
        return self.find(f'button[aria-label^="{name}"], button[title^="{name}"]')

    def say(self, text: str) -> None:
        self.find("textarea").type(text + ENTER)

    def sees(self, text: str) -> None:
        until(lambda: text in self.run("return document.body.innerText"))

    def is_answered(self) -> None:
        until(lambda: self.run("return !document.querySelector('button[aria-label^=Остановить]')"))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with acting.serving({"Ollama": Ollama, "Guide": acting.Guide}) as address:
        yield address


@pytest.fixture
def visit(webkit: Session, address: str) -> Iterator[Visit]:
    visit = Visit(webkit, address)
    yield visit
    assert visit.run("return faults") == []


def test_an_answer_is_drawn_whole_and_followed_to_its_end(visit: Visit) -> None:
    for _ in range(2):
        visit.say(acting.EVERYTHING)
        visit.is_answered()
    visit.sees("312 токенов")
    for drawn in ("pre .hljs-keyword", "math", "table"):
        visit.find(drawn)
    away = "const place = document.querySelector('.messages'); return place.scrollHeight - place.clientHeight - place.scrollTop"
    until(lambda: visit.run(away) < 48)
    assert visit.run("return document.querySelector('.to-end--shown')") is None


def test_a_page_in_an_answer_is_shown_in_its_frame(visit: Visit) -> None:
    visit.run("addEventListener('message', event => { if (event.data === 'alive') window.alive = true })")
    visit.say(PAGE)
    visit.sees("Рамка")
    visit.find("button", "Показать").click()
    until(lambda: visit.run("return document.querySelector('iframe')?.height > 40"))  # it has told its height: it lives


def test_a_stopped_answer_is_there_after_a_reload(visit: Visit) -> None:
    visit.say(acting.SLOW)
    visit.sees("Предложение 9.")
    visit.button("Остановить").click()
    visit.is_answered()
    visit.reload()
    visit.sees("Предложение 9.")
    visit.watch()


def test_who_reads_what_was_said_before_keeps_the_place_while_an_answer_grows(visit: Visit) -> None:
    """There is no scroll anchoring in WebKit."""
    visit.say(acting.EVERYTHING)
    visit.sees("312 токенов")
    visit.say(acting.SLOW)
    visit.sees("Предложение 5.")
    where = "return document.querySelector('.message--assistant table').getBoundingClientRect().top"
    visit.run("document.querySelector('.message--assistant table').scrollIntoView({ block: 'center' })")
    time.sleep(0.5)
    before = visit.run(where)
    visit.sees("Предложение 60.")
    assert visit.run(where) == pytest.approx(before, abs=1)
    assert visit.find(".to-end--shown")
    visit.button("Остановить").click()
    visit.is_answered()


def test_a_model_is_chosen_and_a_conversation_found(visit: Visit) -> None:
    visit.button("Выбрать модель").click()
    visit.find("[role=option]", "gemma3:12b").click()
    visit.find("button", "gemma3:12b")
    visit.say("привет, библиотека")
    visit.sees("Хорошо.")
    visit.find("#search").type("библиотека")
    visit.find("a", "привет, библиотека")
