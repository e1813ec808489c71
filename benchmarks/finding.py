"""The list and the search of 10,000 conversations with 10 messages each, asked as the page asks; the size of the index."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Goal, Outcome, percentile, table
from server import running_app
from server.context import KEY, Services
from server.conversations import Answer, Conversation, Message, Question
from server.settings import load
from server.storage import search
from server.storage.database import temporary
from server.storage.store import SqlStore

API = "/backend-api/v2"
MESSAGES = 10  # of a conversation
PORTION = 100  # conversations stored in one transaction
PER_FILL = 500  # messages entered into the index in one transaction
ROUNDS = 15  # how often each thing is asked
MEBIBYTE = 1 << 20

ROOTS = tuple(
    """
модель вопрос ответ сервер запрос беседа город дорога машина работа книга письмо погода рецепт музыка история таблица функция
ошибка настройка память процессор сеть пароль ключ файл папка список поиск слово язык перевод задача решение пример причина
    """.split()  # noqa: SIM905
)
ENDINGS = ("", "а", "ы", "ом", "ами", "е", "ах")
NAMES = 20_000  # rare words, as names and numbers are
SHELVES = {"folders": ("Работа", "Дом", "Учёба"), "tags": ("важное", "потом", "код")}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--conversations", type=int, default=10_000)


def run(options: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        made, sizes = _make(folder / "data", options.conversations)
        rows, goals = _ask_all(folder)
    count = options.conversations * MESSAGES
    title = f"{options.conversations} conversations, {count} messages, made in {made:.0f} s; milliseconds on the server"
    size_rows: list[list[str | float]] = [[part, size / MEBIBYTE] for part, size in sizes.items()]
    sized = table("What it takes on the disk", ("", "MB"), size_rows)
    return Outcome(f"{table(title, ('', 'p50', 'p95', 'found'), rows)}\n\n{sized}", goals)


def _make(folder: Path, conversations: int) -> tuple[float, dict[str, int]]:
    began = time.monotonic()
    with temporary(folder) as database:
        store = SqlStore(database)
        dice = random.Random(1)
        now = time.time()
        for start in range(0, conversations, PORTION):
            numbers = range(start, min(start + PORTION, conversations))
            store.import_conversations("owner", [_conversation(dice, number, now) for number in numbers])
        while search.fill(database, PER_FILL):
            pass
        sizes = database.read(_sizes)
    return time.monotonic() - began, sizes


def _conversation(dice: random.Random, number: int, now: float) -> tuple[Conversation, list[Message]]:
    at = now - number * 900.0
    messages: list[Message] = []
    parent: str | None = None
    for index in range(0, MESSAGES, 2):
        asked = Question(f"q{number}-{index}", parent, _text(dice, 12), at + index)
        messages += [asked, Answer(f"a{number}-{index}", asked.id, _text(dice, 60), at + index + 1, "complete", "p", "m")]
        parent = messages[-1].id
    folder = dice.choice(SHELVES["folders"]) if number % 10 == 0 else ""
    tags = (dice.choice(SHELVES["tags"]),) if number % 7 == 0 else ()
    model = "model-b" if number % 3 else "model-a"
    archived = now if number % 11 == 0 else None
    title = _text(dice, 4)
    kept = Conversation(
        f"c{number}", title, model, "p", "default", at, at + MESSAGES, folder=folder, tags=tags, archived_at=archived
    )
    return kept, messages


def _text(dice: random.Random, words: int) -> str:
    said = [dice.choice(ROOTS) + dice.choice(ENDINGS) for _ in range(words - 1)]
    said.insert(dice.randrange(words), f"имя{dice.randrange(NAMES)}")
    return " ".join(said)


def _sizes(connection: Any) -> dict[str, int]:
    """Of the whole file and, where this SQLite can tell, of what the search takes."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    pages = connection.execute(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")).scalar_one()
    sizes = {"everything": pages}
    try:
        found = connection.execute(text("SELECT name, sum(pgsize) FROM dbstat WHERE name LIKE 'search%' GROUP BY name")).all()
    except DBAPIError:
        return sizes
    sizes["the search"] = sum(size for _, size in found)
    return sizes | {f"  {part}": size for part, size in sorted(found, key=lambda each: -each[1]) if size >= MEBIBYTE}


def _ask_all(folder: Path) -> tuple[list[list[str | float]], list[Goal]]:
    quiet = {"port": 0, "discovery": False, "open_browser": False}
    settings = load(folder / "none.json", {}, {"data_dir": str(folder / "data"), **quiet})
    rows: list[list[str | float]] = []
    goals: list[Goal] = []
    with running_app(settings, {}) as app:
        services: Services = app.extensions[KEY]
        services.loop.run(services.catalog.refresh())
        client = app.test_client()
        for name, path, limit in _questions():
            seconds, found = _timed(lambda path=path: client.get(API + path).json)
            half = percentile(seconds, 50) * 1000
            rows.append([name, half, percentile(seconds, 95) * 1000, found])
            goals.append(Goal(f"finding: {name}, median", half, limit, "ms"))
    return rows, goals


def _questions() -> Iterator[tuple[str, str, float]]:
    """What is asked, and the milliseconds it may take."""
    yield "the list", "/conversations?limit=50", 100
    yield "a folder", "/conversations?limit=50&folder=Дом", 100
    yield "a tag", "/conversations?limit=50&tag=код", 100
    yield "the archive", "/conversations?limit=50&archived=1", 100
    for name, query in (
        ("a common word", "q=вопросы "),
        ("as one types", "q=во"),
        ("a name", "q=имя777 "),
        ("a phrase", 'q="сервер запроса" '),
        ("two words", "q=погода музыки "),
        ("nothing", "q=абракадабра "),
        ("the best first", "q=вопрос &order=best"),
        ("of a model", "q=вопрос &model=model-a"),
        ("in a folder", "q=вопрос &folder=Дом"),
        ("with a tag", "q=вопрос &tag=код"),
        ("with a tag that nothing bears", "q=вопрос &tag=нет"),
        ("in the archive", "q=вопрос &archived=1"),
    ):
        yield f"search: {name}", f"/search?{query}", 100


def _timed(ask: Callable[[], Any]) -> tuple[list[float], int]:
    seconds: list[float] = []
    answer: Any = None
    for _ in range(ROUNDS):
        began = time.monotonic()
        answer = ask()
        seconds.append(time.monotonic() - began)
    return seconds, len(answer.get("results", answer.get("conversations", ())))
