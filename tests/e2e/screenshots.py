"""Takes the pictures of the README from the real page: ``python3 -m tests.e2e.screenshots``, inside .venv, with a Chromium.

The server is the real one; only the model is an actor, so that the pictures are the same each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.e2e.acting import COMPARED, MOTTOES, QUESTION, serving
from tests.e2e.conftest import ARGUMENTS, CHROMIUM

SETTLED = 500  # milliseconds in which whatever slides in has come
FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
EARLIER = ("План поездки в Карелию", "Письмо арендодателю", "Что такое квантование модели")
SIZES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {
        "color_scheme": "light",
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Сообщение").fill(text)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Ответить заново").first.wait_for()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with serving() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(locale="ru-RU", **SIZES["light"])
        for title in (*EARLIER, QUESTION):
            page.goto(address)
            say(page, title)
        place = page.url
        for name, size in SIZES.items():
            context = browser.new_context(locale="ru-RU", **size)
            page = context.new_page()
            page.goto(place)
            page.locator(".hljs-keyword").first.wait_for()
            page.locator("math").first.wait_for()
            page.locator(".message--user").first.scroll_into_view_if_needed()
            page.screenshot(path=FOLDER / f"{name}.png")
        context = browser.new_context(locale="ru-RU", **SIZES["light"])
        for name, show in {"search": search, "compare": compare, "settings": settings}.items():
            page = context.new_page()
            page.goto(place)
            page.locator("math").first.wait_for()
            show(page, address)
            page.wait_for_timeout(SETTLED)
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()


def search(page: Page, _: str) -> None:
    page.keyboard.press("Control+KeyK")
    page.locator("#search:focus").wait_for()
    page.keyboard.type("список словарей")
    page.locator(".found mark").first.wait_for()


def compare(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Выбрать модель").click()
    page.get_by_role("button", name="Сравнить").click()
    for model in list(MOTTOES)[1:]:
        page.get_by_role("option", name=model).click()
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Сообщение").fill(COMPARED)
    page.keyboard.press("Control+Enter")
    for model in MOTTOES:
        page.get_by_role("article").get_by_text(model).first.wait_for()
    page.get_by_role("button", name="Оставить этот").nth(len(MOTTOES) - 1).wait_for()
    page.get_by_role("textbox", name="Сообщение").focus()


def settings(page: Page, _: str) -> None:
    page.keyboard.press("Control+Comma")
    page.get_by_role("dialog", name="Настройки").wait_for()


if __name__ == "__main__":
    main()
