"""The providers in config.json, read without the server, mean the same as with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from g4f.base import Endpoint, ProviderConfig
from g4f.config_file import ConfigError, merged, read
from server import settings

TOLD: dict[str, Any] = {
    "providers": {
        "Bing": {"enabled": True, "base_url": "http://127.0.0.1:9000", "options": {"forwarded_for": "192.0.2.7"}},
        "OpenAI": {"api_key": "${MY_KEY}", "models": ["gpt-5"], "headers": {"X-Price": "5 $${HOME}"}},
        "Liaobots": {"api_key_file": "code.txt", "title": "Лиао"},
    },
    "endpoints": [{"name": "Мой", "base_url": "http://127.0.0.1:9001/v1", "models": ["a", "b"]}],
}


def written(folder: Path, value: Any) -> Path:
    file = folder / "config.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return file


def test_it_means_the_same_to_the_server_and_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-mine")
    (tmp_path / "code.txt").write_text("the code\n", "utf-8")
    file = written(tmp_path, TOLD)
    found = read(file)
    assert found.providers == {
        "Bing": ProviderConfig(enabled=True, base_url="http://127.0.0.1:9000", options={"forwarded_for": "192.0.2.7"}),
        "OpenAI": ProviderConfig(api_key="sk-mine", models=("gpt-5",), headers={"X-Price": "5 ${HOME}"}),
        "Liaobots": ProviderConfig(api_key="the code", title="Лиао"),
    }
    assert found.endpoints == (Endpoint("Мой", "http://127.0.0.1:9001/v1", models=("a", "b")),)
    server = settings.load(file, {"MY_KEY": "sk-mine"})
    assert dict(server.providers) == dict(found.providers)
    assert tuple(server.endpoints) == found.endpoints


@pytest.mark.parametrize(
    "value",
    [
        "{",
        "[]",
        {"providers": []},
        {"providers": {"Bing": 1}},
        {"providers": {"Bing": {"adress": "x"}}},
        {"endpoints": [{"name": "x"}]},
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        read(written(tmp_path, value))
    assert "\n" not in str(caught.value)


def test_the_environment_fills_and_overrides_field_by_field() -> None:
    below = {"Bing": ProviderConfig(enabled=True, base_url="http://a", title="Бинг"), "Ails": ProviderConfig(api_key="x")}
    above = {"Bing": ProviderConfig(base_url="http://b"), "Yqcloud": ProviderConfig(base_url="http://c")}
    assert merged(below, above) == {
        "Bing": ProviderConfig(enabled=True, base_url="http://b", title="Бинг"),
        "Ails": ProviderConfig(api_key="x"),
        "Yqcloud": ProviderConfig(base_url="http://c"),
    }
