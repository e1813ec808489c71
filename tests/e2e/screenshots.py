"""Takes the pictures of the README from the real page: ``python3 -m tests.e2e.screenshots``, inside .venv, with a Chromium.

The server is the real one; only the model is an actor, so that the pictures are the same each time.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Model, Reasoning, Text, Usage
from g4f.Provider.Providers.Guide import Guide
from server import running_app
from server.context import KEY, Services
from server.edge import HttpServer
from server.settings import load
from tests.e2e.conftest import ARGUMENTS, CHROMIUM

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
EARLIER = ("План поездки в Карелию", "Письмо арендодателю", "Что такое квантование модели")
QUESTION = "Как отсортировать список словарей по двум полям, второе по убыванию?"
THOUGHT = "Нужен ключ-кортеж; для чисел порядок меняет знак минус, для строк понадобятся два прохода."
ANSWER = """Если второе поле числовое, хватит одного ключа-кортежа:

```python
заказы = [
    {"город": "Тверь", "сумма": 1200},
    {"город": "Орёл", "сумма": 3400},
    {"город": "Орёл", "сумма": 900},
]
заказы.sort(key=lambda з: (з["город"], -з["сумма"]))
```

Если оба поля строковые, отсортируйте дважды, начиная со **второго**: сортировка в Python устойчива.

| Случай | Приём | Сложность |
|---|---|---|
| числа | минус в ключе | $O(n \\log n)$ |
| строки | два прохода | $2 \\cdot O(n \\log n)$ |

Для больших таблиц удобнее `DataFrame.sort_values(ascending=[True, False])`.
"""
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


class Ollama(Provider):
    """Plays the model of the pictures."""

    title = "Ollama"
    url = "https://ollama.com"
    local = True

    async def list_models(self) -> Sequence[Model]:
        names = ("qwen3:8b", "gemma3:12b", "mistral-small", "llama3.3", "deepseek-r1:14b", "phi4")
        return [Model(name, context_length=32768) for name in names]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        if request.messages[-1].text == QUESTION:
            yield Reasoning(THOUGHT)
            yield Text(ANSWER)
        else:
            yield Text("Хорошо.")
        yield Usage(prompt_tokens=64, completion_tokens=312, seconds=8.2)
        yield Finished()


@contextmanager
def serving() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"open_browser": False, "discovery": False, "titles": "words"}
        settings = load(Path(folder) / "none.json", {}, {"data_dir": folder, "port": 0, **quiet})
        with running_app(settings, {"Ollama": Ollama, "Guide": Guide}) as app:
            services: Services = app.extensions[KEY]
            services.loop.run(services.catalog.refresh())
            server = HttpServer(app, services.loop, settings)
            thread = threading.Thread(target=server.run)
            thread.start()
            yield f"http://127.0.0.1:{server.port}"
            server.close()
            thread.join()
            server.shutdown()


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
