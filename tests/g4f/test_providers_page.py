"""docs/providers-2023.md says what is true: its example runs, and every variable and option in it exists."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import g4f
from g4f.config_file import read
from tests.emulators import __main__ as emulators
from tests.emulators import bing
from tests.g4f.services_2023 import EMULATORS, kind, playing

PAGE = (Path(__file__).parents[2] / "docs/providers-2023.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_example_runs() -> None:
    printed = io.StringIO()
    with playing("Bing") as stage, redirect_stdout(printed):
        exec(compile(block("python").replace("http://127.0.0.1:9001", stage.url), "providers-2023.md", "exec"), {})
    assert printed.getvalue() == bing.answer_to("Привет! Расскажи о себе.")


def test_the_fragment_of_the_settings_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(block("json"), "utf-8")
    assert read(file).providers.keys() == EMULATORS.keys()
    assert json.loads(block("json")).keys() == {"providers"}


@pytest.mark.parametrize("name", EMULATORS)
def test_every_row_names_what_the_provider_says_about_itself(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} | `gpt"))
    for variable in (kind(name).base_url_variable, kind(name).key_variable):
        assert f"`{variable}`" in row or not variable
    assert re.findall(r"`(gpt-[^`]+)`", row) == [model.id for model in kind(name).offers]  # type: ignore[attr-defined]


def test_every_option_in_the_page_is_read_by_its_provider() -> None:
    options = re.findall(r"^\| (\w+) \| `([\w-]+)` \|", PAGE, re.MULTILINE)
    assert ("Bing", "forwarded_for") in options
    for name, option in options:
        if name in EMULATORS and not option.startswith("gpt-"):
            file = Path(g4f.__file__).parent / f"Provider/Providers/{name}.py"
            assert re.search(rf"options\.get\(['\"]{option}['\"]", file.read_text("utf-8")), option


def test_the_moods_in_the_page_exist() -> None:
    known = {behaviour for module in emulators.emulators() for behaviour in module.BEHAVIOURS}
    assert {"cut", "429", "captcha"} <= known
