"""The promise under attack, in the length that every run of the tests can afford; ``python3 -m tests.campaigns`` for the long one.

Times depend on the machine and are printed by the command; here only what must hold on any machine is asserted.
"""

from __future__ import annotations

import sys

import pytest

from tests.campaigns import drain, faults, kill, locked, resume, slow, soak, twice
from tests.campaigns.client import Event
from tests.campaigns.reading import Reading, Violation, check_text
from tests.campaigns.report import NotRun, Report
from tests.campaigns.script import Script

pytestmark = pytest.mark.timeout(300)
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="кампании читают /proc и посылают SIGKILL: только Linux")


def figures(report: Report) -> dict[str, float]:
    """The campaign's figures by name, once it is sure that nothing was broken."""
    assert report.violations == [], str(report)
    return {figure.name: figure.value for figure in report.figures}


@on_linux
async def test_twenty_kills_lose_and_change_nothing_that_was_acknowledged_or_shown() -> None:
    done = figures(await kill.run(**kill.SHORT, talk=False))
    assert done["kills"] == 20
    assert done["acked"] > 20
    assert done["answers compared word for word"] > 20
    assert done["rests asked for and compared"] > 0


@on_linux
async def test_an_answer_put_together_from_hundreds_of_pieces_is_the_same_bytes() -> None:
    done = figures(await resume.run(**resume.SHORT))
    assert done["cut"] >= 300
    assert done["by after"] > 50
    assert done["by Last-Event-ID"] > 50
    assert done["compared"] >= 3 * 20


@on_linux
async def test_one_question_sent_ten_times_at_once_has_one_answer_that_everybody_reads() -> None:
    done = figures(await twice.run(**twice.SHORT))
    assert done["read to the end"] == done["sends"] == 200
    assert done["questions to the upstream"] == 20


async def test_every_misfortune_of_every_kind_of_service_ends_truthfully_and_in_time() -> None:
    done = figures(await faults.run(**faults.SHORT, talk=False))
    assert done["sends"] == len(faults.ADAPTERS) * len(faults.COMMON) == done["complete"] + done["failed"] + done["interrupted"]
    assert done["complete"] == len(faults.ADAPTERS) * len(faults.WELL)


@on_linux
async def test_a_hundred_open_answers_fail_nobody() -> None:
    done = figures(await soak.run(**soak.SHORT))
    assert done["words read and compared"] > 1000
    assert done["errors"] == 0
    assert done["threads, most"] < 100  # a reader costs no thread


@on_linux
async def test_people_are_served_while_a_hundred_slow_clients_hold_their_connections() -> None:
    done = figures(await slow.run(**slow.SHORT))
    assert done["sends"] > 10
    assert done["failed sends and reads"] == 0
    assert done["descriptors, most"] >= 80


@on_linux
async def test_a_server_that_is_told_to_stop_loses_nothing_and_says_how_every_answer_ended() -> None:
    done = figures(await drain.run(**drain.SHORT))
    assert done["exit status"] == 0
    assert done["interrupted"] >= 30
    assert done["acked"] > 30


@on_linux
async def test_a_locked_database_loses_nothing_and_heals_by_itself() -> None:
    done = figures(await locked.run(**locked.SHORT))
    assert done["acked"] > 0
    assert done["complete"] > 0


SCRIPT = Script(tokens=3, per_second=1.0, first=7)
STARTED = Event(1, "started", {"question": "q", "answer": "a"})
FAULTS = {
    "a gap": [STARTED, Event(3, "text", {"text": "w7 "})],
    "an event twice": [STARTED, STARTED],
    "no beginning": [Event(1, "text", {"text": "w7 "})],
    "another answer": [Event(1, "started", {"question": "another", "answer": "a"})],
    "a lost word": [STARTED, Event(2, "text", {"text": "w8 "}), Event(3, "failed", {"state": "interrupted"})],
    "an early end": [STARTED, Event(2, "text", {"text": "w7 "}), Event(3, "finished", {"state": "complete"})],
    "words after the end": [STARTED, Event(2, "failed", {"state": "failed"}), Event(3, "text", {"text": "w7 "})],
}


@pytest.mark.parametrize("events", FAULTS.values(), ids=FAULTS)
def test_a_reader_notices_what_must_not_be(events: list[Event]) -> None:
    with pytest.raises(Violation):
        Reading(SCRIPT, "c", "q").take(events)


def test_an_answer_that_is_gone_on_with_may_have_ended_before() -> None:
    cut = [STARTED, Event(2, "text", {"text": "w7 "}), Event(3, "failed", {"state": "interrupted"})]
    rest = [Event(4, "seam", {}), Event(5, "text", {"text": "w8 w9 "}), Event(6, "finished", {"state": "complete"})]
    reading = Reading(SCRIPT, "c", "q", gone_on=1)
    reading.take([*cut, *rest])
    assert reading.end is not None
    assert (reading.text, reading.end["state"]) == (SCRIPT.whole, "complete")
    with pytest.raises(Violation):  # nobody asked for more
        Reading(SCRIPT, "c", "q").take([*cut, *rest])


def test_a_stored_text_may_be_a_beginning_and_must_be_whole_when_complete() -> None:
    check_text(SCRIPT, "w7 w8 ", "interrupted")
    check_text(SCRIPT, "w7 w8 w9 ", "complete")
    for text, state in (("w8 ", "interrupted"), ("w7 w8 ", "complete"), ("w7 w8 w9 w10 ", "interrupted")):
        with pytest.raises(Violation):
            check_text(SCRIPT, text, state)


def test_a_campaign_in_which_nothing_happened_is_no_success() -> None:
    with pytest.raises(NotRun):
        Report("nothing").require({"acked": 0, "seen": 5}, "seen", "acked")
