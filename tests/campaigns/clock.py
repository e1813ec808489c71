"""The clock on the wall jumps by hours and a year, there and back, while answers are being written (libfaketime)."""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.campaigns import client
from tests.campaigns.disturbed import disturbed
from tests.campaigns.report import NotRun, Report
from tests.campaigns.stage import Stage, stage

SHORT = {"streams": 10, "seconds": 1.0}
JUMPS = ("+1h", "+0", "-1h", "+0", "+365d", "+0", "-365d", "+0")
LIBRARIES = ("usr/lib/*/faketime", "usr/lib64/faketime", "usr/local/lib/faketime")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=4, help="between two jumps")


async def run(*, streams: int, seconds: float) -> Report:
    report = Report(f"a clock that jumps {len(JUMPS)} times during {streams} answers")
    with stage() as place:
        dial = place.folder / "clock"
        dial.write_text("+0")
        place.server.environment = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(dial),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        place.server.start()
        async with disturbed(place, report, streams) as (crowd, _):
            before = crowd.counts["broken"]
            for jump in JUMPS:
                dial.write_text(jump)
                await asyncio.sleep(seconds)
            dial.write_text("+0")
            report.add("connections lost by the jumps", crowd.counts["broken"] - before, "", 0)
            if crowd.counts["broken"] > before:
                report.violations.append(f"{crowd.counts['broken'] - before} connections were lost")
        report.violations += await _negative(place)
        report.add("moments that the database knows, apart", _spread(place) / 86400, "days")
        report.require({"jumped": _spread(place) > 300 * 86400}, "jumped")
    return report


def _library() -> Path:
    for pattern in LIBRARIES:
        for found in Path("/").glob(f"{pattern}/libfaketimeMT.so.1"):
            return found
    raise NotRun("libfaketime is not installed (Debian: apt install faketime)")


async def _negative(place: Stage) -> list[str]:
    """Durations that are shown to people must not be negative, and messages stand in the order in which they were written."""
    faults = []
    listed = await client.call(place.port, "GET", "/conversations?limit=100")
    for conversation in listed["conversations"]:
        read = await client.call(place.port, "GET", f"/conversations/{conversation['id']}")
        known: set[str | None] = {None}
        for message in read["messages"]:
            faults += [f"message {message['id']} stands before its parent"] * (message["parent_id"] not in known)
            known.add(message["id"])
            seconds = (message.get("usage") or {}).get("seconds") or 0
            faults += [f"an answer took {seconds} s"] * (seconds < 0)
    return faults


def _spread(place: Stage) -> float:
    with closing(sqlite3.connect(f"file:{place.database}?mode=ro", uri=True)) as database:
        return float(database.execute("SELECT max(created_at) - min(created_at) FROM message").fetchone()[0])
