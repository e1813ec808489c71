"""What is seen before the modules of the page have come: a still picture, in whose place the page steps without moving anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from benchmarks.opening import bring
from g4f.Provider.Providers.Guide import Guide
from tests.e2e.acting import ACTORS, serving
from tests.e2e.conftest import Watched

pytestmark = pytest.mark.timeout(180)

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# Where everything stands that the picture shows. The line that says who was found is another one by then; it moves nothing else.
PICTURED = ".sidebar, .bar, .greeting :is(.mark, h1, .greeting__text, .example, b, span), .composer__field, .composer__text, .send"
PLACES = """pictured => [...document.querySelectorAll(pictured)].map(element => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return [element.classList[0], x, y, width, height].join(" ")
})"""


class Kept:
    """A module of the page that does not come until it is let go."""

    def __init__(self, page: Page, module: str) -> None:
        self._waiting: list[Route] = []
        self._is_free = False
        page.route(f"**/js/{module}.js", self._meet)

    def _meet(self, route: Route) -> None:
        if self._is_free:
            route.continue_()
        else:
            self._waiting.append(route)

    def let_go(self) -> None:
        self._is_free = True
        for route in self._waiting:
            route.continue_()


@pytest.fixture(params=[ACTORS, {"Guide": Guide}], ids=["a model", "no model"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    with serving(request.param) as address:
        yield f"{address}/"


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_steps_into_the_place_of_its_picture(browser: Any, address: str, device: dict[str, Any]) -> None:
    watched = Watched(browser, address, **device)
    page = watched.page
    main = Kept(page, "main")
    page.goto(address, wait_until="commit")
    expect(page.locator(".greeting h1")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    pictured = page.evaluate(PLACES, PICTURED)
    main.let_go()
    expect(page.get_by_role("textbox", name="Сообщение")).to_be_visible()
    assert len(pictured) > 15
    assert page.evaluate(PLACES, PICTURED) == pictured
    watched.context.close()
    assert watched.faults == []


def asked(browser: Any, address: str) -> Watched:
    """Somebody who has just got an answer."""
    watched = Watched(browser, address, **DESKTOP)
    page = watched.page
    page.goto(address)
    page.get_by_role("textbox", name="Сообщение").fill("Привет")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ответить заново")).to_be_visible()
    return watched


def test_the_field_of_a_conversation_stays_while_its_messages_are_fetched(browser: Any) -> None:
    with serving() as address:
        watched = asked(browser, address)
        page = watched.page

        conversation = page.url
        main = Kept(page, "main")
        Kept(page, "components/messages")
        page.goto(conversation, wait_until="commit")
        expect(page.locator(".composer__text--still")).to_be_visible()
        pictured = page.locator(".composer__field").bounding_box()
        main.let_go()
        expect(page.get_by_role("textbox", name="Сообщение")).to_be_visible()
        expect(page.get_by_role("article")).to_have_count(0)
        assert page.locator(".composer__field").bounding_box() == pictured
        watched.context.close()
        assert watched.faults == []


def requests_of(browser: Any, address: str, path: str, role: Any) -> list[str]:
    """What is asked for until the page at ``path`` shows something of this role, and is quiet. Nothing of it twice."""
    watched = Watched(browser, address, **DESKTOP)
    page = watched.page
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.removeprefix(address)))
    page.goto(f"{address}{path}")
    expect(page.get_by_role(role).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    watched.context.close()
    assert watched.faults == []
    assert len(requests) == len(set(requests))
    return requests


def test_the_first_page_comes_in_a_few_requests(browser: Any) -> None:
    with serving() as address:
        assert 5 < len(requests_of(browser, address, "/", "textbox")) <= 16


def test_a_conversation_comes_whole_with_its_page_and_nothing_comes_twice(browser: Any) -> None:
    with serving() as address:
        before = asked(browser, address)
        path = before.page.url.removeprefix(address)
        before.context.close()
        assert 5 < len(requests_of(browser, address, path, "article")) <= 20


# What the first frame shows that has a message in it: where the page is, and what of it was there.
FIRST_FRAME = """
const look = () => {
  const place = document.querySelector(".messages")
  if (!place?.querySelector("article")) return requestAnimationFrame(look)
  const below = place.scrollHeight - place.clientHeight - place.scrollTop
  window.first = { below, buttons: place.querySelectorAll("article button").length, height: place.scrollHeight }
}
requestAnimationFrame(look)
"""


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_conversation_is_seen_at_its_end_at_once_and_its_buttons_move_nothing(browser: Any, device: dict[str, Any]) -> None:
    with serving() as address:
        conversation = bring(int(address.rpartition(":")[2]), "Долгая", ["Вопрос", "Ответ"] * 20)
        watched = Watched(browser, address, **device)
        page = watched.page
        page.add_init_script(FIRST_FRAME)
        page.goto(f"{address}/chat/{conversation}")
        last = page.locator(".message").last
        expect(last.get_by_role("button", name="Ответить заново")).to_be_visible()
        first = page.evaluate("window.first")
        assert abs(first["below"]) <= 1
        assert first["buttons"] == 0
        expect(page.locator(".message")).to_have_count(40)
        places = "[...document.querySelectorAll('.message')].slice(-2).map(message => message.getBoundingClientRect().height)"
        drawn = page.evaluate(places)
        page.evaluate("document.querySelectorAll('.message__foot').forEach(foot => foot.replaceChildren())")
        assert page.evaluate(places) == drawn
        watched.context.close()
        assert watched.faults == []


def test_a_page_of_the_guide_comes_in_a_few_requests(browser: Any) -> None:
    with serving() as address:
        assert 2 < len(requests_of(browser, address, "/help/ru/finding.md", "heading")) <= 10
