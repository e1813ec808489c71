"""ChatGPT: ``conversations.json`` of its data export. Each conversation is a ``mapping`` of nodes that name their parents.

Between a question and its answer stand thoughts, tools and hidden contexts: thoughts become reasoning, the rest is stepped over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from g4f.chat import Citation
from server.transfer.reading import entries, fields, flat, listed, moment, name, objects, sample, text
from server.transfer.values import Author, Chat, Turn

NAME = "chatgpt"
AUTHORS: dict[str, Author] = {"user": "user", "assistant": "assistant"}
SPOKEN = ("text", "multimodal_text", "code")
REASONS = {"stop": "stop", "max_tokens": "length", "interrupted": None}
_CITED = re.compile("\ue200.*?\ue201", re.DOTALL)  # where the page draws its citations; their addresses are elsewhere
_MARK = re.compile("[\ue200-\ue2ff]")


def recognises(value: object) -> bool:
    return any("mapping" in entry for entry in sample(value))


def chats(value: object) -> Iterator[Chat]:
    for entry in objects(entries(value)):
        if "mapping" in entry:
            yield Chat(
                key=name(entry.get("conversation_id")) or name(entry.get("id")) or text(entry.get("title")),
                title=text(entry.get("title")),
                turns=tuple(_turn(name(key), fields(node)) for key, node in fields(entry["mapping"]).items()),
                created_at=moment(entry.get("create_time")),
                updated_at=moment(entry.get("update_time")),
                model=name(entry.get("default_model_slug")),
                provider="ChatGPT",
            )


def _turn(key: str, node: dict[str, Any]) -> Turn:
    message = fields(node.get("message"))
    content = fields(message.get("content"))
    about = fields(message.get("metadata"))
    author = AUTHORS.get(name(fields(message.get("author")).get("role")), "other")
    kind = name(content.get("content_type"))
    reasoning = _thoughts(content) if kind == "thoughts" else ""
    if _is_hidden(message, about) or (kind not in SPOKEN and not reasoning):
        author = "other"
    finish = fields(about.get("finish_details"))
    return Turn(
        key=key,
        parent=name(node.get("parent")) or None,
        author=author,
        text=_spoken(content, kind) if author != "other" and not reasoning else "",
        at=moment(message.get("create_time")),
        state="stopped" if name(finish.get("type")) == "interrupted" else "complete",
        reason=REASONS.get(name(finish.get("type"))),
        model=name(about.get("model_slug")),
        reasoning=reasoning,
        citations=tuple(_citations(about)),
    )


def _is_hidden(message: dict[str, Any], about: dict[str, Any]) -> bool:
    """What the page of ChatGPT does not show: contexts, and calls of tools."""
    return about.get("is_visually_hidden_from_conversation") is True or message.get("recipient") not in (None, "all")


def _thoughts(content: dict[str, Any]) -> str:
    parts = (f"**{text(each.get('summary'))}**\n\n{text(each.get('content'))}".strip() for each in objects(content.get("thoughts")))
    return "\n\n".join(part for part in parts if part)


def _spoken(content: dict[str, Any], kind: str) -> str:
    if kind == "code":
        return f"```{name(content.get('language')).replace('unknown', '')}\n{text(content.get('text'))}\n```"
    return _unmarked("\n\n".join(piece for piece in map(_part, listed(content.get("parts"))) if piece))


def _unmarked(said: str) -> str:
    """Without citations. Behind the last end of one none is looked for: from each of many beginnings that takes for ever."""
    end = said.rfind("\ue201") + 1
    return _MARK.sub("", _CITED.sub("", said[:end]) + said[end:])


def _part(part: object) -> str:
    """A part that is no text names its kind: ``image_asset_pointer`` and the like."""
    kind = name(fields(part).get("content_type"))
    return f"[{kind}]" if kind and not isinstance(fields(part).get("text"), str) else flat([part])


def _citations(about: dict[str, Any]) -> Iterator[Citation]:
    places = [*objects(about.get("citations")), *objects(about.get("content_references"))]
    for place in places:
        for each in (place, fields(place.get("metadata")), *objects(place.get("items")), *objects(place.get("sources"))):
            url = text(each.get("url"))
            if url.startswith(("https://", "http://")):
                yield Citation(url, text(each.get("title")))
