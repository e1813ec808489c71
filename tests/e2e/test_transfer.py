"""Chats of the old page and of other programs come in through the page, in Chromium."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watched

pytestmark = pytest.mark.timeout(180)

LEAVE = """([chats, settings]) => {
  for (const chat of chats) localStorage.setItem("conversation:" + chat.id, JSON.stringify(chat))
  for (const [name, value] of Object.entries(settings)) localStorage.setItem(name, value)
}"""
SETTINGS = {"theme": "theme-dark", "model": "2", "switch": "true"}
CHATS = [
    {
        "id": f"0f3c1d2e-aaaa-4bbb-8ccc-18986f{number}4c00",
        "title": "Как испечь пир",
        "items": [
            {"role": "user", "content": f"Как испечь пирог {number}? <img src=x onerror=alert(1)>"},
            {"role": "assistant", "content": "Возьмите муку [aborted]"},
        ],
    }
    for number in range(1, 4)
]


def open_with_old_chats(watched: Watched) -> Page:
    page: Page = watched.page
    page.goto(watched.address)
    page.evaluate(LEAVE, [CHATS, SETTINGS])
    page.reload()
    return page


def keys(page: Page) -> set[str]:
    return set(page.evaluate("Object.keys(localStorage)")) - {"chat.preferences", "chat.drafts"}


def test_chats_of_the_old_page_move_to_the_server(watched: Watched) -> None:
    page = open_with_old_chats(watched)
    offer = page.get_by_role("region", name="Импорт и экспорт")
    expect(offer).to_contain_text("3 беседы")
    offer.get_by_role("button", name="Перенести").click()
    expect(offer).to_have_count(0)
    expect(page.locator(".history .link")).to_have_count(3)
    assert keys(page) == set(SETTINGS)
    page.goto(f"{watched.address.rstrip('/')}/chat/{CHATS[0]['id']}")  # an old bookmark
    expect(page.locator(".message--assistant")).to_contain_text("Возьмите муку")
    expect(page.locator(".message--assistant")).to_contain_text("Ответ остановлен")
    expect(page.locator(".message--user")).to_contain_text("<img src=x onerror=alert(1)>")


def test_not_now_is_remembered_and_the_settings_go_on_offering(watched: Watched) -> None:
    page = open_with_old_chats(watched)
    page.get_by_role("button", name="Не сейчас").click()
    expect(page.get_by_role("button", name="Не сейчас")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Настройки").click()
    expect(page.get_by_role("button", name="Перенести с прежней страницы: 3")).to_be_visible()
    expect(page.locator(".offer")).to_have_count(0)
    assert len(keys(page)) == len(CHATS) + len(SETTINGS) + 1


def test_a_file_is_shown_before_it_is_stored_and_everything_can_be_taken_out(watched: Watched, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    exported = {f"conversation:{chat['id']}": chat for chat in CHATS}
    exported["bucket:x"] = {"ballast": [number * 7919 % 10_007 for number in range(400_000)]}  # beyond a megabyte the page packs it
    file.write_text(json.dumps({"options": {"g4f": ""}, **exported}), encoding="utf-8")
    page: Page = watched.page
    page.goto(watched.address)
    page.get_by_role("button", name="Настройки").click()
    section = page.locator(".import")
    section.locator("input").set_input_files(file)
    expect(section).to_contain_text("3 беседы, сообщений: 6.")
    expect(page.locator(".history .link")).to_have_count(0)
    section.get_by_role("button", name="Загрузить", exact=True).click()
    toasts = page.get_by_role("dialog").locator(".toasts")
    expect(toasts).to_contain_text("Добавлены 3 беседы")
    with page.expect_download() as download:
        section.get_by_role("link", name="Скачать все беседы").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as opened:
        assert len(opened.namelist()) == 7
    archive = tmp_path / "all.zip"
    download.value.save_as(archive)
    section.locator("input").set_input_files(archive)
    expect(section).to_contain_text(re.compile("FreeGPT: 3 беседы.*Все они уже здесь"))
    toasts.get_by_role("button", name="Отменить").click()  # it was the wrong file
    expect(page.locator(".history .link")).to_have_count(0)


def test_roles_that_came_with_a_file_go_with_it(watched: Watched, tmp_path: Path) -> None:
    page: Page = watched.page
    page.goto(watched.address)
    api = f"{watched.address}/backend-api/v2"
    role = {"id": "guide", "kind": "role", "name": "Гид по городу", "text": "Ты гид по городу."}
    assert page.request.post(f"{api}/library", data=role, headers={"Sec-Fetch-Site": "same-origin"}).ok
    archive = tmp_path / "all.zip"
    archive.write_bytes(page.request.get(f"{api}/export").body())
    assert page.request.delete(f"{api}/library/guide", headers={"Sec-Fetch-Site": "same-origin"}).ok
    page.get_by_role("button", name="Настройки").click()
    section = page.locator(".import")
    section.locator("input").set_input_files(archive)
    section.get_by_role("button", name="Загрузить", exact=True).click()
    toasts = page.get_by_role("dialog").locator(".toasts")
    expect(toasts).to_contain_text("Новых ролей и запросов: 1.")
    assert [item["id"] for item in page.request.get(f"{api}/library").json()["items"]] == ["guide"]
    with page.expect_response(lambda response: response.url.endswith("/prompts")):
        toasts.get_by_role("button", name="Отменить").click()
    assert page.request.get(f"{api}/library").json()["items"] == []
