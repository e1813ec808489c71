"""The page under a thumb: swipes, the back button, the keyboard, targets that can be hit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watched
from tests.e2e.test_page import FakeServer, answer, box, finished, start

pytestmark = pytest.mark.timeout(180)

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# Links within a text are as high as its lines (WCAG 2.5.8), and the skip link is seen by a keyboard only.
SMALL = """() => {
    const targets = 'button, a, summary, select, input, textarea, label:has(input), [role=option], [role=menuitem]'
    const size = element => (element.matches('input') && element.closest('label') || element).getBoundingClientRect()
    return [...document.querySelectorAll(targets)]
        .filter(element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
        .filter(element => !element.closest('[inert]') && !element.matches('.skip, .markdown :is(p, li, td) a, .visually-hidden'))
        .filter(element => size(element).height && (size(element).height < 43.5 || size(element).width < 43.5))
        .map(element => element.outerHTML.slice(0, 160))
}"""

# As on an iPhone, where the page is not told that it has become smaller.
KEYBOARD = """() => {
    Object.defineProperty(visualViewport, 'height', { value: 500, configurable: true })
    visualViewport.dispatchEvent(new Event('resize'))
}"""
NO_KEYBOARD = "() => { delete visualViewport.height; visualViewport.dispatchEvent(new Event('resize')) }"
# What may be written in, with letters that make an iPhone enlarge the page.
LOW_LETTERS = """() => [...document.querySelectorAll('input, select, textarea')]
    .filter(element => !element.matches('[type=radio], [type=checkbox], [type=range], [type=file]'))
    .filter(element => parseFloat(getComputedStyle(element).fontSize) < 16).map(element => element.outerHTML.slice(0, 120))"""


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    server = FakeServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def phone(browser: Any, fake: FakeServer) -> Iterator[Watched]:
    watched = Watched(browser, fake.address, **PHONE)
    yield watched
    watched.context.close()
    assert watched.faults == []


def swipe(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """One finger, as the browser itself would report it."""
    session = page.context.new_cdp_session(page)
    steps = 8

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    touch("touchStart", begin)
    for step in range(1, steps + 1):
        touch("touchMove", tuple(a + (b - a) * step / steps for a, b in zip(begin, end, strict=True)))  # type: ignore[arg-type]
    touch("touchEnd")


def ready(page: Page) -> Page:
    """The swipe is fetched once the page is there."""
    page.wait_for_load_state("networkidle")
    return page


def drawer(page: Page) -> Any:
    return page.locator(".app--drawer")


def test_a_swipe_opens_the_list_and_another_closes_it(phone: Watched) -> None:
    page = ready(start(phone))
    swipe(page, (30, 500), (250, 510))
    expect(drawer(page)).to_have_count(1)
    expect(page.get_by_role("link", name="Рецепты на неделю")).to_be_in_viewport()
    swipe(page, (280, 500), (60, 490))
    expect(drawer(page)).to_have_count(0)
    expect(page.locator(".sidebar")).to_have_css("translate", re.compile(r"-102%"))


def test_a_short_swipe_and_one_from_the_middle_open_nothing(phone: Watched) -> None:
    page = ready(start(phone))
    swipe(page, (30, 500), (70, 500))
    swipe(page, (250, 500), (380, 500))
    swipe(page, (30, 500), (60, 200))
    expect(drawer(page)).to_have_count(0)


def test_the_focus_goes_into_the_list_and_escape_brings_it_back(phone: Watched) -> None:
    page = start(phone)
    page.get_by_role("button", name="Показать список бесед").press("Enter")
    expect(page.get_by_role("button", name="Скрыть список бесед")).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Показать список бесед")).to_be_focused()


def test_scrolling_is_never_taken_away(phone: Watched) -> None:
    page = ready(start(phone, "chat/old3"))
    finished(page)
    place = page.locator(".messages")
    top = place.evaluate("element => element.scrollTop")
    assert top > 200
    swipe(page, (60, 300), (80, 600))
    assert place.evaluate("element => element.scrollTop") < top - 100
    expect(drawer(page)).to_have_count(0)


def test_code_is_scrolled_sideways_and_opens_nothing(phone: Watched) -> None:
    page = ready(start(phone, "chat/old3"))
    code = page.locator("pre").first
    code.scroll_into_view_if_needed()
    frame = code.bounding_box()
    assert frame is not None
    middle = frame["y"] + frame["height"] / 2
    swipe(page, (330, middle), (60, middle))
    page.wait_for_timeout(300)
    scroller = "element => Math.max(element.scrollLeft, ...[...element.querySelectorAll('*')].map(one => one.scrollLeft))"
    assert code.evaluate(scroller) > 0
    swipe(page, (40, middle), (300, middle))
    expect(drawer(page)).to_have_count(0)


def test_who_dislikes_motion_sees_none_while_swiping(browser: Any, fake: FakeServer) -> None:
    watched = Watched(browser, fake.address, **PHONE, reduced_motion="reduce")
    page = ready(start(watched))
    page.evaluate(
        "new MutationObserver(([{ target }]) => { window.moved = target.style.translate || window.moved })"
        ".observe(document.querySelector('.sidebar'), { attributeFilter: ['style'] })"
    )
    swipe(page, (30, 500), (250, 500))
    expect(drawer(page)).to_have_count(1)
    assert page.evaluate("window.moved") is None
    watched.context.close()
    assert watched.faults == []


def test_back_takes_away_what_lies_over_the_page_and_then_leads_back(phone: Watched) -> None:
    page = ready(start(phone))
    page.get_by_role("button", name="Показать список бесед").tap()
    page.get_by_role("link", name="Рецепты на неделю").tap()
    expect(page.locator(".message--user")).to_contain_text("Рецепты на неделю")
    there = page.url
    page.get_by_role("button", name="Показать список бесед").tap()
    expect(drawer(page)).to_have_count(1)
    page.go_back()
    expect(drawer(page)).to_have_count(0)
    assert page.url == there
    page.get_by_role("button", name=re.compile("Выбрать модель")).tap()
    expect(page.get_by_role("dialog", name="Выбрать модель")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog", name="Выбрать модель")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", name="О чём поговорим?")).to_be_visible()


def test_a_dialog_closed_by_hand_leaves_no_step_behind(phone: Watched) -> None:
    page = ready(start(phone, "chat/old3"))
    steps = page.evaluate("history.length")
    for _ in range(3):
        page.get_by_role("button", name="Показать список бесед").tap()
        page.get_by_role("button", name="Настройки", exact=True).tap()
        dialog = page.get_by_role("dialog", name="Настройки")
        dialog.get_by_role("button", name="Закрыть").tap()
        expect(dialog).to_have_count(0)
        page.locator(".scrim").tap(position={"x": 370, "y": 700})
        expect(drawer(page)).to_have_count(0)
    assert page.evaluate("history.length") <= steps + 1
    assert page.url.endswith("chat/old3")


def test_what_is_opened_while_another_closes_stays_open(phone: Watched) -> None:
    page = ready(start(phone))
    page.get_by_role("button", name=re.compile("Выбрать модель")).tap()
    expect(page.get_by_role("dialog", name="Выбрать модель")).to_be_visible()
    # The second tap comes after the page has asked for the step back, and before the browser has made it.
    page.evaluate("""() => new Promise(done => {
        addEventListener("popstate", () => setTimeout(done), { once: true })
        document.querySelector(".bar .chooser").click()
        setTimeout(() => setTimeout(() => document.querySelector(".bar .chip").click()))
    })""")
    expect(page.get_by_role("dialog", name="Выбрать роль")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog", name="Выбрать роль")).to_have_count(0)
    expect(page.get_by_role("heading", name="О чём поговорим?")).to_be_visible()


def test_where_one_goes_while_a_sheet_closes_is_where_one_stays(phone: Watched) -> None:
    page = ready(start(phone))
    page.get_by_role("button", name=re.compile("Выбрать модель")).tap()
    expect(page.get_by_role("dialog", name="Выбрать модель")).to_be_visible()
    page.evaluate("""() => new Promise(done => {
        addEventListener("popstate", () => setTimeout(done), { once: true })
        document.querySelector(".bar .chooser").click()
        setTimeout(() => setTimeout(() => document.querySelector(".history .link").click()))
    })""")
    expect(page.locator(".message--user").first).to_be_visible()
    assert "/chat/" in page.url
    page.go_back()
    expect(page.get_by_role("heading", name="О чём поговорим?")).to_be_visible()


def test_the_composer_stands_above_a_keyboard_that_lies_over_the_page(phone: Watched) -> None:
    """As on an iPhone, where the page is not told that it has become smaller."""
    page = ready(start(phone))
    page.evaluate(KEYBOARD)
    composer = page.locator(".composer").bounding_box()
    assert composer is not None
    assert composer["y"] + composer["height"] <= 500.5
    page.evaluate(NO_KEYBOARD)
    composer = page.locator(".composer").bounding_box()
    assert composer is not None
    assert composer["y"] + composer["height"] > 800


def test_what_lies_over_the_page_ends_where_such_a_keyboard_begins(phone: Watched) -> None:
    page = ready(start(phone))
    for name, show, over in (
        ("settings", lambda: page.keyboard.press("Control+Comma"), ".dialog"),
        ("palette", lambda: page.keyboard.press("Control+Shift+KeyK"), ".palette"),
        ("models", lambda: page.get_by_role("button", name=re.compile("Выбрать модель")).tap(), ".popover"),
        ("list", lambda: page.get_by_role("button", name="Показать список бесед").tap(), ".app--drawer .sidebar"),
    ):
        show()
        page.locator(over).wait_for()
        page.wait_for_timeout(300)  # until it has arrived
        if name == "settings":
            page.get_by_role("combobox").last.focus()
        page.evaluate(KEYBOARD)
        frame = page.locator(over).bounding_box()
        assert frame, name
        assert frame["y"] >= 0, name
        assert frame["y"] + frame["height"] <= 500.5, name
        if name == "settings":
            field = page.get_by_role("combobox").last.bounding_box()
            assert field
            assert field["y"] + field["height"] <= 500.5
        page.evaluate(NO_KEYBOARD)
        page.keyboard.press("Escape")
        expect(page.locator(over)).to_have_count(0)


@pytest.mark.parametrize("size", ["normal", "small", "larger"])
def test_no_field_makes_an_iphone_enlarge_the_page(phone: Watched, size: str) -> None:
    page = ready(start(phone, "chat/old3"))
    page.evaluate("size => { document.documentElement.dataset.size = size }", size)
    low: dict[str, list[str]] = {}

    def look(view: str) -> None:
        low[view] = page.evaluate(LOW_LETTERS)

    finished(page)
    look("conversation")
    for button, name in (("Как отвечать", "Как отвечать"), (re.compile("^Выбрать модель"), "Выбрать модель")):
        page.get_by_role("button", name=button).tap()
        sheet = page.get_by_role("dialog", name=name)
        expect(sheet).to_be_visible()
        look(name)
        page.keyboard.press("Escape")
        expect(sheet).to_have_count(0)
    box(page).press("ArrowUp")
    expect(page.locator(".editor__text")).to_be_focused()
    look("editor")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Показать список бесед").tap()
    page.get_by_role("searchbox").fill("елка")
    expect(page.locator(".search__choice").first).to_be_visible()
    look("search")
    page.get_by_role("button", name="Настройки", exact=True).tap()
    expect(page.locator(".choice__list").first).to_be_visible()
    look("settings")
    assert {view: found for view, found in low.items() if found} == {}


def test_every_target_can_be_hit_by_a_thumb(phone: Watched) -> None:
    page = ready(start(phone))
    small: dict[str, list[str]] = {}

    def look(view: str) -> None:
        page.wait_for_timeout(250)  # until what moves has arrived
        small[view] = page.evaluate(SMALL)

    look("first page")
    page.get_by_role("button", name="Показать список бесед").tap()
    look("list")
    page.get_by_role("button", name=re.compile("Что сделать с беседой")).first.tap()
    look("menu")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("елка")
    expect(page.locator(".found")).to_have_count(1)
    look("search")
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Архив", exact=True).tap()
    look("shelves")
    for name in ("Настройки", "Клавиши"):
        page.get_by_role("button", name=name, exact=True).tap()
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        look(name)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name=name)).to_have_count(0)
    page.goto(f"{phone.address}chat/old3")
    finished(page)
    look("conversation")
    page.get_by_role("button", name=re.compile("Выбрать модель")).tap()
    look("models")
    page.keyboard.press("Escape")
    page.locator(".chip").tap()
    look("roles")
    page.keyboard.press("Escape")
    for question in ("думай шов источники код", "ошибка"):
        box(page).fill(question)
        page.get_by_role("button", name="Отправить").tap()
        finished(page)
        look(question)
    box(page).fill("долго")
    page.get_by_role("button", name="Отправить").tap()
    expect(answer(page)).to_contain_text("Слово 3.")
    box(page).fill("ещё")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".queue")).to_be_visible()
    look("queue")
    page.get_by_role("button", name="Не отправлять").tap()
    page.get_by_role("button", name="Остановить").tap()
    finished(page)
    assert {view: found for view, found in small.items() if found} == {}


def test_the_name_of_the_model_has_the_place_of_a_role_that_is_none(phone: Watched) -> None:
    page = ready(start(phone))
    none = page.get_by_role("button", name="Без роли", exact=True)
    expect(none).to_be_visible()
    expect(none.locator(".chip__name")).to_be_hidden()
    name = page.locator(".chooser__name")
    assert name.evaluate("element => element.scrollWidth <= element.clientWidth"), "the name is cut off"
    none.tap()
    page.get_by_role("option", name=re.compile("Переводчик")).tap()
    expect(page.locator(".chip__name")).to_have_text("Переводчик")


def test_the_menu_under_the_last_answer_stays_above_the_composer(phone: Watched) -> None:
    page = ready(start(phone))
    for question in ("думай шов источники код", "Привет"):
        box(page).fill(question)
        page.get_by_role("button", name="Отправить").tap()
        finished(page)
    page.get_by_role("button", name="Ещё", exact=True).last.tap()
    sheet = page.get_by_role("menu", name="Ещё")
    expect(sheet).to_be_visible()
    page.wait_for_timeout(250)  # until it has arrived
    menu, composer, bar = (found.bounding_box() for found in (sheet, page.locator(".composer"), page.locator(".bar")))
    assert menu
    assert composer
    assert bar
    assert bar["y"] + bar["height"] <= menu["y"]
    assert menu["y"] + menu["height"] <= composer["y"]


def test_nothing_is_wider_than_the_phone(phone: Watched) -> None:
    page = ready(start(phone, "chat/old3"))
    finished(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.messages').scrollWidth - document.querySelector('.messages').clientWidth") <= 0


# The same narrow page on a large screen: four times enlarged; and with other colours

ENLARGED = {"viewport": {"width": 320, "height": 256}}  # 1280 x 1024 at 400 %


def test_four_times_enlarged_nothing_is_cut_off_and_everything_can_be_reached(browser: Any, fake: FakeServer) -> None:
    watched = Watched(browser, fake.address, **ENLARGED)
    page = start(watched)

    def fits(view: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, view

    def reach(target: Any) -> None:
        target.scroll_into_view_if_needed()
        expect(target).to_be_in_viewport(ratio=0.9)

    fits("first page")
    reach(page.get_by_role("button", name=re.compile("^Спланировать")))
    reach(box(page))
    page.get_by_role("button", name="Показать список бесед").click()
    fits("list")
    reach(page.get_by_role("link", name="Ёлка: чем украсить"))
    reach(page.get_by_role("button", name="Настройки", exact=True))
    page.get_by_role("button", name="Настройки", exact=True).click()
    dialog = page.get_by_role("dialog", name="Настройки")
    fits("settings")
    reach(dialog.get_by_text("Тёмное"))
    reach(dialog.get_by_text(re.compile("Версия")))
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Рецепты на неделю").click()
    finished(page)
    fits("conversation")
    reach(page.locator(".message--user"))
    reach(answer(page).get_by_role("button", name="Ответить заново"))
    page.get_by_role("button", name=re.compile("Выбрать модель")).click()
    fits("models")
    reach(page.get_by_role("option", name=re.compile("DeepSeek Reasoner")))
    page.keyboard.press("Escape")
    bar = page.locator(".bar > *:visible, .bar__place > button:visible")
    for frame in (one.bounding_box() for one in bar.all()):
        assert frame is None or (frame["x"] >= 0 and frame["x"] + frame["width"] <= 320)
    page.keyboard.press("Control+Shift+KeyK")
    fits("palette")
    reach(page.get_by_role("option", name=re.compile("Удалить")))
    page.keyboard.press("Escape")
    box(page).fill("строка\n" * 30)
    reach(page.get_by_role("button", name="Отправить"))
    watched.context.close()
    assert watched.faults == []


def test_with_the_systems_own_colours_the_chosen_and_the_focused_are_seen(browser: Any, fake: FakeServer) -> None:
    watched = Watched(browser, fake.address, viewport={"width": 1280, "height": 800}, forced_colors="active")
    page = start(watched, "chat/old3")
    page.wait_for_load_state("networkidle")
    outline = """element => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element)
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
    }"""
    box(page).focus()
    assert page.locator(".composer__field").evaluate(outline)
    assert page.locator(".link-row--current").evaluate(outline)
    assert not page.locator(".link-row:not(.link-row--current)").first.evaluate(outline)
    page.keyboard.press("Control+Comma")
    chosen = page.get_by_role("radio", name="Как в системе").locator("xpath=following-sibling::span")
    assert chosen.evaluate(outline)
    assert not page.get_by_role("radio", name="Тёмное").locator("xpath=following-sibling::span").evaluate(outline)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Period")
    assert page.locator(".option--active").evaluate(outline)
    watched.context.close()
    assert watched.faults == []


CONTRAST = """() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    const light = name => {
        const probe = document.body.appendChild(Object.assign(document.createElement('i'), { className: 'icon' }))
        probe.style.color = `var(${name})`
        canvas.fillStyle = getComputedStyle(probe).color
        probe.remove()
        canvas.fillRect(0, 0, 1, 1)
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(value => value / 255)
            .map(value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4)
        return .2126 * r + .7152 * g + .0722 * b
    }
    const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05) }
    const found = {}
    for (const paper of ['--paper', '--raised', '--floating', '--sunken'])
        for (const ink of ['--ink', '--ink-soft', '--accent', '--danger', '--warn', '--line-strong'])
            found[`${ink} on ${paper}`] = ratio(ink, paper)
    return found
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whoever_wishes_more_contrast_gets_it(browser: Any, fake: FakeServer, scheme: str) -> None:
    watched = Watched(browser, fake.address, viewport={"width": 1280, "height": 800}, color_scheme=scheme, contrast="more")
    page = start(watched, "chat/old3")
    page.wait_for_load_state("networkidle")
    ratios = page.evaluate(CONTRAST)
    assert len(ratios) == 24
    for pair, ratio in ratios.items():
        assert ratio >= (3 if "line" in pair else 4.5 if "danger" in pair or "warn" in pair else 7), (pair, round(ratio, 2))
    assert page.locator(".link-row--current").evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    watched.context.close()
    assert watched.faults == []


def test_the_arrow_down_lies_over_no_word(phone: Watched) -> None:
    page = start(phone, "chat/old3")
    page.set_viewport_size({"width": 390, "height": 400})
    place = page.locator(".messages")
    expect(page.locator(".message--assistant").last).to_be_visible()
    place.evaluate("element => { element.scrollTop = 0 }")
    arrow = page.get_by_role("button", name="Вниз, к последнему")
    expect(arrow).to_be_visible()
    page.wait_for_timeout(300)  # it moves into its place
    over, words, field = (each.bounding_box() for each in (arrow, place, page.locator(".composer__field")))
    assert over
    assert words
    assert field
    assert words["y"] + words["height"] <= over["y"]
    assert over["y"] + over["height"] <= field["y"]
    arrow.click()
    expect(page.locator(".to-end--shown")).to_have_count(0)
