"""Asking one after another: repetitions, stand-ins, and rest for those who fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from g4f import errors
from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Progress, Started, Text
from g4f.failover import Policy, stream
from g4f.health import BreakerLimits, Health
from g4f.transport import Transport
from tests.g4f.conftest import ask

Act = Sequence[Event | Exception]
ANSWER: Act = (Text("Да"), Finished())


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Actor(Provider):
    """Plays one act a request; the last act is repeated."""

    def __init__(self, name: str, *acts: Act) -> None:
        super().__init__(Transport())
        self._name = name
        self._acts = list(acts)
        self.asked: list[str] = []
        self.closed = 0

    @property
    def id(self) -> str:
        return self._name

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        self.asked.append(request.model)
        act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
        try:
            for step in act:
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            self.closed += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock=clock, uniform=lambda low, high: high, retries_per_second=1000.0)


def policy(clock: Clock) -> Policy:
    return Policy(sleep=clock.sleep, uniform=lambda low, high: high)


def status(error: errors.ProviderError, number: int) -> errors.ProviderError:
    error.status = number
    return error


async def collect(answering: AsyncIterator[Event], events: list[Event]) -> None:
    async for event in answering:
        events.append(event)


async def told(candidates: Sequence[Provider], clock: Clock, health: Health) -> list[Event]:
    return [event async for event in stream(ask(model="m"), candidates, policy=policy(clock), health=health)]


async def test_who_answers_is_told_before_the_answer(clock: Clock, health: Health) -> None:
    assert await told([Actor("A", ANSWER)], clock, health) == [Started("A", "m"), *ANSWER]


async def test_a_provider_that_says_its_model_is_not_announced_twice(clock: Clock, health: Health) -> None:
    act = (Started("A", "m-2026"), Progress("load"), Started("A", "again"), *ANSWER)
    assert await told([Actor("A", act)], clock, health) == [Started("A", "m-2026"), Progress("load"), *ANSWER]


@pytest.mark.parametrize("number", [408, 429, 500, 502, 503, 504, 529])
async def test_passing_faults_are_tried_again_after_growing_pauses(number: int, clock: Clock, health: Health) -> None:
    fault = status(errors.ServerFailed(), number)
    actor = Actor("A", (fault,), (fault,), ANSWER)
    assert (await told([actor], clock, health))[-1] == Finished()
    assert clock.slept == [0.5, 1.0]


async def test_after_two_repetitions_the_next_is_asked(clock: Clock, health: Health) -> None:
    first, second = Actor("A", (errors.Unreachable(),)), Actor("B", ANSWER)
    assert await told([first, second], clock, health) == [Started("B", "m"), *ANSWER]
    assert len(first.asked) == 3


async def test_the_first_candidates_error_is_told_if_nobody_answers(clock: Clock, health: Health) -> None:
    with pytest.raises(errors.KeyRejected) as caught:
        await told([Actor("A", (errors.KeyRejected(),)), Actor("B", (errors.Unreachable(),))], clock, health)
    assert caught.value.provider == "A"


async def test_retry_after_is_honoured_up_to_half_a_minute(clock: Clock, health: Health) -> None:
    patient = status(errors.RateLimited(retry_after=20.0), 429)
    await told([Actor("A", (patient,), ANSWER)], clock, health)
    assert clock.slept[0] >= 20.0
    impatient = Actor("B", (status(errors.RateLimited(retry_after=31.0), 429),), ANSWER)
    with pytest.raises(errors.RateLimited):
        await told([impatient], clock, health)
    assert len(impatient.asked) == 1


@pytest.mark.parametrize("fault", [errors.RequestRejected(), errors.ContextTooLong(), errors.ContentFiltered()])
async def test_a_fault_of_the_question_is_told_at_once(fault: errors.ProviderError, clock: Clock, health: Health) -> None:
    second = Actor("B", ANSWER)
    with pytest.raises(type(fault)):
        await told([Actor("A", (fault,)), second], clock, health)
    assert second.asked == []


@pytest.mark.parametrize(
    "fault",
    [
        errors.KeyMissing(),
        errors.KeyRejected(),
        errors.ModelMissing(),
        errors.QuotaExceeded(),
        errors.TLSFailed(),
        errors.TimedOut(),
    ],
)
async def test_a_fault_of_the_provider_is_not_repeated_but_another_is_asked(
    fault: errors.ProviderError, clock: Clock, health: Health
) -> None:
    first = Actor("A", (fault,))
    assert (await told([first, Actor("B", ANSWER)], clock, health))[0] == Started("B", "m")
    assert len(first.asked) == 1


async def test_after_the_first_word_nothing_is_tried_again(clock: Clock, health: Health) -> None:
    second = Actor("B", ANSWER)
    first = Actor("A", (Text("Нача"), errors.Interrupted()))
    events: list[Event] = []
    answering = stream(ask(model="m"), [first, second], policy=policy(clock), health=health)
    with pytest.raises(errors.Interrupted):
        await collect(answering, events)
    assert events == [Started("A", "m"), Text("Нача")]
    assert second.asked == []


async def test_a_provider_that_merely_ends_was_interrupted(clock: Clock, health: Health) -> None:
    with pytest.raises(errors.Interrupted):
        await told([Actor("A", (Text("Да"),))], clock, health)


async def test_stopping_reaches_the_provider_at_once(clock: Clock, health: Health) -> None:
    actor = Actor("A", (Text("Раз"), Text("Два"), Finished()))
    events = stream(ask(), [actor], policy=policy(clock), health=health)
    async for event in events:
        if isinstance(event, Text):
            break
    await events.aclose()
    assert actor.closed == 1


async def test_a_provider_that_keeps_failing_is_left_alone_and_tried_again_later(clock: Clock, health: Health) -> None:
    actor = Actor("A", *[(errors.TimedOut(),)] * 5, ANSWER)
    for _ in range(5):
        with pytest.raises(errors.TimedOut):
            await told([actor], clock, health)
    assert health.breaker("A").state == "open"
    resting = health.resting("A")
    assert resting is not None
    assert resting.code == "provider_timed_out"
    with pytest.raises(errors.TimedOut):
        await told([actor], clock, health)
    assert len(actor.asked) == 5  # not asked while it rests
    clock.now += 10.0
    assert health.breaker("A").state == "half-open"
    assert (await told([actor], clock, health))[-1] == Finished()
    assert health.breaker("A").state == "closed"


async def test_only_one_request_tries_a_resting_provider(clock: Clock, health: Health) -> None:
    breaker = health.breaker("A")
    for _ in range(5):
        breaker.failed(errors.Unreachable())
    clock.now += 10.0
    assert breaker.admit()
    assert not breaker.admit()
    breaker.withdrew()
    assert breaker.admit()
    breaker.failed(errors.Unreachable())
    assert breaker.state == "open"


async def test_others_are_unaffected_by_one_that_rests(clock: Clock, health: Health) -> None:
    for _ in range(5):
        health.breaker("A").failed(errors.Unreachable())
    assert (await told([Actor("A", ANSWER), Actor("B", ANSWER)], clock, health))[0] == Started("B", "m")


async def test_failing_half_of_the_time_is_too_often(clock: Clock) -> None:
    health = Health(BreakerLimits(in_a_row=1000), clock=clock, uniform=lambda low, high: high)
    breaker = health.breaker("A")
    for _ in range(10):
        breaker.succeeded()
        breaker.failed(errors.ServerFailed())
    assert breaker.state == "open"


async def test_old_failures_are_forgotten(clock: Clock) -> None:
    health = Health(BreakerLimits(in_a_row=1000), clock=clock, uniform=lambda low, high: high)
    breaker = health.breaker("A")
    for _ in range(19):
        breaker.failed(errors.ServerFailed())
    clock.now += 31.0
    breaker.failed(errors.ServerFailed())
    assert breaker.state == "closed"


async def test_the_fault_of_a_question_does_not_count_against_the_provider(clock: Clock, health: Health) -> None:
    actor = Actor("A", (errors.RequestRejected(),))
    for _ in range(10):
        with pytest.raises(errors.RequestRejected):
            await told([actor], clock, health)
    assert health.breaker("A").state == "closed"


async def test_repetitions_stay_within_their_share_and_one_in_ten_seconds(clock: Clock) -> None:
    health = Health(BreakerLimits(in_a_row=10**6, at_least=10**6), clock=clock, uniform=lambda low, high: high)
    actor = Actor("A", (status(errors.ServerFailed(), 503),))

    async def still(seconds: float) -> None:
        await asyncio.sleep(0)

    for _ in range(200):
        with pytest.raises(errors.ServerFailed):
            async for _event in stream(ask(), [actor], policy=Policy(sleep=still), health=health):
                pass
        clock.now += 60 / 200
    assert len(actor.asked) <= 1.06 * 200 + 6 + 1
    assert len(actor.asked) > 200


async def test_nobody_to_ask_is_said(clock: Clock, health: Health) -> None:
    with pytest.raises(errors.NotConfigured):
        await told([], clock, health)
