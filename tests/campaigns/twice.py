"""One question sent by ten connections at once: one answer, the upstream asked once, and all ten read the whole of it (A-089)."""

from __future__ import annotations

import argparse
import asyncio
import uuid
from collections import Counter

from tests.campaigns import client
from tests.campaigns.client import Lost, Refused
from tests.campaigns.reading import Reading, Violation
from tests.campaigns.report import Report
from tests.campaigns.script import Script
from tests.campaigns.stage import stage

SHORT = {"times": 20}
AT_ONCE = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--times", type=int, default=500)


async def run(*, times: int) -> Report:
    report = Report(f"{AT_ONCE} sends of one question at once, {times} times")
    counts: Counter[str] = Counter()
    with stage() as place:
        place.server.start()
        for _ in range(times):
            script, names = Script(10, 100), (uuid.uuid4().hex, uuid.uuid4().hex)
            readings = [Reading(script, *names) for _ in range(AT_ONCE)]
            report.violations += filter(None, await asyncio.gather(*(_send(place.port, reading) for reading in readings)))
            answers = {reading.answer for reading in readings if reading.answer}
            report.violations += [f"{len(answers)} answers to question {names[1]}"] * (len(answers) != 1)
            counts["sent"] += AT_ONCE
            counts["whole"] += sum(reading.text == script.whole for reading in readings)
        asked = Counter(line["key"] for line in place.upstream_said() if line["what"] == "asked")
        report.violations += [f"the upstream was asked {count} times for {key}" for key, count in asked.items() if count > 1]
        counts["asked"] = asked.total()
    report.add("sends", counts["sent"])
    report.add("read to the end", counts["whole"])
    report.add("questions to the upstream", counts["asked"], "", times)
    report.require(counts, "sent", "whole", "asked")
    return report


async def _send(port: int, reading: Reading) -> str:
    """What was wrong with it."""
    try:
        body = client.ask_body(reading.script, reading.conversation, reading.question)
        async with client.send(port, "POST", "/conversation", body) as response:
            while not response.ended:
                reading.take(await response.more())
    except (Lost, Refused, Violation) as fault:
        return f"a repeated send: {fault}"
    return "" if reading.end else f"a repeated send was closed at event {reading.seq} without an end"
