"""Finding and keeping, in Chromium against the real server: the search, the way to a message, pins, folders, the archive."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.conversations import Answer, Conversation, Message, Question
from server.storage.database import temporary
from server.storage.store import SqlStore
from tests.e2e.conftest import Watched
from tests.e2e.running import ServerProcess
from tests.llama.running import free_port

pytestmark = pytest.mark.timeout(180)
DAY = 86_400


def question(identity: str, parent: str | None, text: str, at: float) -> Question:
    return Question(identity, parent, text, at)


def answer(identity: str, parent: str, text: str, at: float) -> Answer:
    return Answer(identity, parent, text, at, "complete", "p", "m", finished_at=at)


def kept(now: float) -> Iterator[tuple[Conversation, list[Message]]]:
    """A long conversation with two versions of its first answer, and sixty short ones."""
    at = now - 40 * DAY
    tree: list[Message] = [question("q0", None, "Расскажи про Новый год", at), answer("a0", "q0", "На площади стоит Ёлка.", at + 1)]
    for number in range(1, 41):
        tree.append(question(f"q{number}", tree[-1].id, f"Вопрос {number}: " + "подробнее " * 40, at + number * 2))
        tree.append(answer(f"a{number}", f"q{number}", "И так далее. " * 40, at + number * 2 + 1))
    tree.append(answer("other", "q0", "В другой версии о празднике ни слова.", at + 200))
    yield Conversation("long", "Праздники", "m", "p", "default", at, at + 200), tree
    for number in range(60):
        at = now - 3600 - number * 60
        note = question(f"s{number}", None, f"Заметка {number}", at)
        short = Conversation(f"short{number}", note.text, "m", "p", "default", at, at)
        yield short, [note, answer(f"t{number}", note.id, "Хорошо", at)]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[ServerProcess]:
    with temporary(tmp_path / "data") as database:
        SqlStore(database).import_conversations("owner", list(kept(time.time())))
    server = ServerProcess(tmp_path, free_port(), discovery=False)
    server.start()
    yield server
    server.kill()


def start(watched: Watched, path: str = "/") -> Page:
    page: Page = watched.page
    page.goto(watched.address + path)
    expect(page.locator(".history .link").first).to_be_visible()
    return page


def look_for(page: Page, text: str) -> Any:
    page.keyboard.press("Control+KeyK")
    page.get_by_role("searchbox").fill(text)
    return page.locator(".history .found")


def menu(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Что сделать с беседой «{title}»").press("Enter")


def test_a_found_message_is_shown_on_its_own_branch_by_keyboard_alone(watched: Watched) -> None:
    page = start(watched)
    found = look_for(page, "елки")
    expect(found).to_have_count(1)
    expect(found.locator("mark")).to_have_text("Ёлка")
    expect(found).to_contain_text("Праздники")
    page.keyboard.press("ArrowDown")
    expect(found).to_be_focused()
    page.keyboard.press("Enter")
    message = page.locator("[data-id=a0]")
    expect(message).to_be_in_viewport()
    expect(message).to_be_focused()
    expect(message).to_have_class(re.compile("message--sought"))
    expect(page.locator("[data-id=other]")).to_have_count(0)
    expect(message).not_to_have_class(re.compile("message--sought"))
    expect(message).to_be_in_viewport()
    # From there to another message of the same conversation, on the other branch.
    found = look_for(page, '"другая версия"')
    expect(found.locator("mark")).to_have_text(["другой", "версии"])
    page.keyboard.press("Enter")
    expect(page.locator("[data-id=other]")).to_be_in_viewport()
    expect(page.locator("[data-id=a0]")).to_have_count(0)


def test_the_search_says_when_there_is_nothing_and_is_left_by_escape_or_by_hand(watched: Watched) -> None:
    page = start(watched)
    look_for(page, "такого слова нет")
    expect(page.get_by_role("status").filter(has_text="Ничего не найдено")).to_be_visible()
    listed = page.get_by_role("heading", name="Сегодня").or_(page.get_by_role("heading", name="Вчера")).first
    page.keyboard.press("Escape")
    expect(listed).to_be_visible()
    look_for(page, "такого слова нет")
    expect(listed).to_have_count(0)
    page.get_by_role("button", name="Ко всем беседам").click()
    expect(listed).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_results_are_narrowed_by_time_and_go_on(watched: Watched) -> None:
    page = start(watched)
    found = look_for(page, "заметка")
    expect(found).to_have_count(20)
    page.get_by_role("button", name="Показать ещё").click()
    expect(found).to_have_count(40)
    found = look_for(page, "праздник")
    expect(found).to_have_count(2)
    page.get_by_role("combobox", name="За какое время").select_option("week")
    expect(found).to_have_count(0)


def test_a_conversation_is_pinned_filed_and_archived(watched: Watched) -> None:
    page = start(watched)
    menu(page, "Заметка 5")
    page.get_by_role("menuitem", name="Закрепить").press("Enter")
    pinned = page.locator(".history section").filter(has=page.get_by_role("heading", name="Закреплённые"))
    expect(pinned.get_by_role("link")).to_have_text(["Заметка 5"])

    menu(page, "Заметка 6")
    page.get_by_role("menuitem", name="В папку…").press("Enter")
    expect(page.get_by_role("combobox", name="Папка")).to_be_focused()
    page.keyboard.type("Работа")
    page.keyboard.press("Enter")
    menu(page, "Заметка 7")
    page.get_by_role("menuitem", name="В архив").press("Enter")
    expect(page.locator(".history").get_by_role("link", name="Заметка 7", exact=True)).to_have_count(0)

    page.get_by_role("button", name="Работа").press("Enter")
    expect(page.locator(".folder").get_by_role("link")).to_have_text(["Заметка 6"])
    page.get_by_role("button", name="Архив", exact=True).press("Enter")
    links = page.locator(".history").get_by_role("link")
    expect(links).to_have_text(["Заметка 7"])
    menu(page, "Заметка 7")
    page.get_by_role("menuitem", name="Вернуть из архива").press("Enter")
    expect(page.get_by_text("Архив пуст.")).to_be_visible()
    page.get_by_role("button", name="Ко всем беседам").press("Enter")
    expect(page.locator(".history").get_by_role("link", name="Заметка 7", exact=True)).to_have_count(1)
    page.reload()
    expect(pinned.get_by_role("link")).to_have_text(["Заметка 5"])
