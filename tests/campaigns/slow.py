"""Slow and half-open clients by the hundred: heads and bodies drip, readers stop reading. Everybody else must not notice."""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import time
import uuid
from collections import Counter

from benchmarks.figures import percentile
from benchmarks.processes import Sample, sample
from tests.campaigns import client
from tests.campaigns.client import Lost, Refused
from tests.campaigns.reading import Reading, Violation
from tests.campaigns.report import Report
from tests.campaigns.script import Script
from tests.campaigns.stage import Stage, stage

SHORT = {"clients": 100, "minutes": 1 / 3}
KINDS = ("head", "body", "idle", "deaf")
DRIP_SECONDS = 1.0  # between two bytes
ASKS_PER_SECOND = 4.0
READS_PER_SECOND = 8.0
LARGE = Script(tokens=1500, per_second=3000, padding=2000, key="large")  # 3 MB: far more than a socket and its buffers take
DEAF_BUFFER = 4096  # bytes that a deaf client's socket takes


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clients", type=int, default=1200)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)


class Hostile:
    """One client of one kind; whenever the server lets it go, it comes again."""

    def __init__(self, port: int, kind: str, answer: str, counts: Counter[str], lives: dict[str, list[float]]) -> None:
        self._port = port
        self._kind = kind
        self._answer = answer
        self._counts = counts
        self._lives = lives[kind]

    async def live(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        while time.monotonic() < until:
            connection = socket.socket()
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DEAF_BUFFER)
            began = time.monotonic()
            try:
                await loop.sock_connect(connection, ("127.0.0.1", self._port))
                self._counts[f"{self._kind} opened"] += 1
                await asyncio.wait_for(self._annoy(loop, connection), until - time.monotonic() + 0.1)
                self._counts[f"{self._kind} let go"] += 1
                self._lives.append(time.monotonic() - began)
            except (OSError, asyncio.TimeoutError):
                self._counts[f"{self._kind} broken"] += 1
            finally:
                connection.close()
            await asyncio.sleep(0.5)

    async def _annoy(self, loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
        """Until the server closes the connection."""
        host = f"Host: 127.0.0.1:{self._port}\r\n"
        if self._kind == "head":
            await self._drip(loop, connection, f"GET /health HTTP/1.1\r\n{host}".encode(), b"X-A: " + b"a" * 100_000)
        elif self._kind == "body":
            head = f"POST {client.BASE}/conversation HTTP/1.1\r\n{host}Content-Type: application/json\r\n"
            await self._drip(loop, connection, f"{head}Content-Length: 9000\r\n\r\n".encode(), b'{"' + b"a" * 100_000)
        elif self._kind == "idle":
            await loop.sock_recv(connection, 1)
        else:
            await loop.sock_sendall(connection, f"GET {client.BASE}/answers/{self._answer}/events HTTP/1.1\r\n{host}\r\n".encode())
            await _closed(connection)

    async def _drip(self, loop: asyncio.AbstractEventLoop, connection: socket.socket, begin: bytes, rest: bytes) -> None:
        await loop.sock_sendall(connection, begin)
        closed = asyncio.ensure_future(loop.sock_recv(connection, 1))
        try:
            for byte in rest:
                done, _ = await asyncio.wait([closed], timeout=DRIP_SECONDS)
                if done:
                    return
                await loop.sock_sendall(connection, bytes([byte]))
        finally:
            closed.cancel()
            await asyncio.gather(closed, return_exceptions=True)


async def _closed(connection: socket.socket) -> None:
    """Wait for the other side's end without reading anything."""
    while connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1:  # TCP_ESTABLISHED
        await asyncio.sleep(0.2)


class Ordinary:
    """People who ask and read meanwhile, so many a second however long it takes."""

    def __init__(self, place: Stage, seed: int) -> None:
        self._place = place
        self._chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.seconds: dict[str, list[float]] = {"ask": [], "list": [], "health": []}
        self.faults: list[str] = []

    async def live(self, until: float) -> None:
        running: set[asyncio.Task[None]] = set()
        number = 0
        began = time.monotonic()
        while time.monotonic() < until:
            number += 1
            deed = self._ask() if number % 3 == 0 else self._get("list" if number % 3 == 1 else "health")
            task = asyncio.create_task(deed)
            running.add(task)
            task.add_done_callback(running.discard)
            await asyncio.sleep(max(0.0, began + number / (ASKS_PER_SECOND + READS_PER_SECOND) - time.monotonic()))
        await asyncio.gather(*running)

    async def _ask(self) -> None:
        reading = Reading(Script(20, 40, self._chance.randrange(1_000_000)), uuid.uuid4().hex, uuid.uuid4().hex)
        self.counts["sent"] += 1
        began = time.monotonic()
        try:
            body = client.ask_body(reading.script, reading.conversation, reading.question)
            async with client.send(self._place.port, "POST", "/conversation", body) as response:
                while not response.ended:
                    reading.take(await response.more())
                    if len(reading.seen) == 1 and not reading.acked:
                        reading.acked = True
                        self.seconds["ask"].append(time.monotonic() - began)
            if reading.end is None or reading.end["state"] != "complete":
                raise Violation(f"ended as {reading.end}")
            self.counts["answered"] += 1
        except (Lost, Refused, Violation) as fault:
            self.faults.append(f"a send failed: {fault}")

    async def _get(self, what: str) -> None:
        began = time.monotonic()
        try:
            await client.call(self._place.port, "GET", "/health" if what == "health" else "/conversations?limit=20")
            self.counts["read"] += 1
        except (Lost, Refused) as fault:
            self.faults.append(f"{what}: {fault}")
        self.seconds[what].append(time.monotonic() - began)


async def run(*, clients: int, minutes: float, seed: int = 1) -> Report:
    report = Report(f"{clients} slow or half-open clients for {minutes:.3g} min")
    with stage() as place:
        place.server.start()
        answer = await _large_answer(place)
        counts: Counter[str] = Counter()
        lives: dict[str, list[float]] = {kind: [] for kind in KINDS}
        hostile = [Hostile(place.port, KINDS[number % len(KINDS)], answer, counts, lives) for number in range(clients)]
        ordinary = Ordinary(place, seed)
        samples = [sample(place.server.pid)]
        until = time.monotonic() + minutes * 60
        await asyncio.gather(ordinary.live(until), _watch(place, samples, until), *(one.live(until) for one in hostile))
        report.violations += [*ordinary.faults, *["a traceback in the server's log"] * ("Traceback" in place.server.log)]
    report.require(counts, *(f"{kind} opened" for kind in KINDS))
    report.require(ordinary.counts, "sent", "answered", "read")
    if max(one.descriptors for one in samples) < clients * 0.8:
        report.violations.append("NOT RUN: the slow clients were never all connected")
    _tell(report, counts, lives, ordinary, samples)
    return report


async def _large_answer(place: Stage) -> str:
    reading = Reading(LARGE, uuid.uuid4().hex, uuid.uuid4().hex)
    body = client.ask_body(LARGE, reading.conversation, reading.question)
    async with client.send(place.port, "POST", "/conversation", body) as response:
        while not response.ended:
            reading.take(await response.more())
    return reading.answer


async def _watch(place: Stage, samples: list[Sample], until: float) -> None:
    while time.monotonic() < until:
        await asyncio.sleep(1)
        samples.append(sample(place.server.pid))


def _tell(
    report: Report, counts: Counter[str], lives: dict[str, list[float]], ordinary: Ordinary, samples: list[Sample]
) -> None:
    for kind, goal in zip(KINDS, (12.0, 35.0, 62.0, 35.0), strict=True):
        report.add(f"{kind}: connections", counts[f"{kind} opened"])
        if lives[kind]:
            report.add(f"{kind}: let go after, longest", max(lives[kind]), "s", goal)
    report.add("sends", ordinary.counts["sent"])
    report.add("failed sends and reads", len(ordinary.faults), "", 0)
    for what, name in (("ask", "question until its first event"), ("list", "list of conversations"), ("health", "/health")):
        report.add(f"{name}, p50", percentile(ordinary.seconds[what], 50) * 1000, "ms")
        report.add(f"{name}, p99", percentile(ordinary.seconds[what], 99) * 1000, "ms", 500)
    report.add("resident, growth", (max(one.resident for one in samples) - samples[0].resident) / 2**20, "MB", 64)
    report.add("descriptors, most", max(one.descriptors for one in samples))
    report.add("threads, most", max(one.threads for one in samples))
