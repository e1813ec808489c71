"""Together AI: open models by the operator's key."""

from __future__ import annotations

from g4f.openai_compatible import OpenAICompatible


class Together(OpenAICompatible):
    title = "Together AI"
    url = "https://api.together.ai"
    base_url = "https://api.together.xyz/v1"
    needs_key = True
    key_variable = "TOGETHER_API_KEY"
