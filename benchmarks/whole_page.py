"""The whole page in Chromium while a long answer is written and a person types: smoothness.

The answer comes from the emulated service through the real server. Times of tasks are given twice: by the clock, and in processor
time of the main thread, which other programs of the machine do not lengthen.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.browser import PROBE, begin_trace, browser, browser_path, fresh_page, main_thread_tasks
from benchmarks.figures import Goal, Outcome, percentile, table
from benchmarks.processes import server, upstream
from run import compress_client

SLOWED = 4


class Run(NamedTuple):
    """One answer: how much, how fast, on how slow a processor, and the longest task allowed in ms."""

    name: str
    tokens: int
    rate: int
    size: int = 4  # characters of a token
    slowed: int = 1
    limit: int = 50


RUNS = (
    Run("400/s", 20_000, 400),
    Run("200/s, slowed 4 times", 20_000, 200, slowed=SLOWED, limit=100),
    Run("1 MB, 1000/s", 50_000, 1_000, size=20),
)

SHOWN = """() => document.querySelector(".message--assistant:last-child .markdown")?.textContent.length ?? 0"""
RUNNING = """() => Boolean(document.querySelector(".message--running"))"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="a tenth of each answer")
    parser.add_argument("--only", type=int, choices=range(len(RUNS)), help="one of the answers")


def run(options: argparse.Namespace) -> Outcome:
    path = browser_path()
    if path is None:
        return Outcome("smoothness: skipped, there is no Playwright or no Chromium")
    chosen = RUNS if options.only is None else RUNS[options.only : options.only + 1]
    if options.quick:
        chosen = tuple(each._replace(tokens=each.tokens // 10) for each in chosen)
    compress_client()
    with upstream() as service, server(service) as product, browser(path) as chromium:
        written = [_written(chromium, product.port, each) for each in chosen]
    return Outcome(_written_table(written), _written_goals(written, chosen))


class Written(NamedTuple):
    """What one answer cost the main thread; milliseconds, and processor seconds for ``busy`` and its ``tenths``."""

    name: str
    seconds: float
    busy: float
    tenths: list[float]
    tasks: list[float]  # processor time of each
    clock: list[float]  # the same by the clock
    keys: list[float]
    frame: float
    elements: int


def _written(browser: Any, port: int, run: Run) -> Written:
    page = fresh_page(browser)
    page.goto(f"http://127.0.0.1:{port}/", wait_until="networkidle")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(PROBE)
    if run.slowed > 1:
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": run.slowed})

    def busy() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    page.fill("#composer", json.dumps({"essay": run.tokens, "per_second": run.rate, "size": run.size}))
    page.keyboard.press("Enter")
    while not page.evaluate(SHOWN):
        page.wait_for_timeout(10)
    begin_trace(browser, page)
    marks, started = [busy()], page.evaluate("performance.now()")
    duration = run.tokens / run.rate
    while page.evaluate(RUNNING):
        passed = (page.evaluate("performance.now()") - started) / 1000
        while passed >= duration * len(marks) / 10 and len(marks) < 10:
            marks.append(busy())
        page.keyboard.press("f" if len(marks) % 2 else "Backspace")
        page.wait_for_timeout(200)
    seconds = (page.evaluate("performance.now()") - started) / 1000
    marks.append(busy())
    tasks, clock = main_thread_tasks(browser)
    probe = page.evaluate("probe")
    elements = page.evaluate("document.querySelectorAll('*').length")
    page.context.close()
    tenths = [after - before for before, after in pairwise(marks)]
    busy_seconds, keys, frame = marks[-1] - marks[0], probe["keys"] or [0.0], max(probe["frames"])
    return Written(run.name, seconds, busy_seconds, tenths, tasks, clock, keys, frame, elements)


def _written_table(runs: list[Written]) -> str:
    head = ("", "s", "busy s", "last/first tenth", "task ms", "by clock", "over 50 by clock", "key p99 ms", "frame ms", "elements")
    rows: list[list[str | float]] = [
        [
            run.name,
            run.seconds,
            run.busy,
            run.tenths[-1] / run.tenths[0],
            max(run.tasks),
            max(run.clock),
            sum(task > 50 for task in run.clock),
            percentile(run.keys, 99),
            run.frame,
            run.elements,
        ]
        for run in runs
    ]
    return table("A long answer in the whole page", head, rows)


def _written_goals(written: list[Written], runs: tuple[Run, ...]) -> list[Goal]:
    goals = []
    for run, (_, tokens, rate, _, _, limit) in zip(written, runs, strict=True):
        goals.append(Goal(f"answer at {run.name}: seconds to the end", run.seconds, tokens / rate * 1.03, "s"))
        goals.append(Goal(f"answer at {run.name}: longest task, processor time", max(run.tasks), limit, "ms"))
        goals.append(Goal(f"answer at {run.name}: last tenth against the first", run.tenths[-1] / run.tenths[0], 1.5, "x"))
        goals.append(Goal(f"answer at {run.name}: key press, p99", percentile(run.keys, 99), 100, "ms"))
    return goals
