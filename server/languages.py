"""The languages of the page, a line each in client/locales/languages.json, and which suits what a browser asks for. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "client" / "locales" / "languages.json"
# Tags that mean a language of ours but are written otherwise: older codes, a member for its family, a place for its script.
OTHERWISE = {
    "in": "id",
    "iw": "he",
    "nn": "nb",
    "no": "nb",
    "es-419": "es-MX",
    "zh": "zh-Hans",
    "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant",
    "zh-tw": "zh-Hant",
}


@dataclass(frozen=True)
class Language:
    """``name`` is its own word for itself; ``locale`` is what the programs of 2023 call it."""

    code: str
    name: str
    direction: str
    locale: str


def read(table: Path = TABLE) -> Mapping[str, Language]:
    """Every language by its code. Raises ``ValueError`` with the code of a line that is not as it should be."""
    languages = {}
    for code, line in json.loads(table.read_text("utf-8")).items():
        if set(line) != {"name", "direction", "locale"} or line["direction"] not in ("ltr", "rtl"):
            raise ValueError(f"{table.name}: {code} needs a name, a direction (ltr or rtl) and a locale")
        languages[code] = Language(code, **line)
    return languages


LANGUAGES = read()


def negotiate(wanted: Iterable[str], known: Iterable[str] = LANGUAGES) -> str | None:
    """The first of the wanted tags that there is a language for: "pt-BR" is content with "pt", "zh-TW" with "zh-Hant"."""
    codes = {code.lower(): code for code in known}
    for tag in wanted:
        parts = tag.strip().replace("_", "-").lower().split("-")
        for length in range(len(parts), 0, -1):
            part = "-".join(parts[:length])
            found = codes.get(part) or codes.get(OTHERWISE.get(part, "").lower())
            if found:
                return found
    return None
