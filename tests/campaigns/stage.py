"""The processes of a campaign: the emulated upstream, and the real server on a folder that survives it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.running import ROOT, ServerProcess
from tests.llama.running import free_port

MODEL = "words"
PROVIDER = "campaign"


@dataclass(frozen=True)
class Stage:
    """``server`` has to be started by the campaign."""

    folder: Path
    server: ServerProcess
    upstream_log: Path

    @property
    def port(self) -> int:
        return int(self.server.address.rpartition(":")[2])

    @property
    def database(self) -> Path:
        return self.folder / "data" / "chat.db"

    def upstream_said(self) -> list[dict[str, Any]]:
        """What the upstream noted so far; a line that is being written at this moment is left out."""
        lines = self.upstream_log.read_text("utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]


@contextmanager
def stage(**config: Any) -> Iterator[Stage]:
    """A new folder, the upstream running, the server ready to be started. ``config`` is more of the server's config.json."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as name:
        folder = Path(name)
        log = folder / "upstream.log"
        log.touch()
        with _upstream(log) as port:
            endpoint = {"name": PROVIDER, "base_url": f"http://127.0.0.1:{port}/v1", "models": [MODEL]}
            server = ServerProcess(folder, free_port(), discovery=False, endpoints=[endpoint], **config)
            try:
                yield Stage(folder, server, log)
            finally:
                server.kill()


@contextmanager
def _upstream(log: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.campaigns.upstream", str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()
