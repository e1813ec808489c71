"""How providers have been doing lately: a circuit breaker each, and the budget of repetitions for all of them.

A provider that keeps failing is not asked for a while, so that people are told at once instead of waiting for another deadline.
All of it lives on one event loop; the visible state may be read from any thread.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from g4f.errors import ProviderError

State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True)
class BreakerLimits:
    """When a provider is left alone: failures in a row, or this share of at least so many within the window (seconds).

    After ``rest`` seconds (between the two, so that many servers do not return at once) one request tries it again.
    """

    in_a_row: int = 5
    share: float = 0.5
    at_least: int = 20
    window: float = 30.0
    rest: tuple[float, float] = (5.0, 10.0)


class Breaker:
    """The fuse of one provider: closed while all is well, open while it rests, half-open while one request tries it."""

    def __init__(self, limits: BreakerLimits, clock: Callable[[], float], uniform: Callable[[float, float], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._uniform = uniform
        self._in_a_row = 0
        self._recent: deque[tuple[float, bool]] = deque(maxlen=1000)
        self._until: float | None = None
        self._trying = False
        self.reason: ProviderError | None = None

    @property
    def state(self) -> State:
        if self._until is None:
            return "closed"
        return "half-open" if self._trying or self._clock() >= self._until else "open"

    def admit(self) -> bool:
        """Whether a request may go. Of those that come to a half-open breaker the first goes and decides."""
        if self._until is None:
            return True
        if self._trying or self._clock() < self._until:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        self._in_a_row = 0
        self._until = None
        self._trying = False
        self.reason = None
        self._recent.append((self._clock(), True))

    def failed(self, error: ProviderError) -> None:
        now = self._clock()
        self._in_a_row += 1
        self._recent.append((now, False))
        self.reason = error
        if self._until is not None or self._in_a_row >= self._limits.in_a_row or self._mostly_failing(now):
            self._until = now + self._uniform(*self._limits.rest)
            self._trying = False

    def withdrew(self) -> None:
        """The request that was let in ended without telling anything about the provider."""
        self._trying = False

    def _mostly_failing(self, now: float) -> bool:
        while self._recent and self._recent[0][0] < now - self._limits.window:
            self._recent.popleft()
        if len(self._recent) < self._limits.at_least:
            return False
        failures = sum(not good for _, good in self._recent)
        return failures >= self._limits.share * len(self._recent)


class RetryBudget:
    """Repetitions may be six in a hundred requests, and one in ten seconds at least: as often as one person asks, and no more.

    So a sick service is not asked to death, however many people want an answer of it. With what is sent once more because the
    service had just closed its connection, that made 1.04 to 1.10 requests a send (tests/campaigns/faults.py, 30.11.2026).
    """

    def __init__(self, share: float, per_second: float, clock: Callable[[], float], cap: float = 10.0) -> None:
        self._share = share
        self._per_second = per_second
        self._clock = clock
        self._cap = cap
        self._tokens = 1.0
        self._seen = clock()

    def request(self) -> None:
        """A person's request came; it earns its share."""
        self._tokens = min(self._cap, self._tokens + self._share)

    def take(self) -> bool:
        """Whether one repetition may be made now."""
        now = self._clock()
        self._tokens = min(self._cap, self._tokens + (now - self._seen) * self._per_second)
        self._seen = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


@dataclass
class Health:
    """The breakers and the budget of one process. Clock and chance can be given by tests."""

    limits: BreakerLimits = field(default_factory=BreakerLimits)
    clock: Callable[[], float] = time.monotonic
    uniform: Callable[[float, float], float] = random.uniform
    retry_share: float = 0.06
    retries_per_second: float = 0.1

    def __post_init__(self) -> None:
        self.budget = RetryBudget(self.retry_share, self.retries_per_second, self.clock)
        self._breakers: dict[str, Breaker] = {}

    def breaker(self, provider: str) -> Breaker:
        return self._breakers.setdefault(provider, Breaker(self.limits, self.clock, self.uniform))

    def resting(self, provider: str) -> ProviderError | None:
        """Why the provider is being left alone at the moment, if it is."""
        breaker = self._breakers.get(provider)
        return breaker.reason if breaker is not None and breaker.state == "open" else None


SHARED = Health()  # what the process knows, unless somebody keeps a Health of his own
