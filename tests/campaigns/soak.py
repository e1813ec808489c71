"""Many open answers for a long time: nobody fails, memory and descriptors stay, the server keeps answering at once."""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Sequence

from benchmarks.figures import percentile
from benchmarks.processes import Sample, sample
from tests.campaigns import client
from tests.campaigns.client import Lost, Refused
from tests.campaigns.reading import Reading, Violation
from tests.campaigns.report import Report
from tests.campaigns.script import Script
from tests.campaigns.stage import Stage, stage

SHORT = {"minutes": 1 / 3, "streams": 100}
LIFE = (15.0, 60.0)  # seconds an answer takes
RAMP_PER_SECOND = 50.0  # answers begun a second, until all are open
PROBES_PER_SECOND = 10.0  # half of them /health, half the list of conversations
SETTLED = 0.25  # part of the time after which memory is expected to stay
TABLE_SECONDS = 30.0  # between two lines of the running table
_STAMP = re.compile(r"@(\d+) ")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--per-second", type=float, default=20, help="tokens a second in each answer")
    parser.add_argument("--seed", type=int, default=1)


class Delays:
    """How long words took from the upstream to the reader; in memory a count for each millisecond, however many words."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.largest = 0.0

    def add(self, text: str) -> None:
        now = time.monotonic_ns() // 1000
        for found in _STAMP.finditer(text):
            delay = now - int(found[1])
            self._counts[delay // 1000] += 1
            self.largest = max(self.largest, delay / 1000)

    @property
    def count(self) -> int:
        return self._counts.total()

    def percentile(self, part: float) -> float:
        """In milliseconds, rounded up."""
        left = self.count * part / 100
        for value in sorted(self._counts):
            left -= self._counts[value]
            if left <= 0:
                return value + 1
        return float("nan")


class Soak:
    """Keeps ``streams`` answers open until the time is over."""

    def __init__(self, place: Stage, streams: int, per_second: float, seconds: float, seed: int) -> None:
        self._place = place
        self._streams = streams
        self._per_second = per_second
        self._until = time.monotonic() + seconds
        self._chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.delays = Delays()
        self.probes: list[float] = []
        self.lists: list[float] = []
        self.samples: list[Sample] = [sample(place.server.pid)]
        self.open = 0

    async def run(self) -> None:
        followers = [self._follow_for_ever(number / RAMP_PER_SECOND) for number in range(self._streams)]
        tasks: list[Awaitable[None]] = [*followers, self._probe("/health", self.probes), self._probe("/conversations", self.lists)]
        await asyncio.gather(*tasks, self._watch())

    @property
    def _over(self) -> bool:
        return time.monotonic() > self._until

    async def _follow_for_ever(self, wait: float) -> None:
        await asyncio.sleep(wait)
        while not self._over:
            tokens = max(1, int(self._per_second * self._chance.uniform(*LIFE)))
            script = Script(tokens, self._per_second, self._chance.randrange(1_000_000), stamped=True)
            try:
                await self._follow(Reading(script, uuid.uuid4().hex, uuid.uuid4().hex))
            except (Lost, Refused, Violation) as fault:
                self.faults.append(f"{type(fault).__name__}: {fault}")
                await asyncio.sleep(1)

    async def _follow(self, reading: Reading) -> None:
        body = client.ask_body(reading.script, reading.conversation, reading.question)
        self.counts["asked"] += 1
        self.open += 1
        try:
            async with client.send(self._place.port, "POST", "/conversation", body) as response:
                while not response.ended:
                    length = len(reading.text)
                    reading.take(await response.more())
                    self.delays.add(reading.text[length:])
                    if self._over:
                        self.counts["open at the end"] += 1
                        return
        finally:
            self.open -= 1
        if reading.end is None or reading.end["state"] != "complete":
            raise Violation(f"ended as {reading.end}")
        self.counts["complete"] += 1

    async def _probe(self, path: str, seconds: list[float]) -> None:
        """As many a second as said, whether or not the last one has been answered."""
        running: set[asyncio.Task[None]] = set()
        while not self._over:
            task = asyncio.create_task(self._ask_for(path, seconds))
            running.add(task)
            task.add_done_callback(running.discard)
            await asyncio.sleep(2 / PROBES_PER_SECOND)
        await asyncio.gather(*running)

    async def _ask_for(self, path: str, seconds: list[float]) -> None:
        began = time.monotonic()
        try:
            await client.call(self._place.port, "GET", path)
        except (Lost, Refused) as fault:
            self.faults.append(f"{path}: {fault}")
        seconds.append(time.monotonic() - began)

    async def _watch(self) -> None:
        shown = time.monotonic()
        while not self._over:
            await asyncio.sleep(1)
            self.samples.append(sample(self._place.server.pid))
            if time.monotonic() - shown >= TABLE_SECONDS:
                shown = time.monotonic()
                last = self.samples[-1]
                said = f"{self.open} open, {self.delays.count} words, {self.counts['complete']} complete, {len(self.faults)} faults"
                print(f"  {said}, {last.resident >> 20} MB, {last.descriptors} descriptors, {last.threads} threads", flush=True)


async def run(*, minutes: float, streams: int, per_second: float = 20, seed: int = 1) -> Report:
    report = Report(f"{streams} open answers for {minutes:.3g} min, {per_second:g} tokens a second each")
    with stage() as place:
        place.server.start()
        soak = Soak(place, streams, per_second, minutes * 60, seed)
        gc.freeze()
        await soak.run()
        after = await _after(place)
        report.violations += [*soak.faults, *["a traceback in the server's log"] * ("Traceback" in place.server.log)]
    report.require({**soak.counts, "read": soak.delays.count, "probed": len(soak.probes)}, "asked", "read", "probed")
    if max(one.descriptors for one in soak.samples) < streams:
        report.violations.append("NOT RUN: the server never held as many connections as there are streams")
    _tell(report, soak, after)
    return report


async def _after(place: Stage) -> Sample:
    """The server once everybody has gone: what it does not give back then, it never will."""
    await asyncio.sleep(5)
    return sample(place.server.pid)


def _tell(report: Report, soak: Soak, after: Sample) -> None:
    samples = soak.samples
    settled = samples[int(len(samples) * SETTLED) :]
    report.add("answers asked", soak.counts["asked"])
    report.add("answers complete", soak.counts["complete"])
    report.add("words read and compared", soak.delays.count)
    report.add("errors", len(soak.faults), "", 0)
    report.add("word's delay, median", soak.delays.percentile(50), "ms")
    report.add("word's delay, p99", soak.delays.percentile(99), "ms", 300)
    report.add("word's delay, longest", soak.delays.largest, "ms")
    report.add("/health, p99", percentile(soak.probes, 99) * 1000, "ms", 100)
    report.add("list of conversations, p99", percentile(soak.lists, 99) * 1000, "ms")
    report.add("resident, most", max(one.resident for one in samples) / 2**20, "MB", 256)
    report.add("resident, slope in 10 minutes", slope(settled) * 600 / 2**20, "MB", 1)
    report.add("descriptors, most", max(one.descriptors for one in samples))
    report.add("threads, most", max(one.threads for one in samples))
    report.add("descriptors when the readers have gone (answers go on)", after.descriptors)
    report.add("CPU of the server, of one core", _share(samples) * 100, "%")


def slope(samples: Sequence[Sample]) -> float:
    """Bytes a second, by least squares."""
    if len(samples) < 3:
        return float("nan")
    times = [one.at_ns / 1e9 for one in samples]
    sizes = [float(one.resident) for one in samples]
    middle, mean = sum(times) / len(times), sum(sizes) / len(sizes)
    above = sum((at - middle) * (size - mean) for at, size in zip(times, sizes, strict=True))
    return above / sum((at - middle) ** 2 for at in times)


def _share(samples: Sequence[Sample]) -> float:
    return (samples[-1].cpu - samples[0].cpu) / ((samples[-1].at_ns - samples[0].at_ns) / 1e9)
