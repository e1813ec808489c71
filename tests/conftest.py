"""For all tests: property tests take their time, and the browser comes last."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # no test asserts a time
settings.load_profile("patient")

BROWSER = Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Playwright keeps an event loop running in this thread while its browser is open; tests with loops of their own go first."""
    items.sort(key=lambda item: BROWSER in item.path.parents)
