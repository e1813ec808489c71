"""Upkeep removes what nobody will ask for again, and nothing else."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from server import upkeep
from server.context import Services
from tests.server.conftest import Ask, question, read_events

API = "/backend-api/v2"
LATER = 60.0  # seconds beyond a limit


class Enough(BaseException):
    """Nothing that an upkeep should outlive."""


def test_events_are_kept_for_a_day(ask: Ask, client: FlaskClient, services: Services) -> None:
    reply = ask("Привет")
    address = f"{API}/answers/{reply.answer}/events?after=0"
    upkeep.tidy(services.store, time.time() + upkeep.EVENTS_KEPT - LATER)
    assert read_events(client.get(address).data)[1] == reply.ids
    upkeep.tidy(services.store, time.time() + upkeep.EVENTS_KEPT + LATER)
    assert [event["type"] for event in read_events(client.get(address).data)[0]] == ["snapshot"]


def test_a_deleted_conversation_can_be_brought_back_for_a_month(ask: Ask, client: FlaskClient, services: Services) -> None:
    address = f"{API}/conversations/{ask('Привет').conversation}"
    client.delete(address)
    upkeep.tidy(services.store, time.time() + upkeep.DELETED_KEPT - LATER)
    assert client.post(f"{address}/restore").status_code == 200
    client.delete(address)
    upkeep.tidy(services.store, time.time() + upkeep.DELETED_KEPT + LATER)
    assert client.post(f"{address}/restore").status_code == 404


def test_the_next_round_comes_whatever_befell_the_last(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[float] = []

    def failing_at_first(_store: object, now: float) -> None:
        rounds.append(now)
        if len(rounds) < 3:
            raise ValueError("a row nobody expected")
        raise Enough

    monkeypatch.setattr(upkeep, "FIRST", 0.0)
    monkeypatch.setattr(upkeep, "EVERY", 0.0)
    monkeypatch.setattr(upkeep, "tidy", failing_at_first)
    with pytest.raises(Enough):
        asyncio.run(upkeep.keep(services.store))
    assert [record.levelname for record in caplog.records if record.name == upkeep.__name__] == ["ERROR", "ERROR"]


def test_an_old_answer_that_is_being_gone_on_with_loses_nothing(ask: Ask, client: FlaskClient, services: Services) -> None:
    broken = ask("тут обрыв")
    place = services.conversations.proceed("owner", broken.answer, "Scripted").place
    rows: list[Any] = [(place.answer_id, broken.ids[-1] + 2, "text", " и конец")]
    services.store.append(rows, []).result()
    upkeep.tidy(services.store, time.time() + upkeep.EVENTS_KEPT + LATER)
    assert services.conversations.answer("owner", broken.answer).text == "Начало и конец"


def test_the_text_of_an_old_answer_is_sent_to_a_program_of_2023_too(client: FlaskClient, services: Services) -> None:
    asked = question("Привет", format="text")
    first = client.post(f"{API}/conversation", json=asked).get_data(as_text=True)
    upkeep.tidy(services.store, time.time() + upkeep.EVENTS_KEPT + LATER)
    assert client.post(f"{API}/conversation", json=asked).get_data(as_text=True) == first != ""
