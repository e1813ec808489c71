"""SIGKILL at random moments while clients ask, read, continue, ask again, rename, delete; after each start the invariants I1-I7."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from tests.campaigns.crowd import Crowd, Manners, crowd_of, until
from tests.campaigns.oracle import Oracle
from tests.campaigns.report import Report, row_of
from tests.campaigns.stage import Stage, stage

SHORT = {"times": 20, "clients": 20, "longest": 1.0}
START_SECONDS = 3.0
SETTLE_SECONDS = 5.0
RESTLESS = Manners(goes_on=0.6, asks_again=0.4)
OFTEN = 50  # kills after which every deed must have happened


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--longest", type=float, default=5.0, help="seconds between a start and the next kill, at the most")
    parser.add_argument("--seed", type=int, default=1)


async def run(*, times: int, clients: int, longest: float, seed: int = 1, talk: bool = True) -> Report:
    report = Report(f"kill -9, {times} times, {clients} clients")
    starts: list[float] = []
    settled: list[float] = []
    unfiled = 0
    with stage() as place:
        place.server.start()
        async with crowd_of(place.port, place.folder, [RESTLESS] * clients, seed) as crowd:
            oracle = Oracle(place, crowd)
            chance = random.Random(seed)
            _head(talk)
            for number in range(1, times + 1):
                await _disturb(place, crowd, chance.uniform(0.2, longest))
                unfiled += _unfiled(place.database)
                starts.append(_start(place))
                settled.append(await _settle(oracle, report, number))
                faults = await oracle.check() + crowd.violations[:]
                crowd.violations.clear()
                report.violations += [f"kill {number}: {fault}" for fault in faults]
                _row(talk, number, crowd, oracle, starts[-1], len(faults))
            if not await crowd.finish(120):
                report.violations.append("an answer did not end after the last kill")
            await asyncio.sleep(0)
            report.violations += await oracle.check()
            report.require(crowd.counts, "acked", "seen", "renamed", "resumed", "complete", "interrupted", "gone on")
            report.require(oracle.checked, "checks", "acked", "answers", "resumed")
            report.require({"left in the journal": unfiled}, "left in the journal")
            report.add("commits that kills left in the journal", unfiled)
            if times >= OFTEN:
                report.require(oracle.checked, "gone on", "again")
    report.violations += crowd.violations
    _tell(report, crowd, oracle, starts, settled)
    return report


async def _disturb(place: Stage, crowd: Crowd, after: float) -> None:
    crowd.open()
    await asyncio.sleep(after)
    place.server.kill()
    await crowd.pause()


def _unfiled(file: Path) -> int:
    """Rows of the journal that nobody could file. Looked at in a copy: the last to close a database would tidy it up."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, file.name)
        for part in (file, file.with_name(f"{file.name}-wal")):
            shutil.copy(part, copy.with_name(part.name))
        with closing(sqlite3.connect(copy)) as database:
            return int(database.execute("SELECT count(*) FROM journal").fetchone()[0])


def _start(place: Stage) -> float:
    began = time.monotonic()
    place.server.start()
    return time.monotonic() - began


async def _settle(oracle: Oracle, report: Report, number: int) -> float:
    """Seconds until nothing is called running any more: nobody is writing, and nobody may say so (I5)."""
    began = time.monotonic()
    if not await until(lambda: oracle.running() == 0, SETTLE_SECONDS):
        report.violations.append(f"kill {number}: I5: {oracle.running()} answers run without anybody writing them")
    return time.monotonic() - began


def _head(talk: bool) -> None:
    if talk:
        print(row_of(["kill", "acked", "seen", "answers", "rest asked", "renamed", "ready s", "violated"]), flush=True)


def _row(talk: bool, number: int, crowd: Crowd, oracle: Oracle, start: float, faults: int) -> None:
    if talk:
        counts, checked = crowd.counts, oracle.checked
        done = [checked["answers"], checked["resumed"], counts["renamed"], start, faults]
        print(row_of([number, counts["acked"], counts["seen"], *done]), flush=True)


def _tell(report: Report, crowd: Crowd, oracle: Oracle, starts: list[float], settled: list[float]) -> None:
    report.add("kills", len(starts))
    deeds = ("sent", "acked", "sent again", "seen", "resumed", "gone on", "written again", "renamed", "deleted")
    for name in (*deeds, "complete", "interrupted"):
        report.add(name, crowd.counts[name])
    report.add("answers compared word for word", oracle.checked["answers"])
    report.add("rests asked for and compared", oracle.checked["resumed"])
    report.add("ready again, median", median(starts), "s")
    report.add("ready again, longest", max(starts), "s", START_SECONDS)
    report.add("running without a writer, longest", max(settled), "s", SETTLE_SECONDS)
