"""Jan: a program for models on this machine."""

from __future__ import annotations

from g4f.discovery import Probe
from g4f.openai_compatible import OpenAICompatible


class Jan(OpenAICompatible):
    title = "Jan"
    url = "https://jan.ai"
    base_url = "http://127.0.0.1:1337/v1"
    local = True
    probes = (Probe((1337,), "/v1/models", lambda answer: isinstance(answer["data"], list)),)
