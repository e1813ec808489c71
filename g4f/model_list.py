"""Lists of models, as the many services of OpenAI's dialect write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from g4f.chat import Model, Prices
from g4f.errors import ProtocolViolation
from g4f.http_errors import error_of_object

MODELS = 2_000  # the longest list that is kept
NAME_CAP = 200  # characters of a model's name
PRICE_CAP = 1.0  # dollars a token; whoever says more, or less than nothing, says nothing
TOKENS_CAP = 1_000_000_000  # a count of tokens above it, or below zero, is nonsense


def items_of(listed: Any) -> list[Mapping[str, Any]]:
    """The entries of a list of models in any of its known shapes. Raises ``ProtocolViolation``."""
    if isinstance(listed, dict):
        if listed.get("error"):
            raise error_of_object(listed["error"])
        listed = listed.get("data", listed.get("models"))
    if not isinstance(listed, list):
        raise ProtocolViolation("the list of models is not a list")
    return [item for item in listed if isinstance(item, dict)]


def read_models(items: Iterable[Mapping[str, Any]]) -> list[Model]:
    """The models of a list, each once, at most ``MODELS``; names that no model can have are left out."""
    models: dict[str, Model] = {}
    for item in items:
        name = name_of(item.get("id") or item.get("name"))
        if not name:
            continue
        models.setdefault(name, Model(name, _title_of(item, name), _context_of(item), _capabilities_of(item), _prices_of(item)))
        if len(models) == MODELS:
            break
    return list(models.values())


def name_of(value: Any) -> str:
    """The name of a model, "" for what cannot be one."""
    return value if isinstance(value, str) and value.isprintable() and len(value) <= NAME_CAP else ""


def count_of(value: Any) -> int:
    """A count of tokens, 0 for what cannot be one."""
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= TOKENS_CAP
    return int(value) if fine else 0


def _title_of(item: Mapping[str, Any], name: str) -> str:
    title = item.get("display_name") or item.get("name")
    fitting = isinstance(title, str) and title != name and title.isprintable() and len(title) <= NAME_CAP
    return title if fitting and isinstance(title, str) else ""


def _context_of(item: Mapping[str, Any]) -> int | None:
    meta = item.get("meta")
    places: list[Any] = [
        item.get(field) for field in ("context_length", "max_model_len", "context_window", "max_context_length", "max_input_tokens")
    ]
    if isinstance(meta, dict):
        places += [meta.get("n_ctx"), meta.get("n_ctx_train")]
    for value in places:
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < TOKENS_CAP:
            return value
    return None


def _prices_of(item: Mapping[str, Any]) -> Prices | None:
    """OpenRouter's way, which others follow: dollars a token, as strings so that no digit is lost."""
    told = item.get("pricing")
    if not isinstance(told, dict) or not isinstance(told.get("prompt"), str):
        return None
    try:
        prompt, completion = float(told["prompt"]), float(told["completion"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if not (0 <= prompt <= PRICE_CAP and 0 <= completion <= PRICE_CAP):  # -1 stands for "depends"; NaN is neither
        return None
    return Prices(prompt * 1_000_000, completion * 1_000_000)


def _capabilities_of(item: Mapping[str, Any]) -> frozenset[str]:
    found = set()
    architecture = item.get("architecture")
    if isinstance(architecture, dict) and "image" in _names(architecture.get("input_modalities")):
        found.add("vision")
    parameters = _names(item.get("supported_parameters"))
    told = item.get("capabilities")
    told = {name for name, value in told.items() if value} if isinstance(told, dict) else _names(told)
    if "tools" in parameters or told & {"tools", "function_calling", "trained_for_tool_use"}:
        found.add("tools")
    if parameters & {"reasoning", "reasoning_effort"} or told & {"reasoning", "thinking"}:
        found.add("thinking")
    if told & {"vision", "multimodal"} or item.get("type") == "vlm":
        found.add("vision")
    return frozenset(found)


def _names(value: Any) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()
