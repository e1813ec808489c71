"""Language models behind one call: ``g4f.ChatCompletion.create(model="…", messages=[…])``. Names are imported at first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from g4f import Provider, errors, models
    from g4f.base import ProviderConfig
    from g4f.errors import ProviderError
    from g4f.legacy import ChatCompletion, configure
    from g4f.models import Model, ModelUtils
    from g4f.tokens import Tokens

__all__ = [
    "ChatCompletion",
    "Model",
    "ModelUtils",
    "Provider",
    "ProviderConfig",
    "ProviderError",
    "Tokens",
    "configure",
    "errors",
    "models",
]

_HOMES = {
    "ChatCompletion": "g4f.legacy",
    "configure": "g4f.legacy",
    "Model": "g4f.models",
    "ModelUtils": "g4f.models",
    "ProviderConfig": "g4f.base",
    "ProviderError": "g4f.errors",
    "Tokens": "g4f.tokens",
}


def __getattr__(name: str) -> Any:
    # Importing one provider must not cost the import of all the rest.
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in __all__:
        return importlib.import_module(f"g4f.{name}")
    raise AttributeError(f"module 'g4f' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
