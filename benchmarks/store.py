"""What storing every token before it is shown adds to a single answer."""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Goal, Outcome, median, percentile, table
from benchmarks.processes import load, server, upstream

PLAN: dict[str, Any] = {"count": 1, "tokens": 200, "per_second": 20.0, "spread": 0.0}
COMMITS = 200
KINDS = ("direct", "not stored", "stored")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3, help="interleaved runs of each kind")


def run(options: argparse.Namespace) -> Outcome:
    delays: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    with upstream() as service, server(service) as storing, server(service, "--without-storing") as forgetting:
        ports = dict(zip(KINDS, (service.port, forgetting.port, storing.port), strict=True))
        for _ in range(options.rounds):
            for kind in KINDS:
                result, _ = load("answers", port=ports[kind], direct=kind == "direct", **PLAN)
                delays[kind].append(result["delay"])
                for fault in result["faults"]:
                    print(f"  fault: {kind}: {fault}")
    commits = _bare_commits()
    medians = {kind: [median(column) for column in zip(*delays[kind], strict=True)] for kind in KINDS}
    title = f"One answer, from the service's sending of a token to reading it; medians of {options.rounds} runs; milliseconds"
    rows: list[list[str | float]] = [[kind, *medians[kind]] for kind in KINDS]
    rows.append(["a bare commit", *(percentile(commits, part) * 1000 for part in (50, 99, 100))])
    added = median(stored[0] - bare[0] for stored, bare in zip(delays["stored"], delays["not stored"], strict=True))
    return Outcome(
        table(title, ("", "p50", "p99", "max"), rows), [Goal("one answer: storing adds to a token, median", added, 2, "ms")]
    )


def _bare_commits() -> list[float]:
    """Seconds of single commits by SQLite alone, with the settings of server/storage/database.py: what this disk costs."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        connection = sqlite3.connect(Path(folder, "bare.db"), isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE bare (text TEXT)"):
            connection.execute(statement)
        times = []
        for _ in range(COMMITS):
            time.sleep(0.02)
            began = time.monotonic()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO bare VALUES ('word')")
            connection.execute("COMMIT")
            times.append(time.monotonic() - began)
        connection.close()
    return times
