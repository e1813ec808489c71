"""OpenRouter: a long list with abilities, and its own word for thinking."""

from __future__ import annotations

import pytest

from g4f.chat import Model, Prices
from g4f.Provider.Providers.OpenRouter import OpenRouter
from g4f.transport import Transport
from tests.emulators.stage import Stage
from tests.g4f.conftest import body_sent, kept


async def test_thinking_is_asked_for_in_its_own_words(transport: Transport, openai_stage: Stage) -> None:
    assert (await body_sent(OpenRouter, transport, openai_stage, reasoning_effort="high"))["reasoning"] == {"effort": "high"}
    assert (await body_sent(OpenRouter, transport, openai_stage, reasoning_effort="none"))["reasoning"] == {"enabled": False}


def test_the_list_tells_what_models_can_do() -> None:
    models = kept(
        OpenRouter,
        {
            "id": "qwen/qwen3-vl",
            "name": "Qwen: Qwen3 VL",
            "context_length": 131072,
            "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
            "supported_parameters": ["tools", "reasoning"],
        },
        {"id": "a/painter", "architecture": {"output_modalities": ["image"]}},
    )
    assert models == [Model("qwen/qwen3-vl", "Qwen: Qwen3 VL", 131072, frozenset({"vision", "tools", "thinking"}))]


@pytest.mark.parametrize(
    ("pricing", "prices"),
    [
        ({"prompt": "0.0000025", "completion": "0.00001", "image": "0.001"}, Prices(2.5, 10.0)),
        ({"prompt": "0", "completion": "0"}, Prices(0.0, 0.0)),
        ({"prompt": "-1", "completion": "-1"}, None),
        ({"prompt": "nan", "completion": "0"}, None),
        ({"prompt": "0.1", "completion": ["x"]}, None),
        ({"prompt": 0.1}, None),
        ("dear", None),
    ],
)
def test_the_list_tells_what_models_cost(pricing: object, prices: Prices | None) -> None:
    (model,) = kept(OpenRouter, {"id": "a/b", "pricing": pricing})
    assert model.prices == (prices and Prices(pytest.approx(prices.prompt), pytest.approx(prices.completion)))
