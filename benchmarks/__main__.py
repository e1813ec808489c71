"""``python3 -m benchmarks NAME``: run one benchmark, or ``all`` of them."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from types import ModuleType

from benchmarks.figures import Goal, goals_table

# Command -> module, in the order of ``all``. Each module has ``arguments(parser)`` and ``run(options) -> Outcome``.
NAMES = {name: name for name in ("start", "stream", "followers", "store", "churn", "services", "page", "finding")} | {
    "rendering": "drawing",
    "smoothness": "whole_page",
    "opening": "opening",
}


def main(arguments: list[str] | None = None) -> int:
    modules = {name: importlib.import_module(f"benchmarks.{module}") for name, module in NAMES.items()}
    options = _parser(modules).parse_args(arguments)
    print(f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    goals: list[Goal] = []
    for name in NAMES if options.name == "all" else (options.name,):
        outcome = modules[name].run(_parser(modules).parse_args([name]) if options.name == "all" else options)
        print(f"{outcome.text}\n", flush=True)
        goals += outcome.goals
    if goals:
        print(goals_table(goals))
    return 0 if all(goal.kept for goal in goals) else 1


def _parser(modules: dict[str, ModuleType]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m benchmarks", description=__doc__)
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    names.add_parser("all", help="every benchmark, then the goals beside the figures")
    for name, module in modules.items():
        command = names.add_parser(name, help=(module.__doc__ or "").splitlines()[0])
        module.arguments(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
