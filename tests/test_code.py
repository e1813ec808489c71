"""The tools that read the code, as tests, so that one run and one summary line say it all."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLIENT = ROOT / "client"


def run(*command: str | Path, folder: Path = ROOT) -> None:
    """Run a tool; what it says becomes the failure."""
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def node() -> str:
    """The machine's Node, or the one that `run.py test` puts on the path. Without it the client is not examined."""
    found = shutil.which("node")
    assert found, "Node.js не найден: запустите тесты командой python3 run.py test"
    return found


def test_python_is_linted() -> None:
    run(sys.executable, "-m", "ruff", "check", "--quiet", ".")


@pytest.mark.timeout(300)
def test_python_is_typed() -> None:
    run(sys.executable, "-m", "mypy", "--no-error-summary", "g4f", "server", "run.py")


def test_javascript_is_typed() -> None:
    run(node(), CLIENT / "node_modules/typescript/bin/tsc", "-p", CLIENT)


def test_styles_know_no_left_and_no_right() -> None:
    """Arabic and Hebrew are read from the other side: sides are named by the line, and so are four values at once."""
    sided = re.compile(r"(?<![\w-])(?:(?:margin|padding|border|inset)-(?:left|right)|left|right)\s*:")
    four = re.compile(r"(?<![\w-])(?:margin|padding|inset|border-radius|scroll-(?:margin|padding)):([^;{}]+);")
    for sheet in sorted((CLIENT / "css").glob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
        assert not sided.findall(text), sheet.name
        for values in four.findall(text):
            sides = re.findall(r"(?:[^\s()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))+", values)
            # Two corners follow each other along the line, two sides of a box stand across.
            even = len(sides) < 4 or sides[1] == sides[3] or (sides[0] == sides[1] and sides[2] == sides[3])
            assert even, f"{sheet.name}: {values}"


@pytest.mark.timeout(300)
def test_javascript_passes_its_own_tests() -> None:
    tests = sorted((ROOT / "tests/client").glob("**/*test*js"))
    assert tests
    run(node(), "--test", *tests)
