"""Answers through the server against the same service asked directly: latency, CPU, memory, errors."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.figures import Goal, Outcome, median, table
from benchmarks.processes import Child, Sample, load, server, upstream

TOKENS_PER_SECOND = 20.0
SECONDS = 10.0
SPREAD = 5.0  # seconds over which the questions are asked
SETTLE_SECONDS = 1.0  # left out of the steady window at both ends

HEAD = (
    *("answers", "", "first p50", "first p95", "token p50", "token p99", "token max"),
    *("CPU/token", "steady", "KB/answer", "in time", "errors"),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--answers", type=int, nargs="+", default=[1, 100, 500, 1000], metavar="N", help="simultaneous answers")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved runs of each kind")
    parser.add_argument("--spread", type=float, default=SPREAD, help="seconds over which the questions are asked")


def run(options: argparse.Namespace) -> Outcome:
    rows: list[list[str | float]] = []
    goals: list[Goal] = []
    with upstream() as service:
        for count in options.answers:
            direct, through = _compare(service, count, options.rounds, options.spread)
            rows += [_row(count, "direct", direct), _row(count, "server", through)]
            goals += _goals(count, direct, through)
    title = (
        f"Answers of {TOKENS_PER_SECOND:g} tokens/s for {SECONDS:g} s, asked within {options.spread:g} s; "
        f"medians of {options.rounds} interleaved runs; milliseconds, CPU in microseconds"
    )
    note = (
        "first: from connecting to reading the first token. token: from the service's sending to reading. CPU/token: of the server "
        "process, questions included; steady: while all answers run."
    )
    return Outcome(f"{table(title, HEAD, rows)}\n{note}", goals)


def _compare(service: Child, count: int, rounds: int, spread: float) -> tuple[dict[str, float], dict[str, float]]:
    direct: list[dict[str, float]] = []
    through: list[dict[str, float]] = []
    plan: dict[str, Any] = {
        "count": count,
        "tokens": round(SECONDS * TOKENS_PER_SECOND),
        "per_second": TOKENS_PER_SECOND,
        "spread": spread if count > 1 else 0.0,
    }
    with server(service) as product:
        load("answers", port=product.port, direct=False, **{**plan, "count": 5, "tokens": 5})  # what is done once, is done
        for _ in range(rounds):
            direct.append(_figures(load("answers", port=service.port, direct=True, **plan)[0], []))
            through.append(_figures(*load("answers", product.pid, port=product.port, direct=False, **plan), count))
    return _medians(direct), _medians(through)


def _figures(result: dict[str, Any], samples: list[Sample], count: int = 1) -> dict[str, float]:
    for fault in result["faults"]:
        print(f"  fault: {fault}")
    figures = {
        "first50": result["first"][0],
        "first95": result["first"][1],
        "token50": result["delay"][0],
        "token99": result["delay"][1],
        "tokenmax": result["delay"][2],
        "in_time": 100.0 * result["in_time"] / result["tokens"],
        "errors": result["errors"],
    }
    if samples:
        figures["memory"] = (max(one.resident for one in samples) - samples[0].resident) / 1024 / count
        figures["cpu"] = (samples[-1].cpu - samples[0].cpu) * 1e6 / result["tokens"]
        figures.update(_steady(result, samples, count))
    return figures


def _steady(result: dict[str, Any], samples: list[Sample], count: int) -> dict[str, float]:
    margin = int(SETTLE_SECONDS * 1e9)
    steady = [one for one in samples if result["all_began_ns"] + margin < one.at_ns < result["first_ended_ns"] - margin]
    if len(steady) < 2:
        return {}
    seconds = (steady[-1].at_ns - steady[0].at_ns) / 1e9
    return {"steady": (steady[-1].cpu - steady[0].cpu) * 1e6 / (seconds * count * TOKENS_PER_SECOND)}


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    medians = {name: median(run[name] for run in runs if name in run) for name in runs[0]}
    return {**medians, "errors": sum(run["errors"] for run in runs)}


def _row(count: int, name: str, figures: dict[str, float]) -> list[str | float]:
    columns = ("first50", "first95", "token50", "token99", "tokenmax", "cpu", "steady", "memory")
    return [
        str(count),
        name,
        *(figures.get(column, float("nan")) for column in columns),
        f"{figures['in_time']:.1f} %",
        figures["errors"],
    ]


def _goals(count: int, direct: dict[str, float], through: dict[str, float]) -> list[Goal]:
    def added(figure: str) -> float:
        return through[figure] - direct[figure]

    goals = [Goal(f"{count} answers: errors", through["errors"], 0, "")]
    if count == 100:
        goals += [
            Goal("100 answers: first token added, p95", added("first95"), 20, "ms"),
            Goal("100 answers: added to a token, p99", added("token99"), 50, "ms"),
        ]
    if count >= 500:
        goals += [
            Goal(f"{count} answers: CPU per token", through["cpu"], 80, "us"),
            Goal(f"{count} answers: tokens late", 100 - through["in_time"], 0, "%"),
            Goal(f"{count} answers: memory per answer", through["memory"], 60, "KB"),
        ]
    if count >= 1000:
        goals += [
            Goal(f"{count} answers: first token, p95", through["first95"], 300, "ms"),
            Goal(f"{count} answers: added to a token, p50", added("token50"), 10, "ms"),
            Goal(f"{count} answers: added to a token, p99", added("token99"), 150, "ms"),
        ]
    return goals
