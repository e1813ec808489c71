"""Asks providers in order until one answers: what happens before the first word, and after it.

Before the first word of an answer everything may be tried again: the same provider a little later (``Policy.repeats``), then
the next. After the first word nothing is: the error is raised, and what was said stays with the caller, who may let somebody
continue it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from g4f import telling
from g4f.base import Provider
from g4f.chat import ChatRequest, Citation, Event, Finished, Reasoning, Started, Text, ToolCall
from g4f.errors import (
    Interrupted,
    ModelMissing,
    NotConfigured,
    ProtocolViolation,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    Unreachable,
)
from g4f.health import SHARED, Health
from g4f.scales import Scales
from g4f.telling import Sink

_log = logging.getLogger(__name__)
_WORDS = (Text, Reasoning, ToolCall, Citation)


@dataclass(frozen=True)
class Policy:
    """How often and how soon the same provider is asked again. Seconds.

    ``statuses`` are the HTTP answers after which asking again may help; a connection that could not be made always may.
    """

    repeats: int = 2
    statuses: frozenset[int] = frozenset({408, 429, 500, 502, 503, 504, 529})
    base: float = 0.5
    cap: float = 8.0
    longest_retry_after: float = 30.0
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    uniform: Callable[[float, float], float] = random.uniform

    def may_repeat(self, error: ProviderError) -> bool:
        if error.retry_after is not None and error.retry_after > self.longest_retry_after:
            return False
        return error.passing or isinstance(error, Unreachable) or error.status in self.statuses

    def pause(self, repeat: int, error: ProviderError) -> float:
        """Seconds before repetition ``repeat`` (from 0): full jitter, but never before the service's ``Retry-After``."""
        jitter = self.uniform(0.0, min(self.cap, self.base * 2**repeat))
        return jitter if error.retry_after is None else error.retry_after + jitter


DEFAULT_POLICY = Policy()


def stream(
    request: ChatRequest, candidates: Sequence[Provider], *, policy: Policy = DEFAULT_POLICY, health: Health = SHARED
) -> AsyncGenerator[Event, None]:
    """What ``tell`` tells, as a stream. Close the iterator to end the request upstream."""
    return telling.stream(lambda sink: tell(request, candidates, sink, policy=policy, health=health))


async def tell(
    request: ChatRequest, candidates: Sequence[Provider], sink: Sink, *, policy: Policy = DEFAULT_POLICY, health: Health = SHARED
) -> None:
    """The events of the first candidate that answers, ``Started`` naming it. The last event is ``Finished``.

    A candidate that fails before its first word may have been announced by ``Started``; then another ``Started`` follows.
    Raises the ``ProviderError`` of the first candidate if none answered, and any error that comes after the first word.
    Cancel it to end the request upstream.
    """
    if not candidates:
        raise NotConfigured("nobody to ask")
    health.budget.request()
    first_error: ProviderError | None = None
    for candidate in candidates:
        attempt = _Attempt(candidate, request.model, sink, policy, health)
        pause: float | None = 0.0
        while pause is not None:
            if pause:
                await policy.sleep(pause)
            try:
                attempt.begin()
                await candidate.tell(request, attempt)
                if attempt.whole:
                    return
                raise Interrupted("the provider ended without a last event")
            except ProviderError as error:
                error.provider = error.provider or candidate.id
                pause = attempt.fail(error)
                if attempt.spoke or (pause is None and not _another_may_help(error)):
                    raise
                if pause is None:
                    _log.info("%s did not answer: %s", candidate.id, error.detail or error.code)
                    first_error = first_error or error
            finally:
                attempt.leave()
    assert first_error is not None
    raise first_error


def _another_may_help(error: ProviderError) -> bool:
    """Whether the fault lies with the provider and not with the question."""
    return error.retryable or isinstance(error, (NotConfigured, ModelMissing))


class _Attempt:
    """One candidate being asked, repetitions included: passes on what it says and tells its breaker what became of each request."""

    def __init__(self, provider: Provider, model: str, sink: Sink, policy: Policy, health: Health) -> None:
        self.spoke = False  # a word of the answer has come
        self.whole = False  # and the last event
        self.room = sink.room
        self._take = sink.take
        self._named = Started(provider.id, model)
        self._announced = False
        self._policy = policy
        self._budget = health.budget
        self._breaker = health.breaker(provider.id)
        self._repeats = 0
        self._asking = False
        self._scales = Scales()

    def begin(self) -> None:
        """Raises the reason if the provider is being left alone."""
        if not self._breaker.admit():
            raise _resting(self._breaker.reason)
        self._asking = True

    def take(self, event: Event) -> bool:
        kind = type(event)
        if kind is Text and self.spoke:  # nearly every event
            return self._take(event)
        if not self._announced:
            self._announced = True
            if kind is not Started:
                self._take(self._named)
        elif kind is Started:
            return True
        if kind is not Text and not self._scales.admit(event):
            return True
        if not self.spoke and kind in _WORDS:
            self.spoke = True
            self._succeed()
        if kind is Finished:
            self.whole = True
            self._succeed()
        return self._take(event)

    def _succeed(self) -> None:
        self._asking = False
        self._breaker.succeeded()

    def fail(self, error: ProviderError) -> float | None:
        """Seconds after which to ask the same provider again; ``None`` if not at all."""
        if not self._asking and not self.spoke:
            return None  # it was resting and not asked
        self._asking = False
        if isinstance(error, (Unavailable, ProtocolViolation)):
            self._breaker.failed(error)
        elif isinstance(error, (RateLimited, QuotaExceeded)):
            self._breaker.withdrew()
        else:
            self._breaker.succeeded()  # it is there and well; it is the question or the key that it does not like
        if self.spoke or self._repeats == self._policy.repeats or not self._policy.may_repeat(error):
            return None
        if not self._budget.take():
            return None
        self._repeats += 1
        return self._policy.pause(self._repeats - 1, error)

    def leave(self) -> None:
        """The request is over. If nobody said how, it was stopped by us and tells nothing."""
        if self._asking:
            self._asking = False
            self._breaker.withdrew()


def _resting(reason: ProviderError | None) -> ProviderError:
    """A new error of the kind that opened the breaker."""
    if reason is None:
        return Unavailable("left alone after failures")
    return type(reason)(f"left alone after failures, the last: {reason.detail}", provider=reason.provider)
