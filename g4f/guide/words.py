"""Words made comparable: «Модели», «модель» and «моделях» are one; so are «ё» and «е», «олама» and «Ollama».

The same treatment is given to the documents and to the question, so a stem only has to be equal on both sides, not beautiful.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

_WORD = re.compile(r"[a-z0-9]+|[а-я0-9]+")
_SHORTEST_STEM = 3


def tokens(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation, ё as е."""
    return _WORD.findall(text.lower().replace("ё", "е"))


@cache
def stem(word: str) -> str:
    """The part of a word that its forms share."""
    russian = "а" <= word[0] <= "я"
    if russian and word[-2:] in ("ся", "сь"):
        word = word[:-2]
    for ending in _endings("ru" if russian else "en"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)]
            break
    if not russian and len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]  # "running" -> "runn" -> "run"
    return word


def stems(text: str) -> list[str]:
    """The stems of a text in order, other names of the same thing replaced by the name that the documents use."""
    other_names = _other_names()
    return [name for token in tokens(text) for name in other_names.get(stem(token), (stem(token),))]


@cache
def vocabulary() -> dict[str, frozenset[str]]:
    """Small sets of stems by purpose: ``stop``, ``greeting``, ``thanks``, ``task``, ``how``. Source: words.json."""
    return {purpose: frozenset(stem(token) for token in tokens(words)) for purpose, words in _data()["vocabulary"].items()}


@cache
def _other_names() -> dict[str, tuple[str, ...]]:
    names = _data()["other_names"].items()
    return {stem(token): tuple(map(stem, tokens(name))) for others, name in names for token in tokens(others)}


@cache
def _endings(language: str) -> list[str]:
    """Longest first, so that «подключениями» loses all of «ениями» and not only «ями»."""
    return sorted(_data()["endings"][language].split(), key=len, reverse=True)


@cache
def _data() -> dict[str, dict[str, str]]:
    data: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
    return data
