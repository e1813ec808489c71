"""Keys, addresses and the page as an application of its own, in Chromium."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watched
from tests.e2e.running import ServerProcess
from tests.e2e.test_chat import until
from tests.e2e.test_page import REFUSED, FakeServer, box, start
from tests.llama.running import free_port

pytestmark = pytest.mark.timeout(180)

QUESTION = "?q=%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82&model=deepseek-reasoner&provider=DeepSeek&role=translator"


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


def test_an_address_fills_the_composer_and_sends_nothing(watched: Watched) -> None:
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.method))
    page: Page = watched.page
    page.goto(watched.address + QUESTION)
    expect(box(page)).to_have_value("Привет")
    expect(box(page)).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("Выбрать модель: DeepSeek Reasoner"))).to_be_visible()
    assert page.url == watched.address, "the question is no longer in the address"
    assert set(asked) == {"GET"}
    page.keyboard.press("Enter")
    expect(page.locator(".message--user")).to_have_text(re.compile("Привет"))


def test_what_an_address_chooses_is_not_remembered(watched: Watched) -> None:
    watched.page.goto(watched.address + QUESTION)
    expect(box(watched.page)).to_have_value("Привет")
    other = watched.open()
    other.goto(watched.address)
    expect(other.get_by_role("button", name=re.compile("Выбрать модель: qwen3:8b"))).to_be_visible()


def test_an_address_loses_no_draft(watched: Watched) -> None:
    page = start(watched)
    box(page).fill("Недописанное")
    page.goto(watched.address + "?q=%D0%95%D1%89%D1%91")
    expect(box(page)).to_have_value("Ещё\n\nНедописанное")


def test_a_login_leads_back_to_the_question_that_was_wanted(watched: Watched) -> None:
    page: Page = watched.page
    watched.context.request.post(f"{watched.address}fake/signed_in/off")
    page.goto(f"{watched.address}login?next=%3Fq%3D%25D0%2595%25D1%2589%25D1%2591")
    page.get_by_label("Пароль").fill("пароль")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("Ещё")


def test_who_is_signed_in_already_passes_the_login(watched: Watched) -> None:
    watched.page.goto(f"{watched.address}login?next=chat%2Fold2")
    expect(watched.page.locator(".message--user")).to_contain_text("План поездки в Карелию")


def test_a_session_that_ended_leads_back_to_the_same_conversation(watched: Watched) -> None:
    page = start(watched, "chat/old2")
    watched.context.request.post(f"{watched.address}fake/signed_in/off")
    page.route("**/backend-api/v2/models", lambda route: route.fulfill(status=401, json={"error": {"code": "login_required"}}))
    page.reload()
    page.unroute("**/backend-api/v2/models")
    page.get_by_label("Пароль").fill("пароль")
    page.keyboard.press("Enter")
    expect(page.locator(".message--user")).to_contain_text("План поездки в Карелию")


def palette(page: Page) -> Any:
    page.keyboard.press("Control+Shift+KeyK")
    dialog = page.get_by_role("dialog", name="Все действия")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    return dialog


def test_the_palette_does_what_is_looked_for(watched: Watched) -> None:
    page = start(watched)
    dialog = palette(page)
    page.keyboard.type("темн")
    expect(dialog.get_by_role("option").first).to_have_text("Оформление: Тёмное")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(box(page)).to_be_focused()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    palette(page)
    expect(dialog.get_by_role("group", name="Недавнее").get_by_role("option")).to_have_text(["Оформление: Тёмное"])
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(box(page)).to_be_focused()


def test_the_palette_finds_conversations_models_and_roles(watched: Watched) -> None:
    page = start(watched)
    dialog = palette(page)
    page.keyboard.type("елка")
    expect(dialog.get_by_role("option")).to_have_text(["Ёлка: чем украсить"])
    page.keyboard.press("Enter")
    expect(page.locator(".message--user")).to_contain_text("Ёлка: чем украсить")
    palette(page)
    page.keyboard.type("reasoner")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("Выбрать модель: DeepSeek Reasoner"))).to_be_visible()
    palette(page)
    page.keyboard.type("переводчик")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text("Переводчик")


def test_the_palette_speaks_of_the_open_conversation_and_opens_other_dialogs(watched: Watched) -> None:
    page = start(watched)
    dialog = palette(page)
    expect(dialog.get_by_role("group", name="Эта беседа")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Рецепты на неделю").click()
    expect(page.locator(".message--user")).to_contain_text("Рецепты на неделю")
    palette(page)
    page.keyboard.type("удалить")
    expect(dialog.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Рецепты на неделю")).to_have_count(0)
    expect(page.get_by_role("button", name="Вернуть")).to_be_visible()
    palette(page)
    page.keyboard.type("клавиш")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+KeyA")
    page.keyboard.type("этот список")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Клавиши")).to_contain_text("Все действия")


def test_the_palette_saves_all_conversations_and_the_page_stays(watched: Watched) -> None:
    page = start(watched)
    page.evaluate("navigation.addEventListener('navigate', ({ downloadRequest }) => { window.isSaved = downloadRequest !== null })")
    palette(page)
    page.keyboard.type("скачать все")
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    assert saved.value.url.endswith("/export")
    assert page.evaluate("window.isSaved"), "a page that is led elsewhere loses the lines of its answers in some browsers"


def test_what_the_palette_shows_of_hostile_titles_is_text(watched: Watched) -> None:
    page = start(watched)
    box(page).fill('"><img src=x onerror="window.pwned=1"> пусто')
    page.keyboard.press("Enter")
    expect(page.locator(".message--assistant")).to_have_attribute("aria-busy", "false")
    dialog = palette(page)
    expect(dialog).to_contain_text("<img src=x")
    assert page.evaluate("window.pwned") is None
    assert dialog.locator("img").count() == 0


# Answers that end while nobody looks

HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
}"""
# A browser that was asked and said yes, or no; and no worker, so that the page tells by itself.
ASKED = """
    window.told = []
    window.Notification = class {
        static permission = '%s'
        static requestPermission = async () => { window.asked = true; return Notification.permission }
        constructor(title, about) { Object.assign(this, { title, ...about }); told.push(this) }
        close() {}
    }
    navigator.serviceWorker.getRegistration = async () => undefined
"""


def ask_and_leave(page: Page, *, took: float = 0) -> None:
    """Ask, hide the page; the server says that the answer took so many seconds more than it did."""

    def longer(route: Any) -> None:
        read = route.fetch().json()
        for message in read["messages"]:
            message["created_at"] -= took
        route.fulfill(json=read)

    page.wait_for_timeout(3_500)  # until what can wait is there
    box(page).fill("код")
    page.keyboard.press("Enter")
    expect(page.locator(".message--assistant")).to_contain_text("Если второе")
    page.route(re.compile("/conversations/[^/?]+$"), longer)
    page.evaluate(HIDE, True)


def test_a_long_answer_that_nobody_sees_is_told_of(watched: Watched) -> None:
    page: Page = watched.page
    page.add_init_script(ASKED % "granted")
    start(watched)
    page.keyboard.press("Control+Comma")
    page.get_by_role("group", name="Уведомить о готовом ответе").get_by_text("Если вкладка скрыта").click()
    expect(page.get_by_role("radio", name="Если вкладка скрыта")).to_be_checked()
    page.keyboard.press("Escape")
    ask_and_leave(page, took=60)
    expect(page).to_have_title(re.compile("^● код"))
    until(lambda: page.evaluate("told.length") == 1)
    assert page.evaluate("told[0].title") == "код"
    body = page.evaluate("told[0].body")
    assert body.startswith("Если второе поле числовое, хватит одного ключа-кортежа: from operator")
    assert len(body) <= 141
    page.evaluate("told[0].onclick()")
    page.evaluate(HIDE, False)
    expect(page).to_have_title(re.compile("^код"))


def test_a_short_answer_is_only_marked_and_nothing_is_told_unasked(watched: Watched) -> None:
    page: Page = watched.page
    page.add_init_script(ASKED % "granted")
    page.add_init_script("localStorage.setItem('chat.preferences', JSON.stringify({ notify: true }))")
    start(watched)
    ask_and_leave(page)
    expect(page).to_have_title(re.compile("^● код"))
    assert page.evaluate("told.length") == 0
    other = watched.open()
    other.add_init_script(ASKED % "granted")
    other.add_init_script("localStorage.setItem('chat.preferences', JSON.stringify({ notify: false }))")
    other.goto(watched.address)
    ask_and_leave(other, took=60)
    expect(other).to_have_title(re.compile("^● код"))
    assert other.evaluate("told.length") == 0


def test_a_browser_that_allows_no_notifications_is_named_as_the_reason(watched: Watched) -> None:
    page: Page = watched.page
    page.add_init_script(ASKED % "denied")
    start(watched)
    page.keyboard.press("Control+Comma")
    wish = page.get_by_role("group", name="Уведомить о готовом ответе").get_by_text("Если вкладка скрыта")
    assert wish.evaluate("wish => { wish.click(); return window.asked }"), "browsers let a page ask only at the moment of a click"
    expect(page.get_by_role("alert")).to_contain_text("Браузер не разрешил уведомления")
    expect(page.get_by_role("radio", name="Не надо")).to_be_checked()



# The page as an application of its own, with the real server


@pytest.fixture
def real(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path, free_port(), discovery=False)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def installed(browser: Any, real: ServerProcess) -> Iterator[Watched]:
    """A page whose worker has kept the shell."""
    watched = Watched(browser, real.address, viewport={"width": 1280, "height": 800})
    watched.page.goto(real.address)
    until(lambda: watched.page.evaluate("navigator.serviceWorker.controller !== null"))
    yield watched
    watched.context.close()
    away = re.compile(r"Failed to load resource: (net::ERR_|the server responded with a status of 404)")
    assert [fault for fault in watched.faults if not away.match(fault)] == []


KEPT = """async () => (await Promise.all((await caches.keys()).map(async name =>
    (await (await caches.open(name)).keys()).map(request => new URL(request.url).pathname)))).flat()"""
VERSION = "document.querySelector('link[rel=stylesheet]').href.match(/assets[/](\\w+)/)[1]"


def test_without_its_server_the_page_opens_says_so_and_returns(installed: Watched, real: ServerProcess) -> None:
    page: Page = installed.page
    real.stop()
    for path in ("/", "/chat/some-id"):
        page.goto(real.address + path)
        expect(page.get_by_role("status").get_by_text("Связь с сервером прервалась")).to_be_visible()
        expect(page.get_by_role("complementary")).to_be_visible()
    page.goto(real.address)
    box(page).fill("Написано без связи")
    real.start()
    expect(page.get_by_text("Связь с сервером прервалась")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Выбрать модель: Помощник"))).to_be_visible()
    expect(box(page)).to_have_value("Написано без связи")


def test_the_worker_keeps_the_shell_and_nobodys_words(installed: Watched) -> None:
    page: Page = installed.page
    box(page).fill("Что здесь хранится?")
    page.keyboard.press("Enter")
    expect(page.locator(".message--assistant")).to_have_attribute("aria-busy", "false")
    page.reload()
    expect(page.locator(".message--user")).to_contain_text("Что здесь хранится?")
    kept = page.evaluate(KEPT)
    assert {"/", "/chat/"} <= set(kept)
    assert [path for path in kept if path not in ("/", "/chat/") and not path.startswith("/assets/")] == []
    assert any(path.endswith("js/components/messages.js") for path in kept), "what was used later is there without a line too"


def test_a_new_version_is_taken_at_once_and_the_old_one_forgotten(installed: Watched, real: ServerProcess) -> None:
    page: Page = installed.page
    before = page.evaluate(VERSION)
    assert set(page.evaluate(KEPT)) >= {"/"}
    real.stop()
    real.environment["CLIENT_VERSION"] = "0123456789ab"
    real.start()
    page.reload()
    assert page.evaluate(VERSION) == "0123456789ab" != before
    until(lambda: [name[-12:] for name in page.evaluate("caches.keys()")] == ["0123456789ab"])


def test_the_worker_leaves_when_the_product_has_left(installed: Watched, real: ServerProcess) -> None:
    page: Page = installed.page
    port = int(real.address.rsplit(":", 1)[1])
    real.stop()
    with another_program(port):
        page.goto(real.address)
        expect(page.locator("body")).to_have_text("Another program")
        until(lambda: page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0)
        assert page.evaluate("caches.keys()") == []


@contextlib.contextmanager
def another_program(port: int) -> Iterator[None]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>x</title><link rel=icon href=data:,>Another program" if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_installed_page_tells_through_its_worker(installed: Watched) -> None:
    installed.context.grant_permissions(["notifications"])
    shown = installed.page.evaluate("""async () => {
        const folder = document.querySelector('script[type=module]').src.replace('joined/index/js/main.js', 'js/')
        await (await import(`${folder}notifying.js`)).tell('some-id', '<b>Беседа</b>', 'Первые слова')
        const [{ title, body, data }] = await (await navigator.serviceWorker.ready).getNotifications()
        return [title, body, data]
    }""")
    assert shown == ["<b>Беседа</b>", "Первые слова", f"{installed.address}/chat/some-id"]
