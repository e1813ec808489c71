"""Yandex AI Studio: short names outside, addresses with the folder inside."""

from __future__ import annotations

import json

import pytest

from g4f.base import ProviderConfig
from g4f.chat import Text
from g4f.errors import KeyMissing
from g4f.openai_answer import Answer
from g4f.Provider.Providers.YandexAIStudio import YandexAIStudio
from g4f.transport import Transport
from tests.emulators.stage import Stage
from tests.g4f.conftest import answer, ask, kept


def studio(transport: Transport, address: str = "", **options: str) -> YandexAIStudio:
    return YandexAIStudio(transport, ProviderConfig(base_url=address, api_key="k", options=options))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("yandexgpt", "gpt://b1g/yandexgpt/latest"),
        ("yandexgpt/rc", "gpt://b1g/yandexgpt/rc"),
        ("gpt://other/own/latest", "gpt://other/own/latest"),
        ("yandexgpt@tuned", "gpt://b1g/yandexgpt@tuned"),
    ],
)
async def test_names_become_addresses_and_the_folder_a_header(
    transport: Transport, openai_stage: Stage, name: str, address: str
) -> None:
    provider = studio(transport, openai_stage.playing("echo") + "/v1", folder="b1g", data_logging="false")
    events, error = await answer(provider, ask(model=name))
    assert error is None
    assert json.loads("".join(event.text for event in events if isinstance(event, Text)))["model"] == address
    headers = openai_stage.seen[-1].headers
    assert headers["OpenAI-Project"] == "b1g"
    assert headers["x-data-logging-enabled"] == "false"


def test_the_list_shows_text_models_by_their_short_names() -> None:
    names = ["gpt://b1g/yandexgpt/latest", "gpt://b1g/yandexgpt/rc", "emb://b1g/text-search/latest", "art://b1g/painter/latest"]
    assert [model.id for model in kept(YandexAIStudio, *({"id": name} for name in names))] == ["yandexgpt", "yandexgpt/rc"]


async def test_without_a_folder_the_operator_is_told(transport: Transport) -> None:
    _, error = await answer(studio(transport, "http://127.0.0.1:1/v1"), ask())
    assert isinstance(error, KeyMissing)
    assert "folder" in error.detail


def test_the_filters_replacement_begins_a_paragraph_of_its_own() -> None:
    provider, reading = studio(Transport(), folder="b1g"), Answer("Yandex", "m")
    first = json.dumps({"choices": [{"delta": {"content": "Нача"}}]})
    last = json.dumps({"choices": [{"delta": {"content": "Не могу."}, "finish_reason": "CONTENT_FILTER"}]})
    assert provider.read(reading, first, whole=False)[-1] == Text("Нача")
    assert list(provider.read(reading, last, whole=False)) == [Text("\n\nНе могу.")]
    assert reading.finish == "filter"
