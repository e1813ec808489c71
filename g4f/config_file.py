"""The part of config.json that is about providers, for programs that use g4f without the server."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from g4f.base import Endpoint, ProviderConfig

_VARIABLE = re.compile(r"(\$?)\$\{(\w+)\}")


class ConfigError(Exception):
    """A file that cannot be used. The text is one Russian sentence and holds no secret."""


@dataclass(frozen=True)
class ProvidersFile:
    """``providers`` by id and one's own ``endpoints``, as the server reads them."""

    providers: Mapping[str, ProviderConfig] = field(default_factory=dict)
    endpoints: tuple[Endpoint, ...] = ()


def read(file: Path) -> ProvidersFile:
    """The providers in ``file``: ``${NAME}`` comes from the environment, ``api_key_file`` names a file. Raises ``ConfigError``."""
    try:
        value = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: не читается ({error})") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: нужен объект в фигурных скобках")
    providers, endpoints = value.get("providers", {}), value.get("endpoints", [])
    if not isinstance(providers, dict) or not isinstance(endpoints, list):
        raise ConfigError(f"{file}: providers — объект, endpoints — список")
    return ProvidersFile(
        {name: _made(ProviderConfig, item, file, f"providers.{name}") for name, item in providers.items()},
        tuple(_made(Endpoint, item, file, "endpoints") for item in endpoints),
    )


def merged(below: Mapping[str, ProviderConfig], above: Mapping[str, ProviderConfig]) -> dict[str, ProviderConfig]:
    """Both; where both speak of a provider, the fields that ``above`` fills win."""
    result = dict(below)
    for name, config in above.items():
        told = {item.name: getattr(config, item.name) for item in fields(config)}
        result[name] = replace(
            result.get(name, ProviderConfig()), **{key: value for key, value in told.items() if value not in (None, "", (), {})}
        )
    return result


def _made(kind: type[Any], item: Any, file: Path, where: str) -> Any:
    if not isinstance(item, dict):
        raise ConfigError(f"{file}: {where}: нужен объект в фигурных скобках")
    told = {key: _expanded(value) for key, value in item.items()}
    secret_file = told.pop("api_key_file", None)
    try:
        if secret_file is not None:
            told["api_key"] = (file.parent / str(secret_file)).read_text("utf-8").strip()
        if "models" in told:
            told["models"] = tuple(told["models"])
        return kind(**told)
    except (TypeError, OSError) as error:
        raise ConfigError(f"{file}: {where}: {error}") from None


def _expanded(value: Any) -> Any:
    """The value with ``${NAME}`` replaced in every string; ``$${NAME}`` stays as it is written, without its first dollar."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: found[0][1:] if found[1] else os.environ.get(found[2], ""), value)
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    return {key: _expanded(item) for key, item in value.items()} if isinstance(value, dict) else value
