"""The table of models of 2023: ``g4f.models.gpt_4``, ``g4f.Model.gpt_4``, ``g4f.ModelUtils.convert["gpt-4"]``.

Made from what the providers in the folder say about themselves. Models that a service names only when asked are not in it;
``ChatCompletion.create`` finds those by their names.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, ClassVar

from g4f import registry

__all__ = ["Model", "ModelUtils"]


class _ModelsByAttribute(type):
    """Makes ``Model.gpt_4`` the model ``gpt-4``."""

    def __getattr__(cls, name: str) -> Model:
        if name.startswith("_") or name in cls.__annotations__:  # asked for while the class is being made
            raise AttributeError(name)
        return _attribute(name)


@dataclass(frozen=True)
class Model(metaclass=_ModelsByAttribute):
    """A model by its public name; ``best_provider`` is the module of the one that is asked where nobody is named."""

    name: str
    base_provider: str
    best_provider: ModuleType
    best_providers: tuple[ModuleType, ...] = ()


class _Table(Mapping[str, Model]):
    """Read from the folder when first looked into."""

    def __getitem__(self, name: str) -> Model:
        return _models()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_models())

    def __len__(self) -> int:
        return len(_models())


class ModelUtils:
    """``convert`` leads from a public name to its ``Model``."""

    convert: ClassVar[Mapping[str, Model]] = _Table()


@cache
def _models() -> dict[str, Model]:
    offering: dict[str, list[type[Any]]] = {}
    for provider in registry.providers().values():
        for offered in getattr(provider, "offers", ()):
            offering.setdefault(offered.id, []).append(provider)
    found = {}
    for name, providers in sorted(offering.items()):
        # Whoever needs nothing from the user comes first.
        modules = tuple(sys.modules[provider.__module__] for provider in sorted(providers, key=lambda one: one.needs_key))
        found[name] = Model(name, "openai" if name.startswith("gpt-") else modules[0].__name__, modules[0], modules)
    return found


def _attribute(name: str) -> Model:
    if not name.startswith("_"):
        for model in _models().values():
            if model.name.replace(".", "").replace("-", "_") == name:
                return model
    raise AttributeError(f"there is no model {name!r}")


def __getattr__(name: str) -> Model:
    return _attribute(name)
