"""llama.cpp's server: any GGUF model on this machine. Tells how far it has read the question, and how fast it wrote."""

from __future__ import annotations

import asyncio
from typing import Any

from g4f.chat import ChatRequest, Progress
from g4f.discovery import Probe
from g4f.errors import ServerFailed
from g4f.openai_compatible import OpenAICompatible
from g4f.telling import Sink

LOADING = "Loading model"  # what it answers, with 503, until its model is in memory


class LlamaCpp(OpenAICompatible):
    title = "llama.cpp"
    url = "https://github.com/ggml-org/llama.cpp"
    base_url = "http://127.0.0.1:8080/v1"
    local = True
    prefills = True
    look_again = 1.0  # seconds between two questions whether the model is loaded
    probes = (Probe((8080, 8081, 8012), "/props", lambda answer: "default_generation_settings" in answer, loading=LOADING),)

    def extra_parameters(self, request: ChatRequest) -> dict[str, Any]:
        return {"return_progress": True, "cache_prompt": True}

    def reasoning_parameters(self, effort: str) -> dict[str, Any]:
        return {"chat_template_kwargs": {"enable_thinking": effort != "none"}}

    async def tell(self, request: ChatRequest, sink: Sink) -> None:
        """As the dialect; while the model is being loaded, ``Progress`` instead of an error."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + self.deadlines.first_byte
        while True:
            try:
                return await super().tell(request, sink)
            except ServerFailed as error:
                if error.midway or error.status != 503 or LOADING not in error.detail or loop.time() >= patience:
                    raise
            if not sink.take(Progress("load")):
                await sink.room()
            await asyncio.sleep(self.look_again)
