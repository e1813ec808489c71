"""The page of llama.cpp's server: ``{conv, messages}``, one or a list. A tree by ``parent``, under a root that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from g4f.chat import Usage
from server.transfer.reading import entries, fields, flat, moment, name, objects, real, sample, text, whole
from server.transfer.values import Author, Chat, Turn

NAME = "llama.cpp"
AUTHORS: dict[str, Author] = {"user": "user", "assistant": "assistant"}
MILLISECONDS = 1000


def recognises(value: object) -> bool:
    return any(isinstance(entry.get("conv"), dict) and "messages" in entry for entry in sample(value))


def chats(value: object) -> Iterator[Chat]:
    for entry in objects(entries(value)):
        about = fields(entry.get("conv"))
        turns = tuple(_turn(message) for message in objects(entry.get("messages")))
        if about:
            yield Chat(
                key=name(about.get("id")) or text(about.get("name")),
                title=text(about.get("name")),
                turns=turns,
                created_at=next((turn.at for turn in turns if turn.at), None),
                updated_at=moment(about.get("lastModified")),
                provider="llama.cpp",
            )


def _turn(message: dict[str, Any]) -> Turn:
    attached = (
        f"[{name(file.get('name'))}]\n\n{text(file.get('content'))}".strip()
        for file in objects(message.get("extra"))
        if name(file.get("name"))
    )
    return Turn(
        key=name(message.get("id")),
        parent=name(message.get("parent")) or None,
        author=AUTHORS.get(name(message.get("role")), "other") if message.get("type") != "root" else "other",
        text="\n\n".join(filter(None, (flat(message.get("content")), *attached))),
        at=moment(message.get("timestamp")),
        model=name(message.get("model")),
        reasoning=text(message.get("reasoningContent")) or text(message.get("thinking")) or text(message.get("reasoning_content")),
        usage=_usage(fields(message.get("timings"))),
    )


def _usage(timings: dict[str, Any]) -> Usage | None:
    spent = real(timings.get("predicted_ms"))
    found = Usage(whole(timings.get("prompt_n")), whole(timings.get("predicted_n")), 0, spent / MILLISECONDS if spent else None)
    return found if found != Usage() else None
