"""Which way through the tree of a conversation: the branch that the page shows first, or the one that leads to a message."""

from __future__ import annotations

from collections.abc import Sequence

from server.conversations import Answer, Message
from server.errors import NotFound


def shown_branch(messages: Sequence[Message]) -> list[Message]:
    """From the beginning to the newest message of all; of answers that were compared, to the one that was kept."""
    if not messages:
        return []
    newest = messages[-1]
    kept = (each for each in messages if isinstance(each, Answer) and each.kept and each.parent_id == newest.parent_id)
    return branch_to(messages, next(kept, newest).id)


def branch_to(messages: Sequence[Message], leaf_id: str | None) -> list[Message]:
    """From the beginning to ``leaf_id``; without one, the shown branch. Raises ``NotFound`` when there is no such message."""
    if leaf_id is None:
        return shown_branch(messages)
    known = {message.id: message for message in messages}
    if leaf_id not in known:
        raise NotFound
    branch: list[Message] = []
    step: str | None = leaf_id
    while step is not None:
        branch.append(known[step])
        step = known[step].parent_id
    return branch[::-1]
