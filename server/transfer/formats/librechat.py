"""LibreChat: one conversation a file; messages flat with ``parentMessageId``, or nested in ``children``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from g4f.chat import Usage
from server.transfer.reading import entries, fields, flat, listed, moment, name, objects, sample, text, whole
from server.transfer.values import Chat, Turn, in_a_row

NAME = "librechat"
REASONS = {"stop": "stop", "length": "length"}


def recognises(value: object) -> bool:
    return any("conversationId" in entry and _messages(entry) for entry in sample(value))


def _messages(entry: dict[str, Any]) -> list[Any]:
    return listed(entry.get("messagesTree")) or listed(entry.get("messages"))


def chats(value: object) -> Iterator[Chat]:
    for entry in objects(entries(value)):
        if "conversationId" in entry:
            about = fields(entry.get("options"))
            yield Chat(
                key=name(entry.get("conversationId")),
                title=text(entry.get("title")),
                turns=_turns(_messages(entry)),
                created_at=moment(entry.get("createdAt")),
                updated_at=moment(entry.get("updatedAt")),
                model=name(about.get("model")),
                provider=name(entry.get("endpoint")) or name(about.get("endpoint")),
            )


def _turns(messages: list[Any]) -> tuple[Turn, ...]:
    flattened = list(_flattened(messages))
    turns = [_turn(str(place), parent, message) for place, (parent, message) in enumerate(flattened)]
    named = any(parent or message.get("parentMessageId") for parent, message in flattened)
    return tuple(turns) if named else in_a_row(turns)


def _flattened(messages: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every message with the id of the one it hangs under, parents first. A loop: a file decides how deep it is."""
    waiting = [("", message) for message in reversed(list(objects(messages)))]
    while waiting:
        parent, message = waiting.pop()
        yield parent, message
        waiting.extend((name(message.get("messageId")), child) for child in reversed(list(objects(message.get("children")))))


def _turn(place: str, parent: str, message: dict[str, Any]) -> Turn:
    parts = list(objects(message.get("content")))
    spoken = "\n\n".join(filter(None, (_part(part) for part in parts)))
    failed = message.get("error") is True
    return Turn(
        key=name(message.get("messageId")) or place,
        parent=parent or name(message.get("parentMessageId")) or None,
        author="user" if message.get("isCreatedByUser") is True or name(message.get("sender")).lower() == "user" else "assistant",
        text="" if failed else spoken or text(message.get("text")),
        at=moment(message.get("createdAt")),
        state="failed" if failed else "stopped" if message.get("unfinished") is True else "complete",
        code="provider_failed" if failed else None,
        reason=REASONS.get(name(message.get("finish_reason"))),
        provider=name(message.get("endpoint")),
        model=name(message.get("model")),
        reasoning="\n\n".join(filter(None, (flat(part.get("think")) for part in parts if part.get("type") == "think"))),
        usage=Usage(completion_tokens=whole(message.get("tokenCount"))) if whole(message.get("tokenCount")) else None,
    )


def _part(part: dict[str, Any]) -> str:
    """Text, plain or in an object; tools are stepped over, pictures leave their kind."""
    if part.get("type") in ("think", "tool_call", "error", "agent_update"):
        return ""
    return flat(part.get("text")) if part.get("type") == "text" else flat([part])
