"""Roles and prompts of one's own, and the ``{{variables}}`` in their texts. Values only: no Flask, no SQL.

A role is what a model is told before a conversation, a prompt is what one puts into the composer by its name after ``/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from server.roles import LANGUAGES, Role

Kind = Literal["role", "prompt"]
KINDS: tuple[Kind, ...] = ("role", "prompt")
OWN = "own:"  # stands before the id of a role of one's own wherever roles are named: no file of roles/ is called so

MOST_ITEMS = 1_000  # roles and prompts of one person
LONGEST_NAME = 60  # characters
LONGEST_DESCRIPTION = 200
LONGEST_TEXT = 20_000
LONGEST_ICON = 32  # an emoji may consist of many characters
MOST_VALUES = 20
LONGEST_VALUE = 4_000
PROMPT_NAME = re.compile(r"[^\s/{}]+")  # one word: it is typed after a slash
_VARIABLE = re.compile(r"\{\{[ \t]*([^{}\s](?:[^{}\n]{0,58}[^{}\s])?)[ \t]*\}\}")


@dataclass(frozen=True)
class Item:
    """One role or prompt of its owner's. ``options`` holds fields of ``g4f.chat.Options``."""

    id: str
    kind: Kind
    name: str
    text: str
    icon: str = ""
    description: str = ""
    model: str = ""
    provider: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    updated_at: float = 0.0


def variables(text: str) -> tuple[str, ...]:
    """The names in double braces, each once, in the order in which they are met."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables replaced, in one go: what a value says is never looked into. One without a value stays."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def to_role(item: Item) -> Role:
    """A role like the ready ones: what its owner wrote stands for every language, as English does."""

    def always(text: str) -> dict[str, str]:
        return dict.fromkeys(LANGUAGES, text)

    return Role(
        OWN + item.id,
        item.icon or "person",
        always(item.name),
        always(item.description),
        always(item.text),
        own=True,
        model=item.model,
        provider=item.provider,
        options=item.options,
    )


def by_name(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item.name.casefold(), item.created_at, item.id))
