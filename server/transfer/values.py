"""What a file of another program holds, in our words, before it has become a conversation of ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from g4f.chat import Citation, Usage
from server.conversations import Conversation, Message, State

Author = Literal["user", "assistant", "other"]


class Unreadable(Exception):
    """The file is broken: no JSON, no ZIP, not as such a file is built. The text is one sentence for the log."""


class Unknown(Exception):
    """A sound file, but none that we know."""


class TooLarge(Exception):
    """More than the server agrees to unpack."""


@dataclass(frozen=True)
class Turn:
    """One message of another program. ``key`` is its id there; ``parent`` the key it follows, ``None`` at the beginning.

    ``other`` turns (system prompts, tools) are stepped over: what follows them follows what stood before them.
    """

    key: str
    parent: str | None
    author: Author
    text: str
    at: float | None = None  # seconds
    state: State = "complete"
    code: str | None = None
    reason: str | None = None
    provider: str = ""
    model: str = ""
    reasoning: str = ""
    citations: tuple[Citation, ...] = ()
    usage: Usage | None = None


@dataclass(frozen=True)
class Chat:
    """One conversation of another program. ``id`` is what it shall be called here, when that is not derived from ``key``."""

    key: str
    title: str
    turns: tuple[Turn, ...]
    created_at: float | None = None
    updated_at: float | None = None
    model: str = ""
    provider: str = ""
    id: str = ""


@dataclass(frozen=True)
class Arrival:
    """A conversation as it shall be stored. ``key`` is what the file calls it, so that its sender knows which one has arrived."""

    key: str
    conversation: Conversation
    messages: tuple[Message, ...]


def in_a_row(turns: list[Turn]) -> tuple[Turn, ...]:
    """Turns of a program without branches: each follows the one before."""
    return tuple(replace(turn, parent=turns[at - 1].key if at else None) for at, turn in enumerate(turns))
