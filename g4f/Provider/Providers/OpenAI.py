"""OpenAI: GPT and o models, by the operator's key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from g4f.decoders import as_text
from g4f.openai_compatible import OpenAICompatible

# The list names everything the company offers and says of none of it what it is for.
_NOT_CHAT = (
    "embedding",
    "whisper",
    "tts",
    "dall-e",
    "image",
    "audio",
    "realtime",
    "moderation",
    "transcribe",
    "babbage",
    "davinci",
    "sora",
)


class OpenAI(OpenAICompatible):
    title = "OpenAI"
    url = "https://platform.openai.com"
    base_url = "https://api.openai.com/v1"
    needs_key = True
    key_variable = "OPENAI_API_KEY"
    base_url_variable = "OPENAI_BASE_URL"
    max_tokens_parameter = "max_completion_tokens"
    preferred_models = ("gpt-5", "gpt-4")

    def kept(self, items: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        return (item for item in items if not any(word in as_text(item.get("id")) for word in _NOT_CHAT))
