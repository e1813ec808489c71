"""The doctor looks and changes nothing."""

from __future__ import annotations

from dataclasses import replace

from server import doctor
from server.auth import set_password
from server.settings import Settings
from server.storage.accounts import Accounts
from server.storage.database import temporary

PASSWORD = "четыре случайных слова тут"


def test_a_configured_password_is_looked_at_and_not_stored(settings: Settings) -> None:
    set_password(settings, "прежний пароль владельца")
    with temporary(settings.data_dir) as database:
        before = Accounts(database).password_hash("owner")
    assert doctor.password(replace(settings, owner_password=PASSWORD)).found
    with temporary(settings.data_dir) as database:
        assert Accounts(database).password_hash("owner") == before


def test_a_weak_configured_password_is_told(settings: Settings) -> None:
    finding = doctor.password(replace(settings, owner_password="12345678"))
    assert finding.found is False
    assert "12345678" not in finding.text


def test_looking_for_a_password_makes_no_database(settings: Settings) -> None:
    settings.data_dir.mkdir()
    assert doctor.password(settings).found is False
    assert list(settings.data_dir.iterdir()) == []
