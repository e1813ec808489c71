"""Conversations become files: names that no system misreads, and a ZIP that is written while it is sent."""

from __future__ import annotations

import json
import re
import time
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote

from server.conversations import Conversation, Message
from server.library import Item
from server.transfer import library, markdown
from server.transfer.formats import own

FOLDER = "conversations"
INDEX = "index.json"
LONGEST_NAME = 60  # characters of a title in a file name
EARLIEST = 315_619_200  # seconds: a ZIP knows no time before 1980


def to_json(conversation: Conversation, messages: Sequence[Message]) -> bytes:
    return json.dumps(own.document(conversation, tuple(messages)), ensure_ascii=False, indent=1).encode("utf-8", "replace")


def to_markdown(
    conversation: Conversation, messages: Sequence[Message], language: str, leaf_id: str | None = None, *, reasoning: bool = True
) -> bytes:
    return markdown.document(conversation, messages, language, leaf_id, reasoning=reasoning).encode("utf-8", "replace")


def file_name(conversation: Conversation) -> str:
    """Day and title, without an ending. A title may hold anything; this holds nothing that a path or a shell takes for its own."""
    day = time.strftime("%Y-%m-%d", time.gmtime(max(0, conversation.created_at)))
    kept = "".join(character if _is_harmless(character) else " " for character in unicodedata.normalize("NFC", conversation.title))
    words = " ".join(kept.split())[:LONGEST_NAME].strip(" .")
    return f"{day} {words or '-'}"


def _is_harmless(character: str) -> bool:
    """Letters, marks, numbers and quiet punctuation; no controls, no bidi marks, nothing of ``/\\:*?"<>|`` and the like."""
    return unicodedata.category(character)[0] in "LMN" or character in "-_.,()!+="


def disposition(name: str) -> str:
    """The header of a download (RFC 6266): an ASCII name for old programs, the real one for all others."""
    plain = re.sub(r"[^A-Za-z0-9._() -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def archive(
    conversations: Sequence[Conversation],
    messages_of: Callable[[str], Sequence[Message]],
    language: str,
    items: Sequence[Item] = (),
) -> Iterator[bytes]:
    """Everything as a ZIP, in pieces: of each conversation a Markdown to read and a JSON to import; an index; the library."""
    names = _names(conversations)
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as opened:
        _put(opened, INDEX, _index(conversations, names), max((each.updated_at for each in conversations), default=0))
        if items:
            _put(opened, library.FILE, library.document(items), max(item.updated_at for item in items))
        for conversation in conversations:
            messages = messages_of(conversation.id)
            name = f"{FOLDER}/{names[conversation.id]}"
            _put(opened, f"{name}.json", to_json(conversation, messages), conversation.updated_at)
            _put(opened, f"{name}.md", to_markdown(conversation, messages, language), conversation.updated_at)
            yield sink.take()
    yield sink.take()


def _names(conversations: Iterable[Conversation]) -> dict[str, str]:
    """A file name for every conversation; of those that would share one, the later get a number. Case does not tell them apart."""
    names: dict[str, str] = {}
    used: set[str] = set()
    for conversation in conversations:
        first = name = file_name(conversation)
        number = 1
        while name.casefold() in used:
            number += 1
            name = f"{first} ({number})"
        used.add(name.casefold())
        names[conversation.id] = name
    return names


def _index(conversations: Iterable[Conversation], names: dict[str, str]) -> bytes:
    entries = [{"id": each.id, "title": each.title, "file": f"{FOLDER}/{names[each.id]}.json"} for each in conversations]
    return json.dumps({"version": own.VERSION, "index": entries}, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _put(opened: zipfile.ZipFile, name: str, content: bytes, at: float) -> None:
    entry = zipfile.ZipInfo(name, time.gmtime(max(at, EARLIEST))[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    opened.writestr(entry, content)


class _Sink:
    """What the ZIP is written to: it only grows, and what has been sent is forgotten."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Everything is in memory."""

    def close(self) -> None:
        """Nothing is held open."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
