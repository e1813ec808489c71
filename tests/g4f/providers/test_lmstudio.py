"""LM Studio: its own list tells more; older versions only have the dialect's."""

from __future__ import annotations

from aiohttp import web

from g4f.base import ProviderConfig
from g4f.chat import Model
from g4f.Provider.Providers.LMStudio import LMStudio
from g4f.transport import Transport
from tests.emulators import openai
from tests.emulators.stage import Stage, on_stage


async def listed(request: web.Request) -> web.Response:
    models = [
        {
            "type": "llm",
            "key": "qwen3-8b",
            "display_name": "Qwen3 8B",
            "max_context_length": 40960,
            "capabilities": {"vision": False, "trained_for_tool_use": True, "reasoning": {"default": "on"}},
        },
        {"type": "embedding", "key": "nomic"},
    ]
    return web.json_response({"models": models})


async def test_its_own_list_tells_contexts_and_abilities(transport: Transport) -> None:
    with on_stage(openai.make_app(extra=[web.get("/api/v1/models", listed)])) as stage:
        models = await LMStudio(transport, ProviderConfig(base_url=stage.url)).list_models()
    assert models == [Model("qwen3-8b", "Qwen3 8B", 40960, frozenset({"tools", "thinking"}))]


async def test_an_older_version_is_asked_in_the_dialect(transport: Transport, openai_stage: Stage) -> None:
    models = await LMStudio(transport, ProviderConfig(base_url=openai_stage.url)).list_models()
    assert [model.id for model in models] == list(openai.MODELS)
