"""Our own export: one conversation a file, as docs/api.md gives it («Беседы»), so that nothing is lost on the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from g4f.chat import Citation, Seam, ToolCall, Usage
from server import wire
from server.conversations import TERMINAL, Answer, Conversation, Message, Question, State
from server.transfer import library
from server.transfer.reading import LATEST, fields, listed, name, objects, real, text, whole
from server.transfer.tree import LONGEST_TITLE
from server.transfer.values import Arrival

NAME = "freegpt-webui"
VERSION = 1
LONGEST_NAME = 60  # characters of a folder or a tag, as in server/api/conversations.py
MOST_TAGS = 20
CUT = "server_restarted"  # an answer that was being written when it was exported
_ID = re.compile(r"[\w:.-]{1,128}")
_CODE = re.compile(r"[a-z_]{1,60}")
_STATES: dict[str, State] = {
    "complete": "complete", "stopped": "stopped", "failed": "failed", "interrupted": "interrupted",
}  # fmt: skip


def document(conversation: Conversation, messages: tuple[Message, ...]) -> dict[str, Any]:
    """The file of one conversation, as a value."""
    return {
        "format": NAME,
        "version": VERSION,
        "conversation": wire.conversation_to_json(conversation),
        "messages": [_message(message) for message in messages],
    }


def _message(message: Message) -> dict[str, Any]:
    """As on the wire, where ``role`` is the author; the role that an answer was asked with has a name of its own."""
    more = {"asked_role": message.role} if isinstance(message, Answer) else {}
    return wire.message_to_json(message) | more


def recognises(value: object) -> bool:
    known = fields(value)
    return known.get("format") == NAME and isinstance(known.get("conversation"), dict)


def chats(value: object) -> Iterator[Arrival]:
    known = fields(value)
    conversation = _conversation(fields(known.get("conversation")))
    if conversation is not None:
        messages = tuple(_messages(known.get("messages")))
        if messages:
            yield Arrival(conversation.id, conversation, messages)


def _conversation(given: dict[str, Any]) -> Conversation | None:
    identity = _identity(given.get("id"))
    created = _time(given.get("created_at"))
    updated = _time(given.get("updated_at"))
    if not identity or created is None or updated is None:
        return None
    return Conversation(
        id=identity,
        title=text(given.get("title"))[:LONGEST_TITLE],
        model=name(given.get("model")),
        provider=name(given.get("provider")),
        role=name(given.get("role")) or "default",
        created_at=created,
        updated_at=updated,
        revision=max(1, min(whole(given.get("revision")), 1 << 31)),
        pinned=given.get("pinned") is True,
        archived_at=_time(given.get("archived_at")),
        folder=name(given.get("folder"))[:LONGEST_NAME],
        tags=tuple(
            dict.fromkeys(tag for tag in (name(each)[:LONGEST_NAME] for each in listed(given.get("tags"))[:MOST_TAGS]) if tag)
        ),
        options=library.options(given.get("options")),
        role_values=library.values(given.get("role_values")),
    )


def _messages(given: object) -> Iterator[Message]:
    """Those that stand behind the one they follow; a question that lacks an answer gets an empty one at the end."""
    here: dict[str, bool] = {}  # id -> whether it is a question
    unanswered: dict[str, Question] = {}
    for item in objects(given):
        identity = _identity(item.get("id"))
        parent = item.get("parent_id")
        created = _time(item.get("created_at"))
        if (
            not identity
            or identity in here
            or created is None
            or not (parent is None or (isinstance(parent, str) and parent in here))
        ):
            continue
        if item.get("role") == "user":
            question = Question(identity, parent, text(item.get("text")), created, item.get("pinned") is True)
            here[identity] = True
            unanswered[identity] = question
            yield question
        elif item.get("role") == "assistant" and parent is not None and here[parent]:
            here[identity] = False
            unanswered.pop(parent, None)
            yield _answer(identity, parent, created, item)
    for question in unanswered.values():
        identity = f"{question.id[:100]}-answer"
        if identity not in here:
            yield Answer(identity, question.id, "", question.created_at, "stopped", finished_at=question.created_at, seq=1)


def _time(value: object) -> float | None:
    """Seconds since 1970; a database and a calendar can hold them."""
    number = real(value)
    return number if number is not None and 0 <= number <= LATEST else None


def _identity(value: object) -> str:
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _answer(identity: str, parent: str, created: float, item: dict[str, Any]) -> Answer:
    state = _STATES.get(str(item.get("state")), "interrupted")
    code = text(item.get("code"))
    return Answer(
        id=identity,
        parent_id=parent,
        text=text(item.get("text")),
        created_at=created,
        state=state,
        provider=name(item.get("provider")),
        model=name(item.get("model")),
        role=name(item.get("asked_role")),
        reasoning=text(item.get("reasoning")),
        citations=tuple(Citation(text(each.get("url")), text(each.get("title"))) for each in objects(item.get("citations"))),
        tool_calls=tuple(
            ToolCall(whole(each.get("index")), text(each.get("id")), text(each.get("name")), text(each.get("arguments")))
            for each in objects(item.get("tool_calls"))
        ),
        seams=tuple(
            (whole(each.get("at")), Seam(text(each.get("from")), text(each.get("to")), text(each.get("code"))))
            for each in objects(item.get("seams"))
        ),
        usage=_usage(item.get("usage")),
        reason=name(item.get("reason")) or None,
        code=code if _CODE.fullmatch(code) else CUT if str(item.get("state")) not in TERMINAL else None,
        finished_at=_time(item.get("finished_at")) or created,
        seq=max(1, whole(item.get("seq"))),
        pinned=item.get("pinned") is True,
        edited_from=_identity(item.get("edited_from")),
        compared=_identity(item.get("compared")),
        kept=item.get("kept") is True,
    )


def _usage(given: object) -> Usage | None:
    if not isinstance(given, dict):
        return None
    return Usage(
        whole(given.get("prompt_tokens")),
        whole(given.get("completion_tokens")),
        whole(given.get("reasoning_tokens")),
        real(given.get("seconds")),
    )
