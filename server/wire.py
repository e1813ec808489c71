"""Event <-> JSON <-> server-sent events; messages and conversations -> JSON. The only file that knows the wire (docs/api.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from g4f.chat import Citation, Progress, Reasoning, Seam, Started, Text, ToolCall, Usage
from g4f.decoders import whole_characters
from server.conversations import Answer, AnswerEvent, Asked, Conversation, Ended, Message, Question
from server.library import Item, variables
from server.prompts import Prompt
from server.roles import FALLBACK, Role
from server.shown import KeptShare, Shown

PING = b": \n\n"
SIGNED_OUT = b'data: {"type":"signed_out"}\n\n'  # the last event of a stream whose reader may not read on; has no number
_MODEL_FILE = re.compile(r"^.*[/\\]([^/\\]+)\.gguf$", re.IGNORECASE | re.DOTALL)  # llama.cpp names a model by its path on the disk
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def to_row(event: AnswerEvent) -> tuple[str, str]:
    """An event as the log keeps it: its type and its data. Text is kept bare, so that the database can join it without parsing."""
    if isinstance(event, Text):
        return "text", whole_characters(event.text)
    if isinstance(event, Reasoning):
        return "reasoning", whole_characters(event.text)
    kind, fields = _fields(event)
    return kind, whole_characters(_encode(fields))


def _fields(event: AnswerEvent) -> tuple[str, dict[str, Any]]:
    if isinstance(event, Started):
        return "provider", {"provider": event.provider, "model": event.model}
    if isinstance(event, Progress):
        return "progress", {"phase": event.phase, "fraction": event.fraction, "detail": event.detail}
    if isinstance(event, ToolCall):
        return "tool_call", {"index": event.index, "id": event.id, "name": event.name, "arguments": event.arguments}
    if isinstance(event, Citation):
        return "citation", {"url": event.url, "title": event.title}
    if isinstance(event, Usage):
        return "usage", usage_to_json(event)
    if isinstance(event, Asked):
        return "started", {"conversation": event.conversation, "question": event.question, "answer": event.answer}
    if isinstance(event, Seam):
        return "seam", {"from": event.previous, "to": event.next, "code": event.code}
    if isinstance(event, Ended):
        if event.state in ("complete", "stopped"):
            return "finished", {"state": event.state, "reason": event.reason}
        return "failed", {"state": event.state, "code": event.code}
    raise TypeError(f"{type(event).__name__} has no form on the wire")


def from_rows(rows: Iterable[tuple[int, str, str]]) -> Iterator[AnswerEvent]:
    """The events of a log: (number, type, data). Neighbouring pieces of text come as one: 20,000 tokens are a few events."""
    for kind, group in groupby(rows, key=lambda row: row[1]):
        pieces = [row[2] for row in group]
        for piece in ["".join(pieces)] if kind in ("text", "reasoning") else pieces:
            known = from_row(kind, piece)
            if known is not None:
                yield known


def from_row(kind: str, data: str) -> AnswerEvent | None:
    """The event that ``to_row`` wrote; ``None`` for a type this version does not know."""
    if kind == "text":
        return Text(data)
    if kind == "reasoning":
        return Reasoning(data)
    fields = json.loads(data)
    if kind == "provider":
        return Started(**fields)
    if kind == "progress":
        return Progress(**fields)
    if kind == "tool_call":
        return ToolCall(**fields)
    if kind == "citation":
        return Citation(**fields)
    if kind == "usage":
        return Usage(**fields)
    if kind == "started":
        return Asked(**fields)
    if kind == "seam":
        return Seam(fields["from"], fields["to"], fields["code"])
    if kind == "finished":
        return Ended(fields["state"], fields["reason"])
    if kind == "failed":
        return Ended(fields["state"], code=fields["code"])
    return None


def to_sse(seq: int, kind: str, data: str) -> bytes:
    """One stored row as one server-sent event. The data is a single line: JSON escapes line breaks."""
    if kind in ("text", "reasoning"):
        return f'id: {seq}\ndata: {{"type":"{kind}","text":{_encode(data)}}}\n\n'.encode("utf-8", "replace")
    return f'id: {seq}\ndata: {{"type":"{kind}",{data[1:]}\n\n'.encode("utf-8", "replace")


def snapshot(answer: Answer) -> tuple[str, str]:
    """The row that stands for events which are folded already: the answer as it is."""
    return "snapshot", _encode({"message": message_to_json(answer)})


def conversation_to_json(conversation: Conversation) -> dict[str, Any]:
    return dict(vars(conversation))


def counted_to_json(names: list[tuple[str, int]]) -> list[dict[str, object]]:
    """By the alphabet, as people see it: capitals and ё stand where their letters do."""
    ordered = sorted(names, key=lambda each: each[0].casefold().replace("ё", "е"))
    return [{"name": name, "count": count} for name, count in ordered]


def message_to_json(message: Message) -> dict[str, Any]:
    if isinstance(message, Question):
        return {
            "id": message.id,
            "parent_id": message.parent_id,
            "role": "user",
            "text": message.text,
            "created_at": message.created_at,
            **_marks(message),
        }
    return {
        "id": message.id,
        "parent_id": message.parent_id,
        "role": "assistant",
        "text": message.text,
        "reasoning": message.reasoning,
        "state": message.state,
        "code": message.code,
        "reason": message.reason,
        "provider": message.provider,
        "model": message.model,
        "citations": [{"url": citation.url, "title": citation.title} for citation in message.citations],
        "tool_calls": [vars(call) for call in message.tool_calls],
        "seams": [{"at": at, "from": seam.previous, "to": seam.next, "code": seam.code} for at, seam in message.seams],
        "usage": usage_to_json(message.usage) if message.usage else None,
        "created_at": message.created_at,
        "finished_at": message.finished_at,
        "seq": message.seq,
        **_marks(message),
    }


def _marks(message: Message) -> dict[str, Any]:
    """Only those a message has: of a thousand hardly one has any."""
    names = ("pinned", "edited_from", "compared", "kept")
    return {name: value for name in names if (value := getattr(message, name, None))}


def share_to_json(kept: KeptShare) -> dict[str, Any]:
    share = kept.share
    return {
        "id": share.id,
        "path": f"s/{share.token}",
        "conversation": share.conversation_id,
        "title": kept.title,
        "leaf": share.leaf_id,
        "reasoning": share.shows_reasoning,
        "created_at": share.created_at,
        "expires_at": share.expires_at,
    }


def shared_to_json(shown: Shown) -> dict[str, Any]:
    """What a stranger reads: the words and who answered; no ids, no counts, no failures."""
    messages = [_shared_message_to_json(message) for message in shown.messages]
    return {"title": shown.title, "created_at": shown.created_at, "shared_at": shown.shared_at, "messages": messages}


def _shared_message_to_json(message: Message) -> dict[str, Any]:
    if isinstance(message, Question):
        return {"role": "user", "text": message.text, "created_at": message.created_at}
    return {
        "role": "assistant",
        "text": message.text,
        "reasoning": message.reasoning,
        "state": message.state,
        "reason": message.reason,
        "provider": message.provider,
        "model": _MODEL_FILE.sub(r"\1", message.model),
        "citations": [{"url": citation.url, "title": citation.title} for citation in message.citations],
        "edited": bool(message.edited_from),
        "created_at": message.created_at,
    }


def usage_to_json(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "seconds": usage.seconds,
    }


def item_to_json(item: Item) -> dict[str, Any]:
    return {**vars(item), "options": dict(item.options), "variables": list(variables(item.text))}


def role_to_json(role: Role, language: str) -> dict[str, Any]:
    """As the page chooses from them: in its language and in English, without what the model is told."""
    languages = dict.fromkeys((language, FALLBACK))
    return {
        "id": role.id,
        "icon": role.icon,
        "title": _in(languages, role.title),
        "description": _in(languages, role.description),
        "own": role.own,
        "variables": {each: list(variables(role.prompt_in(each))) for each in languages},
        "bytes": {each: len(role.prompt_in(each).encode("utf-8", "replace")) for each in languages},
        "model": role.model,
        "provider": role.provider,
        "options": dict(role.options),
    }


def prompt_to_json(prompt: Prompt, language: str) -> dict[str, Any]:
    languages = dict.fromkeys((language, FALLBACK))
    return {"id": prompt.id, "name": _in(languages, prompt.name), "text": _in(languages, prompt.text), "own": False}


def own_prompt_to_json(item: Item, language: str) -> dict[str, Any]:
    languages = (language, FALLBACK)
    return {"id": item.id, "name": dict.fromkeys(languages, item.name), "text": dict.fromkeys(languages, item.text), "own": True}


def _in(languages: Iterable[str], texts: Mapping[str, str]) -> dict[str, str]:
    """Those of the texts that the page may show: it speaks thirty-one languages, and a person one of them."""
    return {language: texts[language] for language in languages if language in texts}
