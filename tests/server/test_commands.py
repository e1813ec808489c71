"""backup, restore and verify as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest

import run
from server import commands
from server.conversations import Ask, Conversations
from server.storage.database import FILE_NAME, temporary
from server.storage.store import SqlStore


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with one conversation; its folders come from the settings, as usual."""
    (tmp_path / "config.json").write_text('{"data_dir": "data"}', "utf-8")
    monkeypatch.chdir(tmp_path)
    with temporary(tmp_path / "data") as database:
        Conversations(SqlStore(database)).ask("owner", Ask("", "Вопрос", "m", "p", conversation_id="c"))
    return tmp_path


def typed(place: Path, *words: str) -> int:
    return commands.run(run.read_arguments([*words, "--config", str(place / "config.json")]))


def test_a_copy_is_made_and_put_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(place, "backup", "copy.db") == 0
    with temporary(place / "data") as database:
        SqlStore(database).delete("owner", "c", 0.0)
        assert typed(place, "restore", "copy.db") == 1
        assert "остановите сервер" in capsys.readouterr().err
    assert typed(place, "restore", "copy.db") == 0
    assert "Прежняя база сохранена" in capsys.readouterr().out
    with temporary(place / "data") as database:
        assert SqlStore(database).conversation("owner", "c") is not None


def test_a_database_is_examined(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(place, "verify") == 0
    assert "бесед 1, сообщений 2" in capsys.readouterr().out
    (place / "data" / FILE_NAME).write_bytes(b"broken" * 1000)
    assert typed(place, "verify") == 1
    assert typed(place, "backup", "copy.db") == 1
    assert not (place / "copy.db").exists()
    assert typed(place, "verify", "nowhere.db") == 1
    assert "Нет файла" in capsys.readouterr().err


def test_a_forgotten_file_is_asked_for(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(place, "backup") == 1
    assert "run.py backup ФАЙЛ" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="Не понимаю «лишнее»"):
        run.read_arguments(["serve", "лишнее"])
