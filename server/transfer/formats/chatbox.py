"""Chatbox: its backup, the keys of its storage as one object: ``session:<id>`` each, or all in ``chat-sessions`` in older files.

Earlier threads of a session are conversations of their own; forks of a message hang under it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from g4f.chat import Usage
from server.transfer.reading import fields, flat, moment, name, objects, text, whole
from server.transfer.values import Author, Chat, Turn, in_a_row

NAME = "chatbox"
SESSION = "session:"
OLD = "chat-sessions"
AUTHORS: dict[str, Author] = {"user": "user", "assistant": "assistant"}
Ways = dict[str, list[tuple[Turn, ...]]]


def recognises(value: object) -> bool:
    known = fields(value)
    return any(key in known for key in (OLD, "chat-sessions-list", "__exported_items")) and bool(list(_sessions(known)))


def _sessions(known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from objects(known.get(OLD))
    yield from (fields(session) for key, session in known.items() if key.startswith(SESSION) and isinstance(session, dict))


def chats(value: object) -> Iterator[Chat]:
    for session in _sessions(fields(value)):
        key = name(session.get("id")) or text(session.get("name"))
        title = text(session.get("threadName")) or text(session.get("name"))
        ways = _ways(fields(session.get("messageForksHash")))
        yield _chat(key, title, session, session, ways)
        for thread in objects(session.get("threads")):
            yield _chat(f"{key}/{name(thread.get('id'))}", text(thread.get("name")) or title, thread, session, ways)


def _chat(key: str, title: str, thread: dict[str, Any], session: dict[str, Any], ways: Ways) -> Chat:
    row = in_a_row([_turn(str(place), message) for place, message in enumerate(objects(thread.get("messages")))])
    turns = (*row, *_forked(row, ways))
    return Chat(
        key=key,
        title=title,
        turns=turns,
        created_at=moment(thread.get("createdAt")) or next((turn.at for turn in turns if turn.at), None),
        model=name(fields(session.get("settings")).get("modelId")),
        provider=name(fields(session.get("settings")).get("provider")),
    )


def _ways(forks: dict[str, Any]) -> Ways:
    """Other ways on from a message, whichever thread of the session it stands in, by its key."""
    ways: Ways = {}
    for key, fork in forks.items():
        for at, way in enumerate(objects(fields(fork).get("lists"))):
            turns = [_turn(f"{key}/{at}/{place}", message) for place, message in enumerate(objects(way.get("messages")))]
            ways.setdefault(name(key), []).append(in_a_row(turns))
    return ways


def _forked(row: tuple[Turn, ...], ways: Ways) -> Iterator[Turn]:
    """The ways on from this thread, and from them. They are taken out: what many threads share must not multiply a file."""
    waiting = [turn.key for turn in row if turn.key in ways]
    while waiting:
        key = waiting.pop()
        for way in ways.pop(key, ()):
            yield from (replace(turn, parent=turn.parent or key) for turn in way)
            waiting.extend(turn.key for turn in way if turn.key in ways)


def _turn(place: str, message: dict[str, Any]) -> Turn:
    parts = list(objects(message.get("contentParts")))
    failed = bool(message.get("error"))
    usage = fields(message.get("usage"))
    counted = Usage(
        whole(usage.get("inputTokens") or usage.get("promptTokens")),
        whole(usage.get("outputTokens") or usage.get("completionTokens")),
        whole(usage.get("reasoningTokens")),
    )
    return Turn(
        key=name(message.get("id")) or place,
        parent=None,
        author=AUTHORS.get(name(message.get("role")), "other"),
        text=flat([part for part in parts if part.get("type") not in ("reasoning", "info", "tool-call")])
        or flat(message.get("content")),
        at=moment(message.get("timestamp")),
        state="failed" if failed else "complete",
        code="provider_failed" if failed else None,
        provider=name(message.get("aiProvider")),
        model=name(message.get("model")),
        reasoning=flat([part for part in parts if part.get("type") == "reasoning"]) or text(message.get("reasoningContent")),
        usage=counted if counted != Usage() else None,
    )
