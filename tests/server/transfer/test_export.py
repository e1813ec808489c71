"""What is taken out comes back as it was; and the files are safe to keep anywhere."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from g4f.chat import Citation, Seam, ToolCall, Usage
from server.context import Services
from server.conversations import Answer, Conversation, Imported, Message, Question
from server.storage import backup
from server.storage.store import SqlStore
from server.storage.tables import conversation, generation, message
from server.transfer import export
from tests.server.conftest import Ask

API = "/backend-api/v2"
EVERYTHING: tuple[Message, ...] = (
    Question("q1", None, "Первый\r\nвопрос \u0000 с 🙂", 100.125),
    Answer("a1", "q1", "Раз", 100.25, "complete", "Ollama", "qwen3:8b", "translator",
           "думаю\n\nещё", (Citation("https://a.example/?q=1", "А"),),
           (ToolCall(0, "t", "search", '{"q": 1}'), ToolCall(1)), ((2, Seam("Ollama", "DeepSeek", "provider_unreachable")),),
           Usage(1, 2, 3, 0.5), "length", None, 101.5, 17),
    Answer("a2", "q1", "Два", 102.0, "stopped", finished_at=103.0, seq=4),
    Question("q2", "a1", "Дальше?", 104.0),
    Answer("a3", "q2", "", 104.5, "failed", code="rate_limited", finished_at=105.0, seq=3),
    Answer("a4", "q2", "Пол", 105.5, "interrupted", code="server_restarted", finished_at=106.0, seq=9),
    Question("q0", None, "Иначе", 107.0),
    Answer("a5", "q0", "Ответ", 108.0, "complete", reason="stop", finished_at=109.0, seq=2),
)  # fmt: skip


def talk(identity: str = "c1", title: str = "Беседа", **more: Any) -> Conversation:
    shelf: dict[str, Any] = {"pinned": True, "archived_at": 108.5, "folder": "Кухня", "tags": ("пирог", "тесто"),
                             "options": {"temperature": 0.5}, "role_values": {"язык": "коми"}}  # fmt: skip
    return Conversation(identity, title, "qwen3:8b", "Ollama", "translator", 100.125, 109.0, 5, **(shelf | more))


def dump(services: Services) -> dict[str, list[Any]]:
    """Everything that conversations consist of; the options of a run are not part of an export."""
    columns = {
        "conversation": [*conversation.c],
        "message": [*message.c],
        "generation": [column for column in generation.c if column.name not in ("options", "started_at", "number")],
    }
    return {
        name: sorted(
            map(tuple, services.database.read(lambda connection, c=chosen: connection.execute(select(*c)).all())), key=repr
        )  # type: ignore[misc]
        for name, chosen in columns.items()
    }


def wipe(services: Services) -> None:
    services.database.write(lambda connection: connection.execute(delete(conversation)))


def take(client: FlaskClient) -> bytes:
    response = client.get(f"{API}/export")
    assert (response.status_code, response.mimetype) == (200, "application/zip")
    return response.data


def bring(client: FlaskClient, archive: bytes) -> dict[str, Any]:
    response = client.post(f"{API}/imports", data=archive, content_type="application/zip")
    assert response.status_code == 200, response.text
    return dict(response.json or {})


def test_a_conversation_that_only_grew_is_not_called_new(services: Services) -> None:
    """What is called new may be taken back whole: a conversation that was here must never be, whatever the file adds to it."""
    new, grown = (
        services.store.import_conversations("owner", [(talk(), (Question(id, None, "Вопрос", 50.0),))])[0] for id in ("x", "y")
    )
    assert (new, grown) == (Imported(1, True), Imported(1, False))


def test_everything_taken_out_and_brought_back_is_the_same(client: FlaskClient, services: Services) -> None:
    other = (Question("x", None, "Другая", 50.0), Answer("y", "x", "Да", 51.0, "complete", finished_at=52.0, seq=2))
    services.store.import_conversations("owner", [(talk(), EVERYTHING), (talk("c2", "Беседа"), other)])
    before = dump(services)
    archive = take(client)
    wipe(services)
    assert dump(services)["message"] == []
    outcome = bring(client, archive)
    assert sorted(outcome.pop("stored")) == sorted(outcome.pop("created")) == ["c1", "c2"]
    assert outcome == {"format": "freegpt-webui", "conversations": 2, "messages": 10, "already": 0}
    assert dump(services) == before
    again = bring(client, archive)
    assert (again["already"], again["created"]) == (2, [])
    assert dump(services) == before
    backup.verify(services.database.path)


def test_answers_that_were_really_given_come_back(client: FlaskClient, services: Services, ask: Ask) -> None:
    first = ask("Раз")
    client.post(f"{API}/answers/{first.answer}/regenerate", json={"id": "again"})
    ask("Два", conversation_id=first.conversation)
    ask("Иначе", conversation_id=first.conversation, parent_id="")
    before = dump(services)
    archive = take(client)
    wipe(services)
    bring(client, archive)
    assert dump(services) == before
    assert len(before["message"]) == 7


def test_a_conversation_that_is_written_in_meanwhile_is_taken_out(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"c{number}" for number in range(1001)]
    said = [(replace(talk(name), updated_at=float(number)), ()) for number, name in enumerate(names)]
    services.store.import_conversations("owner", said)
    read = SqlStore.conversations

    def and_then_written_in(store: SqlStore, *given: Any) -> Any:
        found = read(store, *given)
        oldest = update(conversation).where(conversation.c.id == "c0").values(updated_at=1e9)
        store.database.write(lambda connection: connection.execute(oldest))
        return found

    monkeypatch.setattr(SqlStore, "conversations", and_then_written_in)
    index = json.loads(zipfile.ZipFile(io.BytesIO(take(client))).read("index.json"))
    assert sorted(entry["id"] for entry in index["index"]) == sorted(names)


def test_a_deleted_conversation_is_not_taken_out(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("owner", [(talk(), EVERYTHING)])
    client.delete(f"{API}/conversations/c1")
    assert zipfile.ZipFile(io.BytesIO(take(client))).namelist() == ["index.json"]


def test_the_archive_is_what_the_page_shows(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("owner", [(talk(title="Пирог / рецепт: №1"), EVERYTHING)])
    with zipfile.ZipFile(io.BytesIO(take(client))) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [
            "index.json",
            *(f"conversations/1970-01-01 Пирог рецепт 1.{ending}" for ending in ("json", "md")),
        ]
        stored = json.loads(opened.read(opened.namelist()[1]))
        shown = client.get(f"{API}/conversations/c1").json
        for each in stored["messages"]:
            each.pop("asked_role", None)
        assert {name: stored[name] for name in ("conversation", "messages")} == shown
        assert json.loads(opened.read("index.json"))["index"][0]["file"] == opened.namelist()[1]


def test_markdown_shows_the_newest_branch_in_the_language_of_the_page(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("owner", [(talk(), EVERYTHING)])
    response = client.get(f"{API}/conversations/c1/export?format=md")
    assert response.content_type == "text/markdown; charset=utf-8"
    assert response.text == "# Беседа\n\n1970-01-01 00:01 UTC\n\n## Вопрос\n\nИначе\n\n## Ответ\n\nОтвет\n"
    client.set_cookie("language", "en")
    assert "## Question" in client.get(f"{API}/conversations/c1/export?format=md").text


def test_markdown_says_how_an_answer_came_about(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("owner", [(talk(), EVERYTHING[:2])])
    text = client.get(f"{API}/conversations/c1/export?format=md").text
    assert (
        "## Ответ · qwen3:8b\n\n> **Размышления**\n>\n> думаю\n>\n> ещё\n\nРаз\n\nИсточники:\n\n- А <https://a.example/?q=1>\n"
        in text
    )


def test_one_conversation_as_json_can_be_brought_back(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("owner", [(talk(), EVERYTHING)])
    before = dump(services)
    response = client.get(f"{API}/conversations/c1/export?format=json")
    wipe(services)
    assert client.post(f"{API}/imports", data=response.data, content_type="application/json").json["messages"] == 8  # type: ignore[index]
    assert dump(services) == before


def test_only_ones_own_conversations_are_taken_out(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("somebody", [(talk(), EVERYTHING)])
    assert client.get(f"{API}/conversations/c1/export").status_code == 404
    assert zipfile.ZipFile(io.BytesIO(take(client))).namelist() == ["index.json"]
    theirs = json.dumps(export.own.document(talk(title="Моё"), EVERYTHING)).encode()
    assert client.post(f"{API}/imports", data=theirs, content_type="application/json").json["stored"] == []  # type: ignore[index]
    assert services.store.conversation("somebody", "c1") == talk()


def test_an_unknown_form_is_refused(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("owner", [(talk(), EVERYTHING)])
    response = client.get(f"{API}/conversations/c1/export?format=exe")
    assert (response.status_code, response.json["error"]["values"]) == (400, {"name": "format"})  # type: ignore[index]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc passwd"), ("..\\..\\x", "x"), ("a\r\nSet-Cookie: b=1", "a Set-Cookie b=1"), ("CON", "CON"),
        ("\u202egpj.exe", "gpj.exe"), ('"; filename=evil', "filename=evil"), ("", "-"), ("...", "-"), ("Ёжик 🙂", "Ёжик"),
        ("я" * 300, "я" * 60), ("$(rm -rf ~)`", "(rm -rf )"),
    ],
)  # fmt: skip
def test_a066_a_title_is_a_harmless_file_name(title: str, name: str) -> None:
    assert export.file_name(talk(title=title)) == f"1970-01-01 {name}"
    header = export.disposition(export.file_name(talk(title=title)))
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_an_answer_that_was_being_written_arrives_as_interrupted(client: FlaskClient, services: Services) -> None:
    document = export.own.document(talk(), EVERYTHING[:2])
    document["messages"][1] |= {"state": "running", "finished_at": None}
    client.post(f"{API}/imports", json=document)
    answer = services.store.answer("owner", "a1")
    assert answer is not None
    assert (answer.state, answer.code, answer.text) == ("interrupted", "server_restarted", "Раз")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "a b"}, {"id": ["a"]}, {"parent_id": "nobody"}, {"parent_id": 5}, {"role": "system"}, {"created_at": "yesterday"},
        {"id": "q1"}, {"parent_id": None},
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_is_left_out_and_the_rest_is_sound(
    client: FlaskClient, services: Services, change: dict[str, Any]
) -> None:
    document = export.own.document(talk(), EVERYTHING)
    document["messages"][1] |= change
    assert client.post(f"{API}/imports", json=document).status_code == 200
    backup.verify(services.database.path)
    assert services.store.conversation("owner", "c1") is not None


def test_a_message_of_another_conversation_is_not_taken_over(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("owner", [(talk(), EVERYTHING)])
    before = services.store.messages("owner", "c1")
    client.post(f"{API}/imports", json=export.own.document(talk("c2"), EVERYTHING))
    assert services.store.messages("owner", "c1") == before
    backup.verify(services.database.path)


@pytest.mark.parametrize(
    "change",
    [
        {"created_at": -1},
        {"created_at": 1e300},
        {"updated_at": None},
        {"id": ""},
        {"id": "../x"},
        {"tags": "x"},
        {"tags": [5, None, "a" * 999]},
        {"folder": ["x"]},
        {"pinned": "yes"},
        {"archived_at": "now"},
        {"revision": -5},
        {"revision": 1 << 70},
        {"title": 5},
        {"role": None},
    ],
)
def test_odd_fields_of_a_conversation_harm_nothing(client: FlaskClient, services: Services, change: dict[str, Any]) -> None:
    document = export.own.document(talk(), EVERYTHING)
    document["conversation"] |= change
    assert client.post(f"{API}/imports", json=document).status_code == 200
    backup.verify(services.database.path)
    assert client.get(f"{API}/conversations").status_code == 200
