"""DeepSeek: models that think before they speak unless told not to."""

from __future__ import annotations

from typing import Any

from g4f.openai_compatible import OpenAICompatible


class DeepSeek(OpenAICompatible):
    title = "DeepSeek"
    url = "https://platform.deepseek.com"
    base_url = "https://api.deepseek.com/v1"
    needs_key = True
    key_variable = "DEEPSEEK_API_KEY"
    preferred_models = ("deepseek-v4-flash", "deepseek-chat")

    def reasoning_parameters(self, effort: str) -> dict[str, Any]:
        """It knows two depths; the lower ones of ours are its usual one."""
        if effort == "none":
            return {"thinking": {"type": "disabled"}}
        return {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}
