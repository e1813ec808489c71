"""What drawing a long Markdown answer costs in Chromium, against the same words as plain text.

    python -m benchmarks.rendering              all of it, about five minutes
    python -m benchmarks.rendering --quick      a tenth of the answer

Streams 20,000 tokens of Markdown at 400 tokens/s (and, with the processor slowed four times, at 200) into the real component under
the real policy, and the same tokens as plain text (the floor), then opens messages of 1 MB. Prints, for each run: seconds the main
thread was busy, the longest task and how many were longer than 50 ms, the longest frame, what the first and the last tenth cost,
and the elements on the page. Goals: no task above 50 ms (slowed: 100 ms), busy at most 1.2 times the floor, the last tenth at most
1.5 times the first, no task above 50 ms when 1 MB is opened.
"""

from __future__ import annotations

import argparse
import os
from itertools import pairwise
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks import browser as chromium
from benchmarks.browser import begin_trace, main_thread_tasks
from benchmarks.rendering.answer import long_answer, megabyte
from tests.e2e.rendering_stage import stage

TOKENS = 20_000
SLOWED = 4

METER = """
window.meter = { frames: [] }
let last = performance.now()
const tick = now => { meter.frames.push(now - last); last = now; requestAnimationFrame(tick) }
requestAnimationFrame(tick)
window.figures = started => ({
  seconds: (performance.now() - started) / 1000, frame: Math.max(...meter.frames),
  elements: document.querySelectorAll("*").length,
})
"""

# Tokens come by the clock; the component or a bare text node shows what has come, and the page follows its end.
STREAM = """async ([text, tokens, rate, plain]) => {
  const size = Math.ceil(text.length / tokens)
  const place = plain ? document.getElementById("app").appendChild(document.createElement("article")) : null
  if (place) place.style.whiteSpace = "pre-wrap"
  const node = place?.appendChild(document.createTextNode(""))
  let shown = 0
  meter.frames.length = 0
  const follow = () => {
    scrollTo(0, document.documentElement.scrollHeight)
    if (shown < text.length) requestAnimationFrame(follow)
  }
  requestAnimationFrame(follow)
  const started = performance.now()
  while (shown < text.length) {
    await new Promise(done => setTimeout(done, 5))
    const due = Math.min(text.length, Math.ceil((performance.now() - started) / 1000 * rate) * size)
    if (due === shown) continue
    if (node) node.appendData(text.slice(shown, due))
    else stage.show("answer", text.slice(0, due), due < text.length)
    shown = due
    window.progress = Math.min(shown / text.length, 0.999)
  }
  await stage.frame()
  window.progress = 1
  return figures(started)
}"""

OPEN = """async () => {
  meter.frames.length = 0
  const started = performance.now()
  stage.show("large", large)
  const first = performance.now() - started
  const size = () => document.querySelectorAll("*").length
  for (let same = 0, before = 0; same < 30; same = size() === before ? same + 1 : 0, before = size()) await stage.frame()
  return { first, ...figures(started) }
}"""


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rendering", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the answer")
    parser.add_argument("--only", choices=("streamed", "opened"), help="one half of it")
    options = parser.parse_args()
    tokens = TOKENS // 10 if options.quick else TOKENS
    path = chromium.browser_path()
    if path is None:
        raise SystemExit("There is no Playwright or no Chromium")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with stage() as address, chromium.browser(path) as browser:
        text = long_answer(tokens)
        print(f"{tokens:,} tokens, {len(text):,} characters")
        for rate, slowed, limit in ((400, 1, 50), (200, SLOWED, 100)) if options.only != "opened" else ():
            compare(browser, address, text, tokens, rate, slowed, limit)
        for name, large in megabyte().items() if options.only != "streamed" else ():
            report_opened(name, opened(browser, address, large))


def compare(browser: Browser, address: str, text: str, tokens: int, rate: int, slowed: int, limit: int) -> None:
    """The floor and the component, one after the other."""
    how = f"{rate}/s" + (f", processor slowed {slowed} times" if slowed > 1 else "")
    floor = streamed(browser, address, text, tokens, rate, slowed, plain=True)
    report(f"plain text, {how}", floor)
    drawn = streamed(browser, address, text, tokens, rate, slowed, plain=False)
    report(f"Markdown, {how}", drawn)
    print(f"    busy {drawn['busy'] / floor['busy']:.2f} x the floor (goal 1.2)")
    print(f"    last tenth {drawn['tenths'][-1] / drawn['tenths'][0]:.2f} x the first (goal 1.5)")
    print(f"    longest task {longest(drawn)} (goal {limit} ms)")


def open_page(browser: Browser, address: str) -> Page:
    """A stage with the meter running."""
    page = browser.new_context(viewport={"width": 1000, "height": 900}).new_page()
    page.goto(address)
    while not page.evaluate("window.ready"):
        page.wait_for_timeout(20)
    page.evaluate(METER)
    return page


def streamed(browser: Browser, address: str, text: str, tokens: int, rate: int, slowed: int, *, plain: bool) -> dict[str, Any]:
    """One run. ``busy`` and ``tenths`` are processor seconds of the main thread: other programs do not count."""
    page = open_page(browser, address)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    if slowed > 1:
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowed})

    def busy() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    marks = [busy()]
    begin_trace(browser, page)
    page.evaluate(f"given => {{ window.progress = 0; window.run = ({STREAM})(given) }}", [text, tokens, rate, plain])
    while (progress := page.evaluate("window.progress")) < 1:
        while progress >= len(marks) / 10:
            marks.append(busy())
        page.wait_for_timeout(50)
    result: dict[str, Any] = page.evaluate("window.run")
    marks.append(busy())
    result["tasks"], _ = main_thread_tasks(browser)
    result["busy"] = marks[-1] - marks[0]
    result["tenths"] = [after - before for before, after in pairwise(marks)]
    page.context.close()
    return result


def opened(browser: Browser, address: str, text: str) -> dict[str, Any]:
    """A message that is shown at once."""
    page = open_page(browser, address)
    page.evaluate("text => { window.large = text }", text)  # taking it in is a long task of the measurement itself
    begin_trace(browser, page)
    result: dict[str, Any] = page.evaluate(OPEN)
    result["tasks"], _ = main_thread_tasks(browser)
    page.context.close()
    return result


def report(name: str, run: dict[str, Any]) -> None:
    """What one stream cost."""
    long = sum(task > 50 for task in run["tasks"])
    print(f"{name}: {run['seconds']:.1f} s, busy {run['busy']:.1f} s, {run['elements']:,} elements")
    print(f"    {long} tasks above 50 ms, longest {longest(run)}, longest frame {run['frame']:.0f} ms")
    print("    seconds by tenths: " + " ".join(f"{seconds:.2f}" for seconds in run["tenths"]))


def report_opened(name: str, run: dict[str, Any]) -> None:
    """What one large message cost."""
    print(
        f"1 MB of {name}: first words after {run['first']:.0f} ms, all after {run['seconds']:.1f} s, {run['elements']:,} elements"
    )
    print(f"    longest task {longest(run)} (goal 50 ms), longest frame {run['frame']:.0f} ms")


def longest(run: dict[str, Any]) -> str:
    """The longest task, in processor time."""
    return f"{max(run['tasks']):.0f} ms"


if __name__ == "__main__":
    main()
