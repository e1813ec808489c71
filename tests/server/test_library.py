"""Roles and prompts of one's own: kept, chosen, filled in, taken away and brought back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from server import library, prompts
from server.context import Services
from server.library import MOST_ITEMS, Item, fill, variables
from server.roles import LANGUAGES
from tests.fakes import Scripted
from tests.server.conftest import Ask

API = "/backend-api/v2"
PIRATE = {
    "id": "pirate", "kind": "role", "name": "Пират", "icon": "🏴‍☠️", "description": "Морская речь", "text": "Ты пират {{имя}}.",
}  # fmt: skip


def add(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/library", json={**PIRATE, **fields})
    assert answer.status_code == 200, answer.json
    item: dict[str, Any] = answer.get_json()["item"]
    return item


def roles(client: FlaskClient) -> dict[str, dict[str, Any]]:
    return {role["id"]: role for role in client.get(f"{API}/roles").get_json()["roles"]}


def told() -> str:
    """What the model was told before the conversation by the newest request."""
    first = Scripted.requests[-1].messages[0]
    return first.text if first.role == "system" else ""


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["code"]


def test_a_role_of_ones_own_stands_after_the_ready_ones(client: FlaskClient) -> None:
    add(client)
    listed = list(roles(client).values())
    assert [role["id"] for role in listed if role["own"]] == ["own:pirate"]
    assert listed[-1]["title"] == {"ru": "Пират", "en": "Пират"}
    assert listed[-1]["variables"]["ru"] == ["имя"]
    assert listed[-1]["icon"] == "🏴‍☠️"


def test_what_a_role_tells_is_read_one_by_one(client: FlaskClient) -> None:
    add(client)
    assert client.get(f"{API}/roles/own:pirate").get_json()["role"]["prompt"]["en"] == "Ты пират {{имя}}."
    assert "редактор" in client.get(f"{API}/roles/editor").get_json()["role"]["prompt"]["ru"]
    assert code(client.get(f"{API}/roles/own:nobody")) == (404, "not_found")
    assert "prompt" not in roles(client)["own:pirate"]


def test_the_same_creation_again_is_the_same_item(client: FlaskClient) -> None:
    assert add(client) == add(client)
    assert code(client.post(f"{API}/library", json={**PIRATE, "text": "Другое"})) == (409, "conflict")
    assert len(client.get(f"{API}/library").get_json()["items"]) == 1


def test_an_item_is_changed_only_where_one_says_so(client: FlaskClient) -> None:
    before = add(client, options={"temperature": 0.5}, model="scripted")
    changed = client.patch(f"{API}/library/pirate", json={"name": "  Старый   пират "}).get_json()["item"]
    assert changed["name"] == "Старый пират"
    assert changed["updated_at"] >= before["updated_at"]
    assert {**changed, "name": "", "updated_at": 0} == {**before, "name": "", "updated_at": 0}
    cleared = client.patch(f"{API}/library/pirate", json={"options": {}}).get_json()["item"]
    assert cleared["options"] == {}


def test_what_was_deleted_comes_back(client: FlaskClient) -> None:
    item = add(client)
    assert client.delete(f"{API}/library/pirate").get_json() == {"deleted": True}
    assert "own:pirate" not in roles(client)
    assert code(client.delete(f"{API}/library/pirate")) == (404, "not_found")
    assert client.post(f"{API}/library/pirate/restore").get_json()["item"] == item
    assert "own:pirate" in roles(client)


def test_what_was_deleted_long_ago_goes_for_good(client: FlaskClient, services: Services) -> None:
    add(client)
    client.delete(f"{API}/library/pirate")
    services.store.purge(events_before=0, deleted_before=4e9)
    assert code(client.post(f"{API}/library/pirate/restore")) == (404, "not_found")


def test_a030_another_owners_items_do_not_exist(client: FlaskClient, services: Services) -> None:
    services.library.add("stranger", Item("theirs", "role", "Чужая", "Секрет", created_at=1.0, updated_at=1.0))
    assert client.get(f"{API}/library").get_json()["items"] == []
    assert "own:theirs" not in roles(client)
    address = f"{API}/library/theirs"
    answers = [
        client.get(address),
        client.patch(address, json={"name": "Моя"}),
        client.delete(address),
        client.post(f"{address}/restore"),
        client.get(f"{API}/roles/own:theirs"),
        client.post(f"{API}/library", json={**PIRATE, "id": "theirs"}),
    ]
    assert [code(answer) for answer in answers] == [(404, "not_found")] * len(answers)
    found = services.library.find("stranger", "theirs")
    assert found is not None
    assert found.name == "Чужая"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "и" * 61},
        {"text": "я" * 20_001},
        {"icon": "x" * 33},
        {"id": "own:x"},
        {"id": "../x"},
        {"kind": "jailbreak"},
        {"options": {"temperature": 9}},
        {"options": {"heat": 1}},
        {"kind": "prompt", "name": "два слова"},
        {"kind": "prompt", "name": "a/b"},
        {"kind": "prompt", "name": "пусто", "text": " "},
        {"owner": "somebody"},
    ],
)
def test_what_does_not_fit_is_refused(client: FlaskClient, fields: dict[str, Any]) -> None:
    assert client.post(f"{API}/library", json={**PIRATE, **fields}).status_code == 400
    assert client.get(f"{API}/library").get_json()["items"] == []


def test_a_library_has_a_bound(client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.storage.library.MOST_ITEMS", 2)
    add(client, id="a")
    add(client, id="b")
    client.delete(f"{API}/library/b")
    assert code(client.post(f"{API}/library", json={**PIRATE, "id": "c"})) == (409, "library_full")
    assert MOST_ITEMS > 100


def test_the_model_is_told_what_the_own_role_says(client: FlaskClient, ask: Ask) -> None:
    add(client, text="Ты пират.")
    ask("Привет", role="own:pirate")
    assert told() == "Ты пират."


def test_a_deleted_role_does_not_keep_its_conversations_from_going_on(client: FlaskClient, ask: Ask) -> None:
    add(client, text="Ты пират.")
    first = ask("Привет", role="own:pirate")
    client.delete(f"{API}/library/pirate")
    assert ask("Ещё", role="own:pirate", conversation_id=first.conversation).status == 200
    assert told() == ""
    assert client.post(f"{API}/answers/{first.answer}/regenerate", json={}).status_code == 200
    assert told() == ""


def test_a_role_that_never_was_is_still_refused(client: FlaskClient, ask: Ask) -> None:
    assert ask("Привет", role="pirate").status == 400


def test_a_role_brings_its_model_where_none_is_named(client: FlaskClient, ask: Ask) -> None:
    add(client, model="other", provider="Scripted")
    ask("Привет", role="own:pirate", model="")
    assert Scripted.requests[-1].model == "other"
    ask("Привет", role="own:pirate", model="scripted")
    assert Scripted.requests[-1].model == "scripted"


def test_a_role_whose_model_is_gone_is_answered_by_another(client: FlaskClient, ask: Ask) -> None:
    add(client, model="no-such", provider="Nobody")
    assert ask("Привет", role="own:pirate", model="").text == "Привет! Как дела?"


def test_what_there_is_to_choose_from_is_told_in_one_language_and_in_english(client: FlaskClient) -> None:
    client.set_cookie("language", "de")
    assert roles(client)["editor"]["title"] == {"de": "Lektor", "en": "Editor"}
    assert set(roles(client)["editor"]["bytes"]) == {"de", "en"}
    for prompt in client.get(f"{API}/prompts").get_json()["prompts"]:
        assert set(prompt["name"]) == set(prompt["text"]) == {"de", "en"}
    client.set_cookie("language", "en")
    assert roles(client)["editor"]["title"] == {"en": "Editor"}


def test_a_role_in_english_says_whose_language_it_is(client: FlaskClient, ask: Ask) -> None:
    client.set_cookie("language", "de")
    add(client)
    ask("Привет", role="editor")
    assert told().startswith("You ")
    assert "Deutsch (de)" in told()
    ask("Привет", role="own:pirate")
    assert told() == "Ты пират {{имя}}."
    ask("Привет", role="default")
    assert told() == ""


def test_ready_and_own_prompts_are_offered_together(client: FlaskClient) -> None:
    add(client, id="p", kind="prompt", name="мой", text="Сделай {{что}}", icon="", description="")
    offered = client.get(f"{API}/prompts").get_json()["prompts"]
    assert (offered[0]["id"], offered[0]["name"]["ru"], offered[0]["own"]) == ("p", "мой", True)
    assert [prompt["id"] for prompt in offered[1:]] == [prompt.id for prompt in prompts.load()]


def test_every_ready_prompt_can_be_typed_in_both_languages() -> None:
    ready = prompts.load()
    assert len(ready) >= 6
    for prompt in ready:
        for language in LANGUAGES:
            assert library.PROMPT_NAME.fullmatch(prompt.name[language]), prompt.id
            assert variables(prompt.text[language]), prompt.id
        assert len(variables(prompt.text["ru"])) == len(variables(prompt.text["en"]))
    assert all(len({prompt.name[language] for prompt in ready}) == len(ready) for language in LANGUAGES)


def test_a_broken_prompt_is_named_when_it_is_read(tmp_path: Any) -> None:
    (tmp_path / "half.json").write_text(json.dumps({"order": 1, "name": {"ru": "пол"}}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"half\.json"):
        prompts.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{язык}} и {{ тон }}, снова {{язык}}", ("язык", "тон")),
        ("{{о чём}}", ("о чём",)),
        ("{{}} {{ }} {x} {{a\nb}} {{{x}}}", ("x",)),
        ("{{" * 5_000, ()),
        ("{{" + "д" * 61 + "}}", ()),
    ],
)
def test_variables_are_names_in_double_braces(text: str, names: tuple[str, ...]) -> None:
    assert variables(text) == names


def test_a_value_is_never_looked_into() -> None:
    assert fill("{{a}} {{b}} {{c}}", {"a": "{{b}}", "b": r"\1 \g<0>"}) == r"{{b}} \1 \g<0> {{c}}"
