"""An answer as chunks of a response: server-sent events for the page, bare text for programs of 2023.

These run on the asyncio loop, outside any request, so they are told everything they need.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from server.errors import ApiError, status_of
from server.generation.log import Entry
from server.generation.runner import Runner
from server.streaming import refusal

RETRY = b"retry: 1000\n\n"  # milliseconds before a browser's own EventSource asks again


async def events(runner: Runner, owner: str, answer_id: str, after: int) -> AsyncGenerator[bytes, None]:
    """The events after number ``after``, until the answer has ended."""
    yield RETRY
    async with aclosing(runner.follow(owner, answer_id, after)) as batches:
        async for entries in batches:
            yield b"".join(entry.frame for entry in entries)


def _text_of(entry: Entry) -> str:
    """What an event adds to the text; a snapshot stands for all events before it."""
    if entry.type == "snapshot":
        return str(json.loads(entry.data)["message"]["text"])
    return entry.data if entry.type == "text" else ""


async def bare_text(runner: Runner, owner: str, answer_id: str) -> AsyncGenerator[bytes, None]:
    """The answer's text and nothing else. What fails before the first word is a real HTTP error."""
    spoken = False
    try:
        async with aclosing(runner.follow(owner, answer_id, 0)) as batches:
            async for entries in batches:
                text = "".join(map(_text_of, entries))
                if text:
                    spoken = True
                    yield text.encode("utf-8", "replace")
                elif not spoken:
                    _check_failure(entries)
    except ApiError as error:
        if spoken:
            raise
        raise refusal(error, historical(error)) from error


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
