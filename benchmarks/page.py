"""The first look at the page in Chromium: requests, bytes over the wire, time until one can type."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
from typing import Any

from benchmarks.figures import Goal, Outcome, median, table
from benchmarks.processes import server, upstream
from run import compress_client

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# Usable: the composer is there and takes the focus.
USABLE = """
const look = () => {
  const field = document.getElementById("composer")
  if (field && !field.disabled) {
    field.focus()
    if (document.activeElement === field) { window.usable = performance.now(); return }
  }
  setTimeout(look, 1)
}
look()
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--loads", type=int, default=7, help="loads, each with an empty cache")


def run(options: argparse.Namespace) -> Outcome:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if importlib.util.find_spec("playwright") is None or browser_path is None:
        return Outcome("page: skipped, there is no Playwright or no Chromium")
    from playwright.sync_api import sync_playwright

    compress_client()  # as run.py does at every start
    with upstream() as service, server(service) as product, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        _load(browser, product.port)  # what is done once, is done
        loads = [_load(browser, product.port) for _ in range(options.loads)]
        browser.close()
    requests, kilobytes, usable = (median(load[part] for load in loads) for part in range(3))
    rows: list[list[str | float]] = [
        ["requests", requests],
        ["over the wire, KB, heads included", kilobytes],
        ["until one can type, ms", usable],
        ["the same, slowest load, ms", max(load[2] for load in loads)],
    ]
    return Outcome(
        table(f"First load, empty cache; medians of {options.loads} loads", ("", ""), rows),
        [
            Goal("first page: requests", requests, 40, ""),
            Goal("first page: over the wire", kilobytes, 120, "KB"),
            Goal("first page: until one can type", usable / 1000, 0.5, "s"),
        ],
    )


def _load(browser: Any, port: int) -> tuple[int, float, float]:
    """Requests, kilobytes and milliseconds of one load in a fresh context."""
    context = browser.new_context()
    context.add_init_script(USABLE)
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    asked: list[str] = []
    sizes: list[float] = []
    network.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"http://127.0.0.1:{port}/", wait_until="networkidle")
    page.wait_for_function("window.usable")
    usable = page.evaluate("window.usable")
    context.close()
    return sum(not url.startswith("data:") for url in asked), sum(sizes) / 1000, usable
