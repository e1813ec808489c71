"""Roles and prompts of one's own as a file of the export, and back. What comes back is believed as little as any other file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from server import library
from server.library import Item, Kind
from server.transfer.reading import LATEST, fields, name, objects, real, text, whole

FILE = "library.json"
FORMAT = "freegpt-webui-library"
VERSION = 1
MOST_TOKENS = 1 << 30
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EFFORTS = ("none", "low", "medium", "high")
_WRITTEN = ("id", "kind", "name", "text", "icon", "description", "model", "provider", "options", "created_at", "updated_at")


def document(items: Iterable[Item]) -> bytes:
    entries = [{field: getattr(item, field) for field in _WRITTEN} for item in items]
    value = {"format": FORMAT, "version": VERSION, "items": entries}
    return json.dumps(value, ensure_ascii=False, indent=1, default=dict).encode("utf-8", "replace")


def items(value: object, now: float) -> list[Item]:
    """The items of such a document that are as they should be; none for any other value."""
    known = fields(value)
    if known.get("format") != FORMAT:
        return []
    return list(_items(known.get("items"), now))[: library.MOST_ITEMS]


def _items(given: object, now: float) -> Iterator[Item]:
    for each in objects(given):
        identity, said = each.get("id"), text(each.get("text"))[: library.LONGEST_TEXT]
        kind = next((kind for kind in library.KINDS if kind == each.get("kind")), None)
        called = name(each.get("name"))[: library.LONGEST_NAME].strip()
        if not isinstance(identity, str) or not _ID.fullmatch(identity) or kind is None or not _can_be_used(kind, called, said):
            continue
        yield Item(
            id=identity,
            kind=kind,
            name=called,
            text=said,
            icon=name(each.get("icon"))[: library.LONGEST_ICON],
            description=name(each.get("description"))[: library.LONGEST_DESCRIPTION],
            model=name(each.get("model")),
            provider=name(each.get("provider")),
            options=options(each.get("options")),
            created_at=_time(each.get("created_at"), now),
            updated_at=_time(each.get("updated_at"), now),
        )


def _can_be_used(kind: Kind, called: str, said: str) -> bool:
    return bool(library.PROMPT_NAME.fullmatch(called) and said.strip()) if kind == "prompt" else bool(called)


def _time(value: object, now: float) -> float:
    number = real(value)
    return number if number is not None and 0 <= number <= LATEST else now


def options(given: object) -> dict[str, Any]:
    """The fields of ``g4f.chat.Options`` that a person may set, within their bounds."""
    known = fields(given)
    found: dict[str, Any] = {}
    for field, most in (("temperature", 2.0), ("top_p", 1.0)):
        value = real(known.get(field))
        if value is not None and 0 <= value <= most:
            found[field] = value
    for field, least in (("max_tokens", 1), ("context_length", 256)):
        if least <= whole(known.get(field)) <= MOST_TOKENS:
            found[field] = whole(known[field])
    if known.get("reasoning_effort") in _EFFORTS:
        found["reasoning_effort"] = known["reasoning_effort"]
    return found


def values(given: object) -> dict[str, str]:
    """The values of a role's variables."""
    known = [(name(key)[: library.LONGEST_NAME], text(value)[: library.LONGEST_VALUE]) for key, value in fields(given).items()]
    return dict(known[: library.MOST_VALUES])
