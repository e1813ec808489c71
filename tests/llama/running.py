"""Starts the llama.cpp server of the tests and stops it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds to load; it takes a tenth of one


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def llama_server(folder: Path) -> Iterator[int]:
    """The port of a llama.cpp server with the scripted model."""
    model = folder / "scripted.gguf"
    subprocess.run([sys.executable, "-m", "tests.llama.model", model], cwd=ROOT, check=True)
    port = free_port()
    command = [sys.executable, "-m", "tests.llama.server", model, str(port)]
    with (folder / "llama.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            _wait(process, port, folder / "llama.log")
            yield port
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"llama.cpp did not start:\n{log.read_text(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError("llama.cpp did not become ready")
