"""SIGTERM with running answers and people who go on sending: a clean end, nothing acknowledged is lost, everybody returns."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

from tests.campaigns import client
from tests.campaigns.client import Lost, Refused
from tests.campaigns.crowd import Manners, crowd_of, until
from tests.campaigns.oracle import Oracle
from tests.campaigns.report import Report
from tests.campaigns.stage import Stage, stage

SHORT = {"answers": 30, "sends": 10, "grace": 4}
EXIT_SECONDS = 30.0
HURRIED_SECONDS = 2.0
BACK_SECONDS = 5.0
LONG = Manners(tokens=(4000, 5000), per_second=(20, 40), leaves=0.0, renames=0.0)  # these are still running when the grace is over
BRISK = Manners(tokens=(20, 40), per_second=(20, 40), leaves=0.0, renames=0.1)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--answers", type=int, default=100, help="answers that run when the signal comes")
    parser.add_argument("--sends", type=int, default=50, help="clients that go on sending short questions")
    parser.add_argument("--grace", type=int, default=25, help="seconds that the server gives running answers")


async def run(*, answers: int, sends: int, grace: int) -> Report:
    report = Report(f"SIGTERM with {answers} running answers, {sends} clients sending, {grace} s of grace")
    with stage(stop_grace_seconds=grace) as place:
        (place.folder / "brisk").mkdir()
        place.server.start()
        async with (
            crowd_of(place.port, place.folder, [LONG] * answers) as running,
            crowd_of(place.port, place.folder / "brisk", [BRISK] * sends, seed=2) as sending,
        ):
            oracles = [Oracle(place, running), Oracle(place, sending)]
            running.open()
            await until(lambda: running.counts["acked"] == answers, 60)
            sending.open()
            await until(lambda: sending.counts["complete"] >= sends, 60)
            await _polite(place, report, grace)
            await _look(place, report, oracles, "SIGTERM")
            await _hurried(place, report)
            await _look(place, report, oracles, "twice SIGTERM")
            place.server.kill()
    counts = running.counts + sending.counts
    report.violations += running.violations + sending.violations
    for name in ("sent", "acked", "refused", "broken", "complete", "interrupted"):
        report.add(name, counts[name])
    report.add("answers compared word for word", sum(oracle.checked["answers"] for oracle in oracles))
    report.require(counts, "acked", "broken", "complete", "interrupted")
    report.require(oracles[0].checked, "answers", "resumed")
    return report


async def _polite(place: Stage, report: Report, grace: int) -> None:
    """One signal: /ready says so on a connection that is open, no new one is taken, running answers have their time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(_ready(place))  # an open connection that the server knows
    await reader.readuntil(b"}")  # the end of its one object
    began = time.monotonic()
    os.kill(place.server.pid, signal.SIGTERM)
    refused_at = await _first(lambda: _refuses_connections(place.port), EXIT_SECONDS)
    writer.write(_ready(place))
    said = await reader.read(65536)
    writer.transport.abort()
    if not said.startswith(b"HTTP/1.1 503"):
        report.violations.append(f"/ready while stopping: {said[:40]!r}")
    status = await _exit_status(place)
    report.add("no new connection after", refused_at - began, "s", 1)
    report.add("ended after", time.monotonic() - began, "s", EXIT_SECONDS)
    report.add("exit status", status, "", 0)
    if status != 0:
        report.violations.append(f"exit status {status} after SIGTERM")


async def _hurried(place: Stage, report: Report) -> None:
    """A second signal takes the grace away."""
    await asyncio.sleep(1)  # for the next answers to begin
    os.kill(place.server.pid, signal.SIGTERM)
    await asyncio.sleep(0.5)
    began = time.monotonic()
    os.kill(place.server.pid, signal.SIGTERM)
    status = await _exit_status(place)
    report.add("ended after a second SIGTERM", time.monotonic() - began, "s", HURRIED_SECONDS)
    if status != 0:
        report.violations.append(f"exit status {status} after a second SIGTERM")


async def _look(place: Stage, report: Report, oracles: list[Oracle], after: str) -> None:
    """Start again and judge while the clients find their way back by themselves."""
    crowds = [oracle.crowd for oracle in oracles]
    await asyncio.gather(*(crowd.pause() for crowd in crowds))
    await asyncio.to_thread(place.server.start)
    if oracles[0].running():
        report.violations.append(f"after {after}: I5: {oracles[0].running()} answers run without anybody writing them")
    for oracle in oracles:
        report.violations += [f"after {after}: {fault}" for fault in await oracle.check()]
    began = time.monotonic()
    for crowd in crowds:
        crowd.open()
    back = await until(lambda: all(crowd.quiet_since > began for crowd in crowds), 60)
    report.add(f"after {after}: everybody was answered again after", time.monotonic() - began, "s", BACK_SECONDS)
    if not back:
        report.violations.append(f"after {after}: somebody was not answered any more")


async def _exit_status(place: Stage) -> int:
    return await asyncio.to_thread(place.server.wait)


def _ready(place: Stage) -> bytes:
    return f"GET /ready HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\n\r\n".encode()


async def _refuses_connections(port: int) -> bool:
    try:
        await client.call(port, "GET", "/health")
    except Lost:
        return True
    except Refused:
        pass
    return False


async def _first(true: Callable[[], Awaitable[bool]], patience: float) -> float:
    """The moment when it first was."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if await true():
            break
        await asyncio.sleep(0.02)
    return time.monotonic()
