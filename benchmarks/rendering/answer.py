"""Long Markdown as a model writes it: the same at every run."""

from __future__ import annotations

import random

CHARACTERS_PER_TOKEN = 4
WORDS = """
сервер ответ запрос модель данные память список строка функция значение проверка ошибка порядок время пример решение
способ часть система файл таблица ключ граница размер поток событие страница текст слово знак правило результат
""".split()  # noqa: SIM905 (a list of forty strings is no better to read)


def long_answer(tokens: int, seed: int = 1) -> str:
    """An answer of about so many tokens: paragraphs, lists, code, tables, formulas, quotes in turn."""
    choose = random.Random(seed)
    parts: list[str] = []
    length = 0
    while length < tokens * CHARACTERS_PER_TOKEN:
        part = choose.choice((_paragraph, _paragraph, _paragraph, _list, _list, _code, _table, _formula, _quote, _heading))(choose)
        parts.append(part)
        length += len(part) + 2
    return "\n\n".join(parts)[: tokens * CHARACTERS_PER_TOKEN]


def megabyte() -> dict[str, str]:
    """Messages of a million characters, each of one kind."""
    choose = random.Random(2)
    lines = [f'    результат["{choose.choice(WORDS)}"] = вычислить({i})  # {choose.choice(WORDS)}' for i in range(18_000)]
    return {
        "mixed Markdown": long_answer(250_000),
        "one block of code": "```python\n" + "\n".join(lines)[:1_000_000] + "\n```",
        "one list": "\n".join(f"- {_words(choose, 12)}" for _ in range(11_000)),
        "one paragraph": _words(choose, 140_000),
        "one table": "| а | б | в |\n|---|---|---|\n" + "\n".join(f"| {i} | {_words(choose, 4)} | `{i}` |" for i in range(20_000)),
    }


def _words(choose: random.Random, count: int) -> str:
    return " ".join(choose.choices(WORDS, k=count))


def _paragraph(choose: random.Random) -> str:
    sentences = [
        f"{_words(choose, 5).capitalize()} **{_words(choose, 2)}**, {_words(choose, 4)} `{choose.choice(WORDS)}` {_words(choose, 5)}."  # noqa: E501
        for _ in range(choose.randint(2, 5))
    ]
    return " ".join(sentences) + f" Подробнее — [{_words(choose, 2)}](https://example.com/{choose.randint(1, 999)})."


def _heading(choose: random.Random) -> str:
    return f"{'#' * choose.randint(2, 3)} {_words(choose, 3).capitalize()}"


def _list(choose: random.Random) -> str:
    items = [
        f"{i}. **{choose.choice(WORDS)}**: {_words(choose, 9)}\n   - {_words(choose, 6)}" for i in range(1, choose.randint(4, 8))
    ]
    return "\n".join(items)


def _code(choose: random.Random) -> str:
    lines = [
        f'    {choose.choice(WORDS)} = вычислить({choose.randint(1, 99)}, имя="{choose.choice(WORDS)}")  # {_words(choose, 3)}'
        for _ in range(choose.randint(4, 40))
    ]
    return "```python\ndef пример():\n" + "\n".join(lines) + "\n```"


def _table(choose: random.Random) -> str:
    rows = [
        f"| {_words(choose, 2)} | `{choose.choice(WORDS)}` | {choose.randint(1, 9_999)} |" for _ in range(choose.randint(3, 10))
    ]
    return "| Случай | Приём | Число |\n|:---|:---:|---:|\n" + "\n".join(rows)


def _formula(choose: random.Random) -> str:
    return (
        f"При $x_{{{choose.randint(1, 9)}}} > 0$ верно\n\n$$\n\\sum_{{i=1}}^{{n}} \\frac{{{choose.randint(1, 9)}i}}{{x^2 + i}}\n$$"
    )


def _quote(choose: random.Random) -> str:
    return f"> {_words(choose, 14)}\n> — *{_words(choose, 2)}*"
