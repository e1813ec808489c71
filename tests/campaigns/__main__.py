"""``python3 -m tests.campaigns NAME``: one campaign, or ``all``; ``--short`` for the length that CI runs.

Ends with 0 when the promise held, with 1 when it was broken, with 2 when the campaign did not really run.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import platform
import sys
import time
from types import ModuleType

from tests.campaigns.report import NotRun, Report

# Each module has ``arguments(parser)``, ``run(**options) -> Report`` and ``SHORT``, the options of a short run.
NAMES = ("kill", "resume", "twice", "faults", "soak", "slow", "drain", "disk", "locked", "clock", "inject")


def main(arguments: list[str] | None = None) -> int:
    modules = {name: importlib.import_module(f"tests.campaigns.{name}") for name in NAMES}
    parser = _parser(modules)
    told = vars(parser.parse_args(arguments))
    name, short = told.pop("name"), told.pop("short")
    machine = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
    print(f"{machine}, load {os.getloadavg()[0]:.1f}\n", flush=True)
    worst = 0
    for one in NAMES if name == "all" else (name,):
        options = told if name != "all" else {}
        if name == "all" and not short:
            options = {key: value for key, value in vars(parser.parse_args([one])).items() if key not in ("name", "short")}
        worst = max(worst, _run(modules[one], {**options, **modules[one].SHORT} if short else options))
    return worst


def _parser(modules: dict[str, ModuleType]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.campaigns", description=__doc__)
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    commands = {"all": names.add_parser("all", help="every campaign, one after another")}
    for name, module in modules.items():
        commands[name] = names.add_parser(name, help=(module.__doc__ or "").splitlines()[0])
        module.arguments(commands[name])
    for command in commands.values():
        command.add_argument("--short", action="store_true", help="the length that CI runs")
    return parser


def _run(module: ModuleType, options: dict[str, object]) -> int:
    began = time.monotonic()
    try:
        report: Report = asyncio.run(module.run(**options))
    except NotRun as reason:
        print(f"NOT RUN: {reason}\n", flush=True)
        return 2
    print(f"{report}\n{time.monotonic() - began:.0f} s\n", flush=True)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
