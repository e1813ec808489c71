"""A module that is imported when it is first used, for those that are slow to import and not needed to start."""

from __future__ import annotations

import importlib
from typing import Any


class Later:
    """Stands for the module ``name``; its first attribute imports it. Safe in several threads, as importing is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        self.__dict__[attribute] = value  # asked of the module once
        return value
