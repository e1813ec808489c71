"""From the second start to the first page; memory at rest; size of what is installed."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import importlib.metadata
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Goal, Outcome, median, table
from benchmarks.processes import ROOT, STOP_SECONDS, sample

REST_SECONDS = 10.0
PATIENCE_SECONDS = 30.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--starts", type=int, default=5, help="starts after the first one")


def run(options: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        config = Path(folder, "config.json")
        config.write_text("{}")
        command = _command(["--config", str(config), "--data-dir", str(Path(folder, "data"))])
        with _started(command):  # the first start makes the database
            pass
        seconds = []
        for _ in range(options.starts):
            with _started(command) as (_, took):
                seconds.append(took)
        with _started(command) as (process, _):
            time.sleep(REST_SECONDS)
            resident = sample(process.pid).resident / 1e6
    size = _installed() / 1e6
    rows: list[list[str | float]] = [
        ["second start to the first page, s", median(seconds), min(seconds), max(seconds)],
        [f"resident after {REST_SECONDS:g} s at rest, MB", resident, "", ""],
        ["installed packages of requirements.txt and client/vendor, MB", size, "", ""],
    ]
    how = "python3 run.py" if _in_own_venv() else "the server directly, this Python is not the one run.py sets up"
    return Outcome(
        table(f"Start ({how})", ("", "median", "min", "max"), rows),
        [
            Goal("second start to the first page", median(seconds), 1.0, "s"),
            Goal("memory at rest", resident, 90, "MB"),
            Goal("installed size", size, 130, "MB"),
        ],
    )


def _in_own_venv() -> bool:
    return Path(sys.prefix).resolve() == ROOT / ".venv"


def _command(arguments: Sequence[str]) -> list[str]:
    if _in_own_venv():
        outside = getattr(sys, "_base_executable", sys.executable)  # as a person does: with the system's Python
        return [outside, str(ROOT / "run.py"), "serve", "--no-browser", "--offline", *arguments]
    return [sys.executable, "-m", "benchmarks.serving", *arguments]


@contextlib.contextmanager
def _started(command: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The running server, and the seconds it took to its first page."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    began = time.monotonic()
    process = subprocess.Popen([*command, "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _shows_page(port):
            if process.poll() is not None or time.monotonic() > began + PATIENCE_SECONDS:
                raise SystemExit(f"The server did not start: {' '.join(command)}")
            time.sleep(0.005)
        yield process, time.monotonic() - began
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _shows_page(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        while response.status in (301, 302, 303, 307, 308):
            response.read()
            connection.request("GET", response.headers["Location"])
            response = connection.getresponse()
        return response.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _installed() -> int:
    """Bytes of the packages that requirements.txt asks for, of those they ask for, of pip, and of the page's packages."""
    wanted = [_name(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    wanted.append("pip")
    seen: set[str] = set()
    size = sum(file.stat().st_size for file in (ROOT / "client" / "vendor").rglob("*") if file.is_file())
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # asked for on other systems only
            package = importlib.metadata.distribution(name)
            wanted += [_name(line) for line in package.requires or () if "extra ==" not in line]
            files = [Path(str(package.locate_file(file))) for file in package.files or ()]
            size += sum(file.stat().st_size for file in files if file.is_file())
    return size


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""
