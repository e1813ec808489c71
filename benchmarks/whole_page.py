"""The whole page in Chromium while a long answer is written, and long conversations: smoothness, memory, typing.

The answer comes from the emulated service through the real server. Times of tasks are given twice: by the clock, and in processor
time of the main thread, which other programs of the machine do not lengthen.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.figures import Goal, Outcome, percentile, table
from benchmarks.page import ARGUMENTS
from benchmarks.processes import server, upstream
from run import compress_client

TOKENS = 20_000
SLOWED = 4
ANSWERS = ((400, 1, 50), (200, SLOWED, 100))  # tokens a second, how much slower the processor, the longest task allowed in ms
CONVERSATIONS = ((1_000, 250), (2_000, 500))  # messages, milliseconds until they are shown

PROBE = """() => {
  window.probe = { frames: [], keys: [] }
  let last = performance.now()
  const tick = now => { probe.frames.push(now - last); last = now; requestAnimationFrame(tick) }
  requestAnimationFrame(tick)
  // A key press is over when the frame that shows it has been painted.
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (entry.name === "keydown") probe.keys.push(entry.duration)
  }).observe({ type: "event", durationThreshold: 16 })
}"""
SHOWN = """() => document.querySelector(".message--assistant:last-child .markdown")?.textContent.length ?? 0"""
RUNNING = """() => Boolean(document.querySelector(".message--running"))"""
# From the click on a conversation until its last message has been painted.
OPENING = """id => new Promise(done => {
  const link = document.querySelector(`a[href$="${id}"]`)
  const started = performance.now()
  link.click()
  const look = () => {
    const last = document.querySelector(".messages .message:last-child")
    if (!last?.textContent.includes("the last word")) return requestAnimationFrame(look)
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)))
  }
  look()
})"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="a tenth of the answer")


def run(options: argparse.Namespace) -> Outcome:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if importlib.util.find_spec("playwright") is None or browser_path is None:
        return Outcome("smoothness: skipped, there is no Playwright or no Chromium")
    tokens = TOKENS // 10 if options.quick else TOKENS
    compress_client()
    with upstream() as service, server(service) as product, _browser(browser_path) as browser:
        written = [_written(browser, product.port, tokens, rate, slowed) for rate, slowed, _ in ANSWERS]
        opened = [_opened(browser, product.port, messages) for messages, _ in CONVERSATIONS]
    return Outcome(
        "\n\n".join((_written_table(written), _opened_table(opened))), [*_written_goals(written), *_opened_goals(opened)]
    )


@contextmanager
def _browser(path: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


# --- an answer that is being written ---------------------------------------------------------------------------------------------


class Written(NamedTuple):
    """What one answer cost the main thread; milliseconds, and processor seconds for ``busy`` and its ``tenths``."""

    name: str
    seconds: float
    busy: float
    tenths: list[float]
    tasks: list[float]  # processor time of each
    clock: list[float]  # the same by the clock
    keys: list[float]
    frame: float
    elements: int


def _written(browser: Any, port: int, tokens: int, rate: int, slowed: int) -> Written:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ru-RU", bypass_csp=True).new_page()
    page.goto(f"http://127.0.0.1:{port}/", wait_until="networkidle")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(PROBE)
    if slowed > 1:
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowed})

    def busy() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    page.fill("#composer", json.dumps({"essay": tokens, "per_second": rate}))
    page.keyboard.press("Enter")
    while not page.evaluate(SHOWN):
        page.wait_for_timeout(10)
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
    marks, started = [busy()], page.evaluate("performance.now()")
    duration = tokens / rate
    while page.evaluate(RUNNING):
        passed = (page.evaluate("performance.now()") - started) / 1000
        while passed >= duration * len(marks) / 10 and len(marks) < 10:
            marks.append(busy())
        page.keyboard.press("f" if len(marks) % 2 else "Backspace")
        page.wait_for_timeout(200)
    seconds = (page.evaluate("performance.now()") - started) / 1000
    marks.append(busy())
    tasks, clock = main_thread_tasks(browser)
    probe = page.evaluate("probe")
    elements = page.evaluate("document.querySelectorAll('*').length")
    page.context.close()
    tenths = [after - before for before, after in pairwise(marks)]
    name = f"{rate}/s" + (f", slowed {slowed} times" if slowed > 1 else "")
    busy_seconds, keys, frame = marks[-1] - marks[0], probe["keys"] or [0.0], max(probe["frames"])
    return Written(name, seconds, busy_seconds, tenths, tasks, clock, keys, frame, elements)


def main_thread_tasks(browser: Any) -> tuple[list[float], list[float]]:
    """End the trace: milliseconds of each task of the page's main thread, in processor time and by the clock."""
    events = json.loads(browser.stop_tracing())["traceEvents"]
    threads = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"}
    found = [e for e in events if e["name"].endswith("RunTask") and (e["pid"], e["tid"]) in threads and "tdur" in e]
    return [e["tdur"] / 1000 for e in found] or [0.0], [e["dur"] / 1000 for e in found] or [0.0]


def _written_table(runs: list[Written]) -> str:
    head = ("", "s", "busy s", "last/first tenth", "task ms", "by clock", "over 50 by clock", "key p99 ms", "frame ms", "elements")
    rows: list[list[str | float]] = [
        [
            run.name,
            run.seconds,
            run.busy,
            run.tenths[-1] / run.tenths[0],
            max(run.tasks),
            max(run.clock),
            sum(task > 50 for task in run.clock),
            percentile(run.keys, 99),
            run.frame,
            run.elements,
        ]
        for run in runs
    ]
    return table("A long answer in the whole page", head, rows)


def _written_goals(runs: list[Written]) -> list[Goal]:
    goals = []
    for run, (_, _, limit) in zip(runs, ANSWERS, strict=True):
        goals.append(Goal(f"answer at {run.name}: longest task, processor time", max(run.tasks), limit, "ms"))
        goals.append(Goal(f"answer at {run.name}: last tenth against the first", run.tenths[-1] / run.tenths[0], 1.5, "x"))
        goals.append(Goal(f"answer at {run.name}: key press, p99", percentile(run.keys, 99), 100, "ms"))
    return goals


# --- a long conversation ---------------------------------------------------------------------------------------------------------


class Opened(NamedTuple):
    """One long conversation: milliseconds until it is shown, of a key press, and of the longest frame of a scroll."""

    messages: int
    shown: float
    key: float
    frame: float
    elements: int


def _opened(browser: Any, port: int, messages: int) -> Opened:
    conversation = _imported(port, messages)
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ru-RU", bypass_csp=True).new_page()
    page.goto(f"http://127.0.0.1:{port}/", wait_until="networkidle")
    page.wait_for_selector(f'a[href$="{conversation}"]')
    shown = page.evaluate(OPENING, conversation)
    page.wait_for_timeout(3_000)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.focus("#composer")
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline"])
    keys = 100
    for index in range(keys):
        page.keyboard.press("f" if index % 10 else " ")
        page.wait_for_timeout(20)
    tasks, _ = main_thread_tasks(browser)
    page.evaluate(PROBE)
    page.mouse.move(640, 400)
    for _ in range(60):
        page.mouse.wheel(0, -600)
        page.wait_for_timeout(16)
    frame = page.evaluate("Math.max(...probe.frames)")
    elements = page.evaluate("document.querySelectorAll('*').length")
    page.context.close()
    return Opened(messages, shown, percentile(tasks, 99.5), frame, elements)


def _imported(port: int, messages: int) -> str:
    """Bring a conversation of so many messages; its id."""
    from benchmarks.rendering.answer import long_answer

    items = []
    for index in range(messages):
        role = "assistant" if index % 2 else "user"
        text = long_answer(150, seed=index) if index % 2 else f"Вопрос номер {index}: почему так?"
        items.append({"role": role, "content": text + ("\n\nthe last word" if index == messages - 1 else "")})
    name = f"long-{messages}"
    body = json.dumps({f"conversation:{name}": {"id": name, "title": f"{messages}", "items": items}}).encode()
    api = f"http://127.0.0.1:{port}/backend-api/v2"
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    with urllib.request.urlopen(urllib.request.Request(f"{api}/imports", body, headers)) as answer:
        json.load(answer)
    with urllib.request.urlopen(f"{api}/conversations") as answer:
        listed = json.load(answer)
    return str(next(item["id"] for item in listed["conversations"] if item["title"] == f"{messages}"))


def _opened_table(runs: list[Opened]) -> str:
    rows: list[list[str | float]] = [[f"{run.messages:,} messages", run.shown, run.key, run.frame, run.elements] for run in runs]
    return table("A long conversation", ("", "shown after ms", "key ms", "longest frame of a scroll ms", "elements"), rows)


def _opened_goals(runs: list[Opened]) -> list[Goal]:
    goals = []
    for run, (messages, limit) in zip(runs, CONVERSATIONS, strict=True):
        goals.append(Goal(f"{messages:,} messages: shown after", run.shown, limit, "ms"))
        goals.append(Goal(f"{messages:,} messages: a key press", run.key, 16, "ms"))
    return goals
