"""Keeping in order, in Chromium against the real server: titles by the model, tags, folders, many at once, temporary talks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watched
from tests.e2e.running import ServerProcess
from tests.emulators import openai
from tests.emulators.stage import on_stage
from tests.llama.running import free_port

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[ServerProcess]:
    """The server with a service that answers, and names conversations, in one sentence."""
    with on_stage(openai.make_app()) as stage:
        endpoint = {"name": "Служба", "base_url": f"{stage.url}/v1", "models": ["emulated-small"]}
        server = ServerProcess(tmp_path, free_port(), discovery=False, endpoints=[endpoint], titles="model")
        server.start()
        yield server
        server.kill()


def start(watched: Watched, path: str = "/") -> Page:
    page: Page = watched.page
    page.goto(watched.address + path)
    expect(page.locator("#composer")).to_be_visible()
    expect(page.get_by_role("button", name="emulated-small")).to_be_visible()
    return page


def ask(page: Page, text: str) -> None:
    page.locator("#composer").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Остановить")).to_have_count(0)
    expect(page.locator(".message").last).to_contain_text("Отвечаю по-русски")


def menu(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Что сделать с беседой «{title}").press("Enter")


def links(page: Page) -> Any:
    return page.locator(".history .link__title")


def test_a_title_by_the_model_comes_by_itself_and_on_a_wish(watched: Watched) -> None:
    page = start(watched)
    ask(page, "Какая погода бывает в мае")
    expect(links(page)).to_contain_text(["Вы спросили"])
    menu(page, "Вы спросили")
    page.get_by_role("menuitem", name="Переименовать").press("Enter")
    page.keyboard.type("Моё")
    page.keyboard.press("Enter")
    expect(links(page)).to_have_text(["Моё"])
    ask(page, "А в июне")
    expect(links(page)).to_have_text(["Моё"])
    menu(page, "Моё")
    page.get_by_role("menuitem", name="Название от модели").press("Enter")
    expect(links(page)).to_contain_text(["Вы спросили"])
