"""Ready roles: what a model is told before the conversation. Each one is a file in roles/; its name is the role's id.

The historical request field `jailbreak` names one of them; no role tells a model to drop its rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("roles")
LANGUAGES = ("ru", "en")
FALLBACK = "en"
TEXTS = ("title", "description", "prompt")
DEFAULT = "default"


class RoleUnknown(Exception):
    """Nobody has this name. ``known`` are the ids that would do."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"Unknown role {name!r}; known: {', '.join(known)}")
        self.name = name
        self.known = tuple(known)


@dataclass(frozen=True)
class Role:
    """One role. ``icon`` is a name from the page's icon set; title, description and prompt are given per language: the first two in
    all that the page speaks, the prompt in Russian and English.

    One of a person's own may also say which model and options a conversation begins with.
    """

    id: str
    icon: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    prompt: Mapping[str, str]
    own: bool = False
    model: str = ""
    provider: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def prompt_in(self, language: str) -> str:
        """The system prompt in this language, else in English; empty when the role says nothing."""
        return self.prompt.get(language, self.prompt[FALLBACK])


class Roles:
    """The roles by id, in the order in which the picker shows them."""

    def __init__(self, roles: Sequence[Role]) -> None:
        self._by_id = {role.id: role for role in roles}

    def __iter__(self) -> Iterator[Role]:
        return iter(self._by_id.values())

    def get(self, name: str) -> Role:
        """The role of this id; the empty name is the default role. Raises ``RoleUnknown``."""
        try:
            return self._by_id[name or DEFAULT]
        except KeyError:
            raise RoleUnknown(name, tuple(self._by_id)) from None


def load(folder: Path = FOLDER) -> Roles:
    """Read every role of the folder. Raises ``ValueError`` with the file's name when one is not as it should be."""
    files = {path: _read(path) for path in folder.glob("*.json")}
    ordered = sorted(files, key=lambda path: (files[path]["order"], path.stem))
    return Roles([_role(path.stem, files[path]) for path in ordered])


def _role(name: str, data: Mapping[str, Any]) -> Role:
    return Role(name, data["icon"], data["title"], data["description"], data["prompt"])


def _read(path: Path) -> dict[str, Any]:
    """A file's content, checked here once so that everybody else may trust its shape."""
    data = json.loads(path.read_text(encoding="utf-8"))
    fine = (
        isinstance(data, dict)
        and set(data) == {"icon", "order", *TEXTS}
        and isinstance(data["icon"], str)
        and isinstance(data["order"], int)
        and all(in_each_language(data[field]) for field in TEXTS)
    )
    if not fine:
        raise ValueError(f"{path.name}: a role has icon, order, and title, description and prompt in {' and '.join(LANGUAGES)}")
    return dict(data)


def in_each_language(text: Any) -> bool:
    """Russian and English at least; whoever speaks a third language reads English where it is missing."""
    return isinstance(text, dict) and set(text) >= set(LANGUAGES) and all(isinstance(value, str) for value in text.values())
