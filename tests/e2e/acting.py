"""The real server in this process, with an actor for a model: says the same each time, and everything that a message can hold."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from g4f.base import Provider
from g4f.chat import ChatRequest, Citation, Event, Finished, Model, Reasoning, Text, Usage
from g4f.errors import Interrupted
from g4f.Provider.Providers.Guide import Guide
from server import running_app
from server.context import KEY, Services
from server.edge import HttpServer
from server.settings import load

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
EVERYTHING = "Покажи всё, что умеешь"
ALL_OF_IT = ANSWER + """
- [x] сделано
- [ ] осталось

> Цитата со [ссылкой](https://example.org/page) и картинкой ![кот](https://example.org/cat.png).

Сноска[^1] и формула:

$$\\int_0^1 x^2\\,dx = \\frac13$$

[^1]: Вот она.
"""
COMPARED = "Придумай девиз для районной библиотеки"
MOTTOES = {
    "qwen3:8b": "**«Тишина, в которой слышно всё»**\n\nКоротко, спокойно и чуть загадочно: подойдёт для вывески.",
    "gemma3:12b": "Три варианта:\n\n1. «Начните с первой страницы»\n2. «Книга рядом с домом»\n3. «Читаем всем районом»",
    "mistral-small": "**«Каждой книге — читатель, каждому читателю — свет»**\n\nОтсылает к правилам Ранганатана.",
}
FAILING = "Оборвись на полуслове"
CUT = "Остановись на полпути"
SLOW = "Не спеши"


class Ollama(Provider):
    """Plays the model of the pictures."""

    title = "Ollama"
    url = "https://ollama.com"
    local = True

    async def list_models(self) -> Sequence[Model]:
        names = ("qwen3:8b", "gemma3:12b", "mistral-small", "llama3.3", "deepseek-r1:14b", "phi4")
        return [Model(name, context_length=32768) for name in names]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        question = request.messages[-1].text
        if question in (QUESTION, EVERYTHING):
            yield Reasoning(THOUGHT)
            yield Text(ANSWER if question == QUESTION else ALL_OF_IT)
        elif question == SLOW:
            for number in range(1, 2000):
                yield Text(f"Предложение {number}. ")
                await asyncio.sleep(0.05)
        else:
            yield Text(MOTTOES[request.model] if question == COMPARED else "Хорошо.")
        if question == EVERYTHING:
            yield Citation("https://example.org/wiki", "Сортировка: устойчивость")
        if question == FAILING:
            raise Interrupted("the actor was told to")
        yield Usage(prompt_tokens=64, completion_tokens=312, seconds=8.2)
        yield Finished("length" if question == CUT else "stop")


ACTORS: Mapping[str, type[Provider]] = {"Ollama": Ollama, "Guide": Guide}


@contextmanager
def serving(actors: Mapping[str, type[Provider]] = ACTORS, **wanted: Any) -> Iterator[str]:
    """The address. ``wanted`` are settings as the command line gives them."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"open_browser": False, "discovery": False, "titles": "words"}
        settings = load(Path(folder) / "none.json", {}, {"data_dir": folder, "port": 0, **quiet, **wanted})
        with running_app(settings, actors) as app:
            services: Services = app.extensions[KEY]
            services.loop.run(services.catalog.refresh())
            server = HttpServer(app, services.loop, settings)
            thread = threading.Thread(target=server.run)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.port}"
            finally:
                server.close()
                thread.join()
                server.shutdown()
