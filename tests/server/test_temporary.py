"""A temporary talk: answered like any other, and nowhere afterwards."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from g4f.chat import Message
from g4f.errors import ServerFailed
from server import running_app
from server.context import Services
from server.conversations import Ended
from server.errors import ApiError
from server.generation import temporary, wishes
from server.generation.temporary import Temporary
from server.logs import JsonLines
from server.settings import Settings
from tests import fakes
from tests.fakes import Scripted
from tests.server.conftest import PROVIDERS, Ask, question, read_events

API = "/backend-api/v2"
WORD = "Ксенотранспортёр"  # nothing else says it
PATIENCE = 20.0  # seconds


def until(true: Callable[[], object]) -> None:
    latest = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < latest, "it never came to be"
        time.sleep(0.01)


def history(*turns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in turns]


def talk(client: FlaskClient, text: str, *turns: tuple[str, str], **fields: Any) -> Any:
    body = question(text, temporary=True, **fields)
    body["meta"]["content"]["conversation"] = history(*turns)
    return client.post(f"{API}/conversation", json=body)


def kept_bytes(settings: Settings) -> bytes:
    """Everything in the data folder: the database, its log of writes, and whatever else there may be."""
    return b"".join(file.read_bytes() for file in sorted(Path(settings.data_dir).rglob("*")) if file.is_file())


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model repeats the word, so that it would be found in an answer too."""

    async def say_it() -> Any:
        for event in (fakes.Reasoning(f"{WORD} в мыслях"), fakes.Text(f"{WORD} в ответе"), fakes.Citation("https://e.test", WORD)):
            yield event
        yield fakes.Finished()

    monkeypatch.setitem(fakes.SCRIPTS, "скажи", say_it)


def test_no_byte_of_it_is_kept(
    client: FlaskClient,
    services: Services,
    settings: Settings,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    speak(monkeypatch)
    first, _ = read_events(talk(client, f"{WORD} скажи").data)
    assert "".join(event["text"] for event in first if event["type"] == "text") == f"{WORD} в ответе"
    talk(client, f"А ещё {WORD} скажи", ("user", f"{WORD} скажи"), ("assistant", f"{WORD} в ответе"))
    ask("Обычный вопрос")  # something is written after it
    services.store.purge(events_before=0, deleted_before=0)
    kept = kept_bytes(settings)
    assert "Обычный вопрос".encode() in kept
    for trace in (WORD, WORD.lower(), WORD.lower().replace("ё", "е"), "ксенотранспорт"):
        assert trace.encode() not in kept
    assert [each["title"] for each in client.get(f"{API}/conversations").json["conversations"]] == ["Обычный вопрос"]
    assert client.get(f"{API}/search?q={WORD}").json["results"] == []
    assert WORD not in "".join(capfd.readouterr())


def test_the_model_is_told_what_the_page_remembers(client: FlaskClient) -> None:
    talk(client, "А теперь", ("user", "Раз"), ("assistant", "Два"))
    assert Scripted.requests[-1].messages == (Message("user", "Раз"), Message("assistant", "Два"), Message("user", "А теперь"))


def test_a_wish_is_told_with_the_question(client: FlaskClient) -> None:
    client.set_cookie("language", "ru")
    talk(client, "А теперь", ("user", "Раз"), ("assistant", "Два"), wish="shorter")
    said = wishes.sentence("shorter", "ru")
    assert Scripted.requests[-1].messages[1:] == (Message("assistant", "Два"), Message("user", f"А теперь\n\n{said}"))


def test_its_answer_is_read_again_while_the_process_lives(client: FlaskClient) -> None:
    events, ids = read_events(talk(client, "Скажи всё").data)
    answer = events[0]["answer"]
    again, later = read_events(client.get(f"{API}/answers/{answer}/events?after=3").data)
    assert later == ids[3:]
    assert again == events[3:]
    assert read_events(client.get(f"{API}/answers/{answer}/events?after={ids[-1]}").data) == ([], [])


def test_a_question_sent_twice_is_asked_once(client: FlaskClient) -> None:
    body = question("Привет", temporary=True)
    answers = {read_events(client.post(f"{API}/conversation", json=body).data)[0][0]["answer"] for _ in range(2)}
    assert len(answers) == 1
    assert len(Scripted.requests) == 1


def test_a_question_sent_twice_finds_its_answer_when_there_is_no_room_for_another(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = question("Привет", temporary=True)
    first = read_events(client.post(f"{API}/conversation", json=body).data)

    def no_room() -> None:
        raise ApiError("too_many_answers", 429, "No room")

    monkeypatch.setattr(services.runner, "check_room", no_room)
    assert read_events(client.post(f"{API}/conversation", json=body).data) == first
    assert client.post(f"{API}/conversation", json=question("Другое", temporary=True)).status_code == 429


def test_it_is_stopped_and_counts_among_the_running(client: FlaskClient, services: Services) -> None:
    asked = client.post(f"{API}/conversation", json=question("пиши бесконечно", temporary=True), buffered=False)
    answer = read_events(next(chunk for chunk in asked.response if b"started" in chunk))[0][0]["answer"]
    assert services.runner.running == 1
    assert client.post(f"{API}/answers/{answer}/stop", json={}).json == {"state": "stopped"}
    assert b'"state":"stopped"' in b"".join(asked.response)
    asked.close()
    until(lambda: not services.runner.running)


def test_bare_text_and_failures_are_as_ever(client: FlaskClient) -> None:
    assert talk(client, "Привет", format="text").data.decode() == "Привет! Как дела?"
    assert talk(client, "тут предел", format="text").status_code == 429
    events, _ = read_events(talk(client, "тут обрыв").data)
    assert (events[-1]["type"], events[-1]["state"]) == ("failed", "interrupted")
    assert talk(client, " ").status_code == 400
    assert talk(client, "Привет", model="нет такой").status_code == 400


def test_it_is_dropped_some_minutes_after_its_end(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "KEPT", 0.05)
    answer = read_events(talk(client, "Привет").data)[0][0]["answer"]
    until(lambda: client.get(f"{API}/answers/{answer}/events").status_code == 404)


def test_another_process_and_another_owner_know_nothing_of_it(client: FlaskClient, services: Services) -> None:
    answer = read_events(talk(client, "Привет").data)[0][0]["answer"]
    assert services.temporary.place_of("somebody", answer) is None
    assert services.temporary.answer("somebody", answer) is None
    assert services.temporary.state_of("somebody", answer) is None
    for verb in ("regenerate", "continue"):
        assert client.post(f"{API}/answers/{answer}/{verb}", json={}).status_code == 404


def test_a_killed_process_loses_it_by_promise(settings: Settings) -> None:
    with running_app(settings, PROVIDERS) as app:
        app.extensions["freegpt"].loop.run(app.extensions["freegpt"].catalog.refresh())
        answer = read_events(talk(app.test_client(), "Привет").data)[0][0]["answer"]
    with running_app(settings, PROVIDERS) as app:
        assert app.test_client().get(f"{API}/answers/{answer}/events").status_code == 404


def test_the_log_says_what_happened_and_not_what_was_said(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonLines().format(record))

    handler = Lines()
    logging.getLogger().addHandler(handler)

    async def repeat() -> Any:
        yield fakes.Text("…")
        raise ServerFailed(f"upstream repeats: {WORD}")

    async def stumble() -> Any:
        yield fakes.Text("…")
        raise ValueError(WORD)

    monkeypatch.setitem(fakes.SCRIPTS, "повтори", repeat)
    monkeypatch.setitem(fakes.SCRIPTS, "споткнись", stumble)
    try:
        for last in ("повтори", "споткнись"):
            talk(client, f"{WORD} {last}")
    finally:
        logging.getLogger().removeHandler(handler)
    assert [line for line in lines if "answer failed" in line]
    assert not [line for line in lines if WORD in line]


def test_memory_holds_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "MOST", 1)
    kept = Temporary()
    kept.open("owner", "a")
    with pytest.raises(ApiError):
        kept.open("owner", "b")


def test_rows_that_come_again_are_there_once(services: Services) -> None:
    place = services.temporary.open("owner", "q")
    row = (place.answer_id, 2, "text", "раз")
    for _ in range(2):
        services.temporary.append(row)
    found = services.temporary.answer("owner", place.answer_id)
    assert found is not None
    assert (found.text, found.seq, found.state) == ("раз", 2, "running")
    services.loop.run(_finish(services, place.answer_id))
    assert services.temporary.state_of("owner", place.answer_id) == "stopped"


async def _finish(services: Services, answer_id: str) -> None:
    services.temporary.finish(answer_id, Ended("stopped"))
