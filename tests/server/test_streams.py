"""An answer as chunks of a response, when the database cannot be read."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from server.api.streams import bare_text
from server.errors import StorageUnavailable
from server.generation.log import Entry, Sink, entry
from server.generation.runner import Runner
from server.streaming import Refused


class Failing:
    """A runner whose reading breaks off after the given events."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = entries

    async def follow(self, owner: str, answer_id: str, after: int, sink: Sink) -> None:
        if self.entries:
            sink.take(self.entries)
        raise StorageUnavailable


class Nowhere:
    def write(self, chunk: bytes) -> bool:
        return True

    async def room(self) -> None:
        """Always."""


async def read(runner: Failing) -> None:
    await bare_text(cast(Runner, runner), "owner", "a")(Nowhere())


async def test_a_failure_before_the_first_word_is_a_refusal() -> None:
    with pytest.raises(Refused) as caught:
        await read(Failing(entry(1, "started", "{}")))
    body: dict[str, Any] = json.loads(caught.value.body)
    assert (caught.value.status, body["success"], body["code"]) == (503, False, "storage_unavailable")
    assert caught.value.headers["Retry-After"] == "5"


async def test_a_failure_after_the_first_word_breaks_off() -> None:
    with pytest.raises(StorageUnavailable):
        await read(Failing(entry(1, "text", "слово")))


async def test_the_failure_of_the_answer_itself_is_a_refusal() -> None:
    with pytest.raises(Refused) as caught:
        await read(Failing(entry(1, "failed", '{"state":"failed","code":"internal"}')))
    assert caught.value.status == 500
