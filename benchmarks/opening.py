"""Long things in Chromium: conversations of 1,000 and 2,000 messages, answers of 1 MB, a list of 10,000 conversations.

How soon they are shown, how long the page is busy without a pause, and what a key press and a scroll cost there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.browser import PROBE, begin_trace, browser, browser_path, fresh_page, main_thread_tasks
from benchmarks.figures import Goal, Outcome, median, percentile, table
from benchmarks.processes import server, upstream
from benchmarks.rendering.answer import long_answer, megabyte
from run import compress_client

CONVERSATIONS = ((1_000, 250), (2_000, 500))  # messages, milliseconds until they are shown
LISTED, LIST_SHOWN = 10_000, 300  # conversations in the list, milliseconds until its beginning is shown
LONGEST_TASK = 50  # milliseconds
KEY = 16  # milliseconds
ROUNDS = 5  # how often each conversation is opened; medians are told
KEYS = 100
AIMING = 150  # milliseconds between reaching a line of the list and pressing the button
LAST = "the last word of"  # … the conversation of this title

# Whoever wants to know when the end of a conversation has been painted. A message arrives right behind the frame; a timer would
# stand in line behind those of the page, which has just now the time for what can wait.
LOOK = """
window.shown = word => new Promise(done => {
  const painted = new MessageChannel()
  painted.port1.onmessage = () => { painted.port1.close(); done(performance.now()) }
  const isSeen = message => message?.textContent.includes(word) && message.getBoundingClientRect().top < innerHeight
  const look = () => {
    if (!isSeen(document.querySelector(".messages .message:last-child"))) return requestAnimationFrame(look)
    requestAnimationFrame(() => painted.port2.postMessage(""))
  }
  look()
})
"""
# A page opened by its address looks by itself: a question to it would cost it a tenth of a second meanwhile.
TELL = "shown(%s).then(at => console.log(at))"
BY_CLICK = """word => {
  const look = ({ timeStamp }) => { window.opened = shown(word).then(at => at - timeStamp) }
  addEventListener("click", look, { capture: true, once: true })
}"""
WHOLE = """() => document.querySelectorAll(".messages .message").length"""
LIST_PAINTED = """
const painted = new MessageChannel()
painted.port1.onmessage = () => { painted.port1.close(); window.listed = performance.now() }
const look = () => {
  if (!document.querySelector(".history .link")) return requestAnimationFrame(look)
  requestAnimationFrame(() => painted.port2.postMessage(""))
}
requestAnimationFrame(look)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", choices=("conversations", "answers", "list"), help="one part of it")


def run(options: argparse.Namespace) -> Outcome:
    path = browser_path()
    if path is None:
        return Outcome("opening: skipped, there is no Playwright or no Chromium")
    compress_client()
    parts = {"conversations": _conversations, "answers": _answers, "list": _list}
    outcomes = [parts[name](path) for name in ((options.only,) if options.only else parts)]
    return Outcome("\n\n".join(each.text for each in outcomes), [goal for each in outcomes for goal in each.goals])


# --- a long conversation ---------------------------------------------------------------------------------------------------------


class Opened(NamedTuple):
    """Milliseconds until a conversation is shown: from a click in a fresh page, a later click, by its address with an empty cache
    and again; what a key, a frame of a scroll and a question with its answer take at the most; and what it holds."""

    name: str
    first: float
    later: float
    address: float
    again: float
    key: float
    frame: float
    ask: float
    elements: int
    heap: float


def _conversations(path: str) -> Outcome:
    with upstream() as service, server(service) as product, browser(path) as chromium:
        runs = [_open(chromium, product.port, messages) for messages, _ in CONVERSATIONS]
    head = ("", "first click", "later click", "by address", "address again", "key", "frame", "question", "elements", "heap MB")
    rows: list[list[str | float]] = [list(run) for run in runs]
    goals = []
    for run, (_, limit) in zip(runs, CONVERSATIONS, strict=True):
        goals.append(Goal(f"{run.name}: shown after the first click", run.first, limit, "ms"))
        goals.append(Goal(f"{run.name}: shown after a later click", run.later, limit, "ms"))
        goals.append(Goal(f"{run.name}: shown by its address, empty cache", run.address, limit, "ms"))
        goals.append(Goal(f"{run.name}: a key press, processor time", run.key, KEY, "ms"))
        goals.append(Goal(f"{run.name}: a question and its answer, longest task, processor time", run.ask, LONGEST_TASK, "ms"))
    return Outcome(table("A long conversation, milliseconds", head, rows), goals)


def _open(chromium: Any, port: int, messages: int) -> Opened:
    texts = [long_answer(150, seed=index) if index % 2 else f"Вопрос номер {index}: почему так?" for index in range(messages)]
    title = f"{messages}"
    conversation, last = bring(port, title, texts), f"{LAST} {title}"
    there = f"http://127.0.0.1:{port}/chat/{conversation}"
    other = bring(port, "another", ["Вопрос", "Ответ"])
    first, later, address, again = [], [], [], []
    for _ in range(ROUNDS):
        page = _start(chromium, port)
        page.wait_for_load_state("networkidle")
        first.append(_click(page, conversation, last))
        _click(page, other, f"{LAST} another")
        later.append(_click(page, conversation, last))
        page.context.close()
        page = fresh_page(chromium)
        page.add_init_script(LOOK + TELL % json.dumps(last))
        address.append(_told(page, lambda page=page: page.goto(there, wait_until="commit")))
        page.wait_for_load_state("networkidle")
        again.append(_told(page, lambda page=page: page.reload(wait_until="commit")))
        page.context.close()
    page = _start(chromium, port, f"/chat/{conversation}")
    page.evaluate("word => shown(word)", last)
    while page.evaluate(WHOLE) < messages:
        page.wait_for_timeout(100)
    page.wait_for_timeout(1_000)
    key, frame, ask = _type(chromium, page), _scroll(page), _ask(chromium, page)
    elements = page.evaluate("document.querySelectorAll('*').length")
    heap = page.context.new_cdp_session(page)
    heap.send("HeapProfiler.collectGarbage")
    used = heap.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    page.context.close()
    times = (median(each) for each in (first, later, address, again))
    return Opened(f"{messages:,} messages", *times, key, frame, ask, elements, used)


def _start(chromium: Any, port: int, path: str = "/") -> Any:
    page = fresh_page(chromium)
    page.add_init_script(LOOK)
    page.goto(f"http://127.0.0.1:{port}{path}", wait_until="commit")
    page.wait_for_selector(".history .link")
    return page


def _told(page: Any, go: Callable[[], Any]) -> float:
    """Milliseconds until what ``go`` opens is shown."""
    with page.expect_console_message(lambda message: message.text.replace(".", "").isdigit()) as told:
        go()
    return float(told.value.text)


def _click(page: Any, conversation: str, word: str) -> float:
    """As a person does it: go there, press."""
    page.evaluate(BY_CLICK, word)
    link = page.locator(f'.history a[href$="{conversation}"]')
    link.hover()
    page.wait_for_timeout(AIMING)
    page.mouse.down()
    page.mouse.up()
    return float(page.evaluate("window.opened"))


def _type(chromium: Any, page: Any) -> float:
    """The longest task of a key press but one in two hundred, processor milliseconds."""
    page.focus("#composer")
    begin_trace(chromium, page)
    for index in range(KEYS):
        page.keyboard.press("f" if index % 10 else " ")
        page.wait_for_timeout(20)
    tasks, _ = main_thread_tasks(chromium)
    return percentile(tasks, 99.5)


def _scroll(page: Any) -> float:
    """The longest frame of a scroll upwards."""
    page.evaluate(PROBE)
    page.mouse.move(640, 400)
    for _ in range(60):
        page.mouse.wheel(0, -600)
        page.wait_for_timeout(16)
    return float(page.evaluate("Math.max(...probe.frames)"))


def _ask(chromium: Any, page: Any) -> float:
    """The longest task while a question is asked and answered."""
    page.fill("#composer", json.dumps({"essay": 100, "per_second": 100}))
    begin_trace(chromium, page)
    page.keyboard.press("Enter")
    page.wait_for_selector(".message--running")
    page.wait_for_selector(".message--running", state="detached")
    page.wait_for_timeout(500)
    return max(main_thread_tasks(chromium)[0])


def bring(port: int, title: str, texts: list[str]) -> str:
    """Bring a conversation of questions and answers in turn; its id."""
    items = [{"role": "assistant" if index % 2 else "user", "content": text} for index, text in enumerate(texts)]
    items[-1]["content"] += f"\n\n{LAST} {title}"
    body = json.dumps({f"conversation:{title}": {"id": title, "title": title, "items": items}}).encode()
    api = f"http://127.0.0.1:{port}/backend-api/v2"
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    with urllib.request.urlopen(urllib.request.Request(f"{api}/imports", body, headers)) as answer:
        json.load(answer)
    with urllib.request.urlopen(f"{api}/conversations") as answer:
        listed = json.load(answer)["conversations"]
    return str(next(item["id"] for item in listed if item["title"] == title))


# --- an answer of 1 MB -----------------------------------------------------------------------------------------------------------


def _answers(path: str) -> Outcome:
    rows: list[list[str | float]] = []
    goals = []
    with upstream() as service, server(service) as product, browser(path) as chromium:
        for name, text in megabyte().items():
            conversation = bring(product.port, name, ["Вопрос", text])
            page = _start(chromium, product.port)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(1_000)
            begin_trace(chromium, page)
            page.evaluate(PROBE)
            first = _click(page, conversation, "")
            whole = _settled(page)
            tasks, clock = main_thread_tasks(chromium)
            key, frame = _type(chromium, page), _scroll(page)
            elements = page.evaluate("document.querySelectorAll('*').length")
            page.context.close()
            rows.append([name, first, whole, max(tasks), max(clock), key, frame, elements])
            goals.append(Goal(f"1 MB of {name}, opened: longest task, processor time", max(tasks), LONGEST_TASK, "ms"))
            goals.append(Goal(f"1 MB of {name}: a key press, processor time", key, KEY, "ms"))
    head = ("", "first words", "whole", "task", "by clock", "key", "frame of a scroll", "elements")
    return Outcome(table("An answer of 1 MB is opened, milliseconds", head, rows), goals)


def _settled(page: Any) -> float:
    """Milliseconds until nothing is added to the page any more."""
    began = time.monotonic()
    elements, changed = -1, began
    while time.monotonic() - changed < 1:
        now = page.evaluate("document.querySelectorAll('*').length")
        if now != elements:
            elements, changed = now, time.monotonic()
        page.wait_for_timeout(50)
    return (changed - began) * 1000


# --- the list --------------------------------------------------------------------------------------------------------------------


def _list(path: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder, "data")
        _fill(data)
        with upstream() as service, server(service, data=data) as product, browser(path) as chromium:
            empty, kept = [], []
            for _ in range(ROUNDS):
                page = fresh_page(chromium)
                page.add_init_script(LIST_PAINTED)
                page.goto(f"http://127.0.0.1:{product.port}/", wait_until="commit")
                page.wait_for_function("window.listed")
                empty.append(page.evaluate("window.listed"))
                page.wait_for_load_state("networkidle")
                page.reload(wait_until="commit")
                page.wait_for_function("window.listed")
                kept.append(page.evaluate("window.listed"))
                page.context.close()
            down, frame, elements = _scroll_list(chromium, product.port)
    rows: list[list[str | float]] = [
        ["shown after, empty cache", median(empty)],
        ["shown after, as it is opened again", median(kept)],
        ["scrolled to its end: longest task, processor time", max(down)],
        ["the same: longest frame", frame],
        ["elements at the end", elements],
    ]
    goals = [
        Goal(f"list of {LISTED:,}: shown after, empty cache", median(empty), LIST_SHOWN, "ms"),
        Goal(f"list of {LISTED:,}: shown after, opened again", median(kept), LIST_SHOWN, "ms"),
        Goal(f"list of {LISTED:,}: longest task of a scroll, processor time", max(down), LONGEST_TASK, "ms"),
    ]
    return Outcome(table(f"A list of {LISTED:,} conversations, milliseconds", ("", ""), rows), goals)


def _fill(folder: Path) -> None:
    from server.storage.database import temporary
    from server.storage.store import SqlStore

    with temporary(folder) as database:
        store = SqlStore(database)
        conversations = list(_conversations_of(time.time()))
        for start in range(0, LISTED, 500):
            store.import_conversations("owner", conversations[start : start + 500])


def _conversations_of(now: float) -> Iterator[tuple[Any, list[Any]]]:
    from server.conversations import Conversation, Question

    for number in range(LISTED):
        at = now - number * 900.0
        asked = Question(f"q{number}", None, f"Вопрос {number} о погоде, дорогах и переводах", at)
        yield Conversation(f"c{number}", asked.text, "m", "p", "default", at, at), [asked]


def _scroll_list(chromium: Any, port: int) -> tuple[list[float], float, int]:
    """To the very end, which comes page by page, and back: tasks, the longest frame, elements."""
    page = fresh_page(chromium)
    page.goto(f"http://127.0.0.1:{port}/", wait_until="networkidle")
    page.evaluate(PROBE)
    page.mouse.move(120, 500)
    begin_trace(chromium, page)
    for direction in (1, -1):
        for still in range(1_000_000):
            before = page.evaluate("document.querySelector('.history').scrollTop")
            for _ in range(5):
                page.mouse.wheel(0, direction * 2_000)
                page.wait_for_timeout(16)
            after = page.evaluate("document.querySelector('.history').scrollTop")
            is_whole = direction < 0 or not page.evaluate("document.querySelector('.history > .row-button')")
            if before == after and is_whole and still:
                break
    tasks, _ = main_thread_tasks(chromium)
    frame, elements = page.evaluate("Math.max(...probe.frames)"), page.evaluate("document.querySelectorAll('*').length")
    page.context.close()
    return tasks, float(frame), elements
