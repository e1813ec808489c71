"""The clock of the live responses goes on, whatever befalls one of them."""

from __future__ import annotations

import time

import pytest

from server import readers
from server.generation.loop import LoopThread
from server.readers import Reader, Readers

PATIENCE = 20.0  # seconds


class Failing(Reader):
    """A reader that cannot be looked at: neither pinged nor asked, the first times."""

    def __init__(self) -> None:
        self.written_at = time.monotonic() - readers.PING_SECONDS
        self.pings = self.looks = self.dismissals = 0

    def ping(self) -> None:
        self.pings += 1
        if self.pings < 3:
            raise RuntimeError("the transport is not what it was")

    @property
    def allowed(self) -> bool:
        self.looks += 1
        if self.looks < 3:
            raise RuntimeError("who asks is unknown")
        return False

    def dismiss(self) -> None:
        self.dismissals += 1


def test_a_beat_that_fails_is_not_the_last_one(
    loop: LoopThread, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(readers, "BEAT_SECONDS", 0.01)
    all_of_them = Readers(loop)
    failing = Failing()
    all_of_them._all.add(failing)
    latest = time.monotonic() + PATIENCE
    while not failing.dismissals and time.monotonic() < latest:
        time.sleep(0.01)
    all_of_them.close()
    assert failing.dismissals
    assert [record.levelname for record in caplog.records if record.name == readers.__name__] == ["ERROR"] * 4
