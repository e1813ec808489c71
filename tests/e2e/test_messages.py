"""Everything one can do with a message, in Chromium, against the real server and two models that speak by script."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Model, Text, Usage
from server import running_app
from server.context import KEY, Services
from server.edge import HttpServer
from server.generation import wishes
from server.settings import load
from tests.e2e.conftest import LASTING, Watched

pytestmark = pytest.mark.timeout(180)
RICH = "Вот **главное**:\n\n```python\nprint(1)\n```\n\n- раз\n- два\n\nИ [ссылка](https://example.org/)."


class Scripted(Provider):
    """Says who it is and what it was told before; on and on when asked to."""

    title = "По сценарию"
    url = "https://example.org"
    local = True

    async def list_models(self) -> Sequence[Model]:
        return [Model(name, title) for name, title in (("ash", "Ясень"), ("oak", "Дуб"), ("elm", "Вяз"), ("fir", "Ель"))]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        asked = request.messages[-1].text
        before = [message.text for message in request.messages[:-1] if message.role == "assistant"]
        wished = [wish for wish in wishes.SENTENCES if wishes.sentence(wish, "ru") in asked]
        if wished:
            yield Text(f"Так просили: {wished[0]}")
        elif "разметка" in asked:
            yield Text(RICH)
        else:
            yield Text(f"Говорит {request.model}. ")
        if "вспомни" in asked:
            yield Text(f"Раньше было: {before[-1]}")
        while "долго" in asked:
            await asyncio.sleep(0.1)
            yield Text("ещё ")
        yield Usage(prompt_tokens=1000, completion_tokens=500, seconds=10)
        yield Finished()


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Services]]:
    told = {"data_dir": str(tmp_path), "port": 0, "open_browser": False, "discovery": False}
    (tmp_path / "config.json").write_text(json.dumps(getattr(request, "param", {})), "utf-8")
    settings = load(tmp_path / "config.json", {}, told)
    with running_app(settings, {"Scripted": Scripted}) as app:
        services: Services = app.extensions[KEY]
        services.loop.run(services.catalog.refresh())
        server = HttpServer(app, services.loop, settings)
        thread = threading.Thread(target=server.run)
        thread.start()
        yield f"http://127.0.0.1:{server.port}", services
        server.close()
        thread.join()
        server.shutdown()


@pytest.fixture
def watched(browser: Any, served: tuple[str, Services]) -> Iterator[Watched]:
    watched = Watched(browser, served[0], viewport={"width": 1280, "height": 800})
    watched.context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield watched
    watched.context.close()
    assert watched.faults == []


def start(watched: Watched) -> Page:
    page: Page = watched.page
    page.goto(watched.address)
    expect(page.get_by_role("button", name=re.compile("Выбрать модель"))).to_contain_text("Ясень")
    return page


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Сообщение").fill(text)
    page.keyboard.press("Enter")


def answer(page: Page) -> Any:
    return page.locator(".message--assistant").last


def finished(page: Page) -> None:
    expect(page.get_by_role("button", name="Остановить", exact=True)).to_have_count(0)
    expect(answer(page)).to_have_attribute("aria-busy", "false")


def more(page: Page, of: Any, wish: str) -> None:
    of.hover()
    of.get_by_role("button", name="Ещё").click()
    page.get_by_role("menuitem", name=wish).click()


def test_an_answer_is_rewritten_and_the_model_goes_by_it(watched: Watched) -> None:
    page = start(watched)
    say(page, "Привет")
    finished(page)
    more(page, answer(page), "Изменить ответ")
    field = page.get_by_role("textbox", name="Изменить ответ")
    expect(field).to_be_focused()
    field.fill("Меня зовут **Ёж**.")
    page.keyboard.press("Control+Enter")
    expect(answer(page).locator("strong")).to_have_text("Ёж")
    expect(answer(page)).to_contain_text("изменено вами")
    expect(answer(page)).to_contain_text("2/2")
    say(page, "вспомни")
    expect(answer(page)).to_contain_text("Раньше было: Меня зовут Ёж.")
    finished(page)
    page.reload()
    expect(answer(page)).to_contain_text("Раньше было")
    expect(page.locator(".message--assistant").first).to_contain_text("изменено вами")
    page.locator(".message--assistant").first.hover()
    page.locator(".message--assistant").first.get_by_role("button", name="Предыдущий вариант").click()
    expect(answer(page)).to_contain_text("Говорит ash")


def test_an_edit_that_is_left_changes_nothing(watched: Watched) -> None:
    page = start(watched)
    say(page, "Привет")
    finished(page)
    more(page, answer(page), "Изменить ответ")
    page.get_by_role("textbox", name="Изменить ответ").fill("Иначе")
    page.keyboard.press("Escape")
    expect(answer(page)).to_contain_text("Говорит ash")
    expect(page.locator(".versions")).to_have_count(0)


def test_an_edit_that_is_left_can_be_taken_up_again(watched: Watched) -> None:
    page = start(watched)
    page.evaluate(LASTING)
    say(page, "Привет")
    finished(page)
    more(page, answer(page), "Изменить ответ")
    field = page.get_by_role("textbox", name="Изменить ответ")
    field.fill("Иначе")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    page.get_by_role("button", name="Вернуть").click()
    expect(field).to_have_value("Иначе")
    page.get_by_role("complementary").get_by_role("button", name="Новая беседа").click()
    expect(page.locator(".message")).to_have_count(0)
    page.get_by_role("button", name="Вернуть").click()
    expect(field).to_have_value("Иначе")
    page.get_by_role("button", name="Сохранить").click()
    expect(answer(page)).to_contain_text("Иначе")
    expect(page.get_by_role("button", name="Вернуть")).to_have_count(0)


def test_what_waits_its_turn_is_taken_back_and_put_back(watched: Watched) -> None:
    page = start(watched)
    page.evaluate(LASTING)
    say(page, "пиши долго")
    expect(answer(page)).to_contain_text("ещё")
    waiting = page.get_by_role("list", name="Ждут своей очереди").get_by_role("listitem")
    for text in ("Второй", "Третий"):
        say(page, text)
    expect(waiting).to_have_text(["Второй", "Третий"])
    waiting.first.get_by_role("button", name="Не отправлять").click()
    expect(waiting).to_have_text(["Третий"])
    page.get_by_role("button", name="Вернуть").click()
    expect(waiting).to_have_text(["Второй", "Третий"])
    for _ in range(2):
        waiting.first.get_by_role("button", name="Не отправлять").click()
    expect(waiting).to_have_count(0)
    page.get_by_role("textbox", name="Сообщение").press("Escape")
    finished(page)
    page.get_by_role("button", name="Вернуть").last.click()
    expect(page.get_by_role("textbox", name="Сообщение")).to_have_value("Третий")


def test_a_temporary_talk_that_was_left_by_mistake_goes_on(watched: Watched) -> None:
    page = start(watched)
    page.evaluate(LASTING)
    say(page, "Прежняя")
    finished(page)
    page.get_by_role("complementary").get_by_role("button", name="Новая беседа").click()
    page.get_by_role("button", name="Временная беседа").click()
    say(page, "Тайное")
    finished(page)
    page.locator(".history .link").click()  # whatever its model has called it
    expect(page.locator(".message--user")).to_contain_text("Прежняя")
    page.get_by_role("button", name="Вернуть").click()
    expect(page.locator(".message--user")).to_contain_text("Тайное")
    expect(page.get_by_text("Временная беседа: не сохраняется")).to_be_visible()
    say(page, "вспомни")
    expect(answer(page)).to_contain_text("Раньше было: Говорит ash.")
    expect(page.locator(".history .link")).to_have_count(1)


def test_a_branch_goes_on_in_a_conversation_of_its_own(watched: Watched) -> None:
    page = start(watched)
    say(page, "Первый")
    finished(page)
    say(page, "Второй")
    finished(page)
    address = page.url
    more(page, page.locator(".message--assistant").first, "Продолжить в новой беседе")
    expect(page.get_by_role("link", name=re.compile(r"\(2\)$"))).to_be_visible()
    expect(page.locator(".message--user")).to_have_count(1)
    assert page.url != address
    say(page, "вспомни")
    expect(answer(page)).to_contain_text("Раньше было: Говорит ash")
    page.go_back()
    expect(page.locator(".message--user")).to_have_count(2)


def test_the_menu_of_a_message_tells_who_and_when(watched: Watched) -> None:
    page = start(watched)
    say(page, "Привет")
    finished(page)
    whole = r"По сценарию · .*\d\d:\d\d · Ясень · 500 токенов"
    for message, told in ((answer(page), whole), (page.locator(".message--user"), r"\d\d:\d\d")):
        message.hover()
        message.get_by_role("button", name="Ещё").click()
        expect(page.get_by_role("menu")).to_contain_text(re.compile(told))
        page.keyboard.press("Escape")


def test_another_model_answers_the_same_question(watched: Watched) -> None:
    page = start(watched)
    say(page, "Привет")
    finished(page)
    more(page, answer(page), "Ответить другой моделью")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("Дуб")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("Говорит oak")
    expect(answer(page)).to_contain_text("2/2")
    expect(page.get_by_role("button", name=re.compile("Выбрать модель"))).to_contain_text("Ясень")


def test_an_answer_is_wished_shorter_and_longer(watched: Watched) -> None:
    page = start(watched)
    say(page, "Привет")
    finished(page)
    more(page, answer(page), "Короче")
    expect(answer(page)).to_contain_text("Так просили: shorter")
    expect(answer(page)).to_contain_text("2/2")
    finished(page)
    more(page, answer(page), "Подробнее")
    expect(answer(page)).to_contain_text("Так просили: longer")
    finished(page)
    page.reload()
    expect(answer(page)).to_contain_text("3/3")
    expect(page.locator(".message--user")).to_have_text(re.compile("^Привет"))
    answer(page).hover()
    answer(page).get_by_role("button", name="Предыдущий вариант").click()
    expect(answer(page)).to_contain_text("Так просили: shorter")


def test_an_answer_is_copied_without_its_marks(watched: Watched) -> None:
    page = start(watched)
    say(page, "разметка")
    finished(page)
    more(page, answer(page), "Скопировать без разметки")
    expect(page.get_by_text("Скопировано")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "Вот главное:\n\nprint(1)\n\n• раз\n• два\n\nИ ссылка (https://example.org/)."


@pytest.mark.parametrize("served", [{"prices": {"ash": {"prompt": 1, "completion": 2}}}], indirect=True)
def test_an_answer_says_what_it_has_cost(watched: Watched) -> None:
    page = start(watched)
    say(page, "Привет")
    finished(page)
    expect(answer(page)).to_contain_text(re.compile(r"≈ 0,002\s\$"))


# Side by side


def compare(page: Page, *models: str) -> None:
    """Ask the chosen model and these."""
    page.get_by_role("button", name=re.compile("Выбрать модель")).click()
    page.get_by_role("button", name="Сравнить").click()
    for model in models:
        page.get_by_role("option", name=re.compile(model)).click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("list", name="Ответят рядом").get_by_role("listitem")).to_have_count(len(models) + 1)
    page.get_by_role("textbox", name="Сообщение").focus()


def columns(page: Page) -> Any:
    return page.get_by_role("region", name="Ответы рядом").get_by_role("article")


def test_models_answer_side_by_side_and_one_is_kept(watched: Watched) -> None:
    page = start(watched)
    compare(page, "Дуб", "Вяз")
    say(page, "Привет")
    expect(columns(page)).to_have_count(3)
    for number, (title, model) in enumerate((("Ясень", "ash"), ("Дуб", "oak"), ("Вяз", "elm"))):
        expect(columns(page).nth(number)).to_contain_text(title)
        expect(columns(page).nth(number)).to_contain_text(f"Говорит {model}")
    tops = {columns(page).nth(number).bounding_box()["y"] for number in range(3)}
    assert len(tops) == 1, "they stand beside each other"
    page.reload()
    expect(columns(page)).to_have_count(3)
    columns(page).nth(1).get_by_role("button", name="Оставить этот").click()
    expect(columns(page)).to_have_count(0)
    expect(answer(page)).to_contain_text("Говорит oak")
    expect(answer(page)).to_contain_text("2/3")
    expect(page.get_by_role("button", name=re.compile("Выбрать модель"))).to_contain_text("Дуб")
    page.reload()
    expect(answer(page)).to_contain_text("Говорит oak")
    say(page, "вспомни")
    expect(answer(page)).to_contain_text("Раньше было: Говорит oak")
    finished(page)
    page.reload()
    expect(answer(page)).to_contain_text("Раньше было: Говорит oak")
    page.locator(".message--assistant").first.hover()
    page.get_by_role("button", name="Сравнить рядом").click()
    expect(columns(page)).to_have_count(3)


@pytest.mark.parametrize("served", [{"prices": {"oak": {"prompt": 1, "completion": 2}}}], indirect=True)
def test_a_column_says_what_it_has_cost(watched: Watched) -> None:
    page = start(watched)
    compare(page, "Дуб")
    say(page, "Привет")
    expect(columns(page).nth(1)).to_contain_text(re.compile(r"500 токенов · 50 ток/с · ≈ 0,002\s\$"))
    expect(columns(page).nth(0)).not_to_contain_text("≈")


def test_running_columns_are_resumed_and_stopped_one_by_one_or_together(watched: Watched) -> None:
    page = start(watched)
    compare(page, "Дуб", "Вяз")
    say(page, "пиши долго")
    for number in range(3):
        expect(columns(page).nth(number)).to_contain_text("ещё ещё")
    page.reload()
    expect(columns(page)).to_have_count(3)
    page.get_by_role("button", name="Остановить: Дуб").click()
    expect(columns(page).nth(1)).to_have_attribute("aria-busy", "false")
    expect(columns(page).nth(1)).to_contain_text("Ответ остановлен")
    for number in (0, 2):
        before = len(columns(page).nth(number).inner_text())
        expect(columns(page).nth(number)).to_have_attribute("aria-busy", "true")
        grown = "([at, before]) => document.querySelectorAll('.column')[at].innerText.length > before"
        page.wait_for_function(grown, arg=[number, before])
    page.get_by_role("textbox", name="Сообщение").focus()
    page.keyboard.press("Escape")
    for number in range(3):
        expect(columns(page).nth(number)).to_contain_text("Ответ остановлен")


@pytest.mark.parametrize("served", [{"max_running": 1}], indirect=True)
def test_one_too_many_hurts_no_other(watched: Watched) -> None:
    page = start(watched)
    compare(page, "Дуб")
    say(page, "пиши долго")
    expect(columns(page).nth(1).get_by_role("alert")).to_contain_text("много ответов")
    expect(columns(page).nth(0)).to_contain_text("ещё ещё")
    page.keyboard.press("Escape")
    expect(columns(page).nth(0)).to_contain_text("Ответ остановлен")
    columns(page).nth(1).get_by_role("button", name="Ответить заново").click()
    expect(columns(page).nth(1)).to_contain_text("ещё ещё")
    expect(columns(page)).to_have_count(2)
    page.keyboard.press("Escape")
    expect(columns(page).nth(1)).to_contain_text("Ответ остановлен")
    watched.faults[:] = [fault for fault in watched.faults if "429" not in fault]


# Pinned, quoted, read aloud


def test_pinned_messages_are_led_to_from_the_bar(watched: Watched) -> None:
    page = start(watched)
    for text in ("Первый", "Второй", "Третий"):
        say(page, text)
        finished(page)
    expect(page.get_by_role("button", name=re.compile("закреплённ"))).to_have_count(0)
    more(page, page.locator(".message--assistant").first, "Закрепить")
    more(page, page.locator(".message--user").nth(1), "Закрепить")
    expect(page.get_by_role("button", name="2 закреплённых сообщения")).to_be_visible()  # the server has said so
    page.reload()
    page.get_by_role("button", name="2 закреплённых сообщения").click()
    expect(page.get_by_role("dialog").get_by_role("button").first).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Говорит ash").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".message--assistant").first).to_be_focused()
    more(page, page.locator(".message--assistant").first, "Открепить")
    expect(page.get_by_role("button", name="1 закреплённое сообщение")).to_be_visible()


SELECT = """element => {
  const range = document.createRange()
  range.selectNodeContents(element)
  getSelection().removeAllRanges()
  getSelection().addRange(range)
}"""


def test_selected_words_are_quoted_by_button_and_by_key(watched: Watched) -> None:
    page = start(watched)
    say(page, "разметка")
    finished(page)
    box = page.get_by_role("textbox", name="Сообщение")
    box.fill("Начало")
    answer(page).locator("p").first.click()
    answer(page).locator("p").first.evaluate(SELECT)
    page.get_by_role("button", name="Цитировать").click()
    expect(box).to_have_value("Начало\n\n> Вот главное:\n\n")
    expect(box).to_be_focused()
    expect(page.get_by_role("button", name="Цитировать")).to_have_count(0)
    answer(page).locator("ul").evaluate(SELECT)
    page.keyboard.press("Control+Shift+Quote")
    expect(box).to_have_value("Начало\n\n> Вот главное:\n\n> раз\n>\n> два\n\n")
    page.reload()
    expect(box).to_have_value("Начало\n\n> Вот главное:\n\n> раз\n>\n> два\n\n")
    page.locator(".message--user .message__body").evaluate(SELECT)
    expect(page.get_by_role("button", name="Цитировать")).to_have_count(0)


def test_words_are_quoted_where_a_tap_takes_the_selection_away(watched: Watched) -> None:
    page = start(watched)
    say(page, "разметка")
    finished(page)
    answer(page).locator("ul").evaluate(SELECT)
    button = page.get_by_role("button", name="Цитировать")
    button.hover()
    page.mouse.down()
    page.evaluate("getSelection().removeAllRanges()")
    page.wait_for_timeout(300)
    page.mouse.up()
    expect(page.get_by_role("textbox", name="Сообщение")).to_have_value("> раз\n>\n> два\n\n")
    expect(button).to_have_count(0)
    answer(page).locator("ul").evaluate(SELECT)
    expect(button).to_be_visible()
    page.locator(".message--user").last.click()
    expect(button).to_have_count(0)


VOICE = """
  window.said = []
  const voice = { paused: false, cancel() { this.over = true }, pause() { said.push("pause") }, resume() { said.push("resume") },
                  speak(piece) { said.push(`${piece.lang}: ${piece.text}`); window.last = piece } }
  Object.defineProperty(window, "speechSynthesis", { value: voice })
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text } }
"""


def test_an_answer_is_read_aloud_without_its_code(watched: Watched) -> None:
    watched.page.add_init_script(VOICE)
    page = start(watched)
    say(page, "разметка")
    finished(page)
    answer(page).hover()
    answer(page).get_by_role("button", name="Ещё").click()
    # An iPhone speaks at the moment of a tap, and not later.
    assert page.get_by_role("menuitem", name="Прочитать вслух").evaluate("item => { item.click(); return said.length }") == 1
    reading = page.get_by_role("group", name="Читаю вслух")
    reading.get_by_role("button", name="Пауза").click()
    reading.get_by_role("button", name="Дальше").click()
    assert page.evaluate("said") == ["ru: Вот главное: раз два И ссылка.", "pause", "resume"]
    page.evaluate("last.onend()")
    expect(reading).to_have_count(0)
    more(page, answer(page), "Прочитать вслух")
    page.keyboard.press("Control+Shift+O")
    expect(reading).to_have_count(0)
