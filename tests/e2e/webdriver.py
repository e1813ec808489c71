"""WebDriver (https://www.w3.org/TR/webdriver2/) in the few calls that tests/e2e/test_webkit.py needs.

Playwright drives a WebKit of its own making only, and none that a distribution brings.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import requests

from tests.llama.running import free_port

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's id, section 12.2
ENTER = "\ue007"  # section 17.4.2
PATIENCE = 30.0  # seconds until something that should be seen is given up

Found = TypeVar("Found")


def until(look: Callable[[], Found | None]) -> Found:
    """What ``look`` returns once that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, "it was never seen"
        time.sleep(0.05)
    return found


class Gone(AssertionError):
    """The element is in the page no more."""


class Element:
    """One element of the page."""

    def __init__(self, session: Session, identity: str) -> None:
        self._session = session
        self._identity = identity

    def click(self) -> None:
        """As a mouse does: scrolled into view, pressed and let go of."""
        self._session.call("POST", f"element/{self._identity}/click", {})

    def type(self, text: str) -> None:
        self._session.call("POST", f"element/{self._identity}/value", {"text": text})

    @property
    def text(self) -> str:
        return str(self._session.call("GET", f"element/{self._identity}/property/innerText"))

    def shows(self, text: str) -> bool:
        """Whether it can be seen, and says this."""
        try:
            return bool(self._session.call("GET", f"element/{self._identity}/displayed")) and text in self.text
        except Gone:
            return False


class Session:
    """One window of the browser. Every call raises ``AssertionError`` with the driver's words when it fails."""

    def __init__(self, driver: str, http: requests.Session, capabilities: Mapping[str, Any]) -> None:
        self._http = http
        self._address = f"{driver}/session"
        opened = self._send("POST", self._address, {"capabilities": {"alwaysMatch": capabilities}})
        self._address += f"/{opened['sessionId']}"

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._send(method, f"{self._address}/{path}", body)

    def _send(self, method: str, address: str, body: Mapping[str, Any] | None) -> Any:
        answer = self._http.request(method, address, json=body, timeout=60)
        value = answer.json()["value"]
        if not answer.ok:
            raise (Gone if value["error"] == "stale element reference" else AssertionError)(value)
        return value

    def open(self, address: str) -> None:
        self.call("POST", "url", {"url": address})

    def reload(self) -> None:
        self.call("POST", "refresh", {})

    def run(self, script: str) -> Any:
        """What the body of a function returns."""
        return self.call("POST", "execute/sync", {"script": script, "args": []})

    def find(self, selector: str) -> list[Element]:
        found = self.call("POST", "elements", {"using": "css selector", "value": selector})
        return [Element(self, each[ELEMENT]) for each in found]

    def close(self) -> None:
        self._send("DELETE", self._address, None)


@contextmanager
def session(program: str, capabilities: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[Session]:
    """A browser, driven by the driver ``program``, for the length of a ``with`` block."""
    port = free_port()
    command = [program, "--host=127.0.0.1", f"--port={port}"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with requests.Session() as http:
                http.trust_env = False
                until(lambda: _is_ready(http, f"http://127.0.0.1:{port}/status"))
                opened = Session(f"http://127.0.0.1:{port}", http, capabilities)
                try:
                    yield opened
                finally:
                    opened.close()
        finally:
            process.terminate()


def _is_ready(http: requests.Session, address: str) -> bool:
    try:
        return bool(http.get(address, timeout=5).json()["value"]["ready"])
    except requests.RequestException:
        return False
