"""``python3 -m benchmarks.serving``: the server as run.py starts it, in this Python, on a free port.

``--without-storing`` lets events of answers pass without being written, which tells what storing costs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from server.conversations import Ended
from server.serve import main as serve
from server.settings import load
from server.storage.store import SqlStore


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--port", default="0")
    parser.add_argument("--without-storing", action="store_true")
    options = parser.parse_args()
    if options.without_storing:
        _store_ends_only()
    return serve(load(options.config, {}, {"port": options.port, "data_dir": options.data_dir, "open_browser": False}))


def _store_ends_only() -> None:
    store = SqlStore.append

    def append(self: SqlStore, rows: Sequence[dict[str, Any]], ended: Iterable[tuple[str, Ended, float]]) -> Future[None]:
        if ended:
            return store(self, (), ended)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    SqlStore.append = append  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main())
