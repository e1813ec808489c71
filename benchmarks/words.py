"""The words the emulated service says: known beforehand, so that every answer is checked word for word, and stamped with the
moment of sending, so that every word's delay is known. All processes run on one machine and share its monotonic clock."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.rendering.answer import CHARACTERS_PER_TOKEN, long_answer

WORDS = ("утро", "вечер", "река", "гора", "ответ", "слово", "дорога", "city", "river", "answer", "light", "東京", "café", "дом")
_TOKEN = re.compile(rb'([^\s"@]+)@(\d+) ')


@dataclass(frozen=True)
class Script:
    """What one answer shall be; travels to the service as the text of the question. ``seed`` tells answers apart."""

    seed: int
    tokens: int
    per_second: float

    def to_question(self) -> str:
        return json.dumps(asdict(self))

    def word(self, index: int) -> str:
        return f"{WORDS[(self.seed + index) % len(WORDS)]}{index}"

    def token(self, index: int, now_ns: int) -> str:
        return f"{self.word(index)}@{now_ns // 1000} "


@dataclass(frozen=True)
class Essay:
    """Markdown as a model writes it, for the page to draw: the text is cut in tokens of ``size`` characters."""

    text: str
    per_second: float
    size: int = CHARACTERS_PER_TOKEN

    @property
    def tokens(self) -> int:
        return math.ceil(len(self.text) / self.size)

    @classmethod
    def of(cls, tokens: int, per_second: float, size: int = CHARACTERS_PER_TOKEN) -> Essay:
        return cls(long_answer(tokens * size // CHARACTERS_PER_TOKEN), per_second, size)

    def token(self, index: int, now_ns: int) -> str:
        return json.dumps(self.text[index * self.size : (index + 1) * self.size])[1:-1]


def script_of(question: str) -> Script | Essay:
    """What is asked for: ``{"essay": tokens, "per_second": …, "size": characters of a token}`` or a script."""
    wanted = json.loads(question)
    return Essay.of(wanted.pop("essay"), **wanted) if "essay" in wanted else Script(**wanted)


@dataclass(frozen=True)
class Heard:
    """One answer as it was read. Delays are seconds from the service's sending to our reading, one for every token."""

    whole: bool
    delays: Sequence[float]
    first_ns: int  # when its first token was read; 0 if there was none
    last_ns: int


def listen(script: Script, pieces: Sequence[tuple[int, bytes]], ending: bytes) -> Heard:
    """Compare what was read (moment in ns, bytes) with the script. ``ending`` is how a finished answer says so."""
    data = b"".join(piece for _, piece in pieces)
    ends: list[int] = []
    size = 0
    for _, piece in pieces:
        size += len(piece)
        ends.append(size)
    words: list[str] = []
    delays: list[float] = []
    moments: list[int] = []
    for match in _TOKEN.finditer(data):
        read_ns = pieces[bisect_left(ends, match.end())][0]
        words.append(match[1].decode())
        moments.append(read_ns)
        delays.append(read_ns / 1e9 - int(match[2]) / 1e6)
    expected = [script.word(index) for index in range(script.tokens)]
    whole = words == expected and ending in data and data.endswith(b"0\r\n\r\n")
    return Heard(whole, delays, moments[0] if moments else 0, moments[-1] if moments else 0)
