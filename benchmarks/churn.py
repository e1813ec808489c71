"""Thousands of short answers, and what they leave behind: cut streams, sockets, threads, memory."""

from __future__ import annotations

import argparse
import time

from benchmarks.figures import Goal, Outcome, table
from benchmarks.processes import load, sample, server, upstream

TOKENS = 5
TOKENS_PER_SECOND = 500.0
WARM_UP = 500  # answers after which everything that is made once, is made
REST_SECONDS = 45.0  # idle connections to the service are kept for 15 to 30


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=20_000, help="answers")
    parser.add_argument("--at-once", type=int, default=50, help="answers at any moment")


def run(options: argparse.Namespace) -> Outcome:
    plan = {"at_once": options.at_once, "tokens": TOKENS, "per_second": TOKENS_PER_SECOND}
    with upstream() as service, server(service) as product:
        load("churn", port=product.port, count=WARM_UP, **plan)
        time.sleep(REST_SECONDS)
        before = sample(product.pid)
        result, _ = load("churn", port=product.port, count=options.count, **plan)
        time.sleep(REST_SECONDS)
        after = sample(product.pid)
    for fault in result["faults"]:
        print(f"  fault: {fault}")
    megabytes = [one.resident / 1e6 for one in (before, after)]
    rows: list[list[str | float]] = [
        ["before", before.descriptors, before.threads, megabytes[0], "", ""],
        ["after", after.descriptors, after.threads, megabytes[1], (after.cpu - before.cpu) * 1e3 / options.count, result["errors"]],
    ]
    title = f"{options.count:,} answers of {TOKENS} tokens, {options.at_once} at a time, in {result['seconds']:.0f} s"
    head = ("", "descriptors", "threads", "resident MB", "CPU ms/answer", "errors")
    return Outcome(
        table(title, head, rows),
        [
            Goal("short answers cut or wrong", result["errors"], 0, ""),
            Goal("short answers: descriptors left", after.descriptors - before.descriptors, 5, ""),
            Goal("short answers: threads left", after.threads - before.threads, 5, ""),
            Goal("short answers: memory left", megabytes[1] - megabytes[0], 20, "MB"),
        ],
    )
