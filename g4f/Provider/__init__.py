"""Providers by name: ``g4f.Provider.Bing`` is the module of that name in the folder Providers. There is no list to keep."""

from __future__ import annotations

import importlib
from types import ModuleType

from g4f.registry import names

__all__ = ["names"]


def __getattr__(name: str) -> ModuleType:
    """The module of a provider, imported at first use. ``AttributeError`` names those that exist."""
    if name in names():
        return importlib.import_module(f"{__name__}.Providers.{name}")
    raise AttributeError(f"there is no provider {name!r}; there are: {', '.join(names())}")


def __dir__() -> list[str]:
    return sorted([*names(), "names"])
