"""Hundreds of readers of one answer: does an unrelated request notice?"""

from __future__ import annotations

import argparse

from benchmarks.figures import Goal, Outcome, table
from benchmarks.processes import load, server, upstream

RUNNING = 20
TOKENS_PER_SECOND = 20.0
SECONDS = 15.0
PROBES_PER_SECOND = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--readers", type=int, default=500, help="readers of the one answer")
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Outcome:
    rows: list[list[str | float]] = []
    worst = 0.0
    errors = 0
    with upstream() as service, server(service) as product:
        for number in range(options.rounds):
            result, _ = load(
                "followers",
                port=product.port,
                readers=options.readers,
                running=RUNNING,
                tokens=round(SECONDS * TOKENS_PER_SECOND),
                per_second=TOKENS_PER_SECOND,
                probes=PROBES_PER_SECOND,
            )
            rows.append([f"run {number + 1}", *result["health"], *result["follow"], result["probes"], result["errors"]])
            errors += result["errors"] + result["health_errors"]
            worst = max(worst, result["health"][2])
    title = (
        f"GET /health while {options.readers} readers follow one answer and {RUNNING} answers are written "
        f"({TOKENS_PER_SECOND:g} tokens/s each); milliseconds"
    )
    head = ("", "health p50", "p99", "max", "token to a reader p50", "p99", "max", "probes", "errors")
    return Outcome(
        table(title, head, rows),
        [
            Goal(f"{options.readers} readers: GET /health at the worst", worst, 100, "ms"),
            Goal(f"{options.readers} readers: errors", errors, 0, ""),
        ],
    )
