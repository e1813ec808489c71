"""Titles made by the model: asked for after the first whole answer, cleaned, and worth nobody's waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from g4f.base import Endpoint
from g4f.chat import ChatRequest, Event, Finished, Text
from g4f.errors import ServerFailed
from g4f.Provider.Providers.Guide import Guide
from server import running_app
from server.context import KEY, Services
from server.generation import titles
from server.settings import Settings
from tests.emulators import openai
from tests.emulators.stage import Stage, on_stage
from tests.fakes import Scripted
from tests.server.conftest import Reply, question, read_events

API = "/backend-api/v2"
PATIENCE = 20.0  # seconds


class Naming(Scripted):
    """Answers like the scripted one, and names conversations as ``title`` says; ``gate`` holds the name back."""

    title_said = "«Погода в мае»."
    failing = False
    held = False
    asked: list[ChatRequest] = []  # noqa: RUF012 - shared on purpose, emptied by the fixture
    given_up: list[ChatRequest] = []  # noqa: RUF012

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        if not request.messages[-1].text.startswith(tuple(titles.PLEA.values())):
            async for event in super().stream(request):
                yield event
            return
        self.asked.append(request)
        if self.failing:
            raise ServerFailed("no names today")
        try:
            while type(self).held:
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.given_up.append(request)
            raise
        yield Text(self.title_said)
        yield Finished()


class Closed(Scripted):
    names_conversations = False
    title = "Закрытая"


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setattr(titles, "LOOK", 0.01)
    for kind in (Naming, Closed):
        kind.requests.clear()
    Naming.asked.clear()
    Naming.given_up.clear()
    Naming.title_said, Naming.failing, Naming.held = "«Погода в мае».", False, False
    with running_app(replace(settings, titles="model"), {"Naming": Naming, "Closed": Closed, "Guide": Guide}) as app:
        services: Services = app.extensions[KEY]
        services.loop.run(services.catalog.refresh())
        yield app


def until(true: Callable[[], object]) -> None:
    latest = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < latest, "it never came to be"
        time.sleep(0.01)


def settle(services: Services) -> None:
    until(lambda: not services.titler.waiting("owner"))


def title_of(client: FlaskClient, conversation: str) -> Any:
    return client.get(f"{API}/conversations/{conversation}").json["conversation"]["title"]


def ask_naming(client: FlaskClient, text: str, **fields: Any) -> Reply:
    response = client.post(f"{API}/conversation", json=question(text, provider="Naming", **fields))
    return Reply(response.status_code, *read_events(response.data))


# --- when it is asked for --------------------------------------------------------------------------------------------------------


def test_a_conversation_is_named_after_its_first_whole_answer(client: FlaskClient, services: Services) -> None:
    reply = ask_naming(client, "Какая погода бывает в мае")
    settle(services)
    assert title_of(client, reply.conversation) == "Погода в мае"
    (request,) = Naming.asked
    assert request.model == "scripted"
    assert request.options.max_tokens == titles.MOST_TOKENS
    assert "Какая погода бывает в мае" in request.messages[-1].text
    assert "Привет! Как дела?" in request.messages[-1].text
    ask_naming(client, "А в июне", conversation_id=reply.conversation)
    settle(services)
    assert len(Naming.asked) == 1


def test_the_new_title_is_found_and_the_list_tells_that_one_may_come(client: FlaskClient, services: Services) -> None:
    Naming.held = True
    reply = ask_naming(client, "Какая погода бывает в мае")
    listed = client.get(f"{API}/conversations").json
    assert listed["titling"] == [reply.conversation]
    assert listed["conversations"][0]["title"] == "Какая погода бывает в мае"
    Naming.held = False
    settle(services)
    listed = client.get(f"{API}/conversations").json
    assert listed["titling"] == []
    assert listed["conversations"][0]["title"] == "Погода в мае"
    assert client.get(f"{API}/search?q=погоды").json["results"][0]["title_ranges"] == [[0, 6]]


def test_a_failed_first_answer_names_nothing_and_the_second_does(client: FlaskClient, services: Services) -> None:
    reply = ask_naming(client, "тут предел")
    settle(services)
    assert Naming.asked == []
    ask_naming(client, "Какая погода бывает в мае", conversation_id=reply.conversation)
    settle(services)
    assert title_of(client, reply.conversation) == "Погода в мае"


def test_what_a_person_called_it_stays(client: FlaskClient, services: Services) -> None:
    Naming.held = True
    reply = ask_naming(client, "Какая погода бывает в мае")
    until(lambda: Naming.asked)
    client.patch(f"{API}/conversations/{reply.conversation}", json={"title": "Моё"})
    Naming.held = False
    settle(services)
    assert title_of(client, reply.conversation) == "Моё"


def test_a_failing_service_leaves_the_first_words(client: FlaskClient, services: Services) -> None:
    Naming.failing = True
    reply = ask_naming(client, "Какая погода бывает в мае")
    settle(services)
    assert title_of(client, reply.conversation) == "Какая погода бывает в мае"


def test_nobody_is_asked_who_does_not_name_conversations(client: FlaskClient, services: Services) -> None:
    client.post(f"{API}/conversation", json=question("Привет", provider="Closed"))
    client.post(f"{API}/conversation", json=question("Как поставить Ollama", provider="Guide", model="guide"))
    settle(services)
    assert len(Closed.requests) == 1
    assert all(not item["title"].startswith("Погода") for item in client.get(f"{API}/conversations").json["conversations"])


def test_with_words_the_model_is_asked_only_on_a_wish(
    settings: Settings, app: Flask, client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    with running_app(replace(settings, data_dir=tmp_path / "other"), {"Naming": Naming}) as other:
        quiet: Services = other.extensions[KEY]
        quiet.loop.run(quiet.catalog.refresh())
        client = other.test_client()
        reply = ask_naming(client, "Какая погода бывает в мае")
        settle(quiet)
        assert Naming.asked == []
        client.post(f"{API}/conversations/{reply.conversation}/title", json={})
        settle(quiet)
        assert title_of(client, reply.conversation) == "Погода в мае"


# --- giving way ------------------------------------------------------------------------------------------------------------------


def test_it_waits_while_the_provider_writes_an_answer_and_gives_way_to_a_new_one(client: FlaskClient, services: Services) -> None:
    Naming.held = True
    first = ask_naming(client, "Какая погода бывает в мае")
    until(lambda: Naming.asked)
    other = client.post(f"{API}/conversation", json=question("пиши бесконечно", provider="Naming"), buffered=False)
    answer = read_events(next(chunk for chunk in other.response if b"started" in chunk))[0][0]["answer"]
    until(lambda: Naming.given_up)
    Naming.held = False
    assert services.titler.waiting("owner") == [first.conversation]
    assert len(Naming.asked) == 1
    client.post(f"{API}/answers/{answer}/stop", json={})
    other.close()
    settle(services)
    assert title_of(client, first.conversation) == "Погода в мае"


def test_one_title_at_a_time_is_asked_of_a_provider(client: FlaskClient, services: Services) -> None:
    Naming.held = True
    ask_naming(client, "Первая беседа")
    ask_naming(client, "Вторая беседа")
    until(lambda: Naming.asked)
    assert len(services.titler.waiting("owner")) == 2
    Naming.held = False
    settle(services)
    assert len(Naming.asked) - len(Naming.given_up) == 2


def test_the_first_words_stay_where_too_many_wait_for_a_title(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "MOST_WAITING", 1)
    Naming.held = True
    first = ask_naming(client, "Первая беседа")
    until(lambda: Naming.asked)
    second = ask_naming(client, "Вторая беседа")
    assert services.titler.waiting("owner") == [first.conversation]
    Naming.held = False
    settle(services)
    assert title_of(client, second.conversation) == "Вторая беседа"


def test_nobody_waits_for_ever_for_a_busy_provider(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "PATIENCE", 0.1)
    busy = client.post(f"{API}/conversation", json=question("пиши бесконечно", provider="Naming"), buffered=False)
    answer = read_events(next(chunk for chunk in busy.response if b"started" in chunk))[0][0]["answer"]
    other = ask_naming(client, "Вторая беседа")
    settle(services)
    assert not Naming.asked
    assert title_of(client, other.conversation) == "Вторая беседа"
    client.post(f"{API}/answers/{answer}/stop", json={})
    busy.close()


def test_it_takes_no_place_among_the_answers(
    settings: Settings, client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.runner, "_max_running", 1)
    Naming.held = True
    ask_naming(client, "Первая беседа")
    until(lambda: Naming.asked)
    assert ask_naming(client, "Вторая беседа").text == "Привет! Как дела?"


def test_a_stopping_server_does_not_wait_for_a_title(settings: Settings, client: FlaskClient, services: Services) -> None:
    Naming.held = True
    ask_naming(client, "Какая погода бывает в мае")
    until(lambda: Naming.asked)
    services.titler.close()
    assert len(Naming.given_up) == 1
    assert services.titler.waiting("owner") == []


# --- on a wish -------------------------------------------------------------------------------------------------------------------


def test_a_person_may_have_it_named_again(client: FlaskClient, services: Services) -> None:
    reply = ask_naming(client, "Какая погода бывает в мае")
    settle(services)
    client.patch(f"{API}/conversations/{reply.conversation}", json={"title": "Моё"})
    Naming.title_said = "Майские дожди"
    address = f"{API}/conversations/{reply.conversation}/title"
    assert client.post(address, json={}).status_code == 200
    until(lambda: not client.get(address).json["asking"])
    assert client.get(address).json["conversation"]["title"] == "Майские дожди"


def test_only_a_conversation_that_is_there_is_named(client: FlaskClient, services: Services) -> None:
    assert client.post(f"{API}/conversations/none/title", json={}).status_code == 404
    assert client.get(f"{API}/conversations/none/title").status_code == 404


# --- what comes of what the model says -------------------------------------------------------------------------------------------

SAID = {
    "Погода в мае": "Погода в мае",
    "«Погода в мае».": "Погода в мае",
    "**Погода в мае**\n\nЭто название отражает…": "Погода в мае",
    "# Погода в мае": "Погода в мае",
    '1. "Погода в мае"': "Погода в мае",
    "Название: Погода в мае": "Погода в мае",
    "<think>Нужно придумать</think>\n\nПогода в мае": "Погода в мае",
    "<think>Нужно придумать название, которое": "",
    "<img src=x onerror=alert(1)>Погода": "Погода",
    "[Погода](javascript:alert(1))": "Погода",
    "Как работает `snake_case`?": "Как работает snake_case?",
    "По\u202eгода\u0000 в\tмае\u200b": "Погода в мае",
    "": "",
    " \n ***\n": "",
    "«…»": "",
    "Погода в мае " * 20: "Погода в мае Погода в мае Погода в мае Погода в мае Погода в",
    "я" * 200: "я" * 60,
}


@pytest.mark.parametrize(("said", "title"), SAID.items())
def test_a_title_is_one_plain_short_line(said: str, title: str) -> None:
    assert titles.clean(said) == title


@pytest.mark.timeout(30)
@pytest.mark.parametrize("said", ["[" * 300_000, "a" + "_" * 300_000 + "a", "![" * 300_000, "_" * 300_000 + "a"])
def test_no_row_of_marks_holds_up_everybody(said: str) -> None:
    titles.clean(said)


def test_no_more_is_looked_at_than_a_title_takes(client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(titles, "clean", lambda said: (looked_at.append(said), "Погода")[1])
    Naming.title_said = "Погода в мае" + "[" * 1_000_000
    reply = ask_naming(client, "Какая погода?")
    settle(services)
    assert title_of(client, reply.conversation) == "Погода"
    assert [len(said) for said in looked_at] == [titles.MOST_CHARACTERS]


# --- by the wire -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(openai.make_app()) as stage:
        yield stage


@pytest.mark.parametrize("behaviour", ["normal", "think", "reasoning", "500", "empty", "cut", "html", "big"])
def test_a_service_of_the_wire_is_asked_once_more_and_nothing_of_it_reaches_the_answer(
    settings: Settings, stage: Stage, behaviour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "LOOK", 0.01)
    endpoint = Endpoint("Wire", f"{stage.url}/v1", models=("emulated-small",))
    with running_app(replace(settings, titles="model", endpoints=(endpoint,)), {}) as app:
        services: Services = app.extensions[KEY]
        services.loop.run(services.catalog.refresh())
        client = app.test_client()
        body = question("Скажи что-нибудь", provider="Wire", model="emulated-small")
        reply = Reply(200, *read_events(client.post(f"{API}/conversation", json=body).data))
        settle(services)
        assert title_of(client, reply.conversation)
        address = f"{stage.url}/{behaviour}/v1"
        monkeypatch.setattr(type(services.catalog.get("Wire")), "address", property(lambda _self: address))
        client.post(f"{API}/conversations/{reply.conversation}/title", json={})
        settle(services)
        named = title_of(client, reply.conversation)
        assert named
        assert len(named) <= 60
        messages = client.get(f"{API}/conversations/{reply.conversation}").json["messages"]
        assert [message["text"] for message in messages] == ["Скажи что-нибудь", reply.text]
