"""DeepSeek: thinking is on unless switched off."""

from __future__ import annotations

import pytest

from g4f.Provider.Providers.DeepSeek import DeepSeek
from g4f.transport import Transport
from tests.emulators.stage import Stage
from tests.g4f.conftest import body_sent


@pytest.mark.parametrize(
    ("effort", "thinking", "depth"),
    [("none", {"type": "disabled"}, None), ("low", {"type": "enabled"}, "high"), ("high", {"type": "enabled"}, "high")],
)
async def test_thinking_is_switched(
    transport: Transport, openai_stage: Stage, effort: str, thinking: dict[str, str], depth: str | None
) -> None:
    body = await body_sent(DeepSeek, transport, openai_stage, reasoning_effort=effort)
    assert body["thinking"] == thinking
    assert body.get("reasoning_effort") == depth


async def test_who_says_nothing_of_thinking_sends_nothing_of_it(transport: Transport, openai_stage: Stage) -> None:
    assert "thinking" not in await body_sent(DeepSeek, transport, openai_stage)
