"""The library goes out with everything else and comes back; a file from elsewhere is not believed."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from server.context import Services
from server.library import LONGEST_NAME, MOST_ITEMS, Item
from server.storage.tables import conversation, library_item
from server.transfer import library
from tests.server.transfer.test_export import EVERYTHING, bring, take, talk

API = "/backend-api/v2"
ITEMS = (
    Item("r", "role", "Пират", "Ты {{кто}}", "🏴", "Море", "qwen3:8b", "Ollama", {"temperature": 0.5}, 100.5, 101.5),
    Item("p", "prompt", "кратко", "Коротко:\n\n{{текст}}", created_at=1.0, updated_at=2.0),
)


def keep(services: Services) -> None:
    for item in ITEMS:
        services.library.add("owner", item)


def test_the_library_taken_out_and_brought_back_is_the_same(client: FlaskClient, services: Services) -> None:
    services.store.import_conversations("owner", [(talk(), EVERYTHING)])
    keep(services)
    before = services.library.items("owner")
    archive = take(client)
    services.database.write(lambda connection: connection.execute(delete(library_item)))
    preview = client.post(f"{API}/imports/preview", data=archive, content_type="application/zip").get_json()
    assert (preview["conversations"], preview["library"]) == (1, 2)
    assert services.library.items("owner") == []
    brought = bring(client, archive)
    assert (brought["library"], sorted(brought["library_created"])) == (2, sorted(item.id for item in ITEMS))
    assert services.library.items("owner") == before
    again = bring(client, archive)
    assert (again["library"], again["library_created"]) == (0, [])


def test_a_library_without_conversations_comes_back_too(client: FlaskClient, services: Services) -> None:
    keep(services)
    archive = take(client)
    client.delete(f"{API}/library/r")
    assert bring(client, archive)["library"] == 1
    assert len(services.library.items("owner")) == 2


def test_a_library_without_room_brings_no_conversation_either(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.store.import_conversations("owner", [(talk(), EVERYTHING)])
    keep(services)
    archive = take(client)
    services.database.write(lambda connection: [connection.execute(delete(table)) for table in (library_item, conversation)])
    monkeypatch.setattr("server.storage.library.MOST_ITEMS", 1)
    refused = client.post(f"{API}/imports", data=archive, content_type="application/zip")
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "library_full")
    assert services.store.conversations("owner", 10, None) == []
    monkeypatch.setattr("server.storage.library.MOST_ITEMS", 2)
    assert (bring(client, archive)["conversations"], bring(client, archive)["library"]) == (1, 0)


def test_an_item_that_was_changed_here_stays_as_it_is(client: FlaskClient, services: Services) -> None:
    keep(services)
    archive = take(client)
    client.patch(f"{API}/library/r", json={"name": "Капитан"})
    assert bring(client, archive)["library"] == 0
    assert {item.name for item in services.library.items("owner")} == {"Капитан", "кратко"}


def test_a030_an_id_that_is_somebody_elses_is_passed_over(client: FlaskClient, services: Services) -> None:
    keep(services)
    archive = take(client)
    services.database.write(lambda connection: connection.execute(library_item.update().values(owner="stranger")))
    assert bring(client, archive)["library"] == 0
    assert services.library.items("owner") == []


def of(*entries: Any) -> list[Item]:
    return library.items({"format": library.FORMAT, "items": list(entries)}, 5.0)


GOOD = {"id": "r", "kind": "role", "name": "Пират", "text": "Ты пират"}


@pytest.mark.parametrize(
    "value", [None, [], {}, {"format": "x", "items": [GOOD]}, {"format": library.FORMAT, "items": {"a": GOOD}}]
)
def test_what_is_no_library_has_no_items(value: Any) -> None:
    assert library.items(value, 0.0) == []


@pytest.mark.parametrize(
    "wrong",
    [{"id": "../x"}, {"id": 7}, {"id": ""}, {"kind": "system"}, {"kind": []}, {"name": " "}, {"name": None},
     {"kind": "prompt", "name": "два слова"}, {"kind": "prompt", "text": ""}],
)  # fmt: skip
def test_a_wrong_item_is_passed_over(wrong: dict[str, Any]) -> None:
    assert of({**GOOD, **wrong}) == []


def test_what_is_too_much_is_cut() -> None:
    (item,) = of({**GOOD, "name": "и" * 500, "text": "я" * 30_000, "created_at": -1, "updated_at": float("inf"), "icon": ["x"]})
    assert (len(item.name), len(item.text), item.created_at, item.updated_at, item.icon) == (LONGEST_NAME, 20_000, 5.0, 5.0, "")
    assert len(of(*({**GOOD, "id": f"r{number}"} for number in range(MOST_ITEMS + 5)))) == MOST_ITEMS


def test_options_keep_to_their_bounds() -> None:
    wild = {"temperature": 9, "top_p": "1", "max_tokens": -5, "context_length": 1, "reasoning_effort": ["low"], "heat": 1}
    assert library.options(wild) == {}
    fine = {"temperature": 0.5, "top_p": 1.0, "max_tokens": 7, "context_length": 4096, "reasoning_effort": "low"}
    assert library.options(fine) == fine


def test_a_library_that_unpacks_to_too_much_is_not_read(client: FlaskClient, services: Services) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("library.json", json.dumps({"format": library.FORMAT, "items": [{**GOOD, "text": "0" * (1 << 28)}]}))
    answer = client.post(f"{API}/imports", data=packed.getvalue(), content_type="application/zip")
    assert (answer.status_code, services.library.items("owner")) == (413, [])
