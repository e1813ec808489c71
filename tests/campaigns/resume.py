"""Connections cut at any byte, thousands of times; each reader returns with the last number it has, and must miss nothing."""

from __future__ import annotations

import argparse
import asyncio
import random
import time
import uuid
from collections import Counter
from typing import Any

from benchmarks.figures import percentile
from tests.campaigns import client
from tests.campaigns.client import Refused
from tests.campaigns.reading import Reading
from tests.campaigns.report import Report
from tests.campaigns.script import Script
from tests.campaigns.stage import stage

SHORT = {"times": 300, "readers": 20}
TOKENS = 400
TOKENS_PER_SECOND = 100.0
PATIENCE = 120.0  # seconds without a single cut before the campaign gives up


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)


async def run(*, times: int, readers: int, seed: int = 1) -> Report:
    report = Report(f"{times} cut connections, {readers} readers")
    with stage() as place:
        place.server.start()
        everybody = [Restless(place.port, random.Random(f"{seed}/{number}"), times // readers) for number in range(readers)]
        done = await asyncio.gather(*(reader.live() for reader in everybody), return_exceptions=True)
        report.violations += [str(fault) or repr(fault) for fault in done if isinstance(fault, BaseException)]
        report.violations += await _odd_numbers(place.port, everybody)
        report.violations += ["a traceback in the server's log"] * ("Traceback" in place.server.log)
    counts = sum((reader.counts for reader in everybody), Counter[str]())
    seconds = sorted(second for reader in everybody for second in reader.seconds)
    for name in ("cut", "cut before the first event", "cut inside an event", "by after", "by Last-Event-ID", "whole", "compared"):
        report.add(name, counts[name])
    report.add("characters", counts["characters"])
    report.add("until the first event after a return, median", percentile(seconds, 50) * 1000, "ms")
    report.add("until the first event after a return, p99", percentile(seconds, 99) * 1000, "ms")
    report.require(counts, "cut", "by after", "by Last-Event-ID", "whole", "compared")
    return report


class Restless:
    """A reader who never stays: reads a random number of bytes or milliseconds, cuts the connection, comes back."""

    def __init__(self, port: int, chance: random.Random, cuts: int) -> None:
        self._port = port
        self._chance = chance
        self._cuts = cuts
        self.counts: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.last: Reading | None = None

    async def live(self) -> None:
        while self.counts["cut"] < self._cuts:
            script = Script(TOKENS, TOKENS_PER_SECOND, self._chance.randrange(1_000_000))
            reading = Reading(script, uuid.uuid4().hex, uuid.uuid4().hex)
            while reading.end is None:
                await self._visit(reading)
            await self._compare(reading)
            self.last = reading

    async def _visit(self, reading: Reading) -> None:
        began = time.monotonic()
        stays = self._chance.choice((None, 0.0, self._chance.expovariate(20)))  # seconds, or as many bytes as may come
        limit = self._chance.randrange(1, 2_000)
        before = len(reading.seen)
        async with client.send(self._port, *self._request(reading)) as response:
            while not response.ended:
                wanted = limit if stays is None else client.PIECE
                reading.take(await asyncio.wait_for(response.more(wanted), PATIENCE))
                if len(reading.seen) == before + 1:
                    self.seconds.append(time.monotonic() - began)
                limit -= wanted if stays is None else 0
                if limit <= 0 or (stays is not None and time.monotonic() - began >= stays and self._chance.random() < 0.5):
                    self._cut(reading, response, before)
                    return
            assert reading.end is not None, "closed without an end"

    def _request(self, reading: Reading) -> tuple[str, str, Any, dict[str, str]]:
        if not reading.answer:
            self.counts["asked"] += 1
            return "POST", "/conversation", client.ask_body(reading.script, reading.conversation, reading.question), {}
        path = f"/answers/{reading.answer}/events"
        if self._chance.random() < 0.5:
            self.counts["by after"] += 1
            return "GET", f"{path}?after={reading.seq}", None, {}
        self.counts["by Last-Event-ID"] += 1
        return "GET", path, None, {"Last-Event-ID": str(reading.seq)}

    def _cut(self, reading: Reading, response: client.Response, before: int) -> None:
        if self._chance.random() < 0.7:
            response.abort()  # otherwise closed politely
        self.counts["cut"] += 1
        self.counts["cut before the first event"] += len(reading.seen) == before
        self.counts["cut inside an event"] += response.is_inside_an_event

    async def _compare(self, reading: Reading) -> None:
        """What was put together from the pieces, what one reader gets in one piece, and what is stored: the same bytes."""
        second = Reading(reading.script, reading.conversation, reading.question)
        async with client.send(self._port, "GET", f"/answers/{reading.answer}/events?after=0") as response:
            while not response.ended:
                second.take(await response.more())
        read = await client.call(self._port, "GET", f"/conversations/{reading.conversation}")
        stored = read["messages"][-1]
        whole = reading.script.whole.encode()
        texts = {"pieces": reading.text, "one piece": second.text, "stored": stored["text"]}
        for name, text in texts.items():
            assert text.encode() == whole, f"{name}: {len(text)} of {len(whole)} bytes, or others"
        assert (reading.seq, stored["seq"], stored["state"]) == (second.seq, second.seq, "complete"), stored
        self.counts["whole"] += 1
        self.counts["compared"] += len(texts)
        self.counts["characters"] += len(reading.text)


async def _odd_numbers(port: int, readers: list[Restless]) -> list[str]:
    """A number beyond the end brings nothing and ends; what is no number is refused."""
    faults = []
    last = next(reader.last for reader in readers if reader.last is not None)
    async with client.send(port, "GET", f"/answers/{last.answer}/events?after={last.seq + 1000}") as response:
        while not response.ended:
            faults += [f"an event after the end: {event}" for event in await response.more()]
    for wrong in ("-1", "1.5", "x", "9" * 30):
        try:
            async with client.send(port, "GET", f"/answers/{last.answer}/events?after={wrong}"):
                faults.append(f"after={wrong} was accepted")
        except Refused as refusal:
            faults += [f"after={wrong}: {refusal}"] * (refusal.status != 400)
    return faults
