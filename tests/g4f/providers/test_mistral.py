"""Mistral: a list with abilities."""

from __future__ import annotations

from g4f.chat import Model
from g4f.Provider.Providers.Mistral import Mistral
from tests.g4f.conftest import kept


def test_only_models_that_chat_are_offered() -> None:
    able = {"completion_chat": True, "function_calling": True, "vision": False}
    models = kept(
        Mistral,
        {"id": "mistral-medium-latest", "capabilities": able, "max_context_length": 131072},
        {"id": "mistral-embed", "capabilities": {"completion_chat": False}},
    )
    assert models == [Model("mistral-medium-latest", "", 131072, frozenset({"tools"}))]
