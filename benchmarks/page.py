"""The first look at the page in Chromium: requests, bytes over the wire, when it is seen and when one can type; on a phone, too."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from benchmarks.browser import WINDOW, browser, browser_path
from benchmarks.figures import Goal, Outcome, median, table
from benchmarks.processes import server, upstream
from run import compress_client

# Usable: the composer is there and takes the focus. What is seen before it is a picture (client/html/index.html).
WATCH = """
const look = () => {
  const field = document.getElementById("composer")
  if (field && !field.disabled) {
    field.focus()
    if (document.activeElement === field) { window.usable = performance.now(); return }
  }
  setTimeout(look, 1)
}
look()
window.seen = { largest: 0, shift: 0 }
new PerformanceObserver(list => { for (const { startTime } of list.getEntries()) window.seen.largest = startTime })
  .observe({ type: "largest-contentful-paint", buffered: true })
new PerformanceObserver(list => { for (const { value } of list.getEntries()) window.seen.shift += value })
  .observe({ type: "layout-shift", buffered: true })
"""
SEEN = """() => {
  const [{ startTime: first }] = performance.getEntriesByName("first-contentful-paint")
  return { ...window.seen, first, usable: window.usable }
}"""
# The phone of Lighthouse: a processor four times slower, 1.6 Mbit/s each way of 150 ms.
SLOWER = 4
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}


@dataclass(frozen=True)
class Load:
    """One load in a fresh context: counts, kilobytes, milliseconds; ``shift`` is the cumulative layout shift."""

    requests: int
    kilobytes: float
    first: float
    largest: float
    usable: float
    shift: float


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--loads", type=int, default=7, help="loads, each with an empty cache")


def run(options: argparse.Namespace) -> Outcome:
    path = browser_path()
    if path is None:
        return Outcome("page: skipped, there is no Playwright or no Chromium")
    compress_client()  # as run.py does at every start
    with upstream() as service, server(service) as product, browser(path) as chromium:
        _load(chromium, product.port, DESKTOP)  # what is done once, is done
        loads = [_load(chromium, product.port, DESKTOP) for _ in range(options.loads)]
        phone = [_load(chromium, product.port, PHONE) for _ in range(options.loads)]
    here, there = _medians(loads), _medians(phone)
    rows: list[list[str | float]] = [
        ["requests", here.requests, there.requests],
        ["over the wire, KB, heads included", here.kilobytes, there.kilobytes],
        ["first paint with content, ms", here.first, there.first],
        ["largest paint, ms", here.largest, there.largest],
        ["until one can type, ms", here.usable, there.usable],
        ["the same, slowest load, ms", max(load.usable for load in loads), max(load.usable for load in phone)],
        ["layout shift, worst load", max(load.shift for load in loads), max(load.shift for load in phone)],
    ]
    title = f"First load, empty cache; medians of {options.loads} loads; the phone: a quarter of the processor, 1.6 Mbit/s, 150 ms"
    return Outcome(
        table(title, ("", "desktop", "phone"), rows),
        [
            Goal("first page: requests", here.requests, 40, ""),
            Goal("first page: over the wire", here.kilobytes, 120, "KB"),
            Goal("first page: until one can type", here.usable / 1000, 0.5, "s"),
        ],
    )


def _medians(loads: Sequence[Load]) -> Load:
    return Load(*(median(part) for part in zip(*map(astuple, loads), strict=True)))


def _load(browser: Any, port: int, device: dict[str, Any]) -> Load:
    context = browser.new_context(**device)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.wait_for_timeout(WINDOW)
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    if device is PHONE:
        network.send("Network.emulateNetworkConditions", LINE)
        network.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    asked: list[str] = []
    sizes: list[float] = []
    network.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"http://127.0.0.1:{port}/", wait_until="networkidle")
    page.wait_for_function("window.usable")
    seen = page.evaluate(SEEN)
    context.close()
    return Load(sum(not url.startswith("data:") for url in asked), sum(sizes) / 1000, **seen)
