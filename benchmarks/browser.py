"""Chromium as the benchmarks use it: started once, a fresh page for every run, and what the page's main thread was busy with."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# Meanwhile Chromium draws its own window, from pages of its own; a person opens a page in one that is there. Milliseconds.
WINDOW = 1_500
TASKS = ["disabled-by-default-devtools.timeline"]  # what is traced to know the tasks

# Frames and key presses; a key press is over when the frame that shows it has been painted.
PROBE = """() => {
  window.probe = { frames: [], keys: [] }
  let last = performance.now()
  const tick = now => { probe.frames.push(now - last); last = now; requestAnimationFrame(tick) }
  requestAnimationFrame(tick)
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (entry.name === "keydown") probe.keys.push(entry.duration)
  }).observe({ type: "event", durationThreshold: 16 })
}"""


def browser_path() -> str | None:
    """Where the browser is, or ``None`` where it or Playwright is missing."""
    if importlib.util.find_spec("playwright") is None:
        return None
    return shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def browser(path: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


def fresh_page(browser: Any, **context: Any) -> Any:
    """A page with an empty cache, of the size of a small screen."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ru-RU", bypass_csp=True, **context).new_page()
    page.wait_for_timeout(WINDOW)
    return page


def begin_trace(browser: Any, page: Any) -> None:
    browser.start_tracing(page=page, categories=TASKS)


def main_thread_tasks(browser: Any) -> tuple[list[float], list[float]]:
    """End the trace: milliseconds of each task of the page's main thread, in processor time and by the clock."""
    events = json.loads(browser.stop_tracing())["traceEvents"]
    threads = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"}
    found = [e for e in events if e["name"].endswith("RunTask") and (e["pid"], e["tid"]) in threads and "tdur" in e]
    return [e["tdur"] / 1000 for e in found] or [0.0], [e["dur"] / 1000 for e in found] or [0.0]
