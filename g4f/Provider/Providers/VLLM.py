"""vLLM: a server for models on one's own graphics cards."""

from __future__ import annotations

from typing import Any

from g4f.discovery import Probe
from g4f.openai_compatible import OpenAICompatible


class VLLM(OpenAICompatible):
    title = "vLLM"
    url = "https://docs.vllm.ai"
    base_url = "http://127.0.0.1:8000/v1"
    local = True
    probes = (Probe((8000,), "/v1/models", lambda answer: answer["data"][0]["owned_by"] == "vllm"),)

    def reasoning_parameters(self, effort: str) -> dict[str, Any]:
        return {"chat_template_kwargs": {"enable_thinking": effort != "none"}}
