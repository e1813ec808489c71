"""OpenAI: what its list needs and what its newer models are told."""

from __future__ import annotations

from g4f.Provider.Providers.OpenAI import OpenAI
from g4f.transport import Transport
from tests.emulators.stage import Stage
from tests.g4f.conftest import body_sent, kept


async def test_the_limit_goes_by_its_newer_name(transport: Transport, openai_stage: Stage) -> None:
    body = await body_sent(OpenAI, transport, openai_stage, max_tokens=5)
    assert body["max_completion_tokens"] == 5
    assert "max_tokens" not in body


def test_what_cannot_chat_is_left_out_of_the_list() -> None:
    names = ["gpt-5-mini", "text-embedding-3-small", "whisper-1", "dall-e-3", "gpt-4o-realtime-preview", "o3"]
    assert [model.id for model in kept(OpenAI, *({"id": name} for name in names))] == ["gpt-5-mini", "o3"]
