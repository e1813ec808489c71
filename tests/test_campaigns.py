"""The promise under attack, in the length that every run of the tests can afford; ``python3 -m tests.campaigns`` for the long one.

Times depend on the machine and are printed by the command; here only what must hold on any machine is asserted.
"""

from __future__ import annotations

import sys

import pytest

from tests.campaigns import drain, kill, locked, resume, slow, soak
from tests.campaigns.report import Report

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="кампании читают /proc и посылают SIGKILL: только Linux"),
]


def figures(report: Report) -> dict[str, float]:
    """The campaign's figures by name, once it is sure that nothing was broken."""
    assert report.violations == [], str(report)
    return {figure.name: figure.value for figure in report.figures}


async def test_twenty_kills_lose_and_change_nothing_that_was_acknowledged_or_shown() -> None:
    done = figures(await kill.run(**kill.SHORT, talk=False))
    assert done["kills"] == 20
    assert done["acked"] > 20
    assert done["answers compared word for word"] > 20
    assert done["rests asked for and compared"] > 0


async def test_an_answer_put_together_from_hundreds_of_pieces_is_the_same_bytes() -> None:
    done = figures(await resume.run(**resume.SHORT))
    assert done["cut"] >= 300
    assert done["by after"] > 50
    assert done["by Last-Event-ID"] > 50
    assert done["compared"] >= 3 * 20


async def test_a_hundred_open_answers_fail_nobody() -> None:
    done = figures(await soak.run(**soak.SHORT))
    assert done["words read and compared"] > 1000
    assert done["errors"] == 0
    assert done["threads, most"] < 100  # a reader costs no thread


async def test_people_are_served_while_a_hundred_slow_clients_hold_their_connections() -> None:
    done = figures(await slow.run(**slow.SHORT))
    assert done["sends"] > 10
    assert done["failed sends and reads"] == 0
    assert done["descriptors, most"] >= 80


async def test_a_server_that_is_told_to_stop_loses_nothing_and_says_how_every_answer_ended() -> None:
    done = figures(await drain.run(**drain.SHORT))
    assert done["exit status"] == 0
    assert done["interrupted"] >= 30
    assert done["acked"] > 30


async def test_a_locked_database_loses_nothing_and_heals_by_itself() -> None:
    done = figures(await locked.run(**locked.SHORT))
    assert done["acked"] > 0
    assert done["complete"] > 0
