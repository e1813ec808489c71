"""Ready prompts: what one often asks, with places to fill in. Each one is a file in prompts/, like the roles in roles/."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.roles import LANGUAGES, in_each_language

FOLDER = Path(__file__).with_name("prompts")
TEXTS = ("name", "text")


@dataclass(frozen=True)
class Prompt:
    """``name`` is the word after the slash; name and text are given per language."""

    id: str
    name: Mapping[str, str]
    text: Mapping[str, str]


def load(folder: Path = FOLDER) -> Sequence[Prompt]:
    """Read every prompt of the folder. Raises ``ValueError`` with the file's name when one is not as it should be."""
    files = {path: _read(path) for path in folder.glob("*.json")}
    ordered = sorted(files, key=lambda path: (files[path]["order"], path.stem))
    return [Prompt(path.stem, files[path]["name"], files[path]["text"]) for path in ordered]


def _read(path: Path) -> dict[str, Any]:
    data = json.loads(path.read_text(encoding="utf-8"))
    fine = (
        isinstance(data, dict)
        and set(data) == {"order", *TEXTS}
        and isinstance(data["order"], int)
        and all(in_each_language(data[field]) for field in TEXTS)
    )
    if not fine:
        raise ValueError(f"{path.name}: a prompt has order, and name and text in {' and '.join(LANGUAGES)}")
    return dict(data)
