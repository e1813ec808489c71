"""A long conversation in Chromium: what is far from the window has its words, is found, led to and printed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.conversations import Answer, Conversation, Message, Question
from server.storage.database import temporary
from server.storage.store import SqlStore
from tests.e2e.conftest import OLDER, Watched
from tests.e2e.running import ServerProcess
from tests.llama.running import free_port

pytestmark = pytest.mark.timeout(180)
TURNS, PINNED = 150, 60


def long_tree(at: float) -> Iterator[Message]:
    parent = None
    for number in range(TURNS):
        yield Question(f"q{number}", parent, f"Вопрос {number}: почему так?", at + number)
        words = f"Ответ {number}: потому что **иначе** нельзя. " + "Так устроено. " * 20
        said = Answer(f"a{number}", f"q{number}", words, at + number, "complete", "p", "m", finished_at=at + number)
        yield replace(said, pinned=number == PINNED)
        parent = f"a{number}"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[ServerProcess]:
    at = time.time() - 3600
    with temporary(tmp_path / "data") as database:
        talk = Conversation("long", "Долгая беседа", "m", "p", "default", at, at)
        short = Conversation("short", "Короткая беседа", "m", "p", "default", at, at)
        stored = [(talk, list(long_tree(at))), (short, [Question("only", None, "Один вопрос", at)])]
        SqlStore(database).import_conversations("owner", stored)
    server = ServerProcess(tmp_path, free_port(), discovery=False)
    server.start()
    yield server
    server.kill()


def open_whole(watched: Watched) -> Page:
    """The conversation at its end, with all of its past drawn."""
    page: Page = watched.page
    page.goto(f"{watched.address}/chat/long")
    expect(page.locator(f"[data-id=a{TURNS - 1}]")).to_be_in_viewport()
    expect(page.locator(".messages .message")).to_have_count(2 * TURNS)
    return page


def buttons(page: Page, message: str) -> Any:
    return page.locator(f"[data-id={message}]").get_by_role("button")


def test_what_is_far_has_its_words_and_gets_its_buttons_near(watched: Watched) -> None:
    page = open_whole(watched)
    for near in (f"q{TURNS - 1}", f"a{TURNS - 1}"):
        expect(buttons(page, near)).not_to_have_count(0)
    for far in ("q3", "a3"):
        expect(buttons(page, far)).to_have_count(0)
        expect(page.locator(f"[data-id={far}]")).to_contain_text(" 3: по")
    page.locator("[data-id=q3]").scroll_into_view_if_needed()
    for near in ("q3", "a3"):
        expect(buttons(page, near)).not_to_have_count(0)
    expect(buttons(page, f"a{TURNS - 1}")).not_to_have_count(0)  # the last one is never skipped
    expect(buttons(page, f"a{PINNED}")).to_have_count(0)
    buttons(page, "q3").and_(page.get_by_label("Скопировать")).click()
    expect(page.get_by_text("Скопировано")).to_be_visible()


# How many messages stand in the page at the moment when the last one comes.
COUNT = """last => new Promise(done => new MutationObserver((_, observer) => {
  if (!document.querySelector(`[data-id=${last}]`)) return
  observer.disconnect()
  done(document.querySelectorAll(".message").length)
}).observe(document.body, { childList: true, subtree: true }))"""


def test_it_is_opened_at_its_end_however_often(watched: Watched) -> None:
    page = open_whole(watched)
    page.get_by_role("link", name="Короткая беседа").click()
    expect(page.locator("[data-id=only]")).to_be_visible()
    page.evaluate(f"last => {{ window.count = ({COUNT})(last) }}", f"a{TURNS - 1}")
    page.get_by_role("link", name="Долгая беседа").click()
    assert page.evaluate("window.count") == 10
    expect(page.locator(".messages .message")).to_have_count(2 * TURNS)


def test_its_end_comes_first_and_the_rest_when_it_can(watched: Watched) -> None:
    page: Page = watched.page
    asked: list[str] = []
    refused: list[str] = []

    def refuse_once(route: Any) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503, json={"error": {"code": "busy", "message": "", "values": {}}})

    page.on("request", lambda request: asked.append(request.url.partition("/backend-api/v2/")[2]))
    page.route(lambda url: url.endswith("/conversations/long"), refuse_once)
    page.goto(f"{watched.address}/chat/long")
    expect(page.locator(f"[data-id=a{TURNS - 1}]")).to_be_in_viewport()
    expect(page.locator(".messages .message")).to_have_count(20)
    expect(page.get_by_role("status", name="Беседа загружается")).to_be_attached()
    page.fill("#composer", "Вопрос, пока остальное в пути")
    expect(page.locator(".messages .message")).to_have_count(2 * TURNS)
    expect(page.get_by_role("status", name="Беседа загружается")).to_have_count(0)
    expect(page.locator(f"[data-id=a{TURNS - 1}]")).to_be_in_viewport()
    expect(page.locator("#composer")).to_have_value("Вопрос, пока остальное в пути")
    read = [each for each in asked if each.startswith("conversations/long")]
    assert read == ["conversations/long?last=20", "conversations/long", "conversations/long"]
    assert len(watched.faults) == 1
    assert "503" in watched.faults.pop()


@pytest.mark.parametrize(("older", "top", "number"), [(False, 0, TURNS - 10), (True, 300, TURNS - 8)])
def test_who_reads_stays_there_when_the_past_comes(watched: Watched, older: bool, top: int, number: int) -> None:
    """At the very top no browser sees to it, in the middle none of those without scroll anchoring."""
    page: Page = watched.page
    if older:
        page.add_init_script(OLDER)
    held: list[Any] = []
    page.route(lambda url: url.endswith("/conversations/long"), lambda route: held.append(route))
    page.goto(f"{watched.address}/chat/long")
    expect(page.locator(".messages .message")).to_have_count(20)
    if older:  # there every message has its buttons, and none of them comes later
        expect(buttons(page, f"q{TURNS - 10}")).not_to_have_count(0)
    page.locator(".messages").evaluate("(place, top) => { place.scrollTop = top }", top)
    expect(page.locator(".to-end--shown")).to_be_visible()
    page.wait_for_timeout(1_200)  # the past is waited for by now, and seen to be
    assert page.locator(".messages").evaluate("place => place.scrollTop") == top
    message = page.locator(f"[data-id=q{number}]")
    before = message.bounding_box()
    held[0].continue_()
    expect(page.locator(".messages .message")).to_have_count(2 * TURNS)
    after = message.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) <= 2


def test_a_key_in_a_long_question_moves_no_message_in_any_browser(watched: Watched) -> None:
    watched.page.add_init_script(OLDER)
    page = open_whole(watched)
    field = page.locator("#composer")
    field.fill("Строка\n" * 7)
    assert field.evaluate("field => field.scrollHeight <= field.clientHeight")
    place = page.locator(".messages")
    place.evaluate("place => { place.scrollTop -= 80 }")
    page.wait_for_timeout(300)
    top = place.evaluate("place => place.scrollTop")
    page.keyboard.type("я")
    page.wait_for_timeout(300)
    assert place.evaluate("place => place.scrollTop") == top


def test_a_question_that_is_rewritten_is_seen_whole_in_any_browser(watched: Watched) -> None:
    watched.page.add_init_script(OLDER)
    page = open_whole(watched)
    page.locator("#composer").press("ArrowUp")
    field = page.locator(".editor__text")
    expect(field).to_be_focused()
    field.fill("Строка\n" * 9)
    assert field.evaluate("field => field.scrollHeight <= field.clientHeight")


def test_who_is_led_to_a_message_gets_the_way_to_it(watched: Watched) -> None:
    page: Page = watched.page
    page.goto(f"{watched.address}/chat/short")
    expect(page.locator(".history .link").first).to_be_visible()
    page.keyboard.press("Control+KeyK")
    page.get_by_role("searchbox").fill('"Ответ 3"')
    expect(page.locator(".history .found")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("[data-id=a3]")).to_be_in_viewport()
    expect(page.locator("[data-id=a3]")).to_be_focused()


def test_the_browser_finds_what_is_far(watched: Watched) -> None:
    page = open_whole(watched)
    # The find bar of a browser without a window is this function, which leaves the scrolling to us.
    assert page.evaluate("find('Ответ 5: потому', false, false, true)")
    page.evaluate("getSelection().focusNode.parentElement.scrollIntoView({ block: 'center' })")
    expect(page.locator("[data-id=a5]")).to_be_in_viewport()
    expect(buttons(page, "a5")).not_to_have_count(0)
    assert page.evaluate("getSelection().toString()") == "Ответ 5: потому"


def test_a_pin_leads_to_what_is_far(watched: Watched) -> None:
    page = open_whole(watched)
    page.get_by_role("button", name="1 закреплённое сообщение").click()
    page.get_by_role("button", name=f"Ответ {PINNED}").click()
    expect(page.locator(f"[data-id=a{PINNED}]")).to_be_in_viewport()
    expect(page.locator(f"[data-id=a{PINNED}]")).to_be_focused()
    expect(buttons(page, f"a{PINNED}")).not_to_have_count(0)


def test_on_paper_nothing_is_skipped(watched: Watched) -> None:
    page = open_whole(watched)
    page.emulate_media(media="print")
    for message in ("q0", "a0", "a75"):
        body = page.locator(f"[data-id={message}] .message__body")
        assert body.evaluate("body => body.checkVisibility({ contentVisibilityAuto: true })")
    expect(page.locator("[data-id=a0] .message__meta")).to_contain_text("m")
