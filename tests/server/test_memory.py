"""The memory of the process: what is left of a ring of objects is found, wherever the process runs."""

from __future__ import annotations

import gc
import platform
import sys
import weakref

import pytest

from server import memory


class Ring:
    def __init__(self) -> None:
        self.itself = self


def test_a_ring_that_has_grown_old_is_found() -> None:
    ring = Ring()
    gc.collect()  # it is old from now on: searches among the young pass it by
    left = weakref.ref(ring)
    del ring
    gc.collect(1)
    assert left() is not None
    memory.give_back()
    assert left() is None


def test_the_c_library_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert memory._glibc("malloc_trim") is None
    memory.share_one_heap()
    memory.give_back()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has it")
def test_the_c_library_is_asked_where_it_can_help() -> None:
    assert memory._glibc("malloc_trim") is not None
    assert memory._glibc("no_such_function") is None
