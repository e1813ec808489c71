"""Drawing one long Markdown answer in the page: runs ``python3 -m benchmarks.rendering``, which prints its goals itself."""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.browser import browser_path
from benchmarks.figures import Outcome
from benchmarks.processes import ROOT


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="a tenth of the answer")


def run(options: argparse.Namespace) -> Outcome:
    if browser_path() is None:
        return Outcome("rendering: skipped, there is no Playwright or no Chromium")
    command = [sys.executable, "-m", "benchmarks.rendering", *(["--quick"] if options.quick else [])]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout}\nrendering failed ({done.returncode})")
    return Outcome(f"Drawing a long Markdown answer\n{done.stdout.rstrip()}")
