"""OpenRouter: one key for the models of many companies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from g4f.openai_compatible import OpenAICompatible


class OpenRouter(OpenAICompatible):
    title = "OpenRouter"
    url = "https://openrouter.ai"
    base_url = "https://openrouter.ai/api/v1"
    needs_key = True
    key_variable = "OPENROUTER_API_KEY"
    preferred_models = ("openrouter/auto",)

    def kept(self, items: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        return (item for item in items if _writes(item.get("architecture")))

    def reasoning_parameters(self, effort: str) -> dict[str, Any]:
        return {"reasoning": {"enabled": False} if effort == "none" else {"effort": effort}}


def _writes(architecture: Any) -> bool:
    """Whether the model answers with text; where nothing is said, it does."""
    modalities = architecture.get("output_modalities") if isinstance(architecture, dict) else None
    return not isinstance(modalities, list) or "text" in modalities
