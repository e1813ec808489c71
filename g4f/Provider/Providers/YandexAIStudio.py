"""Yandex AI Studio: YandexGPT, Alice AI and open models, hosted in Russia.

Its models are named by addresses, ``gpt://<folder>/<model>/latest``; people see ``<model>``, the folder is the operator's setting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from g4f.chat import Event, Text
from g4f.decoders import as_text
from g4f.errors import KeyMissing
from g4f.openai_answer import Answer
from g4f.openai_compatible import OpenAICompatible


class YandexAIStudio(OpenAICompatible):
    """Options: ``folder`` (the folder's id, needed), ``data_logging`` ("false" asks the service to keep no copy)."""

    title = "Yandex AI Studio"
    url = "https://aistudio.yandex.ru"
    base_url = "https://ai.api.cloud.yandex.net/v1"
    needs_key = True
    key_variable = "YANDEX_API_KEY"
    preferred_models = ("yandexgpt", "aliceai-llm")

    @property
    def folder(self) -> str:
        """The operator's folder. Raises ``KeyMissing``: without it the key alone opens nothing."""
        folder = self.config.options.get("folder") or self.config.options.get("folder_id", "")
        if not folder:
            raise KeyMissing(f"{self.id} needs the folder's id: options.folder", provider=self.id)
        return folder

    def extra_headers(self) -> dict[str, str]:
        headers = {"OpenAI-Project": self.folder}
        if self.config.options.get("data_logging", "").lower() == "false":
            headers["x-data-logging-enabled"] = "false"
        return headers

    def kept(self, items: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        """The text models, under their short names."""
        named = ((item, as_text(item.get("id", ""))) for item in items)
        return ({**item, "id": short_name(name)} for item, name in named if name.startswith("gpt://"))

    def model_named(self, model: str) -> str:
        if model.startswith("gpt://"):
            return model
        version = "" if "/" in model or "@" in model else "/latest"
        return f"gpt://{self.folder}/{model}{version}"

    def read(self, answer: Answer, data: str, *, whole: bool) -> Sequence[Event]:
        """When its filter strikes, the last chunk holds the whole replacement text and not a further piece."""
        spoke = answer.spoke
        events = super().read(answer, data, whole=whole)
        if answer.finish == "filter" and spoke:
            return [Text(f"\n\n{event.text}") if isinstance(event, Text) else event for event in events]
        return events


def short_name(address: str) -> str:
    """``yandexgpt`` for ``gpt://folder/yandexgpt/latest``; another version than the latest stays in the name."""
    name = address.removeprefix("gpt://").partition("/")[2]
    return name.removesuffix("/latest")
