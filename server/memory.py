"""The memory of the process: one heap for all threads, a seldom search for garbage, and what is free goes back to the system."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

M_ARENA_MAX = -8  # number of glibc's option, from malloc.h
THRESHOLDS = (10_000, 20, 100)  # Python's own are 700, 10, 10
EVERY = 60.0  # seconds between two searches for everything


def share_one_heap() -> None:
    """glibc gives threads heaps of their own, and what one has freed the others cannot use: a tenth of a busy server's memory.

    Python holds its lock while it allocates, so threads lose nothing by sharing. To be called before there are any.
    """
    option = _glibc("mallopt")
    if option is not None:
        option(M_ARENA_MAX, 1)


def settle() -> None:
    """Once everything is loaded. Hundreds of open answers are many objects to look through, and hardly any of them is garbage
    that only a search finds: with Python's own thresholds the searches doubled the delay of the latest words (docs/performance.md).
    """
    gc.freeze()  # what the start has made stays for good
    gc.set_threshold(*THRESHOLDS)
    threading.Thread(target=_keep, name="memory", daemon=True).start()


def _keep() -> None:
    while True:
        time.sleep(EVERY)
        give_back()


def give_back() -> None:
    """Every connection leaves a small ring of objects behind (asyncio's transport), which lies in the large pieces of memory that
    were freed around it: without a search readers who take nothing cost 17 KB each, for good, though nothing of theirs was left.
    """
    gc.collect()
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _glibc(name: str) -> Callable[..., Any] | None:
    """A function of the C library, where it has it."""
    if sys.platform != "linux":
        return None
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        found: Callable[..., Any] = getattr(ctypes.CDLL(None), name)
        return found
    return None
