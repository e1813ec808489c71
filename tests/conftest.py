"""For all tests: no deadline of its own for property tests, because no test asserts a time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
