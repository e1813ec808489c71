"""Every adapter against every misfortune of its service (annex U): each answer ends truthfully, in time, with what was said."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from benchmarks.figures import table
from g4f import continuation, registry
from g4f.base import Provider, ProviderConfig
from g4f.chat import ChatRequest, Message
from g4f.failover import Policy
from g4f.health import Health
from g4f.telling import Sink, Telling
from g4f.transport import Deadlines, Transport
from server.conversations import TERMINAL, Answer, Ask, Conversations
from server.generation.loop import LoopThread
from server.generation.runner import Runner, Task
from server.storage.database import temporary
from server.storage.store import SqlStore
from tests.campaigns.report import Report
from tests.emulators import ails, bing, liaobots, ollama, openai, yqcloud
from tests.emulators.stage import COMMON, ENDLESS_WORD, HTML_PAGE, Stage, on_stage

SHORT = {"times": 1, "common": True}
LIMITS = Deadlines(connect=2.0, first_byte=2.0, idle=2.0, content=3.0, total=4.0)
GRACE_SECONDS = 2.0  # an answer ends within its deadline and this
PATIENCE_SECONDS = 30.0  # after which an answer that has not ended is called hung
# Requests to the services for each send, at the most. Besides, in a campaign as short as this: the repetitions that time alone
# earns, and a request that is lost on a connection which the service had just closed goes once more.
ATTEMPTS = 1.10
PAUSE_SHARE = 0.1  # of the pause before a repetition; a campaign need not wait as long as people
QUESTION = "Как дела?"

# Who is tried, and which emulator acts the service.
ADAPTERS: dict[str, ModuleType] = {
    "OpenAI": openai,
    "LlamaCpp": openai,
    "Ollama": ollama,
    "Bing": bing,
    "Yqcloud": yqcloud,
    "Liaobots": liaobots,
    "Ails": ails,
}
MODELS = {"OpenAI": openai.MODEL, "LlamaCpp": openai.MODEL, "Ollama": "qwen3:8b", "Bing": "gpt-4"}
OTHERS_MODEL = "gpt-3.5-turbo"

# What the misfortunes that all services share must end in, and with which codes.
WELL = ("normal", "slow-first-byte", "split-characters")
BROKEN_OFF = ("cut", "reset", "malformed", "stalled", "endless")  # after the first words: these are kept
REFUSED = {
    "html": ("provider_protocol",),
    "html-502": ("provider_server_failed",),
    "redirect": ("provider_protocol",),
    "401": ("key_rejected",),
    "402": ("quota_exceeded",),
    "429": ("rate_limited",),
    "500": ("provider_server_failed",),
    "silent": ("provider_timed_out",),
    "early-close": ("provider_unreachable", "provider_interrupted"),
    "empty": ("provider_protocol", "provider_interrupted"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--times", type=int, default=5, help="how often each is asked")
    parser.add_argument("--common", action="store_true", help="leave out what only one service does")


@dataclass(frozen=True)
class Case:
    """One adapter and one misfortune. The provider has an id of its own, so that no case rests because of another."""

    adapter: str
    behaviour: str
    provider: Provider
    stage: Stage

    @property
    def model(self) -> str:
        return MODELS.get(self.adapter, OTHERS_MODEL)

    @property
    def attempts(self) -> int:
        """Requests to the service, by the address that was asked most: some need several for one answer."""
        asked = Counter(seen.path for seen in self.stage.seen if seen.path.startswith(f"/{self.behaviour}/"))
        return max(asked.values(), default=0)


async def run(*, times: int, common: bool = False, talk: bool = True) -> Report:
    return await asyncio.to_thread(_run, times, common, talk)


def _run(times: int, common: bool, talk: bool) -> Report:
    report = Report(f"{len(ADAPTERS)} adapters, every misfortune {times} times")
    cells: dict[tuple[str, str], str] = {}
    counts: Counter[str] = Counter()
    longest = 0.0
    began = time.monotonic()
    with ExitStack() as stack:
        transport = Transport(deadlines=LIMITS, local_deadlines=LIMITS)
        cases = _cases(stack, transport, common)
        runner, store = stack.enter_context(_running(transport))
        for _ in range(times):
            for case, answer, seconds in _ask_all(runner, store, cases):
                counts[answer.state] += 1
                longest = max(longest, seconds)
                report.violations += [f"{case.adapter}, {case.behaviour}: {fault}" for fault in _faults(case, answer, seconds)]
                cells[case.behaviour, case.adapter] = answer.code or answer.state
        sends, attempts = len(cases) * times, sum(case.attempts for case in cases)
        earned = 1 + Health.retries_per_second * (time.monotonic() - began)
        allowed = ATTEMPTS * sends + earned + times * len(ADAPTERS)
        if attempts > allowed:
            report.violations.append(f"{attempts} requests to the services for {sends} sends")
    if talk:
        _show(cells)
    report.add("sends", len(cases) * times)
    for state in sorted(TERMINAL):
        report.add(state, counts[state])
    report.add("requests for each send", attempts / sends, "", ATTEMPTS)
    report.add("longest answer", longest, "s", LIMITS.total + GRACE_SECONDS)
    report.require(counts, "complete", "interrupted", "failed")
    return report


def _cases(stack: ExitStack, transport: Transport, common: bool) -> list[Case]:
    cases = []
    for adapter, emulator in ADAPTERS.items():
        stage = stack.enter_context(on_stage(emulator.make_app()))
        kind = registry.provider_class(adapter)
        for behaviour in COMMON if common else emulator.BEHAVIOURS:
            address = stage.playing(behaviour) + getattr(emulator, "BASE_PATH", "")
            config = ProviderConfig(**{"base_url": address, "enabled": True, **getattr(emulator, "CONFIG", {})})
            named = type(f"{adapter}-{behaviour}", (kind,), {"__module__": kind.__module__})
            cases.append(Case(adapter, behaviour, named(transport, config), stage))
    return cases


@contextmanager
def _running(transport: Transport) -> Iterator[tuple[Runner, SqlStore]]:
    """The server's own way from an answer to the database, without the web around it."""
    health = Health()
    policy = Policy(sleep=lambda seconds: asyncio.sleep(seconds * PAUSE_SHARE))

    def speak(task: Task, sink: Sink) -> Telling:
        return continuation.tell(task.request, task.candidates, sink, policy=policy, health=health)

    with tempfile.TemporaryDirectory(prefix="faults-") as folder, temporary(Path(folder)) as database:
        loop = LoopThread()
        store = SqlStore(database)
        runner = Runner(store, speak, loop)
        try:
            loop.run(transport.prepare())
            yield runner, store
        finally:
            runner.drain(0)
            runner.close()
            loop.run(transport.close())
            loop.close()


def _ask_all(runner: Runner, store: SqlStore, cases: list[Case]) -> Iterator[tuple[Case, Answer, float]]:
    """Ask all at once; each with the time it took, or what is left of patience."""
    asked: dict[str, tuple[Case, float]] = {}
    for case in cases:
        opened = Conversations(store).ask("owner", Ask(uuid.uuid4().hex, QUESTION, case.model, case.provider.id))
        asked[opened.answer_id] = case, time.monotonic()
        runner.start(opened, Task(ChatRequest(case.model, (Message("user", QUESTION),)), [case.provider]))
    patience = time.monotonic() + PATIENCE_SECONDS
    while asked:
        for answer_id, (case, began) in list(asked.items()):
            if store.state_of("owner", answer_id) in TERMINAL or time.monotonic() > patience:
                del asked[answer_id]
                yield case, _stored(store, answer_id), time.monotonic() - began
        time.sleep(0.02)


def _stored(store: SqlStore, answer_id: str) -> Answer:
    answer = store.answer("owner", answer_id)
    assert answer is not None
    return answer


def _faults(case: Case, answer: Answer, seconds: float) -> list[str]:
    """What is wrong with how this answer ended."""
    faults = []
    behaviour = case.behaviour
    if answer.state not in TERMINAL:
        return [f"{answer.state} after {seconds:.1f} s"]
    if HTML_PAGE[:30] in answer.text:
        faults.append("a page of HTML was shown as an answer")
    if behaviour not in COMMON:
        return faults
    whole = ADAPTERS[case.adapter].answer_to(QUESTION)
    kept = whole.startswith(answer.text) if behaviour != "endless" else not answer.text.replace(ENDLESS_WORD, "").strip()
    if not kept:
        faults.append(f"not what the service said: {answer.text[-60:]!r}")
    if behaviour in WELL and (answer.state, answer.text) != ("complete", whole):
        faults.append(f"{answer.state} ({answer.code}) with {len(answer.text)} of {len(whole)} characters")
    if behaviour in BROKEN_OFF and (answer.state != "interrupted" or not answer.text):
        faults.append(f"{answer.state} ({answer.code}) with {len(answer.text)} characters")
    if behaviour in REFUSED and (answer.state != "failed" or answer.code not in REFUSED[behaviour]):
        faults.append(f"{answer.state} ({answer.code})")
    return faults


def _show(cells: dict[tuple[str, str], str]) -> None:
    """How each ended: rows are misfortunes, columns adapters."""
    behaviours = list(dict.fromkeys(behaviour for behaviour, _ in cells))
    rows: list[list[str | float]] = []
    for behaviour in behaviours:
        rows.append([behaviour, *(cells.get((behaviour, name), "") for name in ADAPTERS)])
    print(table("How each ended", ["", *ADAPTERS], rows), flush=True)

