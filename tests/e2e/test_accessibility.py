"""Everybody can use the page: axe has nothing to say against any view, and a whole visit needs neither a mouse nor eyes.

A new view is a function in VIEWS that leads a page to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.acting import CUT, EVERYTHING, FAILING, SLOW, serving
from tests.e2e.conftest import LASTING, WAIT
from tests.test_code import CLIENT

pytestmark = pytest.mark.timeout(300)

AXE = CLIENT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# Every finding in one line: the rule, what it is about, why.
EXAMINE = """async tags => {
    const { violations } = await axe.run(document, { runOnly: tags })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`))
}"""
# What takes its colour from its parent gets it a frame later, where the parent moves to it however fast.
PAINTED = """async () => {
    do await new Promise(done => requestAnimationFrame(() => setTimeout(done)))
    while (document.getAnimations().some(({ transitionProperty, playState }) => transitionProperty && playState === "running"))
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as address:
        yield f"{address}/"


@pytest.fixture(scope="module")
def conversation(browser: Any, address: str) -> str:
    """The address of a conversation with everything in it."""
    page = browser.new_page(locale="ru-RU")
    page.goto(address)
    for question in (EVERYTHING, FAILING, CUT):
        ask(page, question)
        expect(page.locator(".message--running")).to_have_count(0)
    found = str(page.url)
    page.close()
    return found


def box(page: Page) -> Any:
    return page.get_by_role("textbox", name="Сообщение", exact=True)


def ask(page: Page, question: str) -> None:
    box(page).fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".message--user").last).to_contain_text(question)


def greeting(page: Page, *_: str) -> None:
    expect(page.get_by_role("heading", name="О чём поговорим?")).to_be_visible()


def filled(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    expect(page.locator("math").first).to_be_visible()
    page.locator("summary").first.click()


def edited(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    box(page).press("ArrowUp")
    expect(page.get_by_role("textbox", name="Изменить и спросить снова")).to_be_focused()


def running(page: Page, *_: str) -> None:
    ask(page, SLOW)
    expect(page.locator(".message--assistant").last).to_contain_text("Предложение 1.")
    ask_meanwhile(page)


def ask_meanwhile(page: Page) -> None:
    box(page).fill("А дальше?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Ждут своей очереди")).to_be_visible()


def seek(page: Page, text: str) -> None:
    page.keyboard.press("Control+KeyK")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(text)


def found(page: Page, *_: str) -> None:
    seek(page, "сортировка")
    expect(page.locator(".history mark").first).to_be_visible()


def nothing_found(page: Page, *_: str) -> None:
    seek(page, "абракадабра")
    expect(page.get_by_text("Ничего не найдено")).to_be_visible()


def shelves(page: Page, *_: str) -> None:
    page.get_by_role("button", name="Архив", exact=True).click()
    expect(page.get_by_text("Архив пуст")).to_be_visible()


def deleted(page: Page, *_: str) -> None:
    ask(page, "На выброс")
    expect(page.locator(".message--running")).to_have_count(0)
    page.locator(".link-row--current .link").press("Delete")
    expect(page.locator(".message")).to_have_count(0)
    page.get_by_role("button", name="Архив", exact=True).click()
    expect(page.get_by_role("button", name="Вернуть: На выброс").first).to_be_visible()


def menu(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    page.locator(".history .link").first.hover()
    page.locator(".menu__button").first.click()
    expect(page.get_by_role("menu").first).to_be_visible()


def models(page: Page, *_: str) -> None:
    page.keyboard.press("Control+Period")
    expect(page.get_by_role("dialog", name="Выбрать модель")).to_be_visible()


def roles(page: Page, *_: str) -> None:
    page.get_by_title("Выбрать роль").click()
    expect(page.get_by_role("dialog", name="Выбрать роль")).to_be_visible()


def options(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    page.get_by_role("button", name="Как отвечать").click()
    page.get_by_role("slider", name="Температура").fill("1.5")
    expect(page.get_by_label("Изменено")).to_be_visible()


def memory(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    expect(page.locator("math").first).to_be_visible()
    box(page).fill("слово " * 9000)
    expect(page.locator(".meter--warn")).to_be_visible()


def library(page: Page, *_: str) -> None:
    page.get_by_title("Выбрать роль").click()
    page.get_by_role("button", name="Роли и запросы…").click()
    expect(page.get_by_role("dialog", name="Роли и запросы")).to_contain_text("кратко")


def role_form(page: Page, *_: str) -> None:
    library(page)
    page.get_by_role("button", name="Сделать свою: Наставник").click()
    page.get_by_text("С чего начинать беседу").click()
    expect(page.get_by_role("dialog", name="Новая роль").get_by_role("slider", name="Температура")).to_be_visible()


def values(page: Page, *_: str) -> None:
    library(page)
    page.get_by_role("button", name="Новая роль").click()
    page.get_by_role("textbox", name="Название").fill("Гид")
    page.get_by_role("textbox", name="Что сказать модели").fill("Ты гид по городу {{город}}.")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("button", name="Изменить: Гид").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_title("Выбрать роль").click()
    page.get_by_role("option", name="Гид").first.click()
    box(page).fill("Привет")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Гид")).to_be_visible()


def slash(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    box(page).press_sequentially("/п")
    expect(page.get_by_role("listbox", name="Запросы и роли")).to_be_visible()


def settings(page: Page, *_: str) -> None:
    page.keyboard.press("Control+Comma")
    expect(page.get_by_role("dialog", name="Настройки")).to_be_visible()
    expect(page.get_by_text("Версия")).to_be_visible()


def keys(page: Page, *_: str) -> None:
    page.keyboard.press("Control+Slash")
    expect(page.get_by_role("dialog", name="Клавиши")).to_be_visible()


def palette(page: Page, *_: str) -> None:
    page.keyboard.press("Control+Shift+KeyK")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("option").first).to_be_visible()


def toast(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    page.evaluate(LASTING)
    page.locator(".message--assistant").first.get_by_role("button", name="Скопировать", exact=True).last.click()
    expect(page.locator(".toast")).to_be_visible()


def message_menu(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    answer = page.locator(".message--assistant").first
    answer.get_by_role("button", name="Ещё").click()
    expect(page.get_by_role("menuitem", name="Изменить ответ")).to_be_visible()


def other_model(page: Page, address: str, conversation: str) -> None:
    message_menu(page, address, conversation)
    page.get_by_role("menuitem", name="Ответить другой моделью").click()
    expect(page.get_by_role("dialog", name="Ответить другой моделью")).to_be_visible()


def rewritten(page: Page, address: str, conversation: str) -> None:
    message_menu(page, address, conversation)
    page.get_by_role("menuitem", name="Изменить ответ").click()
    expect(page.get_by_role("textbox", name="Изменить ответ")).to_be_focused()


def pins(page: Page, *_: str) -> None:
    ask(page, "Привет")
    expect(page.locator(".message--running")).to_have_count(0)
    page.locator(".message--assistant").first.get_by_role("button", name="Ещё").click()
    page.get_by_role("menuitem", name="Закрепить").click()
    page.get_by_role("button", name="1 закреплённое сообщение").click()
    expect(page.get_by_role("dialog", name="1 закреплённое сообщение")).to_be_visible()


def rivals(page: Page, *_: str) -> None:
    page.get_by_role("button", name=re.compile("Выбрать модель")).click()
    page.get_by_role("button", name="Сравнить").click()
    for model in ("gemma3", "phi4"):
        page.get_by_role("option", name=re.compile(model)).click()
    expect(page.get_by_role("list", name="Ответят рядом")).to_be_visible()


def side_by_side(page: Page, *_: str) -> None:
    rivals(page)
    page.keyboard.press("Escape")
    ask(page, "Привет")
    expect(page.get_by_role("button", name="Оставить этот")).to_have_count(3)
    expect(page.locator(".message--running")).to_have_count(0)


def missing(page: Page, address: str, _: str) -> None:
    page.goto(f"{address}chat/00000000-0000-4000-8000-000000000000")
    expect(page.get_by_role("heading", name="Такой беседы нет")).to_be_visible()


def guide(page: Page, address: str, _: str) -> None:
    page.goto(f"{address}help/ru/first-steps.md")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def share(page: Page, _: str, conversation: str) -> None:
    page.goto(conversation)
    expect(page.locator(".message--assistant").last).to_be_visible()  # the bar is drawn with it
    button = page.get_by_role("main").get_by_role("button", name="Поделиться")
    if button.is_hidden():  # a phone has it in the list
        drawer(page)
        page.locator(".link-row--current .menu__button").tap()
        button = page.get_by_role("menuitem", name="Поделиться")
    button.click()
    page.get_by_role("button", name="Создать ссылку").click()
    expect(page.get_by_role("button", name="Отозвать").first).to_be_visible()


def links(page: Page, address: str, conversation: str) -> None:
    share(page, address, conversation)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Comma")
    page.get_by_role("button", name="Ссылки для чтения").click()
    expect(page.get_by_role("dialog", name="Ссылки для чтения").get_by_role("listitem").first).to_be_visible()


def shared(page: Page, address: str, conversation: str) -> None:
    share(page, address, conversation)
    page.goto(str(page.locator(".share__address").first.get_attribute("href")))
    expect(page.locator("math").first).to_be_visible()


def link_gone(page: Page, address: str, _: str) -> None:
    page.goto(f"{address}s/{'a' * 33}")
    expect(page.get_by_role("heading", name="Ссылка ни к чему не ведёт")).to_be_visible()


def drawer(page: Page, *_: str) -> None:
    page.get_by_role("button", name="Показать список бесед").tap()
    expect(page.get_by_role("searchbox")).to_be_in_viewport(ratio=1)


def models_below(page: Page, *_: str) -> None:
    page.get_by_role("button", name=re.compile("Выбрать модель")).tap()
    expect(page.get_by_role("dialog", name="Выбрать модель")).to_be_visible()


View = Callable[[Page, str, str], None]
VIEWS: dict[str, View] = {
    view.__name__: view
    for view in (
        greeting, filled, edited, running, found, nothing_found, shelves, deleted, menu, models, roles, settings, keys, palette,
        toast, options, memory, library, role_form, values, slash, missing, guide, share, links, shared, link_gone,
        message_menu, other_model, rewritten, pins, rivals, side_by_side,
    )
}  # fmt: skip
ON_A_PHONE: dict[str, View] = {
    view.__name__: view for view in (greeting, filled, drawer, models_below, options, library, slash, share, links, shared)
}
EVERY_VIEW = [("desktop", name) for name in VIEWS] + [("phone", name) for name in ON_A_PHONE]


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the first page in a context of its own. The policy is lifted for axe, which is not of this page."""
    contexts: list[Any] = []

    def open_page(**wanted: Any) -> Page:
        context = browser.new_context(locale="ru-RU", reduced_motion="reduce", bypass_csp=True, **wanted)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        page: Page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("button", name=re.compile("Выбрать модель: qwen3:8b"))).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("device", "view"), EVERY_VIEW)
def test_axe_has_no_finding(opened: Callable[..., Page], address: str, conversation: str, device: str, view: str) -> None:
    """The way to a view is gone once: nothing but the colours differs in the dark."""
    page = opened(color_scheme="light", **(PHONE if device == "phone" else DESKTOP))
    (ON_A_PHONE if device == "phone" else VIEWS)[view](page, address, conversation)
    assert {theme: findings_in(page, theme) for theme in ("light", "dark")} == {"light": [], "dark": []}


def findings_in(page: Page, theme: Literal["light", "dark"]) -> list[str]:
    page.emulate_media(color_scheme=theme)
    # What is far from the window is not laid out by the browser, which axe does not know: it would judge places guessed by it.
    page.add_style_tag(content="* { content-visibility: visible !important }")
    page.evaluate(PAINTED)
    return findings(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_has_no_finding_before_the_login(browser: Any, theme: str) -> None:
    with serving(owner_password="correct horse battery") as address:
        page = browser.new_page(locale="ru-RU", color_scheme=theme, bypass_csp=True)
        page.goto(address)
        page.get_by_label("Пароль").fill("не тот")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Пароль не подошёл")
        assert findings(page) == []
        page.close()


def findings(page: Page) -> list[str]:
    """What axe says of the page as it is now."""
    assert AXE.exists(), "run.py test installs axe-core"
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    return list(page.evaluate(EXAMINE, TAGS))


def test_a_whole_visit_needs_no_mouse(opened: Callable[..., Page], conversation: str) -> None:
    """Ask, go through the answer, choose a model, search, rename, delete and take back, change the looks: by keys alone."""
    page = opened(**DESKTOP)
    expect(box(page)).to_be_focused()
    page.keyboard.type("Здравствуй")
    page.keyboard.press("Enter")
    expect(page.locator(".message--assistant")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".message--assistant").get_by_role("button")).not_to_have_count(0)  # they come in the next idle moment
    page.keyboard.press("Shift+Tab")  # back over what belongs to the answer
    expect(page.locator(".message--assistant :focus")).to_have_count(1)

    page.keyboard.press("Control+Period")
    chooser = page.get_by_role("dialog", name="Выбрать модель")
    expect(chooser.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("gemma")
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name=re.compile("Выбрать модель: gemma3:12b"))
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(chooser.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()

    seek(page, "умеешь")
    expect(page.locator(".found mark").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(conversation)
    expect(page.locator(".message--user").first).to_be_visible()

    page.keyboard.press("Control+KeyK")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Control+KeyA")
    page.keyboard.press("Delete")
    page.keyboard.press("ArrowDown")
    link = page.locator(".history .link").first
    expect(link).to_be_focused()
    page.keyboard.press("F2")
    expect(page.locator(".link-field")).to_be_focused()
    page.keyboard.press("Control+KeyA")
    page.keyboard.type("Приветствие")
    page.keyboard.press("Enter")
    expect(link).to_contain_text("Приветствие")
    expect(link).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Что сделать с беседой «Приветствие»")).to_be_focused()
    link.focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("link", name="Приветствие")).to_have_count(0)
    page.get_by_role("button", name="Вернуть").press("Enter")
    expect(link).to_contain_text("Приветствие")

    link.focus()
    page.keyboard.press("Control+Comma")
    expect(page.get_by_role("heading", name="Настройки")).to_be_focused()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "theme":
            break
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_the_live_region_speaks_in_finished_sentences(opened: Callable[..., Page]) -> None:
    page = opened(**DESKTOP)
    ask(page, SLOW)
    region = page.locator("[aria-live=polite][aria-atomic=true]")
    expect(region).to_contain_text("Предложение 1.", timeout=20_000)
    said = region.inner_text().strip()
    assert re.fullmatch(r"(?:.*\.)?(?:\s*Предложение \d+\.)+", said), said
    page.keyboard.press("Escape")
    expect(page.locator(".message--running")).to_have_count(0)


def test_whoever_wants_no_motion_sees_none(opened: Callable[..., Page], conversation: str) -> None:
    page = opened(**DESKTOP)
    page.goto(conversation)
    expect(page.locator("math").first).to_be_visible()
    longest = """Math.max(0, ...[...document.querySelectorAll("*")].flatMap(element => {
        const { animationDuration, transitionDuration } = getComputedStyle(element)
        return `${animationDuration},${transitionDuration}`.split(",").map(parseFloat)
    }))"""
    assert page.evaluate(longest) <= 0.001


def test_the_page_is_whole_at_four_times_the_size(opened: Callable[..., Page], conversation: str) -> None:
    """1280 pixels at 400 % are 320: nothing is cut off sideways, and one can still write."""
    page = opened(viewport={"width": 320, "height": 256})
    page.goto(conversation)
    expect(box(page)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    box(page).fill("Помещается")
    expect(page.get_by_role("button", name="Отправить")).to_be_in_viewport()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_arabic_is_read_from_the_right_and_code_from_the_left(browser: Any, conversation: str, theme: str) -> None:
    context = browser.new_context(locale="ar", color_scheme=theme, reduced_motion="reduce", bypass_csp=True, **PHONE)
    page = context.new_page()
    page.goto(conversation)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("textbox", name="الرسالة", exact=True)).to_be_visible()
    expect(page.locator("math").first).to_be_visible()
    assert page.locator(".code__body").first.evaluate("code => getComputedStyle(code).direction") == "ltr"
    assert page.locator(".message--user .message__body").first.bounding_box()["x"] < 100, "one's own words end the line"
    assert findings(page) == []
    page.get_by_role("button", name="إظهار المحادثات").tap()
    expect(page.get_by_role("searchbox")).to_be_in_viewport(ratio=1)
    assert page.locator(".sidebar").bounding_box()["x"] > 40, "the drawer comes from the right"
    assert findings(page) == []
    context.close()


def test_polish_counts_in_its_own_forms(browser: Any, address: str) -> None:
    page = browser.new_page(locale="pl-PL")
    page.goto(address)
    expect(page.get_by_text("6 modeli gotowych do odpowiedzi")).to_be_visible()
    page.close()
