"""Which program made a file, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType

from server.transfer import reading, tree
from server.transfer.formats import chatbox, chatgpt, claude, freegpt, librechat, llama_cpp, lobechat, nextchat, open_webui, own
from server.transfer.values import Arrival, Unknown

# The narrower description first.
FORMATS: Sequence[ModuleType] = (
    own, freegpt, nextchat, lobechat, chatbox, chatgpt, claude, librechat, llama_cpp, open_webui
)  # fmt: skip


def read(data: bytes, *, owner: str, now: float) -> tuple[str, Iterator[Arrival]]:
    """The name of the format, and its conversations as they shall be stored for ``owner``. Raises ``Unreadable``, ``Unknown``."""
    return arrivals(reading.parse(data), owner=owner, now=now)


def arrivals(value: object, *, owner: str, now: float) -> tuple[str, Iterator[Arrival]]:
    """``read`` for a value that is parsed already."""
    for known in FORMATS:
        if known.recognises(value):
            return known.NAME, _arrive(known, value, owner, now)
    raise Unknown("no format that we know")


def _arrive(known: ModuleType, value: object, owner: str, now: float) -> Iterator[Arrival]:
    for chat in known.chats(value):
        arrived = chat if isinstance(chat, Arrival) else tree.arrive(chat, source=known.NAME, owner=owner, now=now)
        if arrived is not None:
            yield arrived
