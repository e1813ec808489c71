"""The user guide as sections: one heading of one file, with its text and its address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Language = Literal["ru", "en"]
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "guide"

_FENCE = re.compile(r"\s*(```|~~~)")
_HEADING = re.compile(r"(#{1,2})\s+(.+?)\s*$")
_LINK_BETWEEN_DOCUMENTS = re.compile(r"\]\((?:([\w-]+)\.md)?(#[^)\s]+)?\)")


@dataclass(frozen=True)
class Section:
    """A second-level heading and what stands under it; the text before the first one belongs to the document's own title."""

    language: Language
    document: str
    document_title: str
    heading: str
    text: str

    @property
    def link(self) -> str:
        """Where the page shows it, relative to the root of the application."""
        return f"help/{self.language}/{self.document}.md#{anchor(self.heading)}"


def anchor(heading: str) -> str:
    """The id of a heading, as GitHub makes it: lower case, no punctuation, a hyphen for each space."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def read_sections(language: Language, folder: Path = FOLDER) -> list[Section]:
    """All sections of the guide in one language, ordered by file name and place. Links in them are made to work inside the page."""
    return [
        section
        for path in sorted((folder / language).glob("*.md"))
        for section in _split(language, path.stem, path.read_text(encoding="utf-8"))
    ]


def _split(language: Language, document: str, source: str) -> Iterator[Section]:
    title = heading = ""
    lines: list[str] = []
    fenced = False

    def section() -> Section:
        return Section(language, document, title, heading, _linked("\n".join(lines).strip(), language, document))

    for line in source.splitlines():
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if found is None:
            lines.append(line)
            continue
        if heading and any(lines):
            yield section()
        heading, lines = found[2], []
        title = title or heading
    if heading and any(lines):
        yield section()


def _linked(text: str, language: Language, document: str) -> str:
    """Turn ``[x](file.md#part)``, which works in the folder, into an address that works from the application's root."""
    return _LINK_BETWEEN_DOCUMENTS.sub(
        lambda found: f"](help/{language}/{found[1] or document}.md{found[2] or ''})" if found[1] or found[2] else found[0], text
    )
