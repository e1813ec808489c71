"""An answer as chunks of a response: server-sent events for the page, bare text for programs of 2023.

These run on the asyncio loop, outside any request, so they are told everything they need.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from server.errors import ApiError, status_of
from server.generation.log import Entry
from server.generation.runner import Runner
from server.streaming import Outlet, Write, refusal

RETRY = b"retry: 1000\n\n"  # milliseconds before a browser's own EventSource asks again


def events(runner: Runner, owner: str, answer_id: str, after: int) -> Write:
    """The events after number ``after``, until the answer has ended."""

    async def write(outlet: Outlet) -> None:
        if after:  # there may be nothing new for long, and the response begins all the same; a first event is there or never comes
            outlet.write(RETRY)
        await runner.follow(owner, answer_id, after, _Frames(outlet, b"" if after else RETRY))

    return write


class _Frames:
    """Events as they stand on the wire."""

    def __init__(self, outlet: Outlet, before: bytes) -> None:
        self._write = outlet.write
        self.room = outlet.room
        self._before = before  # goes with the first of them

    def take(self, entries: Sequence[Entry]) -> bool:
        frames = entries[0].frame if len(entries) == 1 else b"".join([entry.frame for entry in entries])
        if self._before:
            frames, self._before = self._before + frames, b""
        return self._write(frames)


def bare_text(runner: Runner, owner: str, answer_id: str) -> Write:
    """The answer's text and nothing else. What fails before the first word is a real HTTP error."""

    async def write(outlet: Outlet) -> None:
        words = _Words(outlet)
        try:
            await runner.follow(owner, answer_id, 0, words)
        except ApiError as error:
            if words.spoken:
                raise
            raise refusal(error, historical(error)) from error

    return write


class _Words:
    """The bare text of events. Raises the failure of an answer that has none."""

    def __init__(self, outlet: Outlet) -> None:
        self.spoken = False
        self._write = outlet.write
        self.room = outlet.room

    def take(self, entries: Sequence[Entry]) -> bool:
        text = "".join(map(_text_of, entries))
        if text:
            self.spoken = True
            return self._write(text.encode("utf-8", "replace"))
        if not self.spoken:
            _check_failure(entries)
        return True


def _text_of(entry: Entry) -> str:
    """What an event adds to the text; a snapshot stands for all events before it."""
    if entry.type == "snapshot":
        return str(json.loads(entry.data)["message"]["text"])
    return entry.data if entry.type == "text" else ""


def _check_failure(entries: Sequence[Entry]) -> None:
    """Raise the failure among these events, if there is one."""
    for entry in entries:
        if entry.type == "failed":
            code = json.loads(entry.data)["code"]
            raise ApiError(code, status_of(code))


def historical(error: ApiError) -> bytes:
    """The error body of 2023 (lineage: ``_action``, ``success``, ``error``), with our ``code``."""
    body = {"_action": "_ask", "success": False, "error": f"an error occurred {error.message}", "code": error.code}
    return json.dumps(body, ensure_ascii=False).encode()
