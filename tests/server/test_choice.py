"""Whom a request names: a local server that is still looked for is given a moment."""

from __future__ import annotations

import pytest

from server.context import Services
from tests.server.conftest import Ask


def test_a_local_server_that_is_looked_for_is_waited_for(ask: Ask, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [True, True, False]
    monkeypatch.setattr(services.catalog, "is_sought", lambda provider: provider == "Scripted" and looks.pop(0))
    assert ask("hello", provider="Scripted").status == 200
    assert looks == []


def test_it_is_not_waited_for_for_ever(ask: Ask, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.api.choice.SOUGHT_SECONDS", 0.2)
    monkeypatch.setattr(services.catalog, "is_sought", lambda provider: True)
    assert ask("hello", provider="Scripted").status == 200
