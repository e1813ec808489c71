"""Claude: ``conversations.json`` of its data export. Messages in a row or, in newer exports, each with its parent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from g4f.chat import Citation
from server.transfer.reading import entries, fields, moment, name, objects, sample, text
from server.transfer.values import Author, Chat, Turn, in_a_row

NAME = "claude"
AUTHORS: dict[str, Author] = {"human": "user", "assistant": "assistant"}


def recognises(value: object) -> bool:
    return any("chat_messages" in entry for entry in sample(value))


def chats(value: object) -> Iterator[Chat]:
    for entry in objects(entries(value)):
        if "chat_messages" in entry:
            yield Chat(
                key=name(entry.get("uuid")) or text(entry.get("name")),
                title=text(entry.get("name")),
                turns=_turns(list(objects(entry["chat_messages"]))),
                created_at=moment(entry.get("created_at")),
                updated_at=moment(entry.get("updated_at")),
                model=name(entry.get("model")),
                provider="Claude",
            )


def _turns(messages: list[dict[str, Any]]) -> tuple[Turn, ...]:
    turns = [_turn(str(place), message) for place, message in enumerate(messages)]
    named = any(message.get("parent_message_uuid") for message in messages)
    return tuple(turns) if named else in_a_row(turns)


def _turn(place: str, message: dict[str, Any]) -> Turn:
    parts = list(objects(message.get("content")))
    spoken = "\n\n".join(text(part.get("text")) for part in parts if part.get("type") == "text" and part.get("text"))
    return Turn(
        key=name(message.get("uuid")) or place,
        parent=name(message.get("parent_message_uuid")) or None,
        author=AUTHORS.get(name(message.get("sender")), "other"),
        text="\n\n".join(filter(None, (spoken or text(message.get("text")), *_attached(message)))),
        at=moment(message.get("created_at")),
        reasoning="\n\n".join(text(part.get("thinking")) for part in parts if part.get("type") == "thinking"),
        citations=tuple(_citations(parts)),
    )


def _attached(message: dict[str, Any]) -> Iterator[str]:
    """Files by name; with the text that was taken from them, where the export has it."""
    for attached in (*objects(message.get("attachments")), *objects(message.get("files"))):
        label = name(attached.get("file_name"))
        content = text(attached.get("extracted_content"))
        yield "\n\n".join(filter(None, (f"[{label}]" if label else "", content)))


def _citations(parts: list[dict[str, Any]]) -> Iterator[Citation]:
    for part in parts:
        for each in objects(part.get("citations")):
            url = text(each.get("url")) or text(fields(each.get("details")).get("url"))
            if url.startswith(("https://", "http://")):
                yield Citation(url, text(each.get("title")))
