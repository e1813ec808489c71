"""The emulators as a person starts them: by one command that prints what to put into config.json."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import g4f
from g4f import ProviderConfig
from tests.emulators import __main__ as command
from tests.emulators import liaobots, yqcloud
from tests.g4f.services_2023 import ASKED, MODELS, QUESTION

ROOT = Path(__file__).parents[2]


def test_all_of_them_start_and_print_where_they_are() -> None:
    program = [sys.executable, "-m", "tests.emulators", "--all", "--pace", "0"]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            fragment = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
            told = fragment["providers"]
            assert {"Bing", "Yqcloud", "Liaobots", "Ails"} <= told.keys()
            g4f.configure({name: ProviderConfig(**config) for name, config in told.items()})
            for name in MODELS:
                assert QUESTION in g4f.ChatCompletion.create(MODELS[name], ASKED, provider=name)
        finally:
            g4f.configure()
            process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_every_behaviour_can_be_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--behaviours"]) == 0
    printed = capsys.readouterr().out
    for emulator in command.emulators():
        assert emulator.PROVIDER in printed
        for behaviour in emulator.BEHAVIOURS:
            assert f"  {behaviour} " in printed


def test_naming_nobody_is_answered_with_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 2
    assert "Bing" in capsys.readouterr().err


def test_the_fragment_carries_what_an_emulator_wants_to_be_asked_with() -> None:
    known = {module.PROVIDER: module for module in (liaobots, yqcloud)}
    stages = {name: type("Stage", (), {"url": f"http://127.0.0.1/{name}"}) for name in known}
    assert command.fragment(known, stages) == {  # type: ignore[arg-type]
        "providers": {
            "Liaobots": {"enabled": True, "base_url": "http://127.0.0.1/Liaobots", "api_key": liaobots.AUTH},
            "Yqcloud": {"enabled": True, "base_url": "http://127.0.0.1/Yqcloud"},
        }
    }
