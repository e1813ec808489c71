"""A person's first hour, in Chromium, against the real server and a real llama.cpp."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watched
from tests.e2e.running import ServerProcess

pytestmark = pytest.mark.timeout(180)


def until(true: Callable[[], bool]) -> None:
    """The page shows at once what the server is still being told."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def start(watched: Watched) -> Page:
    page: Page = watched.page
    page.goto(watched.address)
    expect(page.get_by_role("textbox", name="Сообщение")).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("Выбрать модель"))).to_contain_text("llama.cpp")
    return page


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Сообщение").fill(text)
    page.keyboard.press("Enter")


def choose_model(page: Page, name: str) -> None:
    page.get_by_role("button", name="Выбрать модель").click()
    page.get_by_role("option", name=re.compile(name)).first.click()


def answer(page: Page) -> Any:
    return page.locator(".message--assistant").last


def finished(page: Page) -> None:
    """Until the send button is there again in place of the stop button."""
    expect(page.get_by_role("button", name="Остановить")).to_have_count(0)


def test_the_guide_explains_how_to_connect_ollama(watched: Watched) -> None:
    page = start(watched)
    choose_model(page, "Помощник")
    say(page, "как подключить Ollama")
    expect(answer(page)).to_contain_text("ollama pull")
    expect(answer(page)).to_contain_text("не языковая модель")
    finished(page)


def test_a_found_llama_answers_with_highlighted_code(watched: Watched) -> None:
    page = start(watched)
    expect(page.locator("body")).to_contain_text("llama.cpp")
    say(page, "код")
    expect(answer(page).locator("pre code")).to_contain_text("def сумма(a, b):")
    expect(answer(page).locator(".hljs-keyword").first).to_have_text("def")
    expect(answer(page)).to_contain_text("Готово.")


def test_models_that_were_read_a_moment_before_they_were_there_are_read_again(watched: Watched, live: ServerProcess) -> None:
    until(lambda: all(provider["state"] != "checking" for provider in live.get("providers")["providers"]))
    nobody = {"models": [], "default": {"provider": "", "model": ""}}
    watched.page.route("**/backend-api/v2/models", lambda route: route.fulfill(json=nobody), times=1)
    start(watched)


def test_reasoning_is_folded(watched: Watched) -> None:
    page = start(watched)
    say(page, "думай")
    expect(answer(page)).to_contain_text("Ответ: 42.")
    expect(answer(page).get_by_text("Надо подумать.")).to_be_hidden()
    answer(page).locator("summary").click()
    expect(answer(page).get_by_text("Надо подумать.")).to_be_visible()


def test_an_answer_goes_on_through_a_reload_and_a_closed_tab(watched: Watched, live: ServerProcess) -> None:
    page = start(watched)
    say(page, "долго")
    expect(answer(page)).to_contain_text("слово10")
    page.reload()
    expect(answer(page)).to_contain_text("слово49")
    before = len(answer(page).inner_text())
    address = page.url
    page.close()
    page = watched.open()
    page.goto(address)
    expect(answer(page)).to_contain_text(re.compile(r"слово49[^$]*слово49", re.DOTALL))
    until(lambda: len(answer(page).inner_text()) > before)
    page.get_by_role("button", name="Остановить").click()
    finished(page)
    shown = re.findall(r"слово\d+", answer(page).inner_text())
    conversation = live.get(f"conversations/{address.rsplit('/', 1)[1]}")
    stored = conversation["messages"][1]
    assert stored["state"] == "stopped"
    assert shown == re.findall(r"слово\d+", stored["text"])
    assert stored["text"].split()[:100] == [f"слово{number % 50}" for number in range(100)]


def test_an_answer_survives_the_death_of_the_server(watched: Watched, live: ServerProcess) -> None:
    page = start(watched)
    say(page, "долго")
    expect(answer(page)).to_contain_text("слово30")
    live.kill()
    shown = re.findall(r"слово\d+", answer(page).inner_text())  # the last one may be a piece of a word
    live.start()
    expect(answer(page).get_by_role("button", name=re.compile("Ответить заново"))).to_be_visible()
    now = re.findall(r"слово\d+", answer(page).inner_text())
    assert "".join(now).startswith("".join(shown))
    page.reload()
    expect(answer(page)).to_contain_text("слово30")
    assert re.findall(r"слово\d+", answer(page).inner_text()) == now
    answer(page).get_by_role("button", name="Продолжить").click()
    expect(answer(page).locator(".seam")).to_contain_text("продолжает")
    finished(page)
    assert re.findall(r"слово\d+", answer(page).inner_text())[: len(now)] == now, "what was written stays"
    watched.faults[:] = [fault for fault in watched.faults if "ERR_CONNECTION" not in fault and "ERR_INCOMPLETE" not in fault]


def test_a_conversation_is_renamed_deleted_and_brought_back(watched: Watched, live: ServerProcess) -> None:
    page = start(watched)
    say(page, "Привет")
    finished(page)
    link = page.get_by_role("navigation").get_by_role("link", name="Привет")
    expect(link).to_be_visible()
    page.get_by_role("button", name=re.compile("Что сделать с беседой")).first.click()
    page.get_by_role("menuitem", name="Переименовать").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("Проба")
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation").get_by_role("link", name="Проба")).to_be_visible()
    until(lambda: live.get("conversations")["conversations"][0]["title"] == "Проба")
    page.get_by_role("button", name=re.compile("Что сделать с беседой")).first.click()
    page.get_by_role("menuitem", name="Удалить").click()
    expect(page.get_by_role("navigation").get_by_role("link", name="Проба")).to_have_count(0)
    page.get_by_role("button", name="Вернуть").click()
    expect(page.get_by_role("navigation").get_by_role("link", name="Проба")).to_be_visible()
    until(lambda: len(live.get("conversations")["conversations"]) == 1)


def test_the_language_changes_without_a_reload(watched: Watched) -> None:
    page = start(watched)
    page.evaluate("window.unchanged = true")
    page.get_by_role("button", name="Настройки", exact=True).click()
    page.get_by_label("Язык").select_option("en")
    expect(page.get_by_role("button", name="Settings", exact=True)).to_be_attached()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("window.unchanged")


def test_everything_can_be_done_by_keyboard(watched: Watched) -> None:
    """Ask, stop, new conversation, model: without a mouse."""
    page = start(watched)
    page.keyboard.type("долго")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("слово5")
    page.keyboard.press("Escape")
    finished(page)
    page.keyboard.press("Control+Shift+O")
    expect(page.locator(".message")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Сообщение")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        focused = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
        if page.evaluate(focused).startswith("Выбрать модель"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Выбрать модель").get_by_role("combobox")).to_be_focused()
    page.keyboard.type("Помощник")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Сообщение").focus()
    page.keyboard.type("привет")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("не языковая модель")


def test_a_phone_shows_the_whole_conversation(browser: Any, live: ServerProcess) -> None:
    watched = Watched(browser, live.address, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = watched.page
    page.goto(watched.address)
    box = page.get_by_role("textbox", name="Сообщение")
    box.fill("код")
    page.get_by_role("button", name="Отправить").click()
    expect(answer(page)).to_contain_text("Готово.")
    expect(page.locator(".message--user").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    composer = box.bounding_box()
    assert composer is not None
    assert composer["y"] > 500, "the composer stands at the bottom"
    assert watched.faults == []
    watched.context.close()
