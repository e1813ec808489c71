"""The command line: an answer as it comes, a table of who is there, and an exit code that a script can use."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from g4f import __main__ as command_line
from g4f import errors
from tests.emulators import bing, liaobots, openai, yqcloud
from tests.emulators.stage import Stage, on_stage
from tests.g4f.services_2023 import QUESTION, forget_the_environment, nothing_left

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the operator's config.json nor the keys of the environment."""
    monkeypatch.chdir(tmp_path)
    forget_the_environment(monkeypatch)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with on_stage(yqcloud.make_app()) as stage:
        monkeypatch.setenv("G4F_YQCLOUD_URL", stage.url)
        yield stage


def test_the_answer_is_printed(served: Stage, capsys: Capture) -> None:
    with nothing_left():
        assert command_line.main([QUESTION, "--provider", "Yqcloud"]) == 0
    assert capsys.readouterr() == (yqcloud.answer_to(QUESTION) + "\n", "")


def test_a_model_alone_finds_its_provider(served: Stage, capsys: Capture) -> None:
    assert command_line.main([QUESTION, "--model", "gpt-3.5-turbo"]) == 0
    assert capsys.readouterr().out == yqcloud.answer_to(QUESTION) + "\n"


def test_the_answer_may_be_json(served: Stage, capsys: Capture) -> None:
    assert command_line.main([QUESTION, "--provider", "Yqcloud", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "provider": "Yqcloud",
        "model": "gpt-3.5-turbo",
        "text": yqcloud.answer_to(QUESTION),
        "reason": "stop",
        "usage": None,
        "error": None,
    }


@pytest.mark.parametrize("words", [[], ["-"]])
def test_the_question_may_come_from_the_standard_input(
    served: Stage, capsys: Capture, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(QUESTION))
    assert command_line.main([*words, "--provider", "Yqcloud"]) == 0
    assert capsys.readouterr().out == yqcloud.answer_to(QUESTION) + "\n"


def test_a_role_is_a_ready_one_or_its_own_words(served: Stage, capsys: Capture) -> None:
    assert command_line.main([QUESTION, "--provider", "Yqcloud", "--role", "translator"]) == 0
    assert command_line.main([QUESTION, "--provider", "Yqcloud", "--role", "Ты суровый редактор."]) == 0
    systems = [json.loads(seen.body)["system"] for seen in served.seen]
    assert "перевод" in systems[0].lower()
    assert "Ты суровый редактор." in systems[1]
    assert command_line.main([QUESTION, "--provider", "Yqcloud", "--role", "nobody"]) == 2
    assert "translator" in capsys.readouterr().err


def test_what_was_said_before_a_failure_stays_and_the_failure_is_told(
    served: Stage, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("G4F_YQCLOUD_URL", served.playing("cut"))
    assert command_line.main([QUESTION, "--provider", "Yqcloud"]) == 5
    printed = capsys.readouterr()
    assert yqcloud.answer_to(QUESTION).startswith(printed.out.rstrip("\n"))
    assert len(printed.out) > 5
    assert "Ответ оборвался. [provider_interrupted]" in printed.err
    assert command_line.main([QUESTION, "--provider", "Yqcloud", "--json"]) == 5
    answer = json.loads(capsys.readouterr().out)
    assert answer["text"] == printed.out.rstrip("\n")
    assert answer["error"]["code"] == "provider_interrupted"
    assert answer["error"]["retryable"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([QUESTION, "--provider", "Bing"], 3, "укажите адрес совместимого сервера"),
        ([QUESTION, "--provider", "DeepSeek"], 3, "Нужен ключ"),
        ([QUESTION, "--provider", "Bong"], 2, "Liaobots"),
        ([QUESTION, "--model", "gpt-9"], 2, "gpt-3.5-turbo"),
        ([QUESTION, "--provider", "Yqcloud", "--config", "nowhere.json"], 2, "nowhere.json"),
        (["  "], 2, "Нет вопроса"),
    ],
)
def test_a_call_that_cannot_work_says_why(served: Stage, capsys: Capture, arguments: list[str], code: int, told: str) -> None:
    assert command_line.main(arguments) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert told in printed.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UnknownModel("x"), 2),
        (errors.KeyRejected(), 3),
        (errors.ContextTooLong(), 4),
        (errors.RateLimited(), 5),
        (errors.ProtocolViolation(), 5),
    ],
)
def test_scripts_can_tell_the_failures_apart(error: errors.ProviderError, code: int) -> None:
    assert command_line.exit_code(error) == code


def test_the_table_shows_everybody_and_their_state(served: Stage, capsys: Capture) -> None:
    with nothing_left():
        assert command_line.main(["providers"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "готов" in lines["Yqcloud"]
    assert " 1 " in lines["Yqcloud"]
    assert "служба закрыта; укажите адрес совместимого сервера" in lines["Bing"]
    assert "нужен ключ" in lines["DeepSeek"]
    assert command_line.main(["providers", "--json"]) == 0
    states = {one["id"]: one["state"] for one in json.loads(capsys.readouterr().out)}
    assert (states["Yqcloud"], states["Bing"], states["DeepSeek"]) == ("ready", "closed", "needs_key")


def test_the_operators_file_is_read(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_CODE", liaobots.AUTH)
    with on_stage(bing.make_app()) as first, on_stage(liaobots.make_app()) as second, on_stage(openai.make_app()) as third:
        told = {
            "port": 1338,
            "providers": {
                "Bing": {"enabled": True, "base_url": first.url},
                "Liaobots": {"enabled": True, "base_url": second.url, "api_key": "${MY_CODE}"},
            },
            "endpoints": [{"name": "Мой сервер", "base_url": third.url + "/v1", "api_key": "sk-emulated"}],
        }
        (tmp_path / "config.json").write_text(json.dumps(told), "utf-8")
        assert command_line.main([QUESTION, "--provider", "Bing"]) == 0
        assert command_line.main([QUESTION, "--provider", "Liaobots"]) == 0
        assert command_line.main([QUESTION, "--provider", "Мой сервер"]) == 0
    expected = [bing.answer_to(QUESTION), liaobots.answer_to(QUESTION), openai.answer_to(QUESTION)]
    assert capsys.readouterr().out.splitlines() == expected


def test_a_reader_who_has_seen_enough_is_no_failure_with_a_traceback(served: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("G4F_YQCLOUD_URL", served.playing("endless"))
    program = [sys.executable, "-m", "g4f", QUESTION, "--provider", "Yqcloud"]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10).decode() == "снова"
        process.stdout.close()
        assert process.wait(30) == command_line.BROKEN_PIPE
        assert process.stderr.read() == b""
