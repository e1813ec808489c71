"""Keeping in order, in Chromium against the real server: titles by the model, tags, folders, many at once, temporary talks."""

from __future__ import annotations

import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.conversations import Conversation, Message, Question
from server.storage.database import temporary
from server.storage.store import SqlStore
from tests.e2e.conftest import LASTING, Watched
from tests.e2e.running import ServerProcess
from tests.emulators import openai
from tests.emulators.stage import Stage, on_stage
from tests.llama.running import free_port

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def service() -> Iterator[Stage]:
    with on_stage(openai.make_app()) as stage:
        yield stage


@pytest.fixture
def live(tmp_path: Path, service: Stage) -> Iterator[ServerProcess]:
    """The server with a service that answers, and names conversations, in one sentence."""
    endpoint = {"name": "Служба", "base_url": f"{service.url}/v1", "models": ["emulated-small"]}
    server = ServerProcess(tmp_path, free_port(), discovery=False, endpoints=[endpoint], titles="model")
    server.start()
    yield server
    server.kill()


def start(watched: Watched, path: str = "/") -> Page:
    page: Page = watched.page
    page.goto(watched.address + path)
    expect(page.locator("#composer")).to_be_visible()
    expect(page.get_by_role("button", name="emulated-small")).to_be_visible()
    return page


def ask(page: Page, text: str) -> None:
    page.locator("#composer").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Остановить")).to_have_count(0)
    expect(page.locator(".message").last).to_contain_text("Отвечаю по-русски")


def menu(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Что сделать с беседой «{title}").press("Enter")


def links(page: Page) -> Any:
    return page.locator(".history .link__title")


def test_a_title_by_the_model_comes_by_itself_and_on_a_wish(watched: Watched) -> None:
    page = start(watched)
    ask(page, "Какая погода бывает в мае")
    expect(links(page)).to_contain_text(["Вы спросили"])
    menu(page, "Вы спросили")
    page.get_by_role("menuitem", name="Переименовать").press("Enter")
    page.keyboard.type("Моё")
    page.keyboard.press("Enter")
    expect(links(page)).to_have_text(["Моё"])
    ask(page, "А в июне")
    expect(links(page)).to_have_text(["Моё"])
    menu(page, "Моё")
    page.evaluate(LASTING)
    page.get_by_role("menuitem", name="Название от модели").press("Enter")
    expect(links(page)).to_contain_text(["Вы спросили"])
    page.get_by_role("button", name="Вернуть").click()
    expect(links(page)).to_have_text(["Моё"])


# --- tags, folders, many at once -------------------------------------------------------------------------------------------------


@pytest.fixture
def stocked(live: ServerProcess, watched: Watched) -> Page:
    """The page over a list of twelve notes."""
    live.stop()
    with temporary(live.folder / "data") as database:
        now = time.time()
        notes: list[tuple[Conversation, list[Message]]] = []
        for number in range(12):
            at = now - 60 - number
            asked = Question(f"q{number}", None, f"Вопрос {number}", at)
            notes.append((Conversation(f"n{number}", f"Заметка {number}", "m", "p", "default", at, at), [asked]))
        SqlStore(database).import_conversations("owner", notes)
    live.start()
    page = start(watched)
    expect(links(page)).to_have_count(12)
    return page


def undo(page: Page) -> None:
    page.get_by_role("button", name="Вернуть", exact=True).last.click()


def folder(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name).and_(page.locator(".folder__name"))


def test_tags_are_given_shown_and_looked_up_by_keyboard(stocked: Page) -> None:
    page = stocked
    menu(page, "Заметка 3»")
    page.get_by_role("menuitem", name="Метки…").press("Enter")
    expect(page.get_by_role("textbox", name="Новая метка")).to_be_focused()
    page.keyboard.type("важное")
    page.keyboard.press("Enter")
    page.keyboard.type("дом")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    line = page.locator(".link-row", has_text="Заметка 3")
    expect(line.locator(".link__tags")).to_have_text("важное · дом")
    menu(page, "Заметка 5»")
    page.get_by_role("menuitem", name="Метки…").press("Enter")
    page.get_by_role("button", name="важное").and_(page.locator(".tag--offered")).click()
    page.keyboard.press("Enter")
    expect(page.locator(".link-row", has_text="Заметка 5").locator(".link__tags")).to_have_text("важное")
    tag = page.locator(".tag-bar").get_by_role("button", name="важное")
    tag.press("Enter")
    expect(tag).to_have_attribute("aria-pressed", "true")
    expect(links(page)).to_have_text(["Заметка 3", "Заметка 5"])
    menu(page, "Заметка 5»")
    page.get_by_role("menuitem", name="Метки…").press("Enter")
    expect(page.get_by_role("textbox", name="Новая метка")).to_be_focused()
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(links(page)).to_have_text(["Заметка 3"])
    page.get_by_role("button", name="Ко всем беседам").click()
    expect(links(page)).to_have_count(12)


# A mouse gives a button no focus in Safari, and in Firefox on a Mac: the field that had it loses it to nothing.
UNFOCUSED = """document.addEventListener("mousedown", event => {
    if (!event.target.closest("button")) return
    event.preventDefault()
    document.activeElement?.blur()
}, true)"""


def test_tags_are_given_by_a_mouse_that_focuses_no_button(stocked: Page) -> None:
    page = stocked
    page.evaluate(UNFOCUSED)
    for note, tag in (("Заметка 3", "дом"), ("Заметка 5", "")):
        menu(page, f"{note}»")
        page.get_by_role("menuitem", name="Метки…").press("Enter")
        expect(page.get_by_role("textbox", name="Новая метка")).to_be_focused()
        page.keyboard.type(tag)
        if tag:
            page.keyboard.press("Enter")
        else:
            page.locator(".tag--offered", has_text="дом").click()
        page.get_by_role("heading", name="Сегодня").click()
        expect(page.get_by_role("textbox", name="Новая метка")).to_have_count(0)
        expect(page.locator(".link-row", has_text=note).locator(".link__tags")).to_have_text("дом")
    menu(page, "Заметка 3»")
    page.get_by_role("menuitem", name="Метки…").press("Enter")
    page.get_by_role("button", name="Убрать метку «дом»").click()
    page.keyboard.press("Enter")
    expect(page.locator(".link-row", has_text="Заметка 3").locator(".link__tags")).to_have_count(0)


def test_a_tag_that_looks_like_markup_is_text(stocked: Page) -> None:
    page = stocked
    menu(page, "Заметка 3»")
    page.get_by_role("menuitem", name="Метки…").press("Enter")
    expect(page.get_by_role("textbox", name="Новая метка")).to_be_focused()
    page.keyboard.type("<img src=x onerror=alert(1)>")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".tag-bar").get_by_role("button")).to_have_text(["<img src=x onerror=alert(1)>"])
    expect(page.locator(".tag-bar img, .link__tags img")).to_have_count(0)


def test_a_conversation_is_dragged_onto_a_folder_and_out_of_it(stocked: Page) -> None:
    page = stocked
    menu(page, "Заметка 0»")
    page.get_by_role("menuitem", name="В папку…").press("Enter")
    expect(page.get_by_role("combobox", name="Папка")).to_be_focused()
    page.keyboard.type("Дом")
    page.keyboard.press("Enter")
    expect(folder(page, "Дом")).to_have_text("Дом1")
    expect(links(page).filter(has_text="Заметка")).to_have_count(11)
    page.get_by_role("link", name="Заметка 4", exact=True).drag_to(folder(page, "Дом"))
    expect(folder(page, "Дом")).to_have_text("Дом2")
    folder(page, "Дом").press("Enter")
    inside = page.locator(".folder .link__title").filter(has_text="Заметка")
    expect(inside).to_have_text(["Заметка 0", "Заметка 4"])
    undo(page)
    expect(inside).to_have_text(["Заметка 0"])
    page.reload()
    expect(inside).to_have_text(["Заметка 0"])


def select(page: Page) -> None:
    page.get_by_role("button", name="Выбрать", exact=True).press("Enter")
    expect(page.get_by_role("checkbox")).to_have_count(12)


def test_many_are_chosen_by_mouse_and_keyboard(stocked: Page) -> None:
    page = stocked
    select(page)
    said = page.locator(".selection__count")
    page.get_by_text("Заметка 1", exact=True).click()
    page.get_by_text("Заметка 4", exact=True).click(modifiers=["Shift"])
    expect(said).to_have_text("Выбрано 4 беседы")
    page.get_by_text("Заметка 2", exact=True).click(modifiers=["Control"])
    expect(said).to_have_text("Выбрано 3 беседы")
    page.get_by_role("checkbox", name="Заметка 6").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Заметка 6")).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("checkbox", name="Заметка 7")).to_be_focused()
    page.keyboard.press("Space")
    expect(said).to_have_text("Выбрано 5 бесед")
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(links(page)).to_have_count(12)
    select(page)
    page.get_by_text("Заметка 1", exact=True).click()
    expect(said).to_have_text("Выбрана 1 беседа")
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_what_was_done_with_many_is_taken_back_with_one_press(stocked: Page) -> None:
    page = stocked
    for deed, left in (("В архив", 9), ("Удалить", 9)):
        select(page)
        page.get_by_text("Заметка 1", exact=True).click()
        page.get_by_text("Заметка 3", exact=True).click(modifiers=["Shift"])
        page.locator(".selection").get_by_role("button", name=deed).click()
        expect(links(page)).to_have_count(left)
        undo(page)
        expect(links(page)).to_have_count(12)
    select(page)
    page.get_by_text("Заметка 1", exact=True).click()
    page.get_by_text("Заметка 2", exact=True).click(modifiers=["Shift"])
    page.locator(".selection").get_by_role("button", name="Метки…").click()
    expect(page.get_by_role("textbox", name="Новая метка")).to_be_focused()
    page.keyboard.type("дом")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".link__tags")).to_have_text(["дом", "дом"])
    undo(page)
    expect(page.locator(".link__tags")).to_have_count(0)
    select(page)
    page.get_by_text("Заметка 1", exact=True).click()
    page.locator(".selection").get_by_role("button", name="В папку…").click()
    expect(page.get_by_role("combobox", name="Папка")).to_be_focused()
    page.keyboard.type("Дом")
    page.keyboard.press("Enter")
    expect(folder(page, "Дом")).to_have_text("Дом1")
    undo(page)
    expect(links(page)).to_have_count(12)


def test_the_chosen_ones_are_downloaded(stocked: Page) -> None:
    page = stocked
    select(page)
    page.get_by_text("Заметка 1", exact=True).click()
    with page.expect_download() as download:
        page.locator(".selection").get_by_role("button", name="Скачать").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert [name for name in archive.namelist() if name.endswith(".json") and "Заметка 1" in name]


def test_what_was_deleted_comes_back_from_beside_the_archive(stocked: Page) -> None:
    page = stocked
    menu(page, "Заметка 5»")
    page.get_by_role("menuitem", name="Удалить").press("Enter")
    expect(links(page)).to_have_count(11)
    page.reload()
    page.get_by_role("button", name="Архив", exact=True).click()
    deleted = page.get_by_role("region", name="Удалённые")
    expect(deleted.get_by_role("listitem")).to_have_text([re.compile("Заметка 5")])
    deleted.get_by_role("button", name=re.compile("Вернуть: .*Заметка 5")).click()
    expect(deleted).to_have_count(0)
    page.get_by_role("button", name="Ко всем беседам").click()
    expect(links(page)).to_have_count(12)


# --- a temporary talk ------------------------------------------------------------------------------------------------------------

WORD = "Ксенотранспортёр"  # nothing else says it
MARK = "Временная беседа: не сохраняется"


def asked(service: Stage) -> list[list[tuple[str, str]]]:
    """What the model was sent, question by question."""
    bodies = [json.loads(seen.body) for seen in service.seen if seen.path.endswith("/chat/completions")]
    return [[(turn["role"], turn["content"]) for turn in body["messages"]] for body in bodies]


def test_a_temporary_talk_goes_on_and_leaves_nothing(watched: Watched, live: ServerProcess, service: Stage) -> None:
    page = start(watched)
    page.locator("#composer").fill(f"{WORD} в черновике")
    page.wait_for_timeout(400)  # longer than a draft waits to be kept
    assert "черновике" in page.evaluate("localStorage.getItem('chat.drafts')")
    page.get_by_role("button", name="Временная беседа").press("Enter")
    expect(page.get_by_text(MARK)).to_be_visible()
    ask(page, f"{WORD} раз")
    expect(page.get_by_text(MARK)).to_be_visible()
    ask(page, f"{WORD} два")
    first = asked(service)[0][-1]
    assert [role for role, _ in asked(service)[-1]] == ["user", "assistant", "user"]
    assert asked(service)[-1][0] == first

    page.locator(".message--user").last.hover()
    page.locator(".message--user").last.get_by_role("button", name="Изменить").click()
    page.locator(".message--edited textarea").fill(f"{WORD} три")
    page.keyboard.press("Enter")
    expect(page.locator(".message--assistant").last).to_contain_text(f"{WORD} три")
    assert [text for _, text in asked(service)[-1]][-1] == f"{WORD} три"
    page.locator(".message--assistant").last.get_by_role("button", name="Ответить заново").click()
    expect(page.locator(".message--assistant").last.get_by_role("group", name="Варианты")).to_contain_text("2/2")
    assert asked(service)[-1] == asked(service)[-2]
    expect(page.get_by_role("button", name="Поделиться")).to_have_count(0)

    page.locator("#composer").fill(f"{WORD} недописано")
    expect(page.locator(".history .link")).to_have_count(0)
    page.wait_for_timeout(400)  # longer than a draft waits to be kept
    page.reload()
    expect(page.locator("#composer")).to_have_value("")
    expect(page.locator(".message")).to_have_count(0)
    expect(page.get_by_text(MARK)).to_have_count(0)
    assert WORD not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    live.stop()
    kept = b"".join(file.read_bytes() for file in live.folder.rglob("*") if file.is_file())
    assert WORD.encode() not in kept
    assert WORD.lower().replace("ё", "е")[:12].encode() not in kept
    live.start()


def test_a_new_conversation_after_a_temporary_one_is_kept(watched: Watched) -> None:
    page = start(watched)
    page.get_by_role("button", name="Временная беседа").click()
    ask(page, "Раз")
    page.get_by_role("complementary").get_by_role("button", name="Новая беседа").click()
    expect(page.locator(".message")).to_have_count(0)
    expect(page.get_by_text(MARK)).to_have_count(0)
    ask(page, "Два")
    expect(page.locator(".history .link")).to_have_count(1)


def test_a_temporary_answer_survives_its_line_and_can_be_stopped(watched: Watched) -> None:
    page = start(watched)
    page.get_by_role("button", name="Временная беседа").click()
    page.locator("#composer").fill("#endless")
    page.keyboard.press("Enter")
    said = page.locator(".message--assistant")
    expect(said).to_contain_text("снова")
    page.get_by_role("button", name="Остановить").click()
    expect(said).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("button", name="Продолжить")).to_have_count(0)


# --- the search among shelves, and a long list -----------------------------------------------------------------------------------


def test_the_search_is_narrowed_to_a_shelf_and_leads_to_the_message(stocked: Page) -> None:
    page = stocked
    menu(page, "Заметка 3»")
    page.get_by_role("menuitem", name="Метки…").press("Enter")
    expect(page.get_by_role("textbox", name="Новая метка")).to_be_focused()
    page.keyboard.type("дом")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    menu(page, "Заметка 4»")
    page.get_by_role("menuitem", name="В архив").press("Enter")
    expect(links(page)).to_have_count(11)
    page.get_by_role("searchbox").fill("вопрос")
    results = page.locator(".found")
    expect(results).to_have_count(12)
    where = page.get_by_role("combobox", name="Где искать")
    for place, left in (("Не в архиве", 11), ("дом", 1), ("В архиве", 1)):
        where.select_option(label=place)
        expect(results).to_have_count(left)
    page.get_by_role("combobox", name="С какой моделью").select_option("emulated-small")
    expect(results).to_have_count(0)
    page.get_by_role("combobox", name="С какой моделью").select_option("m")
    results.click()
    expect(page.locator("[data-id=q4]")).to_be_focused()


def test_ten_thousand_conversations_are_as_light_as_fifty(live: ServerProcess, watched: Watched) -> None:
    live.stop()
    with temporary(live.folder / "data") as database:
        now = time.time() - 400 * 86_400
        notes: list[tuple[Conversation, list[Message]]] = [
            (Conversation(f"n{number}", f"Заметка {number}", "m", "p", "default", now - number, now - number), [])
            for number in range(10_000)
        ]
        SqlStore(database).import_conversations("owner", notes)
    live.start()
    page = start(watched)
    expect(links(page).first).to_have_text("Заметка 0")
    for last in (200, 600, 1_000):
        while page.get_by_text(f"Заметка {last}", exact=True).count() == 0:
            page.locator(".history").evaluate("list => list.scrollTo(0, list.scrollHeight)")
            page.wait_for_timeout(50)
        assert links(page).count() <= 300
    page.locator(".history").evaluate("list => list.scrollTo(0, 0)")
    expect(page.get_by_text("Заметка 0", exact=True)).to_be_in_viewport()
    page.get_by_role("link", name="Заметка 0", exact=True).focus()
    for _ in range(50):
        page.keyboard.press("ArrowDown")
    sixtieth = page.get_by_role("link", name="Заметка 60", exact=True)
    for _ in range(500):  # at the end of what has come, a press waits for nobody
        if sixtieth.count() and sixtieth.evaluate("link => link === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(20)
    expect(sixtieth).to_be_focused()


def test_shelves_keep_the_first_page_within_its_limit(stocked: Page) -> None:
    page = stocked
    menu(page, "Заметка 0»")
    page.get_by_role("menuitem", name="В папку…").press("Enter")
    expect(page.get_by_role("combobox", name="Папка")).to_be_focused()
    page.keyboard.type("Дом")
    page.keyboard.press("Enter")
    expect(folder(page, "Дом")).to_be_visible()
    menu(page, "Заметка 3»")
    page.get_by_role("menuitem", name="Метки…").press("Enter")
    expect(page.get_by_role("textbox", name="Новая метка")).to_be_focused()
    page.keyboard.type("дом")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".tag-bar")).to_be_visible()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    expect(folder(page, "Дом")).to_be_visible()
    expect(page.locator(".tag-bar")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(requests) <= 40, requests
