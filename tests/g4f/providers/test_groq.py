"""Groq: models that listen or are switched off are not for chatting."""

from __future__ import annotations

from g4f.chat import Model
from g4f.Provider.Providers.Groq import Groq
from tests.g4f.conftest import kept


def test_only_models_that_chat_and_are_active_are_offered() -> None:
    models = kept(
        Groq,
        {"id": "llama-3.3-70b-versatile", "active": True, "context_window": 131072},
        {"id": "whisper-large-v3", "active": True},
        {"id": "old-model", "active": False},
    )
    assert models == [Model("llama-3.3-70b-versatile", "", 131072)]
