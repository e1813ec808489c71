"""Full-text search over the guide: SQLite FTS5 finds candidates; how much of the question each one covers puts them in order."""

from __future__ import annotations

import difflib
import math
import sqlite3
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass

from g4f.guide.documents import Section
from g4f.guide.words import stems, vocabulary

CANDIDATES = 20
SHORTEST_PREFIX = 5  # letters; shorter stems must be equal, or «порт» would find «портал»
LIKENESS = 0.8  # of a mistyped word to the word taken for it, from 0 to 1
LONGEST_SLIP = 2  # letters that may be missing or too many in a mistyped word
FIRST_SECTION = 1.25  # a document says first what matters most
WHOLE_HEADING = 1.0  # added once when every word of the heading was asked for, in part when some were


@dataclass(frozen=True)
class Hit:
    """A section and how well it fits. ``covered`` are the question's stems it contains; ``share`` is their weight, from 0 to 1."""

    section: Section
    score: float
    share: float
    covered: frozenset[str]


class Index:
    """An in-memory index of sections. May be asked from any thread; one question at a time."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._sections = sections
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._connection.close)
        self._connection.execute("CREATE VIRTUAL TABLE section USING fts5(document, heading, body, tokenize = 'unicode61')")
        self._stems = [(stems(section.document_title), stems(section.heading), stems(_prose(section.text))) for section in sections]
        self._connection.executemany(
            "INSERT INTO section (rowid, document, heading, body) VALUES (?, ?, ?, ?)",
            [(number, *(" ".join(part) for part in parts)) for number, parts in enumerate(self._stems)],
        )
        self._sets = [frozenset(stem for part in parts for stem in part) for parts in self._stems]
        self._vocabulary = sorted({stem for parts in self._stems for part in parts for stem in part})
        self._subjects = sorted({stem for title, heading, _ in self._stems for stem in (*title, *heading)})

    def corrected(self, wanted: Sequence[str]) -> list[str]:
        """The stems without repetition, each mistyped one replaced by the word of a heading that it was probably meant to be."""
        known = dict.fromkeys(self._nearest(stem) for stem in wanted)
        # A number that stands nowhere ("make the port 9000") says nothing about the subject.
        telling = [stem for stem in known if not stem.isdigit() or stem in self._vocabulary]
        return telling or list(known)

    def search(self, wanted: Sequence[str]) -> list[Hit]:
        """Sections that contain any of the wanted stems, best first."""
        if not wanted:
            return []
        weights = {stem: self._weight(stem) for stem in wanted}
        whole = sum(weights.values())
        hits = []
        for number, relevance in self._candidates(wanted):
            covered = frozenset(stem for stem in wanted if self._contains(number, stem))
            share = sum(weights[stem] for stem in covered) / whole
            hits.append(Hit(self._sections[number], relevance * share**2 * self._standing(number, covered), share, covered))
        return sorted(hits, key=lambda hit: -hit.score)

    def _candidates(self, wanted: Sequence[str]) -> list[tuple[int, float]]:
        query = " OR ".join(f'"{stem}"*' if len(stem) >= SHORTEST_PREFIX else f'"{stem}"' for stem in wanted)
        with self._lock:
            rows = self._connection.execute(
                "SELECT rowid, -bm25(section, 3.0, 10.0, 1.0) FROM section WHERE section MATCH ? ORDER BY 2 DESC LIMIT ?",
                (query, CANDIDATES),
            ).fetchall()
        # bm25 comes near zero or below for words that stand everywhere; such a hit is weak, not wrong.
        return [(int(number), max(float(relevance), 0.01)) for number, relevance in rows]

    def _standing(self, number: int, covered: frozenset[str]) -> float:
        """How much a section's place and heading speak for it, from 1 up."""
        section = self._sections[number]
        first = number == 0 or self._sections[number - 1].document != section.document
        heading = set(self._stems[number][1]) - vocabulary()["stop"]
        asked = len(heading & covered) / len(heading) if heading else 0.0
        return (FIRST_SECTION if first else 1.0) * (1 + WHOLE_HEADING * asked)

    def _contains(self, number: int, stem: str) -> bool:
        words = self._sets[number]
        return stem in words or (len(stem) >= SHORTEST_PREFIX and any(word.startswith(stem) for word in words))

    def _weight(self, stem: str) -> float:
        """Rare words weigh more; a word that the guide does not know weighs most."""
        count = sum(self._contains(number, stem) for number in range(len(self._sets)))
        return math.log((len(self._sets) + 1) / (count + 0.5)) + 0.1

    def _nearest(self, stem: str) -> str:
        if len(stem) < SHORTEST_PREFIX or any(word.startswith(stem) for word in self._vocabulary):
            return stem
        possible = [word for word in self._subjects if word[0] == stem[0] and abs(len(word) - len(stem)) <= LONGEST_SLIP]
        alike = difflib.get_close_matches(stem, possible, n=1, cutoff=LIKENESS)
        return alike[0] if alike else stem


def _prose(text: str) -> str:
    """The text without the addresses of its links, which are not what it is about."""
    return "".join(part.partition(")")[2] if number else part for number, part in enumerate(text.split("](")))
