"""The four services of 2023 answer through the page: picker, server, provider, emulator."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Watched
from tests.e2e.running import ROOT, ServerProcess
from tests.llama.running import free_port

SERVICES = ("Ails", "Bing", "Liaobots", "Yqcloud")

pytestmark = pytest.mark.timeout(240)


@contextmanager
def emulators() -> Iterator[dict[str, Any]]:
    """The fragment of config.json that ``python3 -m tests.emulators`` prints."""
    command = [sys.executable, "-m", "tests.emulators", *SERVICES]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        printed = ""
        while not printed.rstrip().endswith("\n}"):
            printed += process.stdout.readline().decode()
        try:
            yield json.loads(printed)
        finally:
            process.terminate()


@pytest.fixture
def watched(browser: Any, tmp_path: Path) -> Iterator[Watched]:
    with emulators() as config:
        server = ServerProcess(tmp_path, free_port(), discovery=False, **config)
        server.start()
        watched = Watched(browser, server.address, viewport={"width": 1280, "height": 800})
        yield watched
        watched.context.close()
        server.kill()
        assert watched.faults == []


def test_all_four_answer_through_the_page(watched: Watched) -> None:
    page = watched.page
    page.goto(watched.address)
    for service in SERVICES:
        page.get_by_role("button", name=re.compile("Выбрать модель")).click()
        page.get_by_role("group", name=re.compile(service)).get_by_role("option").first.click()
        page.get_by_role("textbox", name="Сообщение").fill(f"Привет, {service}!")
        page.keyboard.press("Enter")
        answer = page.locator(".message--assistant").last
        expect(answer).to_contain_text(re.compile(r"\w{3,}.*\w{3,}", re.DOTALL))
        expect(page.get_by_role("button", name="Остановить")).to_have_count(0)
        expect(answer.locator(".message__error, [role=alert]")).to_have_count(0)
        shown = page.request.get(f"{watched.address}/backend-api/v2/conversations/{page.url.rsplit('/', 1)[1]}").json()
        assert shown["messages"][-1]["provider"] == service
        assert shown["messages"][-1]["state"] == "complete"
        page.keyboard.press("Control+Shift+O")


def test_a_closed_service_says_so_in_the_picker(browser: Any, tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, free_port(), discovery=False)
    server.start()
    watched = Watched(browser, server.address, viewport={"width": 1280, "height": 800})
    page = watched.page
    page.goto(watched.address)
    page.get_by_role("button", name=re.compile("Выбрать модель")).click()
    expect(page.get_by_text(re.compile("служба закрыта", re.IGNORECASE)).first).to_be_visible()
    watched.context.close()
    server.kill()
    assert watched.faults == []
