"""LobeChat: all its tables in one file. A conversation is a topic of a session, or what was said in the session without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from g4f.chat import Usage
from server.transfer.reading import fields, flat, listed, moment, name, objects, text, whole
from server.transfer.values import Author, Chat, Turn

NAME = "lobechat"
AUTHORS: dict[str, Author] = {"user": "user", "assistant": "assistant"}


def recognises(value: object) -> bool:
    return any(field in fields(value) for field in ("exportType", "schemaHash")) and isinstance(
        _tables(value).get("messages"), list
    )


def _tables(value: object) -> dict[str, Any]:
    """Under ``state`` in the files of the browser's database, under ``data`` in those of the later one."""
    known = fields(value)
    return fields(known.get("state")) or fields(known.get("data"))


def chats(value: object) -> Iterator[Chat]:
    tables = _tables(value)
    topics = {name(topic.get("id")): topic for topic in objects(tables.get("topics"))}
    sessions = {name(session.get("id")): session for session in objects(tables.get("sessions"))}
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for message in objects(tables.get("messages")):
        groups.setdefault((name(message.get("sessionId")), name(message.get("topicId"))), []).append(message)
    for (session_id, topic_id), messages in groups.items():
        yield _chat(f"{session_id}/{topic_id}", sessions.get(session_id, {}), topics.get(topic_id, {}), messages)


def _chat(key: str, session: dict[str, Any], topic: dict[str, Any], messages: list[dict[str, Any]]) -> Chat:
    about = fields(session.get("config"))
    messages.sort(key=lambda message: moment(message.get("createdAt")) or 0)
    return Chat(
        key=key,
        title=text(topic.get("title")) or text(fields(session.get("meta")).get("title")) or text(session.get("title")),
        turns=tuple(_turns(messages)),
        created_at=moment(topic.get("createdAt")) or next((moment(message.get("createdAt")) for message in messages), None),
        updated_at=moment(topic.get("updatedAt")),
        model=name(about.get("model")),
        provider=name(about.get("provider")),
    )


def _turns(messages: list[dict[str, Any]]) -> Iterator[Turn]:
    """An answer names its question; a question follows what was said last."""
    known: set[str] = set()
    last: str | None = None
    for place, message in enumerate(messages):
        turn = _turn(str(place), message)
        if turn.author == "assistant" and turn.parent in known:
            yield turn
        else:
            yield replace(turn, parent=last)
        known.add(turn.key)
        last = turn.key


def _turn(place: str, message: dict[str, Any]) -> Turn:
    more = {**fields(message.get("extra")), **fields(message.get("metadata"))}
    usage = fields(more.get("usage")) or more
    failed = bool(message.get("error"))
    counted = Usage(
        whole(usage.get("totalInputTokens")), whole(usage.get("totalOutputTokens")), whole(usage.get("outputReasoningTokens"))
    )
    return Turn(
        key=name(message.get("id")) or place,
        parent=name(message.get("parentId")) or None,
        author=AUTHORS.get(name(message.get("role")), "other"),
        text="\n\n".join(
            filter(
                None, (flat(message.get("content")), *(f"[{name(file)}]" for file in listed(message.get("files")) if name(file)))
            )
        ),
        at=moment(message.get("createdAt")),
        state="failed" if failed else "complete",
        code="provider_failed" if failed else None,
        provider=name(message.get("provider")) or name(more.get("fromProvider")),
        model=name(message.get("model")) or name(more.get("fromModel")),
        reasoning=flat(fields(message.get("reasoning")).get("content")),
        usage=counted if counted != Usage() else None,
    )
