"""The values of sharing: a link to a branch of a conversation, and what whoever opens it may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.conversations import Message

WITH_REASONING = "r"  # the first letter of a link's token
WITHOUT_REASONING = "a"


@dataclass(frozen=True)
class Share:
    """A link. It shows the branch from the beginning down to ``leaf_id``, as it was at ``created_at``."""

    id: str
    token: str
    conversation_id: str
    leaf_id: str
    created_at: float
    expires_at: float | None  # None: never; negative: revoked then

    @property
    def shows_reasoning(self) -> bool:
        return self.token.startswith(WITH_REASONING)

    def is_open(self, now: float) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True)
class KeptShare:
    """A link with what its owner wants to know of it: what the conversation is called."""

    share: Share
    title: str


@dataclass(frozen=True)
class Shown:
    """A branch as a stranger may read it."""

    title: str
    created_at: float
    shared_at: float
    messages: Sequence[Message]
