"""The ancestors: what their page kept in localStorage, and the export file of today's gpt4free page. One property a conversation.

``conversation:<id>``: ``{id, title, items: [{role, content}]}``; the later page adds times, providers, usage and reasoning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from g4f.chat import Usage
from server.transfer.oddities import cleaned
from server.transfer.reading import fields, flat, moment, name, objects, text, whole
from server.transfer.values import Chat, Turn

NAME = "freegpt"
PREFIX = "conversation:"
_OUR_SHAPE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{10,14}")  # an id that was ours all along keeps its address
_TAIL = re.compile(r"-([0-9a-f]{10,12})$")
_EARLIEST, _LATEST = 1_262_304_000, 4_102_444_800  # seconds: 2010 and 2100; another tail is no time
REASONS = ("stop", "length", "tool", "filter")


def recognises(value: object) -> bool:
    known = fields(value)
    return "g4f" in fields(known.get("options")) or (bool(known) and all(key.startswith(PREFIX) for key in known))


def chats(value: object) -> Iterator[Chat]:
    for key, entry in fields(value).items():
        if key.startswith(PREFIX) and isinstance(entry, dict):
            yield _chat(name(key.removeprefix(PREFIX)), entry)


def _chat(identity: str, entry: dict[str, Any]) -> Chat:
    created = moment(entry.get("added")) or _moment_of(identity)
    return Chat(
        key=identity,
        id=identity if _OUR_SHAPE.fullmatch(identity) else "",
        title=text(entry.get("new_title")) or text(entry.get("title")),
        turns=tuple(_turns(entry, created)),
        created_at=created,
        updated_at=moment(entry.get("updated")),
    )


def _moment_of(identity: str) -> float | None:
    """The old ids end in the time of their birth: milliseconds, in hexadecimal."""
    tail = _TAIL.search(identity)
    seconds = int(tail[1], 16) / 1000 if tail else 0
    return seconds if _EARLIEST < seconds < _LATEST else None


def _turns(entry: dict[str, Any], created: float | None) -> Iterator[Turn]:
    """In a row, except that an answer given again stands beside the one before it."""
    before: Turn | None = None
    for place, item in enumerate(objects(entry.get("items"))):
        turn = cleaned(_turn(str(place), item, created))
        if turn.author == "other":
            continue
        again = item.get("regenerate") is True and before is not None and before.author == turn.author == "assistant"
        parent = before.parent if again and before else before.key if before else None
        before = replace(turn, parent=parent)
        yield before


def _turn(key: str, item: dict[str, Any], created: float | None) -> Turn:
    role = item.get("role")
    provider = fields(item.get("provider"))
    finish = fields(item.get("finish"))
    reason = name(finish.get("reason")) or name(item.get("finish"))
    return Turn(
        key=key,
        parent=None,
        author="user" if role == "user" else "assistant" if role == "assistant" else "other",
        text=flat(item.get("content")),
        at=created,
        reason=reason if reason in REASONS else None,
        provider=name(provider.get("label")) or name(provider.get("name")),
        model=name(provider.get("model")),
        reasoning=_reasoning(item.get("reasoning")),
        usage=_usage(fields(item.get("usage"))),
    )


def _reasoning(value: object) -> str:
    known = fields(value)
    return text(value) or text(known.get("text")) or text(known.get("token"))


def _usage(usage: dict[str, Any]) -> Usage | None:
    found = Usage(
        whole(usage.get("prompt_tokens") or usage.get("promptTokens")),
        whole(usage.get("completion_tokens") or usage.get("completionTokens")),
        whole(fields(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )
    return found if found != Usage() else None
