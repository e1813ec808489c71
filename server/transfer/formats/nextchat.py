"""NextChat: its backup file, the stores of the page as one object. Messages in a row, dated as some locale likes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from server.transfer.reading import fields, flat, moment, name, objects, text
from server.transfer.values import Author, Chat, Turn, in_a_row

NAME = "nextchat"
STORE = "chat-next-web-store"
AUTHORS: dict[str, Author] = {"user": "user", "assistant": "assistant"}


def recognises(value: object) -> bool:
    return STORE in fields(value)


def chats(value: object) -> Iterator[Chat]:
    store = fields(fields(value).get(STORE))
    for session in objects(fields(store.get("state")).get("sessions") or store.get("sessions")):
        about = fields(fields(session.get("mask")).get("modelConfig"))
        yield Chat(
            key=name(session.get("id")) or text(session.get("topic")),
            title=text(session.get("topic")),
            turns=in_a_row([_turn(str(place), message) for place, message in enumerate(objects(session.get("messages")))]),
            created_at=moment(fields(session.get("mask")).get("createdAt")),
            updated_at=moment(session.get("lastUpdate")),
            model=name(about.get("model")),
            provider=name(about.get("providerName")),
        )


def _turn(place: str, message: dict[str, Any]) -> Turn:
    failed = message.get("isError") is True and message.get("role") == "assistant"
    return Turn(
        key=name(message.get("id")) or place,
        parent=None,
        author=AUTHORS.get(name(message.get("role")), "other"),
        text="" if failed else flat(message.get("content")),
        at=moment(message.get("date")),
        state="failed" if failed else "interrupted" if message.get("streaming") is True else "complete",
        code="provider_failed" if failed else "server_restarted" if message.get("streaming") is True else None,
        model=name(message.get("model")),
    )
