"""Open WebUI: a list of chats, each with ``history.messages``, a tree by ``parentId``."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from g4f.chat import Citation, Usage
from server.transfer.reading import entries, fields, flat, listed, moment, name, objects, sample, text, whole
from server.transfer.values import Author, Chat, Turn, in_a_row

NAME = "open-webui"
AUTHORS: dict[str, Author] = {"user": "user", "assistant": "assistant"}
_SHUT = "</details>"
_THOUGHTS = re.compile(rf'<details type="reasoning"[^<>]*>\s*(?:<summary>[^<]*</summary>)?(.*?){_SHUT}\s*', re.DOTALL)
_NO_CHARACTER = re.compile("&#[0-9]{12,};?")
_NANOSECONDS = 1e9


def recognises(value: object) -> bool:
    return any("history" in _chat(entry) or "messages" in fields(entry.get("chat")) for entry in sample(value))


def _chat(entry: dict[str, Any]) -> dict[str, Any]:
    """Older files hold the chat itself, newer ones wrap it with its dates."""
    return fields(entry["chat"]) if "chat" in entry else entry


def chats(value: object) -> Iterator[Chat]:
    for entry in objects(entries(value)):
        chat = _chat(entry)
        if "history" in chat or "messages" in chat:
            yield Chat(
                key=name(entry.get("id")) or name(chat.get("id")) or text(chat.get("title")),
                title=text(entry.get("title")) or text(chat.get("title")),
                turns=_turns(chat),
                created_at=moment(entry.get("created_at")) or moment(chat.get("timestamp")),
                updated_at=moment(entry.get("updated_at")),
                model=next(map(name, listed(chat.get("models"))), ""),
            )


def _turns(chat: dict[str, Any]) -> tuple[Turn, ...]:
    tree = fields(fields(chat.get("history")).get("messages"))
    if tree:
        return tuple(_turn(name(key), fields(message)) for key, message in tree.items())
    row = [_turn(name(message.get("id")) or str(place), message) for place, message in enumerate(objects(chat.get("messages")))]
    return in_a_row(row)


def _turn(key: str, message: dict[str, Any]) -> Turn:
    spoken, reasoning = _without_thoughts(flat(message.get("content")))
    failed = bool(message.get("error"))
    return Turn(
        key=key,
        parent=name(message.get("parentId")) or None,
        author=AUTHORS.get(name(message.get("role")), "other"),
        text="\n\n".join(filter(None, (spoken, *_files(message)))),
        at=moment(message.get("timestamp")),
        state="failed" if failed else "interrupted" if message.get("done") is False else "complete",
        code="provider_failed" if failed else "server_restarted" if message.get("done") is False else None,
        model=name(message.get("model")),
        reasoning=reasoning,
        citations=tuple(_citations(message)),
        usage=_usage(fields(message.get("usage")) or fields(message.get("info"))),
    )


def _without_thoughts(content: str) -> tuple[str, str]:
    """Thinking stands in the text, folded in ``<details>`` and quoted line by line.

    It is looked for where it may end: for each of many that do not, the whole text would be read again.
    """
    shut = content.rfind(_SHUT) + len(_SHUT) if _SHUT in content else 0
    end = len(content) - len(content[shut:].lstrip())
    thoughts = [_unescaped(found[1]).strip() for found in _THOUGHTS.finditer(content, 0, end)]
    plain = ["\n".join(line.removeprefix(">").removeprefix(" ") for line in thought.split("\n")) for thought in thoughts]
    return _THOUGHTS.sub("", content[:end]) + content[end:], "\n\n".join(plain)


def _unescaped(text: str) -> str:
    """A number of more digits than any character has would not be read by ``html``: it raises."""
    return html.unescape(_NO_CHARACTER.sub("\ufffd", text))


def _files(message: dict[str, Any]) -> Iterator[str]:
    for file in objects(message.get("files")):
        label = name(file.get("name")) or name(file.get("type"))
        if label:
            yield f"[{label}]"


def _citations(message: dict[str, Any]) -> Iterator[Citation]:
    for source in (*objects(message.get("sources")), *objects(message.get("citations"))):
        about = fields(source.get("source"))
        for each in (about, *objects(source.get("metadata"))):
            url = text(each.get("url")) or text(each.get("source"))
            if url.startswith(("https://", "http://")):
                yield Citation(url, text(each.get("title")) or text(about.get("name")))


def _usage(usage: dict[str, Any]) -> Usage | None:
    found = Usage(
        whole(usage.get("prompt_tokens") or usage.get("prompt_eval_count")),
        whole(usage.get("completion_tokens") or usage.get("eval_count")),
        whole(fields(usage.get("completion_tokens_details")).get("reasoning_tokens")),
        whole(usage.get("eval_duration")) / _NANOSECONDS or None,
    )
    return found if found != Usage() else None
