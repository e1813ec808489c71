"""Bing and Yqcloud of 2023 through the server: many streams at once, each checked word for word against the emulator's answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.figures import Goal, Outcome, percentile, table
from tests.e2e.running import ROOT, ServerProcess
from tests.emulators import bing, yqcloud
from tests.llama.running import free_port

SERVICES = {"Bing": (bing, "gpt-4"), "Yqcloud": (yqcloud, "gpt-3.5-turbo")}
PACE = 0.05  # seconds between two pieces of an emulated answer
PATIENCE = 120.0  # seconds for all answers


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=200, help="streams at once for each service")


def run(options: argparse.Namespace) -> Outcome:
    rows: list[list[str | float]] = []
    goals: list[Goal] = []
    with emulators() as config, tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder), free_port(), discovery=False, **config)
        server.start()
        try:
            for name, (emulator, model) in SERVICES.items():
                faults, firsts, seconds = asyncio.run(_ask_all(server.address, name, emulator, model, options.count))
                for fault, times in faults.items():
                    print(f"  {name}: {times} x {fault}")
                errors = sum(faults.values())
                rows.append([name, options.count, errors, percentile(firsts, 0.5) * 1e3, percentile(firsts, 0.95) * 1e3, seconds])
                goals.append(Goal(f"{name}: {options.count} streams at once, errors", errors, 0, ""))
        finally:
            server.stop()
    head = ("service", "streams", "errors", "first text p50 ms", "p95 ms", "all in s")
    return Outcome(table("services of 2023 through the server", head, rows), goals)


@contextmanager
def emulators() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.emulators", *SERVICES, "--pace", str(PACE)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        printed = ""
        while not printed.rstrip().endswith("\n}"):
            printed += process.stdout.readline().decode()
        try:
            yield json.loads(printed)
        finally:
            process.terminate()


async def _ask_all(address: str, name: str, emulator: Any, model: str, count: int) -> tuple[Counter[str], list[float], float]:
    """All at once, by the historical body. Returns the faults, the seconds to each first text, and the seconds for all."""
    faults: Counter[str] = Counter()
    firsts: list[float] = []
    began = time.monotonic()
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        await asyncio.gather(
            *(_ask(session, address, name, emulator, model, f"вопрос {number}", faults, firsts) for number in range(count))
        )
    return faults, firsts, time.monotonic() - began


async def _ask(
    session: aiohttp.ClientSession,
    address: str,
    name: str,
    emulator: Any,
    model: str,
    question: str,
    faults: Counter[str],
    firsts: list[float],
) -> None:
    body = {"model": model, "provider": name, "meta": {"content": {"parts": [{"content": question, "role": "user"}]}}}
    began = time.monotonic()
    try:
        async with session.post(f"{address}/backend-api/v2/conversation", json=body) as response:
            pieces = []
            async for piece in response.content.iter_any():
                if not pieces:
                    firsts.append(time.monotonic() - began)
                pieces.append(piece)
            text = b"".join(pieces).decode()
            if response.status != 200:
                faults[f"status {response.status}: {text[:120]}"] += 1
            elif text.strip() != emulator.answer_to(question).strip():
                faults[f"another text: {text[:80]!r}"] += 1
    except (aiohttp.ClientError, asyncio.TimeoutError, UnicodeDecodeError) as error:
        faults[type(error).__name__] += 1
