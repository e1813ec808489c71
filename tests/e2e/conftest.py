"""A browser, a page that may not misbehave, the real server and a real llama.cpp."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import ServerProcess
from tests.llama.running import free_port, llama_server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "msedge"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What would go away by itself stays until it is seen to, however slow the machine.
LASTING = "() => { const { setTimeout } = window; window.setTimeout = (act, after) => after >= 5000 ? 0 : setTimeout(act, after) }"
# A browser that cannot size a field by its text, and does not keep the place when something comes above it, as Safari and Firefox
# have been for long.
OLDER = """{
  const { supports } = CSS
  CSS.supports = (name, ...value) => !["field-sizing", "overflow-anchor"].includes(name) && supports.call(CSS, name, ...value)
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`* {
    field-sizing: fixed !important; overflow-anchor: none !important; content-visibility: visible !important;
  }`)
  document.adoptedStyleSheets.push(sheet)
}"""
WAIT = 60_000  # milliseconds until something that should be seen is given up


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, and there is no Chromium")
        pytest.skip("браузерные тесты пропущены: не найден Chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with llama_server(tmp_path_factory.mktemp("llama")) as port:
        yield port


@pytest.fixture
def live(llama: int, tmp_path: Path) -> Iterator[ServerProcess]:
    """The server, which finds the llama.cpp of the tests and looks at nobody else's ports."""
    from g4f import registry

    sought = [name for name, kind in registry.providers().items() if getattr(kind, "probes", ())]
    ports = {name: [llama] if name == "LlamaCpp" else [] for name in sought}
    server = ServerProcess(tmp_path, free_port(), discovery_ports=ports)
    server.start()
    yield server
    server.kill()


class Watched:
    """A page in a context of its own; whatever goes wrong in it is remembered."""

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        self.context = browser.new_context(locale="ru-RU", **context)
        self.context.set_default_timeout(WAIT)
        self.address = address
        self.faults: list[str] = []
        self.page = self.open()

    def open(self) -> Any:
        page = self.context.new_page()
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', "
            "event => console.error('CSP', event.violatedDirective, event.blockedURI))"
        )
        page.on("console", lambda message: self.faults.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._foreign)
        return page

    def _foreign(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"a request to {request.url}")


@pytest.fixture
def watched(browser: Any, live: ServerProcess) -> Iterator[Watched]:
    watched = Watched(browser, live.address, viewport={"width": 1280, "height": 800})
    yield watched
    watched.context.close()
    assert watched.faults == []
