"""The folder is the register: every module of Provider/Providers/ holds one provider, a class with the module's name.

There is no list to keep. Modules are imported when first asked for; ``names`` imports nothing.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from g4f.base import Provider

_log = logging.getLogger(__name__)
_FOLDER = Path(__file__).parent / "Provider" / "Providers"
_PACKAGE = "g4f.Provider.Providers"


@cache
def names() -> tuple[str, ...]:
    """The ids of all providers, by alphabet."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.py") if not file.stem.startswith("_")))


@cache
def provider_class(name: str) -> type[Provider]:
    """The class of one provider. Raises ``LookupError`` for an unknown name or a module without its class."""
    if name not in names():
        raise LookupError(f"no provider {name!r}")
    found = getattr(importlib.import_module(f"{_PACKAGE}.{name}"), name, None)
    if not isinstance(found, type) or not issubclass(found, Provider):
        raise LookupError(f"{_PACKAGE}.{name} has no provider class {name}")
    return found


@cache
def providers() -> Mapping[str, type[Provider]]:
    """All providers by id. One whose module is broken is left out and logged: it must not take the others along."""
    found: dict[str, type[Provider]] = {}
    for name in names():
        try:
            found[name] = provider_class(name)
        except Exception:
            _log.exception("provider %s cannot be loaded", name)
    return MappingProxyType(found)
