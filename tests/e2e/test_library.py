"""Roles, prompts and options of a conversation, in Chromium against the real server and a real llama.cpp."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watched
from tests.e2e.running import ServerProcess

pytestmark = pytest.mark.timeout(180)
GUIDE = {
    "id": "guide", "kind": "role", "name": "Гид по городу", "icon": "🗺️", "description": "Водит и рассказывает",
    "text": "Ты гид по городу {{город}}.", "options": {"temperature": 0.4},
}  # fmt: skip


def send(server: ServerProcess, path: str, body: dict[str, Any]) -> None:
    asked = urllib.request.Request(f"{server.address}/backend-api/v2/{path}", json.dumps(body).encode())
    asked.add_header("Content-Type", "application/json")
    urllib.request.urlopen(asked, timeout=20).close()


def start(watched: Watched) -> Page:
    page: Page = watched.page
    page.goto(watched.address)
    expect(page.locator("body")).to_contain_text("Найдено: llama.cpp")
    return page


def box(page: Page) -> Any:
    return page.get_by_role("textbox", name="Сообщение")


def ask(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def answered(page: Page, times: int = 1) -> None:
    answers = page.get_by_role("article", name="Ответ")
    expect(answers).to_have_count(times)
    expect(answers.last).to_have_attribute("aria-busy", "false")


def choose_role(page: Page, name: str) -> None:
    page.get_by_role("button", name="Без роли").click()
    page.get_by_role("option", name=name).click()


def newest(server: ServerProcess) -> dict[str, Any]:
    found: dict[str, Any] = server.get("conversations")["conversations"][0]
    return found


def test_a_role_asks_once_for_what_it_needs(watched: Watched, live: ServerProcess) -> None:
    send(live, "library", GUIDE)
    page = start(watched)
    choose_role(page, "Гид по городу")
    ask(page, "Куда пойти?")
    form = page.get_by_role("dialog", name="Гид по городу")
    expect(form.get_by_role("textbox", name="город")).to_be_focused()
    expect(form.get_by_role("button", name="Продолжить")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(box(page)).to_have_value("Куда пойти?")
    box(page).press("Enter")
    form.get_by_role("textbox", name="город").fill("Псков")
    page.keyboard.press("Enter")
    answered(page)
    assert newest(live)["role_values"] == {"город": "Псков"}
    assert newest(live)["options"] == {"temperature": 0.4}
    ask(page, "А ещё?")
    answered(page, 2)
    page.reload()
    answered(page, 2)
    ask(page, "И ещё?")
    answered(page, 3)


def test_options_are_kept_with_their_conversation(watched: Watched, live: ServerProcess) -> None:
    page = start(watched)
    options = page.get_by_role("button", name="Настройки ответа")
    options.click()
    panel = page.get_by_role("dialog", name="Настройки ответа")
    expect(panel.get_by_role("slider", name="Температура")).to_be_focused()
    expect(panel).to_contain_text("как решит модель")
    page.keyboard.press("ArrowRight")
    expect(panel).to_contain_text("1,1")
    expect(panel.get_by_label("Изменено")).to_have_count(1)
    panel.get_by_label("Наибольшая длина, токенов").fill("200")
    page.keyboard.press("Escape")
    expect(options).to_be_focused()
    ask(page, "Привет")
    answered(page)
    assert newest(live)["options"] == {"temperature": 1.1, "max_tokens": 200}
    options.click()
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        panel.get_by_role("button", name="Всё как обычно").click()
    assert newest(live)["options"] == {}
    panel.get_by_role("slider", name="Температура").fill("0.3")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ответить заново").click()
    expect(page.get_by_label("Варианты")).to_contain_text("2")
    page.get_by_role("button", name="Новая беседа").first.click()
    options.click()
    expect(panel.get_by_label("Изменено")).to_have_count(0)


def test_the_memory_is_shown_when_it_is_half_full_and_warns_when_little_is_left(watched: Watched) -> None:
    page = start(watched)
    meter = page.locator(".meter")
    ask(page, "Привет")
    answered(page)
    expect(meter).to_have_count(0)
    box(page).fill("слово " * 800)
    expect(meter).to_contain_text("%")
    expect(meter).not_to_contain_text("Скоро")
    box(page).fill("слово " * 1050)
    expect(meter).to_contain_text("Скоро начало беседы перестанет")
    box(page).fill("слово " * 1200)
    expect(meter).to_contain_text("Первые 2 сообщения модель уже не видит")


def test_looks_are_those_of_the_first_paint(watched: Watched) -> None:
    page = start(watched)
    page.keyboard.press("Control+Comma")
    page.get_by_text("Крупный", exact=True).click()
    page.get_by_text("Плотно", exact=True).click()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18px"
    asked = page.request.get(watched.address).text()
    assert 'data-size="large"' in asked
    assert 'data-density="compact"' in asked
