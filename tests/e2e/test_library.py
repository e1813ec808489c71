"""Roles, prompts and options of a conversation, in Chromium against the real server and a real llama.cpp."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OLDER, Watched
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


# Enter within an input method, as Safari tells of it.
COMPOSED = """field =>
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))"""


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
    form.get_by_role("textbox", name="город").evaluate(COMPOSED)
    expect(form).to_be_visible()
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
    options = page.get_by_role("button", name="Как отвечать")
    options.click()
    panel = page.get_by_role("dialog", name="Как отвечать")
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
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        panel.get_by_role("button", name="Вернуть").click()
    assert newest(live)["options"] == {"temperature": 1.1, "max_tokens": 200}
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        panel.get_by_role("button", name="Всё как обычно").click()
    panel.get_by_role("slider", name="Температура").fill("0.3")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ответить заново").click()
    expect(page.get_by_label("Варианты")).to_contain_text("2")
    page.get_by_role("button", name="Новая беседа").first.click()
    options.click()
    expect(panel.get_by_label("Изменено")).to_have_count(0)


def test_an_option_stays_with_the_conversation_it_was_set_in(watched: Watched, live: ServerProcess) -> None:
    """Even when another one is opened at once."""
    page = start(watched)
    for question in ("Первый вопрос", "Второй вопрос"):
        page.get_by_role("button", name="Новая беседа").first.click()
        ask(page, question)
        answered(page)
    page.get_by_role("button", name="Как отвечать").click()
    expect(page.get_by_role("slider", name="Температура")).to_be_focused()
    move_and_leave = """() => {
        const slider = document.querySelector("#option-temperature")
        slider.value = 0.3
        slider.dispatchEvent(new Event("input", { bubbles: true }))
        document.querySelectorAll(".history .link")[1].click()
    }"""
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        page.evaluate(move_and_leave)
    second, first = live.get("conversations")["conversations"]
    assert (first["title"], first["options"]) == ("Первый вопрос", {})
    assert (second["title"], second["options"]) == ("Второй вопрос", {"temperature": 0.3})


def test_escape_closes_the_options_when_the_focus_is_nowhere(watched: Watched) -> None:
    page = start(watched)
    page.get_by_role("button", name="Как отвечать").click()
    panel = page.get_by_role("dialog", name="Как отвечать")
    expect(panel.get_by_role("slider", name="Температура")).to_be_focused()
    panel.locator(".options__note").click()
    expect(panel.get_by_role("slider", name="Температура")).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page.get_by_role("button", name="Как отвечать")).to_be_focused()


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


def test_a_role_of_ones_own_is_written_chosen_changed_and_brought_back(watched: Watched, live: ServerProcess) -> None:
    page = start(watched)
    page.get_by_role("button", name="Без роли").click()
    page.get_by_role("button", name="Новая роль").click()
    form = page.get_by_role("dialog", name="Новая роль")
    expect(form.get_by_role("textbox", name="Название")).to_be_focused()
    expect(form.get_by_role("button", name="Сохранить")).to_be_disabled()
    page.keyboard.type("Пират")
    form.get_by_role("textbox", name="Или эмодзи").fill("🏴")
    form.get_by_role("textbox", name="Что сказать модели").fill("Ты пират по имени {{имя}}.")
    expect(form).to_contain_text("Спросит: имя")
    page.keyboard.press("Escape")  # what is written is not lost
    page.get_by_role("button", name="Без роли").click()
    page.get_by_role("button", name="Роли и запросы…").click()
    expect(form.get_by_role("textbox", name="Что сказать модели")).to_have_value("Ты пират по имени {{имя}}.")
    form.get_by_role("button", name="Сохранить").click()
    shelf = page.get_by_role("dialog", name="Роли и запросы")
    shelf.get_by_role("button", name="Изменить: Пират").click()
    page.get_by_role("dialog", name="Изменить роль").get_by_role("textbox", name="Название").fill("Капитан")
    page.keyboard.press("Enter")
    shelf.get_by_role("button", name="Удалить: Капитан").click()
    expect(shelf.get_by_role("button", name="Вернуть")).to_be_focused()
    assert live.get("library")["items"] == []
    page.keyboard.press("Enter")
    expect(shelf.get_by_role("button", name="Изменить: Капитан")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Без роли").click()
    page.get_by_role("combobox", name="Найти роль").fill("капит")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Роль: Капитан")).to_be_visible()
    (item,) = live.get("library")["items"]
    assert (item["name"], item["icon"], item["variables"]) == ("Капитан", "🏴", ["имя"])


def test_a_field_grows_with_its_text_in_every_browser(watched: Watched) -> None:
    watched.page.add_init_script(OLDER)
    page = start(watched)
    page.get_by_role("button", name="Без роли").click()
    page.get_by_role("button", name="Новая роль").click()
    field = page.get_by_role("dialog", name="Новая роль").get_by_role("textbox", name="Что сказать модели")
    for text in ("Строка\n" * 12, "Строка"):
        field.fill(text)
        expect(field).to_have_js_property("scrollTop", 0)
        assert field.evaluate("field => field.scrollHeight <= field.clientHeight")
    assert field.evaluate("field => field.offsetHeight") < 300


def test_a_ready_role_is_made_ones_own(watched: Watched, live: ServerProcess) -> None:
    page = start(watched)
    page.keyboard.press("Control+Comma")
    page.get_by_role("button", name="Роли и запросы").click()
    page.get_by_role("button", name="Сделать свою: Переводчик").click()
    form = page.get_by_role("dialog", name="Новая роль")
    expect(form.get_by_role("textbox", name="Что сказать модели")).to_have_value(re.compile("^Ты — переводчик"))
    form.get_by_text("С чего начинать беседу").click()
    form.get_by_role("slider", name="Температура").fill("0.3")
    form.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("button", name="Изменить: Переводчик")).to_be_visible()
    (item,) = live.get("library")["items"]
    assert (item["icon"], item["options"]) == ("languages", {"temperature": 0.3})
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Без роли").click()
    page.get_by_role("group", name="Мои").get_by_role("option", name="Переводчик").click()
    ask(page, "Привет")
    answered(page)
    assert (newest(live)["role"], newest(live)["options"]) == (f"own:{item['id']}", {"temperature": 0.3})


def test_a_conversation_begins_with_the_model_of_its_role(watched: Watched, live: ServerProcess) -> None:
    send(live, "library", {**GUIDE, "text": "Ты гид.", "model": "guide", "provider": "Guide"})
    page = start(watched)
    model = page.get_by_role("button", name="Выбрать модель")
    expect(model).to_contain_text("llama.cpp")
    choose_role(page, "Гид по городу")
    expect(model).to_contain_text("Помощник")


def test_a_slash_offers_prompts_and_their_places_are_filled_in_by_tab(watched: Watched) -> None:
    page = start(watched)
    box(page).press_sequentially("/пе")
    offered = page.get_by_role("listbox", name="Запросы и роли")
    expect(offered.get_by_role("option")).to_have_count(3)
    expect(offered.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", "slash-prompt-translate")
    page.keyboard.press("ArrowDown")
    expect(box(page)).to_have_attribute("aria-activedescendant", "slash-role-translator")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(offered).to_have_count(0)
    page.keyboard.type("коми")
    page.keyboard.press("Tab")
    page.keyboard.type("Доброе утро")
    expect(box(page)).to_have_value("Переведи на коми, как сказал бы носитель языка:\n\nДоброе утро")
    page.keyboard.press("Tab")
    expect(box(page)).not_to_be_focused()


def test_a_slash_hears_keys_that_are_pressed_faster_than_the_page_is_painted(watched: Watched) -> None:
    page = start(watched)
    box(page).press_sequentially("/пе")
    expect(box(page)).to_have_attribute("aria-activedescendant", "slash-prompt-translate")
    press_at_once = """async keys => {
        const channel = new MessageChannel()
        for (const key of keys) {
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))
            await new Promise(done => { channel.port1.onmessage = done; channel.port2.postMessage("") })
        }
    }"""
    page.evaluate(press_at_once, ["ArrowDown", "ArrowUp", "Enter"])
    expect(box(page)).to_have_value(re.compile("^Переведи на "))


def test_a_slash_can_be_dismissed_and_sent(watched: Watched) -> None:
    page = start(watched)
    offered = page.get_by_role("listbox", name="Запросы и роли")
    box(page).press_sequentially("/кратко")
    expect(offered).to_be_visible()
    page.keyboard.press("Escape")
    expect(offered).to_have_count(0)
    expect(box(page)).not_to_have_attribute("aria-activedescendant", "slash-prompt-summary")
    page.keyboard.press("Enter")
    answered(page)
    expect(page.get_by_role("article", name="Ваше сообщение")).to_contain_text("/кратко")
    box(page).press_sequentially("/программ")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Роль: Программист")).to_be_visible()
    expect(box(page)).to_have_value("")


def test_what_is_written_becomes_a_prompt(watched: Watched, live: ServerProcess) -> None:
    page = start(watched)
    box(page).fill("Составь отчёт за {{срок}}\n")
    box(page).press_sequentially("/")
    page.get_by_role("option", name="Новый запрос").click()
    form = page.get_by_role("dialog", name="Новый запрос")
    expect(form.get_by_role("textbox", name="Текст")).to_have_value("Составь отчёт за {{срок}}")
    form.get_by_role("textbox", name="Название").press_sequentially("мой отчёт")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Изменить: мой-отчёт")).to_be_visible()
    page.keyboard.press("Escape")
    assert [item["kind"] for item in live.get("library")["items"]] == ["prompt"]
    box(page).fill("")
    box(page).press_sequentially("/мой")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("Составь отчёт за {{срок}}")
    page.keyboard.type("май")
    ask(page, "Составь отчёт за май")
    answered(page)
    page.get_by_role("article", name="Ваше сообщение").get_by_role("button", name="Ещё").click()
    page.get_by_role("menuitem", name="Сохранить как запрос").click()
    expect(form.get_by_role("textbox", name="Текст")).to_have_value("Составь отчёт за май")


def test_markup_in_names_of_roles_and_prompts_stays_text(watched: Watched, live: ServerProcess) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    send(live, "library", {**GUIDE, "name": hostile, "description": hostile, "icon": "<b>x</b>", "text": "{{<i>x</i>}}"})
    send(live, "library", {"kind": "prompt", "name": "<img", "text": hostile})
    page = start(watched)
    page.get_by_role("button", name="Без роли").click()
    page.get_by_role("option", name=hostile).first.click()
    box(page).press_sequentially("/<img")
    expect(page.get_by_role("listbox", name="Запросы и роли")).to_contain_text(hostile)
    page.keyboard.press("Enter")
    ask(page, hostile)
    expect(page.get_by_role("dialog", name=hostile)).to_contain_text("<i>x</i>")
    assert page.evaluate("document.querySelectorAll('img').length") == 0


def test_on_a_phone_everything_of_the_library_can_be_touched(browser: Any, live: ServerProcess) -> None:
    send(live, "library", GUIDE)
    phone = Watched(browser, live.address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = start(phone)
    page.get_by_role("button", name="Как отвечать").tap()
    expect(page.get_by_role("dialog", name="Как отвечать")).to_be_visible()
    assert small(page, ".popover") == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Без роли").tap()
    page.get_by_role("button", name="Роли и запросы…").tap()
    expect(page.get_by_role("button", name="Изменить: Гид по городу")).to_be_visible()
    assert small(page, ".dialog") == []
    page.get_by_role("button", name="Изменить: Гид по городу").tap()
    expect(page.get_by_role("dialog", name="Изменить роль")).to_be_visible()
    assert small(page, ".dialog") == []
    assert page.evaluate("document.querySelector('.dialog').scrollWidth <= document.querySelector('.dialog').clientWidth")
    phone.context.close()
    assert phone.faults == []


def small(page: Page, within: str) -> list[str]:
    """What is to be touched and is lower than a finger."""
    script = """within => [...document.querySelectorAll(`${within} :is(button, select, input:not([type=radio]), textarea)`)]
        .filter(part => part.getClientRects().length && part.getBoundingClientRect().height < 40)
        .map(part => part.outerHTML.slice(0, 120))"""
    found: list[str] = page.evaluate(script, within)
    return found


def test_looks_are_those_of_the_first_paint(watched: Watched) -> None:
    page = start(watched)
    page.keyboard.press("Control+Comma")
    page.get_by_text("Крупный", exact=True).click()
    page.get_by_text("Плотно", exact=True).click()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18px"
    asked = page.request.get(watched.address).text()
    assert 'data-size="large"' in asked
    assert 'data-density="compact"' in asked


def test_roles_and_prompts_are_called_as_the_page_speaks(watched: Watched) -> None:
    page = start(watched)
    box(page).press_sequentially("/крат")
    expect(page.get_by_role("option", name=re.compile("^кратко"))).to_be_visible()
    box(page).fill("")
    page.keyboard.press("Control+Comma")
    page.get_by_label("Язык").select_option("de")
    expect(page.get_by_role("dialog", name="Einstellungen")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ohne Rolle").click()
    expect(page.get_by_role("option", name=re.compile("Lektor.*erklärt"))).to_be_visible()
    page.keyboard.press("Escape")
    composer = page.locator("#composer")
    composer.press_sequentially("/üb")
    expect(page.get_by_role("option", name=re.compile("^übersetze"))).to_be_visible()
    composer.press("Enter")
    expect(composer).to_have_value(re.compile(r"^Übersetze in die Sprache \{\{Sprache\}\}"))


def test_what_was_being_written_is_put_away_and_taken_up_again(watched: Watched) -> None:
    page = start(watched)
    page.get_by_role("button", name="Без роли").click()
    page.get_by_role("button", name="Новая роль").click()
    form = page.get_by_role("dialog", name="Новая роль")
    form.get_by_role("textbox", name="Название").fill("Гид")
    form.get_by_role("button", name="Отмена").click()
    page.get_by_role("dialog", name="Роли и запросы").get_by_role("button", name="Вернуть").click()
    expect(form.get_by_role("textbox", name="Название")).to_have_value("Гид")
    form.get_by_role("button", name="Отмена").click()
    page.get_by_role("button", name="Новый запрос").click()
    page.get_by_role("dialog", name="Новый запрос").get_by_role("button", name="Отмена").click()
    expect(page.get_by_role("dialog", name="Роли и запросы").get_by_role("button", name="Вернуть")).to_have_count(0)
