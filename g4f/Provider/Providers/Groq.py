"""Groq: open models on very fast machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from g4f.decoders import as_text
from g4f.openai_compatible import OpenAICompatible

_NOT_CHAT = ("whisper", "tts", "guard", "orpheus")


class Groq(OpenAICompatible):
    title = "Groq"
    url = "https://console.groq.com"
    base_url = "https://api.groq.com/openai/v1"
    needs_key = True
    key_variable = "GROQ_API_KEY"
    max_tokens_parameter = "max_completion_tokens"
    preferred_models = ("openai/gpt-oss-120b", "llama-3.3-70b")

    def kept(self, items: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        active = (item for item in items if item.get("active", True))
        return (item for item in active if not any(word in as_text(item.get("id")) for word in _NOT_CHAT))
