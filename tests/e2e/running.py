"""The real server as a process of its own, as a person starts it: can be killed and started again on the same data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds
PROGRAM = """
import os, sys
from pathlib import Path
from server.serve import main
from server.settings import load
from server.pages import Pages
if "CLIENT_VERSION" in os.environ:  # as if a file of the page had changed
    Pages._version = lambda pages: os.environ["CLIENT_VERSION"]
sys.exit(main(load(Path(sys.argv[1]), {}, {"open_browser": False})))
"""


class ServerProcess:
    """``start``, ``stop`` (SIGTERM), ``kill`` (SIGKILL); ``address`` once started."""

    def __init__(self, folder: Path, port: int, **config: Any) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"
        self._config = folder / "config.json"
        told = {"port": port, "data_dir": str(folder / "data"), "titles": "words", **config}
        self._config.write_text(json.dumps(told), "utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}  # more variables for the next start

    def start(self) -> None:
        log = (self.folder / "server.log").open("ab")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self.environment}
        command = [sys.executable, "-c", PROGRAM, str(self._config)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        log.close()
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            assert self._process.poll() is None, self.log[-3000:]
            assert time.monotonic() < deadline, self.log[-3000:]
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """The exit status after SIGTERM."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """The exit status, once it has ended by itself or by a signal that somebody sent."""
        assert self._process is not None
        process, self._process = self._process, None
        return process.wait(60)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(number)
        return process.wait(40)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.address}/backend-api/v2/{path}", timeout=20) as answer:
            return json.load(answer)
