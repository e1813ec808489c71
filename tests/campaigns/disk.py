"""The disk fills up while answers are being written, and is freed again: the text so far stays, the server heals by itself."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.campaigns import client
from tests.campaigns.crowd import until
from tests.campaigns.disturbed import disturbed, recovery
from tests.campaigns.report import NotRun, Report
from tests.campaigns.stage import stage

SHORT = {"streams": 5, "seconds": 5.0, "times": 1}
HEAL_SECONDS = 5.0
SIZE = "16m"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=15, help="how long the disk stays full")
    parser.add_argument("--times", type=int, default=3)


async def run(*, streams: int, seconds: float, times: int) -> Report:
    report = Report(f"a full disk during {streams} answers, {times} times {seconds:g} s")
    with stage() as place, _small_disk(place.folder / "data") as disk:
        place.server.start()
        async with disturbed(place, report, streams) as (crowd, probes):
            noticed, healed, full = [], [], 0
            for _ in range(times):
                began = time.monotonic()
                full += _fill(disk)
                if not await until(lambda: not probes.ready, 30):
                    report.violations.append("/ready never noticed that the disk is full")
                noticed.append(time.monotonic() - began)
                while time.monotonic() - began < seconds:
                    full += _fill(disk)  # what a checkpoint gave back
                    await client.call(place.port, "GET", "/conversations")
                    await asyncio.sleep(0.2)
                (disk / "ballast").unlink()
                healed.append(await recovery(probes, crowd, 60))
            if not probes.was(503):
                report.violations.append("/ready was not 503")
        report.add("full disk noticed after, longest", max(noticed), "s")
        report.add("ready again after, longest", max(healed), "s", HEAL_SECONDS)
        report.require({"filled": full}, "filled")
        report.require(crowd.counts, "refused")
        place.server.kill()
    return report


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own in memory. Raises ``NotRun`` where that is not allowed."""
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        raise NotRun("a file system can only be mounted by root, on Linux")
    folder.mkdir()
    done = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        raise NotRun(f"mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)


def _fill(disk: Path) -> int:
    """Bytes that were still free."""
    written = 0
    with (disk / "ballast").open("ab", buffering=0) as ballast:
        for size in (65536, 4096, 1):
            try:
                while True:
                    written += ballast.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return written
