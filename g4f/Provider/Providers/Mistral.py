"""Mistral: the French company's models, by the operator's key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from g4f.openai_compatible import OpenAICompatible


class Mistral(OpenAICompatible):
    title = "Mistral"
    url = "https://console.mistral.ai"
    base_url = "https://api.mistral.ai/v1"
    needs_key = True
    key_variable = "MISTRAL_API_KEY"
    preferred_models = ("mistral-medium-latest", "mistral-small-latest")

    def kept(self, items: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        return (item for item in items if _chats(item.get("capabilities")))


def _chats(capabilities: Any) -> bool:
    return not isinstance(capabilities, dict) or bool(capabilities.get("completion_chat", True))
