"""A crowd of readers, something that goes wrong for a while, and the judgement once it is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.figures import percentile
from tests.campaigns import client
from tests.campaigns.client import Lost, Refused
from tests.campaigns.crowd import Crowd, Manners, crowd_of, until
from tests.campaigns.oracle import Oracle
from tests.campaigns.report import Report
from tests.campaigns.stage import Stage

LONG = Manners(tokens=(150, 400), per_second=(20, 40), leaves=0.01, renames=0.1, pause=0.5)
BRISK = Manners(tokens=(5, 20), per_second=(40, 60), leaves=0.0, renames=0.2, pause=0.2)
PATIENCE = 120.0  # seconds for the last answers to end
PROBE_SECONDS = 0.1


@dataclass
class Probes:
    """/health and /ready, asked all the time. ``states`` are the moments when /ready changed its mind."""

    port: int
    health: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    states: list[tuple[float, int]] = field(default_factory=list)

    async def run(self) -> None:
        await asyncio.gather(self._health(), self._ready())

    async def _health(self) -> None:
        while True:
            began = time.monotonic()
            try:
                await client.call(self.port, "GET", "/health")
            except (Lost, Refused) as fault:
                self.faults.append(f"/health: {fault}")
            self.health.append(time.monotonic() - began)
            await asyncio.sleep(PROBE_SECONDS)

    async def _ready(self) -> None:
        while True:
            status = 200
            try:
                await client.call(self.port, "GET", "/ready")
            except Refused as refusal:
                status = refusal.status
            except Lost:
                status = 0
            if not self.states or self.states[-1][1] != status:
                self.states.append((time.monotonic(), status))
            await asyncio.sleep(PROBE_SECONDS)

    @property
    def ready(self) -> bool:
        return bool(self.states) and self.states[-1][1] == 200

    def was(self, status: int) -> bool:
        return any(state == status for _, state in self.states)


@asynccontextmanager
async def disturbed(place: Stage, report: Report, streams: int, senders: int = 3) -> AsyncGenerator[tuple[Crowd, Probes], None]:
    """Inside, ``streams`` clients ask and read, ``senders`` send something new all the time.

    Afterwards everything that was begun is read to its end, and judged.
    """
    async with crowd_of(place.port, place.folder, [LONG] * streams + [BRISK] * senders) as crowd:
        probes = Probes(place.port)
        watching = asyncio.create_task(probes.run())
        try:
            crowd.open()
            await until(lambda: crowd.counts["seen"] >= 5 * streams, 60)
            yield crowd, probes
            if not await crowd.finish(PATIENCE):
                report.violations.append(f"an answer did not end within {PATIENCE:g} s after the disturbance")
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        oracle = Oracle(place, crowd)
        if not await until(lambda: oracle.running() == 0, PATIENCE):
            report.violations.append(f"{oracle.running()} answers never ended")
        report.violations += [*await oracle.check(), *probes.faults]
    report.violations += crowd.violations
    for name in ("sent", "acked", "refused", "broken", "resumed", "complete", "interrupted"):
        report.add(name, crowd.counts[name])
    report.add("answers compared word for word", oracle.checked["answers"])
    report.add("/health, p99", percentile(probes.health, 99) * 1000, "ms")
    report.add("/health, longest", max(probes.health) * 1000, "ms")
    report.require(crowd.counts, "acked", "seen", "complete")
    report.require(oracle.checked, "acked", "answers", "resumed")


async def recovery(probes: Probes, crowd: Crowd, patience: float) -> float:
    """Seconds until /ready says yes and somebody's question is acknowledged again."""
    began = time.monotonic()
    acked = crowd.counts["acked"]
    await until(lambda: probes.ready, patience)
    ready = time.monotonic() - began
    await until(lambda: crowd.counts["acked"] > acked, patience)
    return ready
