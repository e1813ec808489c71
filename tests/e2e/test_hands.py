"""Keys, addresses and the page as an application of its own, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watched
from tests.e2e.test_page import REFUSED, FakeServer, box, start

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
