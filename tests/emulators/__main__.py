"""``python3 -m tests.emulators --all``: start the emulators and print a config.json fragment with their addresses."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import signal
import sys
import threading
from contextlib import ExitStack
from types import ModuleType
from typing import Any

import tests.emulators
from tests.emulators.stage import Stage, on_stage

PACE_SECONDS = 0.03


def main(arguments: list[str] | None = None) -> int:
    known = {module.PROVIDER: module for module in emulators()}
    options = _parser(known).parse_args(arguments)
    if options.behaviours:
        print(behaviours(known))
        return 0
    chosen = known if options.all else {name: known[name] for name in options.names}
    if not chosen:
        print("Name an emulator or say --all. There are: " + ", ".join(known), file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stages:
        started = {
            name: stages.enter_context(
                on_stage(module.make_app(pace=options.pace), port=options.port + order if options.port else 0)
            )
            for order, (name, module) in enumerate(chosen.items())
        }
        print(json.dumps(fragment(known, started), indent=2, ensure_ascii=False), flush=True)
        stop.wait()
    return 0


def emulators() -> list[ModuleType]:
    """Every module of this folder that has ``PROVIDER`` and ``make_app``."""
    found = []
    for entry in sorted(pkgutil.iter_modules(tests.emulators.__path__), key=lambda entry: entry.name):
        if entry.name == "__main__":
            continue
        module = importlib.import_module(f"tests.emulators.{entry.name}")
        if hasattr(module, "PROVIDER") and hasattr(module, "make_app"):
            found.append(module)
    return found


def fragment(known: dict[str, ModuleType], started: dict[str, Stage]) -> dict[str, Any]:
    """What to put into config.json to meet the emulators in the page."""
    return {
        "providers": {
            name: {
                "enabled": True,
                "base_url": stage.url + getattr(known[name], "BASE_PATH", ""),
                **getattr(known[name], "CONFIG", {}),
            }
            for name, stage in started.items()
        }
    }


def behaviours(known: dict[str, ModuleType]) -> str:
    """The table of behaviours, by provider."""
    lines = ["Append /<behaviour> to an emulator's address (before BASE_PATH, where there is one)."]
    for name, module in known.items():
        lines += ["", name, *(f"  {key:<20} {meaning}" for key, meaning in getattr(module, "BEHAVIOURS", {}).items())]
    return "\n".join(lines)


def _parser(known: dict[str, ModuleType]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.emulators", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*known, []], metavar="NAME", help=", ".join(known))
    parser.add_argument("--all", action="store_true", help="start every emulator")
    parser.add_argument("--behaviours", action="store_true", help="print what each emulator can act out")
    parser.add_argument("--pace", type=float, default=PACE_SECONDS, help="seconds between two pieces of an answer")
    parser.add_argument("--port", type=int, default=0, help="first port; 0 takes free ones")
    return parser


if __name__ == "__main__":
    sys.exit(main())
