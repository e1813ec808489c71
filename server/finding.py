"""What is looked for, and what was found: the values of the search and of the shelves conversations stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Range = tuple[int, int]


@dataclass(frozen=True)
class Wanted:
    """What is looked for. Times in Unix seconds; ``None`` and "" do not narrow."""

    text: str
    since: float | None = None
    until: float | None = None
    model: str = ""
    folder: str | None = None
    tag: str | None = None
    archived: bool | None = None
    by_rank: bool = False


@dataclass(frozen=True)
class Found:
    """A message that says what is looked for, or the first of a conversation whose title does. Ranges in code points."""

    conversation: str
    message_id: str
    role: str
    title: str
    title_ranges: list[Range]
    snippet: str
    ranges: list[Range]
    created_at: float
    archived: bool


@dataclass(frozen=True)
class Shelf:
    """Which conversations of a list are meant. ``None`` does not narrow; the folder "" is no folder.

    ``deleted``: those that can still be brought back, and nothing else.
    """

    archived: bool | None = None
    pinned: bool | None = None
    folder: str | None = None
    tag: str | None = None
    deleted: bool = False


EVERYWHERE = Shelf()
MOST_TAGS = 20  # of one conversation


@dataclass(frozen=True)
class Change:
    """What to change about a conversation; ``None`` leaves as it is. The folder "" is no folder."""

    title: str | None = None
    pinned: bool | None = None
    archived: bool | None = None
    folder: str | None = None
    tags: tuple[str, ...] | None = None
    model: str | None = None
    provider: str | None = None
    role: str | None = None
    options: Mapping[str, Any] | None = None
    role_values: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Retagging:
    """Tags to put on and to take off many conversations, whatever else each of them has."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def of(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """A conversation with its full number of tags gets no more."""
        kept = tuple(tag for tag in tags if tag not in self.remove)
        new = tuple(tag for tag in self.add if tag not in kept)
        return (*kept, *new[: max(0, MOST_TAGS - len(kept))])
