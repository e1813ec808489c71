"""Takes the pictures of the README from the real page: ``python3 -m tests.e2e.screenshots``, inside .venv, with a Chromium.

The server is the real one; only the model is an actor, so that the pictures are the same each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.e2e.acting import QUESTION, serving
from tests.e2e.conftest import ARGUMENTS, CHROMIUM

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
        browser.close()


if __name__ == "__main__":
    main()
