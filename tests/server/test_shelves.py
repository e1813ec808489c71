"""Many conversations at once: one change, one transaction, one way back; and the names of the shelves."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.context import Services
from server.conversations import Conversation, Question
from server.storage import many
from tests.server.conftest import question, read_events

API = "/backend-api/v2"
BATCH = f"{API}/conversations/batch"


def keep(services: Services, *ids: str, owner: str = "owner", **more: Any) -> None:
    batch = []
    for number, name in enumerate(ids):
        kept = Conversation(name, name, "m", "p", "default", 1.0 + number, 1.0 + number, **more)
        batch.append((kept, [Question(f"{name}-q", None, f"Вопрос {name}", 1.0)]))
    services.store.import_conversations(owner, batch)


def listed(client: FlaskClient, narrow: str = "") -> list[str]:
    found: Any = client.get(f"{API}/conversations{narrow}").json
    return sorted(each["id"] for each in found["conversations"])


def change(client: FlaskClient, ids: list[str], **wanted: Any) -> list[dict[str, Any]]:
    answer = client.post(BATCH, json={"ids": ids, "change": wanted})
    assert answer.status_code == 200, answer.data
    found: Any = answer.json
    return sorted(found["conversations"], key=lambda each: str(each["id"]))


def test_many_are_archived_and_filed_at_once(client: FlaskClient, services: Services) -> None:
    keep(services, "a", "b", "c")
    changed = change(client, ["a", "b"], archived=True, folder="  Дом  ")
    assert [(each["id"], each["folder"], each["archived_at"] is not None) for each in changed] == [
        ("a", "Дом", True),
        ("b", "Дом", True),
    ]
    assert listed(client) == ["c"]
    change(client, ["a", "b"], archived=False)
    assert listed(client, "?folder=Дом") == ["a", "b"]


def test_what_was_deleted_is_listed_apart_until_it_is_brought_back(client: FlaskClient, services: Services) -> None:
    keep(services, "a", "b", "c")
    keep(services, "theirs", owner="somebody")
    services.store.delete("somebody", "theirs", 9.0)
    change(client, ["b"], archived=True)
    client.delete(f"{API}/conversations/a")
    client.delete(f"{API}/conversations/b")
    assert listed(client, "?deleted=1") == ["a", "b"]
    assert (listed(client), listed(client, "?archived=1")) == (["c"], [])
    client.post(f"{API}/conversations/b/restore")
    assert (listed(client, "?deleted=1"), listed(client, "?archived=1")) == (["a"], ["b"])


def test_all_are_changed_or_none(client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(services, "a", "b")
    done = many.changed
    monkeypatch.setattr(many, "changed", lambda wanted, found, now: done(wanted, found, now) if found.id == "a" else 1 / 0)
    assert client.post(BATCH, json={"ids": ["a", "b"], "change": {"archived": True}}).status_code == 500
    assert listed(client) == ["a", "b"]


def test_tags_are_put_on_and_taken_off_whatever_else_each_has(client: FlaskClient, services: Services) -> None:
    keep(services, "a", tags=("старая",))
    keep(services, "b")
    assert [each["tags"] for each in change(client, ["a", "b"], add_tags=["новая"])] == [["старая", "новая"], ["новая"]]
    assert [each["tags"] for each in change(client, ["a", "b"], add_tags=["новая"])] == [["старая", "новая"], ["новая"]]
    assert [each["tags"] for each in change(client, ["a", "b"], remove_tags=["старая"])] == [["новая"], ["новая"]]
    assert listed(client, "?tag=новая") == ["a", "b"]


def test_nobody_gets_more_tags_than_one_can_have(client: FlaskClient, services: Services) -> None:
    keep(services, "a", tags=tuple(map(str, range(20))))
    assert len(change(client, ["a"], add_tags=["ещё"])[0]["tags"]) == 20


def test_many_are_deleted_and_brought_back_and_their_answers_stop(client: FlaskClient, services: Services) -> None:
    keep(services, "a", "b")
    asked = client.post(f"{API}/conversation", json=question("пиши бесконечно", conversation_id="c"), buffered=False)
    answer = read_events(next(chunk for chunk in asked.response if b"started" in chunk))[0][0]["answer"]
    assert client.post(BATCH, json={"ids": ["a", "c", "none"], "delete": True}).json == {"deleted": ["a", "c"]}
    assert listed(client) == ["b"]
    assert b'"stopped"' in b"".join(asked.response)
    asked.close()
    restored: Any = client.post(BATCH, json={"ids": ["a", "c"], "restore": True}).json
    assert sorted(each["id"] for each in restored["conversations"]) == ["a", "c"]
    assert client.post(f"{API}/answers/{answer}/stop", json={}).json == {"state": "stopped"}


def test_another_owner_s_conversations_are_not_there(client: FlaskClient, services: Services) -> None:
    keep(services, "theirs", owner="somebody")
    for body in ({"change": {"archived": True}}, {"delete": True}, {"restore": True}):
        answer: Any = client.post(BATCH, json={"ids": ["theirs"], **body}).json
        assert answer in ({"conversations": []}, {"deleted": []})
    found = services.store.conversation("somebody", "theirs")
    assert found is not None
    assert found.archived_at is None
    assert client.post(f"{API}/export", json={"ids": ["theirs"]}).data
    assert zipped(client, ["theirs"]) == []


BAD = [
    {},
    {"ids": []},
    {"ids": ["a"]},
    {"ids": ["a"], "change": {}},
    {"ids": ["a"], "change": {"title": "нельзя всем одно"}},
    {"ids": ["a"], "change": {"archived": True}, "delete": True},
    {"ids": ["a"], "delete": True, "restore": True},
    {"ids": ["a"] * 501, "delete": True},
    {"ids": ["a"], "change": {"add_tags": [" "]}},
    {"ids": [1], "delete": True},
]


@pytest.mark.parametrize("body", BAD, ids=lambda body: json.dumps(body, ensure_ascii=False)[:40])
def test_what_is_not_meant_so_is_refused(client: FlaskClient, services: Services, body: dict[str, Any]) -> None:
    keep(services, "a")
    assert client.post(BATCH, json=body).status_code == 400
    assert listed(client) == ["a"]


def zipped(client: FlaskClient, ids: list[str]) -> list[str]:
    answer = client.post(f"{API}/export", json={"ids": ids})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        names = [name for name in archive.namelist() if name.startswith("conversations/") and name.endswith(".json")]
        return sorted(json.loads(archive.read(name))["conversation"]["id"] for name in names)


def test_the_chosen_ones_are_taken_as_one_archive(client: FlaskClient, services: Services) -> None:
    keep(services, "a", "b", "c")
    assert zipped(client, ["c", "a", "none", "a"]) == ["a", "c"]


def test_the_list_brings_the_names_of_the_shelves(client: FlaskClient, services: Services) -> None:
    keep(services, "a", "b", folder="Дом", tags=("важное",))
    change(client, ["b"], archived=True)
    first: Any = client.get(f"{API}/conversations").json
    assert first["folders"] == [{"name": "Дом", "count": 1}]
    assert first["tags"] == [{"name": "важное", "count": 1}]
    assert "folders" not in client.get(f"{API}/conversations?archived=1").json


def found(client: FlaskClient, narrow: str) -> list[str]:
    answer: Any = client.get(f"{API}/search?q=вопрос {narrow}").json
    return sorted(each["conversation"] for each in answer["results"])


def test_the_search_is_narrowed_by_tag_folder_model_and_archive(client: FlaskClient, services: Services) -> None:
    keep(services, "a", tags=("важное", "дом"))
    keep(services, "b", tags=("важное",), folder="Дом")
    keep(services, "c")
    change(client, ["b"], archived=True)
    assert found(client, "") == ["a", "b", "c"]
    assert found(client, "&tag=важное") == ["a", "b"]
    assert found(client, "&tag=важное&archived=0") == ["a"]
    assert found(client, "&tag=важное&archived=1&folder=Дом&model=m") == ["b"]
    assert found(client, "&tag=важн") == []
    assert found(client, "&model=other") == []
    assert found(client, "&tag=' OR 1=1 --") == []
