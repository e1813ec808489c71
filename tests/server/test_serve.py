"""A start that cannot be: one sentence for the operator, and nothing is held."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from server import logs, serve
from server.settings import Settings
from server.storage.database import FILE_NAME, lock_folder


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "install", lambda *_: None)


def test_a_file_that_is_no_database_is_told_in_one_sentence(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"no database at all" * 100)
    assert serve.main(replace(settings, data_dir=folder)) == 2
    told = capsys.readouterr().err
    assert str(folder) in told
    assert "verify" in told
    assert told.count("\n") == 1
    lock_folder(folder).close()  # nobody holds it
