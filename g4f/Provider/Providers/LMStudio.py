"""LM Studio: models on this machine, loaded when they are first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from g4f.chat import Model
from g4f.discovery import Probe
from g4f.errors import NotConfigured
from g4f.model_list import items_of, read_models
from g4f.openai_compatible import OpenAICompatible


class LMStudio(OpenAICompatible):
    title = "LM Studio"
    url = "https://lmstudio.ai"
    base_url = "http://127.0.0.1:1234/v1"
    local = True
    probes = (
        Probe((1234,), "/api/v1/models", lambda answer: isinstance(answer["models"], list)),
        Probe((1234,), "/api/v0/models", lambda answer: all("state" in item for item in answer["data"])),
    )

    async def list_models(self) -> Sequence[Model]:
        """From its own list, which knows contexts and capabilities; older versions have only the dialect's."""
        if self.config.models:
            return await super().list_models()
        root = self.address.removesuffix("/v1")
        try:
            listed = await self.transport.get_json(f"{root}/api/v1/models", self.terms)
            items = items_of(listed)
        except NotConfigured:  # 404: an older version
            return await super().list_models()
        return read_models(_as_dialect(item) for item in items if item.get("type") != "embedding")


def _as_dialect(item: Any) -> dict[str, Any]:
    told = item.get("capabilities")
    return {
        "id": item.get("key"),
        "display_name": item.get("display_name"),
        "max_context_length": item.get("max_context_length"),
        "capabilities": told if isinstance(told, dict) else {},
    }
