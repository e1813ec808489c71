"""The system refuses to write, and to force to disk, again and again (strace injects the errors): nothing is lost or doubled."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.campaigns.disturbed import disturbed, recovery
from tests.campaigns.report import NotRun, Report
from tests.campaigns.stage import Stage, stage

SHORT = {"streams": 5, "seconds": 3.0}
FAULTS = (
    "pwrite64:error=EIO:when=3+7",
    "pwrite64:error=ENOSPC:when=2+5",
    "fdatasync,fsync:error=EIO:when=1+3",
    "pwrite64:error=EIO",  # every single one
    "fdatasync,fsync:error=EIO",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8, help="how long each fault lasts")


async def run(*, streams: int, seconds: float) -> Report:
    report = Report(f"{len(FAULTS)} kinds of write errors during {streams} answers, {seconds:g} s each")
    injected = 0
    with stage() as place:
        place.server.start()
        async with disturbed(place, report, streams) as (crowd, probes):
            for fault in FAULTS:
                count = await _inject(place, fault, seconds)
                injected += count
                healed = await recovery(probes, crowd, 60)
                report.add(f"{fault}: injected", count)
                report.add(f"{fault}: ready again after", healed, "s", 5)
    report.require({"injected": injected}, "injected")
    return report


async def _inject(place: Stage, fault: str, seconds: float) -> int:
    """How many calls were refused."""
    strace = shutil.which("strace")
    if strace is None:
        raise NotRun("strace is not installed")
    log = place.folder / "strace.log"
    calls = fault.partition(":")[0]
    command = [strace, "-f", "-q", "-e", f"trace={calls}", "-e", f"inject={fault}", "-o", str(log), "-p", str(place.server.pid)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as tracer:
        await asyncio.sleep(seconds)
        if tracer.poll() is not None:
            assert tracer.stderr is not None
            raise NotRun(f"strace: {tracer.stderr.read().strip()[-200:]}")
        os.kill(tracer.pid, signal.SIGINT)  # lets go of the server
        await asyncio.to_thread(tracer.wait, 20)
    return _count(log)


def _count(log: Path) -> int:
    return log.read_text("utf-8", "replace").count("(INJECTED)")
