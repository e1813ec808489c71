"""Together AI: its list is a bare list, and holds more than models that chat."""

from __future__ import annotations

from g4f.chat import Model
from g4f.model_list import items_of
from g4f.Provider.Providers.Together import Together
from tests.g4f.conftest import kept


def test_only_models_that_chat_are_offered() -> None:
    listed = [
        {"id": "Qwen/Qwen3-8B", "type": "chat", "display_name": "Qwen3 8B", "context_length": 40960},
        {"id": "flux", "type": "image"},
    ]
    assert kept(Together, *items_of(listed)) == [Model("Qwen/Qwen3-8B", "Qwen3 8B", 40960)]  # type: ignore[arg-type]
