"""The page by itself, in Chromium, against a server that answers as it is told: what people do, and what goes wrong around them."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from playwright.sync_api import Page, expect

from tests.client.fake_server import create_app
from tests.e2e.conftest import Watched

pytestmark = pytest.mark.timeout(180)

# What the browser itself says about an answer that is not 200; the page has its own words for it.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (401|404|409)")


class FakeServer:
    """The fake server in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.runner = web.AppRunner(create_app(), shutdown_timeout=0.1)
        self.thread = threading.Thread(target=self._run, name="fake-server")
        self.started = threading.Event()
        self.address = ""

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._start())
        self.started.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self.runner.cleanup())
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
            self.loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        self.loop.close()

    async def _start(self) -> None:
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        port = self.runner.addresses[0][1]
        self.address = f"http://127.0.0.1:{port}/"

    def start(self) -> None:
        self.thread.start()
        self.started.wait()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    server = FakeServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def watched(browser: Any, fake: FakeServer) -> Iterator[Watched]:
    watched = Watched(browser, fake.address, viewport={"width": 1280, "height": 800})
    yield watched
    watched.context.close()
    assert [fault for fault in watched.faults if not REFUSED.match(fault)] == []


def start(watched: Watched, path: str = "") -> Page:
    page: Page = watched.page
    page.goto(watched.address + path)
    expect(page.get_by_role("button", name=re.compile("Выбрать модель: qwen3:8b"))).to_be_visible()
    return page


def box(page: Page) -> Any:
    return page.get_by_role("textbox", name="Сообщение", exact=True)


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    page.keyboard.press("Enter")


def answer(page: Page) -> Any:
    return page.locator(".message--assistant").last


def finished(page: Page) -> None:
    expect(answer(page)).to_have_attribute("aria-busy", "false")


def test_the_first_page_is_usable_and_fetches_nothing_before_it_is_needed(watched: Watched) -> None:
    requests: list[str] = []
    watched.page.on("request", lambda request: requests.append(request.url))
    page = start(watched)
    expect(box(page)).to_be_focused()
    expect(page.locator("body")).to_contain_text("Найдено: Ollama, 6 моделей")
    page.wait_for_load_state("networkidle")
    assert len(requests) > 20, "here the modules come one by one; how few requests a person's page needs is in test_first_look.py"
    assert not [url for url in requests if re.search(r"markdown|marked|purify|highlight|katex", url)], "fetched before it is needed"


def test_what_draws_a_conversation_is_there_before_one_is_chosen(watched: Watched) -> None:
    files: set[str] = set()
    watched.page.on("requestfinished", lambda request: files.add(request.url.rpartition("/")[2]))
    page = start(watched)
    page.locator(".sidebar").hover()
    deadline = time.monotonic() + 60
    while not {"messages.js", "markdown.js", "marked.mjs", "stream.js", "message.css"} <= files:
        assert time.monotonic() < deadline, files
        page.wait_for_timeout(50)


def test_a_draft_survives_a_reload_and_belongs_to_its_conversation(watched: Watched) -> None:
    page = start(watched)
    box(page).fill("Недописанное")
    page.reload()
    expect(box(page)).to_have_value("Недописанное")
    page.get_by_role("link", name="Ошибка 502 в nginx").click()
    expect(box(page)).to_have_value("")
    page.go_back()
    expect(box(page)).to_have_value("Недописанное")


def test_a_refused_question_comes_back_with_the_reason(watched: Watched) -> None:
    page = start(watched)
    say(page, "отказ, но текст цел")
    expect(page.get_by_role("alert")).to_contain_text("нужен ключ API")
    expect(box(page)).to_have_value("отказ, но текст цел")
    expect(page.locator(".message")).to_have_count(0)
    assert page.url == watched.address


def test_a_question_asked_without_a_network_comes_back(watched: Watched) -> None:
    page = start(watched)
    page.route("**/backend-api/v2/conversation", lambda route: route.abort())
    say(page, "есть кто?")
    expect(page.get_by_role("alert")).to_contain_text("Сервер не отвечает", timeout=20_000)
    expect(box(page)).to_have_value("есть кто?")
    watched.faults[:] = [fault for fault in watched.faults if "ERR_FAILED" not in fault]


def test_an_answer_whose_line_is_cut_twice_is_whole(watched: Watched) -> None:
    page = start(watched)
    say(page, "обрыв код")
    finished(page)
    expect(answer(page)).to_contain_text("Порядок исходного списка при равных ключах не меняется.")
    assert answer(page).inner_text().count("Если второе поле числовое") == 1


def test_an_answer_shows_reasoning_seam_sources_and_account(watched: Watched) -> None:
    page = start(watched)
    say(page, "думай шов источники код")
    finished(page)
    expect(answer(page).locator("summary")).to_contain_text("Размышлял")
    expect(answer(page).get_by_role("note")).to_have_text("Ollama не отвечает, дальше пишет DeepSeek")
    expect(answer(page).get_by_role("link", name=re.compile("Сортировка"))).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(answer(page)).to_contain_text("DeepSeek Chat · 412 токенов · 38,1 ток/с")


def test_a_failed_answer_says_what_to_do_and_does_it(watched: Watched) -> None:
    page = start(watched)
    say(page, "ошибка")
    expect(answer(page).get_by_role("alert")).to_contain_text("Связь с Ollama прервалась")
    answer(page).get_by_role("button", name="Ответить заново").click()
    expect(answer(page).get_by_text("2/2")).to_be_visible()
    expect(page.locator(".message--assistant")).to_have_count(1)


def test_versions_stand_side_by_side(watched: Watched) -> None:
    page = start(watched, "chat/old3")
    answer(page).get_by_role("button", name="Ответить заново").click()
    expect(answer(page).get_by_text("2/2")).to_be_visible()
    answer(page).get_by_role("button", name="Предыдущий вариант").click()
    expect(answer(page).get_by_text("1/2")).to_be_visible()


def test_an_edited_question_begins_a_branch_and_keeps_the_old_one(watched: Watched) -> None:
    page = start(watched, "chat/old3")
    box(page).press("ArrowUp")
    field = page.get_by_role("textbox", name="Изменить и спросить снова")
    expect(field).to_be_focused()
    field.fill("Ошибка 504 в nginx")
    page.keyboard.press("Enter")
    finished(page)
    question = page.locator(".message--user")
    expect(question).to_contain_text("Ошибка 504 в nginx")
    question.hover()
    question.get_by_role("button", name="Предыдущий вариант").click()
    expect(question).to_contain_text("Ошибка 502 в nginx")


def test_a_question_asked_meanwhile_waits_its_turn(watched: Watched) -> None:
    page = start(watched)
    say(page, "код думай")
    expect(page.get_by_role("button", name="Остановить")).to_be_visible()
    say(page, "А дальше?")
    expect(page.get_by_role("list", name="Ждут своей очереди")).to_contain_text("А дальше?")
    expect(page.locator(".message--user")).to_have_count(2, timeout=20_000)
    finished(page)
    expect(page.locator(".queue")).to_have_count(0)


def test_a_question_that_waits_outlives_its_tab(watched: Watched) -> None:
    page = start(watched)
    say(page, "долго")
    expect(answer(page)).to_contain_text("Слово 3.")
    say(page, "А дальше?")
    expect(page.locator(".queue")).to_be_visible()
    box(page).fill("И ещё")
    page.reload()
    expect(box(page)).to_have_value("А дальше?\n\nИ ещё")


def test_escape_stops_and_keeps_what_was_written(watched: Watched) -> None:
    page = start(watched)
    say(page, "долго")
    expect(answer(page)).to_contain_text("Слово 3.")
    page.keyboard.press("Escape")
    expect(answer(page)).to_contain_text("Ответ остановлен.")
    expect(answer(page)).to_contain_text("Слово 3.")


def test_a_question_stopped_at_once_is_stopped_when_the_server_has_named_its_answer(watched: Watched) -> None:
    page = start(watched)
    box(page).fill("долго")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(answer(page)).to_contain_text("Ответ остановлен.")


def test_an_answer_goes_on_when_the_network_comes_back(watched: Watched) -> None:
    page = start(watched)
    say(page, "долго")
    expect(answer(page)).to_contain_text("Слово 5.")
    watched.context.set_offline(True)
    expect(page.get_by_role("status").get_by_text("Нет сети")).to_be_visible()
    watched.context.set_offline(False)
    expect(page.get_by_text("Нет сети")).to_have_count(0)
    expect(answer(page)).to_contain_text("Слово 40.", timeout=20_000)
    page.keyboard.press("Escape")
    finished(page)
    watched.faults[:] = [fault for fault in watched.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


SEEN_AGAIN = ["document, new Event('visibilitychange')", "window, new PageTransitionEvent('pageshow', { persisted: true })"]


@pytest.mark.parametrize("sign", SEEN_AGAIN, ids=["tab", "way back"])
def test_what_another_tab_asked_is_seen_on_return(watched: Watched, sign: str) -> None:
    page = start(watched, "chat/old3")
    expect(page.locator(".message--user")).to_have_count(1)
    other = watched.open()
    other.goto(page.url)
    say(other, "из другой вкладки")
    finished(other)
    page.bring_to_front()
    page.evaluate(f"((target, sign) => target.dispatchEvent(sign))({sign})")
    expect(page.locator(".message--user").last).to_contain_text("из другой вкладки")


def test_reading_above_is_not_disturbed_by_an_answer(watched: Watched) -> None:
    page = start(watched, "chat/old3")
    say(page, "долго")
    expect(answer(page)).to_contain_text("Слово 1.")
    place = page.locator(".messages")
    place.hover()
    page.mouse.wheel(0, -2000)
    expect(page.get_by_role("button", name="Вниз, к последнему")).to_be_visible()
    top = place.evaluate("element => element.scrollTop")
    expect(answer(page)).to_contain_text("Слово 30.")
    assert place.evaluate("element => element.scrollTop") == top
    page.get_by_role("button", name="Вниз, к последнему").click()
    expect(page.locator(".to-end--shown")).to_have_count(0)
    box(page).focus()
    page.keyboard.press("Escape")
    finished(page)


FINGER = """place => {
  const touch = clientY => ({ bubbles: true, touches: [new Touch({ identifier: 1, target: place, clientX: 100, clientY })] })
  place.dispatchEvent(new TouchEvent("touchstart", touch(100)))
  place.dispatchEvent(new TouchEvent("touchmove", touch(120)))
  place.scrollTop -= 20
}"""


@pytest.mark.parametrize("hand", ["wheel", "finger"])
def test_a_slow_pull_upwards_is_not_ended_by_an_answer(watched: Watched, hand: str) -> None:
    page = start(watched, "chat/old3")
    say(page, "долго")
    place = page.locator(".messages")
    expect(answer(page)).to_contain_text("Слово 15.")
    page.set_viewport_size({"width": 1280, "height": 400})
    place.hover()
    if hand == "wheel":
        page.mouse.wheel(0, -20)
    else:
        place.evaluate(FINGER)
    page.wait_for_timeout(500)
    top = place.evaluate("element => element.scrollTop")
    assert top > 0
    expect(page.get_by_role("button", name="Вниз, к последнему")).to_be_visible()
    assert place.evaluate("element => element.scrollTop") == top
    page.mouse.wheel(0, 5_000)
    expect(page.locator(".to-end--shown")).to_have_count(0)
    box(page).focus()
    page.keyboard.press("Escape")
    finished(page)


def test_links_lead_to_conversations_and_back(watched: Watched) -> None:
    page = start(watched, "chat/old2")
    expect(page.locator(".message--user")).to_contain_text("План поездки в Карелию")
    expect(page).to_have_title(re.compile("План поездки в Карелию"))
    page.get_by_role("link", name="Рецепты на неделю").click()
    expect(page.locator(".message--user")).to_contain_text("Рецепты на неделю")
    page.go_back()
    expect(page.locator(".message--user")).to_contain_text("План поездки в Карелию")


def test_an_unknown_conversation_has_a_kind_page(watched: Watched) -> None:
    page = start(watched, "chat/never-was")
    expect(page.get_by_role("heading", name="Такой беседы нет")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Новая беседа").last.click()
    expect(page.get_by_role("heading", name="О чём поговорим?")).to_be_visible()


def delete_the_second(page: Page) -> list[str]:
    """By keyboard. The names that stood in the list before."""
    links = page.locator(".history .link")
    before = links.all_inner_texts()
    links.nth(1).focus()
    page.keyboard.press("Delete")
    expect(links).to_have_count(len(before) - 1)
    return before


def test_a_deleted_conversation_comes_back_by_keyboard_alone(watched: Watched) -> None:
    page = start(watched)
    before = delete_the_second(page)
    links = page.locator(".history .link")
    expect(links.nth(1)).to_be_focused()
    page.get_by_role("button", name="Вернуть").press("Enter")
    expect(links).to_have_text(before)


@pytest.mark.parametrize(("key", "name"), [("Control+Slash", "Клавиши"), ("Control+Shift+KeyK", "Все действия")])
def test_what_was_done_is_taken_back_over_an_open_dialog(watched: Watched, key: str, name: str) -> None:
    """Under a modal dialog the page is dead; what the page has to say stands in the dialog meanwhile."""
    page = start(watched)
    before = delete_the_second(page)
    links = page.locator(".history .link")
    page.keyboard.press(key)
    expect(page.get_by_role("dialog", name=name)).to_be_visible()
    expect(page.locator(".toast")).to_have_count(1)
    page.get_by_role("button", name="Вернуть").click()
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.get_by_role("dialog", name=name)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name=name)).to_have_count(0)
    expect(links).to_have_text(before)


def test_titles_are_found_without_minding_yo(watched: Watched) -> None:
    page = start(watched)
    page.keyboard.press("Control+KeyK")
    page.keyboard.type("елка")
    expect(page.locator(".history").get_by_role("link")).to_have_count(1)
    expect(page.locator(".history mark")).to_have_text(["Ёлка", "Ёлка"])
    page.keyboard.press("Enter")
    expect(page.locator(".message--user")).to_contain_text("Ёлка: чем украсить")


def test_shortcuts_work_in_the_russian_layout(watched: Watched) -> None:
    page = start(watched)
    press = """([code, key]) =>
        window.dispatchEvent(new KeyboardEvent('keydown', {code, key, ctrlKey: true, bubbles: true, cancelable: true}))"""
    page.evaluate(press, ["KeyK", "л"])
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.evaluate(press, ["Slash", "."])
    expect(page.get_by_role("dialog", name="Клавиши")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_focused()


def compose(field: Any) -> None:
    """Press Enter within an input method, as browsers tell of it and as Safari does."""
    for way in ("isComposing: true", "keyCode: 229"):
        pressed = f"new KeyboardEvent('keydown', {{ key: 'Enter', {way}, bubbles: true, cancelable: true }})"
        field.evaluate(f"field => field.dispatchEvent({pressed})")


def test_enter_within_an_input_method_sends_nothing(watched: Watched) -> None:
    page = start(watched)
    box(page).fill("にほん")
    compose(box(page))
    expect(page.locator(".message")).to_have_count(0)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("日")
    expect(box(page)).to_have_value("にほん\n日")


def test_enter_within_an_input_method_takes_nothing_from_a_list(watched: Watched) -> None:
    page = start(watched)
    page.keyboard.press("Control+Period")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("reasoner")
    expect(page.get_by_role("option")).to_have_count(1)
    compose(page.get_by_role("combobox"))
    expect(page.get_by_role("dialog", name="Выбрать модель")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+KeyK")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("елка")
    expect(page.locator(".history").get_by_role("link")).to_have_count(1)
    compose(page.get_by_role("searchbox"))
    expect(page.get_by_role("heading", name="О чём поговорим?")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_model_is_chosen_by_keyboard_and_remembered(watched: Watched) -> None:
    page = start(watched)
    page.keyboard.press("Control+Period")
    expect(page.get_by_role("dialog", name="Выбрать модель")).to_contain_text("нужен ключ")
    page.keyboard.type("reasoner")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    chooser = page.get_by_role("button", name=re.compile("Выбрать модель: DeepSeek Reasoner"))
    expect(chooser).to_be_focused()
    page.reload()
    expect(chooser).to_be_visible()


def test_the_theme_the_accent_and_the_language_change_at_once(watched: Watched) -> None:
    page = start(watched)
    page.keyboard.press("Control+Comma")
    page.get_by_text("Тёмное").click()
    page.get_by_text("Зелёный").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("html").get_attribute("data-accent") == "green"
    page.get_by_label("Язык").select_option(label="English")
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_wrong_password_is_said_and_the_right_one_leads_in(watched: Watched) -> None:
    page: Page = watched.page
    watched.context.request.post(f"{watched.address}fake/signed_in/off")
    page.goto(f"{watched.address}login")
    page.get_by_label("Пароль").fill("не тот")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Пароль не подошёл")
    page.get_by_label("Пароль").fill("пароль")
    page.keyboard.press("Enter")
    expect(box(page)).to_be_visible()


def test_markup_in_names_and_titles_stays_text(watched: Watched, fake: FakeServer) -> None:
    page = start(watched)
    say(page, '"><img src=x onerror="window.pwned=1"></script><script>window.pwned=1</script> пусто')
    finished(page)
    expect(page.locator(".history .link").first).to_contain_text("<img src=x")
    page.reload()
    finished(page)
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, aside img").count() == 0


def test_on_a_phone_the_list_is_a_drawer_and_targets_are_large(browser: Any, fake: FakeServer) -> None:
    watched = Watched(browser, fake.address, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = start(watched)
    page.get_by_role("button", name="Показать список бесед").tap()
    link = page.get_by_role("link", name="Рецепты на неделю")
    expect(link).to_be_in_viewport()
    small = """[...document.querySelectorAll('button, a, input:not(#search)')]
        .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML)"""
    assert [tag for tag in page.evaluate(small) if 'class="skip"' not in tag] == []
    link.tap()
    expect(page.locator(".message--user")).to_contain_text("Рецепты на неделю")
    expect(page.locator(".app--drawer")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    watched.context.close()
    assert watched.faults == []
