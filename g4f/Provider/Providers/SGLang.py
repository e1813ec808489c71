"""SGLang: a server for models on one's own graphics cards."""

from __future__ import annotations

from typing import Any

from g4f.discovery import Probe
from g4f.openai_compatible import OpenAICompatible


class SGLang(OpenAICompatible):
    title = "SGLang"
    url = "https://docs.sglang.ai"
    base_url = "http://127.0.0.1:30000/v1"
    local = True
    probes = (Probe((30000,), "/v1/models", lambda answer: answer["data"][0]["owned_by"] == "sglang"),)

    def reasoning_parameters(self, effort: str) -> dict[str, Any]:
        return {"chat_template_kwargs": {"enable_thinking": effort != "none"}}
