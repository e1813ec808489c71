"""The vocabulary of a chat: what is asked (values) and what happens while it is answered (events).

Values know no ids, no database and no network. Events are the normal form into which every provider translates its own wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "tool", "filter"]


@dataclass(frozen=True)
class Image:
    """A picture shown to the model: raw bytes and their media type, for example ``image/png``."""

    media_type: str
    data: bytes


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    text: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True)
class Options:
    """What a person may tune. ``None`` means "as the provider likes"."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    reasoning_effort: Literal["none", "low", "medium", "high"] | None = None
    context_length: int | None = None


@dataclass(frozen=True)
class ChatRequest:
    """Everything a provider needs to answer once. The last message is the question."""

    model: str
    messages: tuple[Message, ...]
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Prices:
    """What a service takes, in dollars for a million tokens: of what it reads, and of what it writes."""

    prompt: float
    completion: float


@dataclass(frozen=True)
class Model:
    """A model that a provider offers. ``context_length`` is in tokens; capabilities: vision, tools, thinking."""

    id: str
    title: str = ""
    context_length: int | None = None
    capabilities: frozenset[str] = frozenset()
    prices: Prices | None = None


@dataclass(frozen=True)
class Started:
    """A provider has begun; ``model`` is the one that really answers."""

    provider: str
    model: str


@dataclass(frozen=True)
class Progress:
    """Something is under way before the first word. ``fraction`` runs from 0 to 1 where it is known."""

    phase: Literal["queue", "load", "prompt", "tool", "pull"]
    fraction: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class Reasoning:
    """A piece of the model's thinking, shown folded."""

    text: str


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A fragment of a call the model wishes to make. Nothing is executed because of it."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True)
class Citation:
    """A source of what was said."""

    url: str
    title: str


@dataclass(frozen=True)
class Usage:
    """Tokens counted by the provider; ``seconds`` is the time it took to write the answer, if the provider says so."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class Seam:
    """One provider fell silent in mid-answer (``code`` of its error says why); another goes on."""

    previous: str
    next: str
    code: str


@dataclass(frozen=True)
class Finished:
    """The answer is whole. A stream that ends without this event was cut."""

    reason: FinishReason = "stop"


Event = Started | Progress | Reasoning | Text | ToolCall | Citation | Usage | Seam | Finished
