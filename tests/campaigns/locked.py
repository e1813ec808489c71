"""Another process locks the database while answers are being written: for a moment nobody notices, for longer nothing is lost."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
import uuid

from tests.campaigns import client
from tests.campaigns.client import Refused
from tests.campaigns.disturbed import disturbed, recovery
from tests.campaigns.report import NotRun, Report
from tests.campaigns.script import Script
from tests.campaigns.stage import Stage, stage

SHORT = {"streams": 5, "seconds": "3 7"}
BURST = 32  # questions sent at once while the lock is held: more than the server has threads
INVISIBLE_SECONDS = 4.0  # a lock shorter than this must refuse nobody: the busy timeout is five
RECOVERY_SECONDS = 2.0
BUSY_SECONDS = 7.0  # nobody waits much longer for the lock than the busy timeout
HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
database.execute("ROLLBACK")
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", type=int, default=5)
    parser.add_argument("--seconds", default="3 20", help="how long each lock is held")


async def run(*, streams: int, seconds: str) -> Report:
    report = Report(f"a locked database during {streams} answers, {seconds} s")
    with stage() as place:
        place.server.start()
        async with disturbed(place, report, streams) as (crowd, probes):
            for length in map(float, seconds.split()):
                refused, acked = crowd.counts["refused"], crowd.counts["acked"]
                waited = await _hold(place, length)
                recovered = await recovery(probes, crowd, 60)
                refused = crowd.counts["refused"] - refused
                report.add(f"{length:g} s: ready again after", recovered, "s", RECOVERY_SECONDS)
                report.add(f"{length:g} s: sends refused", refused)
                if waited:
                    report.add(f"{length:g} s: a send accepted or refused after, longest", max(waited), "s", BUSY_SECONDS)
                if length < INVISIBLE_SECONDS and refused:
                    report.violations.append(f"a lock of {length:g} s refused {refused} sends")
                if crowd.counts["acked"] == acked:
                    report.violations.append(f"nothing was acknowledged any more after a lock of {length:g} s")
    return report


async def _hold(place: Stage, seconds: float) -> list[float]:
    command = [sys.executable, "-c", HOLD, str(place.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        if await asyncio.to_thread(holder.stdout.readline) != "locked\n":
            raise NotRun("the database could not be locked")
        began = time.monotonic()
        burst = asyncio.gather(*(_ask(place) for _ in range(BURST))) if seconds > INVISIBLE_SECONDS else None
        await asyncio.sleep(seconds)
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        await asyncio.to_thread(holder.wait, 10)
        assert time.monotonic() - began >= seconds
        return await burst if burst is not None else []


async def _ask(place: Stage) -> float:
    """Seconds until a question was accepted or refused."""
    script, began = Script(3, 50), time.monotonic()
    try:
        async with client.send(place.port, "POST", "/conversation", client.ask_body(script, uuid.uuid4().hex, uuid.uuid4().hex)):
            pass
    except Refused as refusal:
        if refusal.status != 503 or not refusal.retry_after:
            raise
    return time.monotonic() - began
