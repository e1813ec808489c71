"""VLLM: models that think are told so through their template."""

from __future__ import annotations

import pytest

from g4f.chat import Model
from g4f.Provider.Providers.VLLM import VLLM
from g4f.transport import Transport
from tests.emulators.stage import Stage
from tests.g4f.conftest import body_sent, kept


@pytest.mark.parametrize(("effort", "thinks"), [("none", False), ("medium", True)])
async def test_thinking_is_switched_in_the_template(transport: Transport, openai_stage: Stage, effort: str, thinks: bool) -> None:
    body = await body_sent(VLLM, transport, openai_stage, reasoning_effort=effort)
    assert body["chat_template_kwargs"] == {"enable_thinking": thinks}


def test_the_list_tells_the_context() -> None:
    assert kept(VLLM, {"id": "Qwen/Qwen3-8B", "max_model_len": 40960}) == [Model("Qwen/Qwen3-8B", "", 40960)]
