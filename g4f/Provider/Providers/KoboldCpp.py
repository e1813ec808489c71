"""KoboldCpp: GGUF models on this machine, in one file."""

from __future__ import annotations

from g4f.discovery import Probe
from g4f.openai_compatible import OpenAICompatible


class KoboldCpp(OpenAICompatible):
    title = "KoboldCpp"
    url = "https://github.com/LostRuins/koboldcpp"
    base_url = "http://127.0.0.1:5001/v1"
    local = True
    probes = (Probe((5001,), "/api/extra/version", lambda answer: answer["result"] == "KoboldCpp"),)
