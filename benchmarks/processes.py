"""The processes that are measured, and what the system says about them. Linux, because of /proc."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 30
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ADDRESS = re.compile(r"http://[^:/]+:(\d+)")


@dataclass(frozen=True)
class Sample:
    """A process at one moment (ns, monotonic): CPU in seconds since its start, resident bytes, open descriptors, threads."""

    at_ns: int
    cpu: float
    resident: int
    descriptors: int
    threads: int


def sample(pid: int) -> Sample:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Sample(
        time.monotonic_ns(),
        (int(fields[11]) + int(fields[12])) / _TICKS,
        int(fields[21]) * _PAGE,
        len(os.listdir(f"/proc/{pid}/fd")),
        int(fields[17]),
    )


@dataclass(frozen=True)
class Child:
    """A running process and the port it listens on."""

    pid: int
    port: int
    data: Path


@contextlib.contextmanager
def upstream() -> Iterator[Child]:
    """The emulated service."""
    with _started([sys.executable, "-m", "benchmarks.upstream"]) as process:
        assert process.stdout is not None
        yield Child(process.pid, int(process.stdout.readline()), Path())


@contextlib.contextmanager
def server(service: Child | None = None, *arguments: str, data: Path | None = None) -> Iterator[Child]:
    """The product in a process of its own, with ``service`` as its only provider if there is one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = data or Path(folder, "data")
        config = Path(folder, "config.json")
        config.write_text(json.dumps(_config(service)), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.serving", "--config", str(config), "--data-dir", str(data), *arguments]
        with Path(folder, "log").open("w+") as log, _started(command, log) as process:
            assert process.stdout is not None
            found = _ADDRESS.search(process.stdout.readline())
            if found is None:
                log.seek(0)
                raise SystemExit(f"The server did not start:\n{log.read()}")
            yield Child(process.pid, int(found[1]), data)


def _config(service: Child | None) -> dict[str, Any]:
    if service is None:
        return {}
    endpoint = {"name": "bench", "base_url": f"http://127.0.0.1:{service.port}/v1", "models": ["bench"]}
    return {"discovery": False, "titles": "words", "endpoints": [endpoint]}


@contextlib.contextmanager
def _started(command: Sequence[str], errors: Any = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def load(plan: str, watch: int | None = None, **arguments: Any) -> tuple[dict[str, Any], list[Sample]]:
    """Run a plan of ``benchmarks.load`` in a process of its own; meanwhile look at process ``watch`` ten times a second."""
    command = [sys.executable, "-m", "benchmarks.load", json.dumps({"plan": plan, **arguments})]
    samples = [sample(watch)] if watch else []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        while watch:
            try:
                output, _ = process.communicate(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                samples.append(sample(watch))
        else:
            output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"the load process failed ({process.returncode})")
    return json.loads(output), samples
