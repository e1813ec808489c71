"""The tools that read the code, as tests, so that one run and one summary line say it all."""

from __future__ import annotations

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


@pytest.mark.timeout(300)
def test_javascript_passes_its_own_tests() -> None:
    tests = sorted((ROOT / "tests/client").glob("**/*test*js"))
    assert tests
    run(node(), "--test", *tests)
