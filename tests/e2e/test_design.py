"""The living page of components: only for whoever develops it, everything on it, and every colour readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.acting import serving
from tests.e2e.conftest import Watched

pytestmark = pytest.mark.timeout(180)
ENOUGH = 4.5  # WCAG 2.2 AA, normal text


@pytest.fixture
def watched(browser: Any) -> Iterator[Watched]:
    with serving(debug=True) as address:
        watched = Watched(browser, address, viewport={"width": 1600, "height": 900})
        yield watched
        watched.context.close()
    assert watched.faults == []


def test_every_component_is_shown_in_both_themes_and_every_colour_can_be_read(watched: Watched) -> None:
    page = watched.page
    page.goto(f"{watched.address}/design")
    for theme in ("light", "dark"):
        shown = page.locator(f".design__theme[data-theme={theme}]")
        expect(shown).to_have_count(6)
        expect(shown.locator("math").first).to_be_visible()
        expect(shown.locator(".message--assistant")).to_have_count(9)
        shown.locator(".code").first.scroll_into_view_if_needed()
        expect(shown.locator(".hljs-string").first).to_be_visible()
    expect(page.locator(".design__broken")).to_have_count(0)
    for accent in ("violet", "blue", "green", "pink"):
        page.get_by_role("button", name=accent, exact=True).click()
        expect(page.locator(f".design__theme[data-accent={accent}]").first).to_be_visible()
        page.wait_for_timeout(50)
        low = page.locator(".design__pair").evaluate_all(
            "(pairs, enough) => pairs.filter(pair => !(pair.dataset.contrast >= enough)).map(pair => pair.textContent)", ENOUGH
        )
        assert low == [], accent


def test_sheets_open_on_it(watched: Watched) -> None:
    page = watched.page
    page.goto(f"{watched.address}/design")
    stage = page.locator(".design__theme[data-theme=dark]").last
    for name, shown in (("menu", ".menu__sheet"), ("models", ".popover--models"), ("roles", ".popover--roles")):
        stage.get_by_role("button", name=name, exact=True).click()
        expect(stage.locator(shown)).to_be_visible()


def test_without_debug_there_is_no_such_page(browser: Any) -> None:
    with serving() as address:
        page = browser.new_page()
        answer = page.goto(f"{address}/design")
        assert answer.status == 404
        page.close()
