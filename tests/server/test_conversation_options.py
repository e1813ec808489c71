"""How a conversation's answers are asked for is kept with it: options, model, role, and the values of the role's variables."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from g4f.chat import Options
from server.context import Services
from server.errors import NotFound
from server.finding import Change
from tests.fakes import Scripted
from tests.server.conftest import Ask

API = "/backend-api/v2"
GUIDE = {"id": "guide", "kind": "role", "name": "Гид", "text": "Ты гид по городу {{город}}.", "options": {"temperature": 0.9}}


def read(client: FlaskClient, conversation: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{API}/conversations/{conversation}").get_json()["conversation"]
    return found


def asked() -> Options:
    return Scripted.requests[-1].options


def told() -> str:
    return Scripted.requests[-1].messages[0].text


def test_a_new_conversation_keeps_the_options_it_began_with(client: FlaskClient, ask: Ask) -> None:
    first = ask("Привет", options={"temperature": 0.2, "max_tokens": 50})
    assert read(client, first.conversation)["options"] == {"temperature": 0.2, "max_tokens": 50}
    ask("Ещё", conversation_id=first.conversation)
    assert asked() == Options(temperature=0.2, max_tokens=50)


def test_options_named_with_a_question_hold_for_its_answer_only(client: FlaskClient, ask: Ask) -> None:
    first = ask("Привет", options={"temperature": 0.2})
    ask("Ещё", conversation_id=first.conversation, options={"top_p": 0.5})
    assert asked() == Options(top_p=0.5)
    assert read(client, first.conversation)["options"] == {"temperature": 0.2}


def test_changed_options_hold_for_every_answer_that_follows(client: FlaskClient, ask: Ask) -> None:
    first = ask("Привет")
    wanted = {"temperature": 1.5, "reasoning_effort": "low"}
    changed = client.patch(f"{API}/conversations/{first.conversation}", json={"options": wanted})
    assert changed.get_json()["conversation"]["options"] == wanted
    ask("Ещё", conversation_id=first.conversation)
    assert asked() == Options(temperature=1.5, reasoning_effort="low")
    client.post(f"{API}/answers/{first.answer}/regenerate", json={}).get_data()
    assert asked() == Options(temperature=1.5, reasoning_effort="low")
    client.patch(f"{API}/conversations/{first.conversation}", json={"options": {}})
    client.post(f"{API}/answers/{first.answer}/regenerate", json={}).get_data()
    assert asked() == Options()


def test_a030_what_a_conversation_is_asked_with_is_read_alone_and_by_its_owner(
    client: FlaskClient, ask: Ask, services: Services
) -> None:
    first = ask("Привет", options={"temperature": 0.2}, role_values={"город": "Омск"})
    here = services.conversations
    kept, whole = here.asked_with("owner", first.conversation), services.store.conversation("owner", first.conversation)
    assert kept is not None
    assert whole is not None
    assert (kept.options, kept.role_values) == (whole.options, whole.role_values) == ({"temperature": 0.2}, {"город": "Омск"})
    assert here.asked_with("somebody", first.conversation) is None
    assert here.asked_with("owner", "") is None
    client.delete(f"{API}/conversations/{first.conversation}")
    assert here.asked_with("owner", first.conversation) is None


def test_model_and_role_can_be_kept_before_the_next_question(client: FlaskClient, ask: Ask) -> None:
    first = ask("Привет")
    wish = {"model": "other", "provider": "Scripted", "role": "editor"}
    client.patch(f"{API}/conversations/{first.conversation}", json=wish)
    assert {name: read(client, first.conversation)[name] for name in wish} == wish


def test_a_conversation_begins_with_the_options_of_its_role(client: FlaskClient, ask: Ask) -> None:
    client.post(f"{API}/library", json=GUIDE)
    first = ask("Привет", role="own:guide")
    assert asked() == Options(temperature=0.9)
    assert read(client, first.conversation)["options"] == {"temperature": 0.9}
    ask("Ещё", conversation_id=first.conversation, role="own:guide", options={})
    assert asked() == Options()


def test_values_fill_the_role_for_the_whole_conversation(client: FlaskClient, ask: Ask) -> None:
    client.post(f"{API}/library", json=GUIDE)
    first = ask("Привет", role="own:guide", role_values={"город": "Псков"})
    assert told() == "Ты гид по городу Псков."
    ask("Ещё", role="own:guide", conversation_id=first.conversation)
    assert told() == "Ты гид по городу Псков."
    client.post(f"{API}/answers/{first.answer}/regenerate", json={}).get_data()
    assert told() == "Ты гид по городу Псков."
    assert read(client, first.conversation)["role_values"] == {"город": "Псков"}


def test_a_later_value_joins_the_earlier_ones_and_options_stay(client: FlaskClient, ask: Ask) -> None:
    client.post(f"{API}/library", json=GUIDE)
    first = ask("Привет", role="own:guide", role_values={"город": "Псков"}, options={"top_p": 0.5})
    ask("Ещё", role="own:guide", conversation_id=first.conversation, role_values={"век": "XV"})
    kept = read(client, first.conversation)
    assert (kept["role_values"], kept["options"]) == ({"город": "Псков", "век": "XV"}, {"top_p": 0.5})
    client.patch(f"{API}/conversations/{first.conversation}", json={"options": {"top_p": 0.7}})
    assert read(client, first.conversation)["role_values"] == {"город": "Псков", "век": "XV"}


def test_a_role_without_values_is_told_as_it_stands(client: FlaskClient, ask: Ask) -> None:
    client.post(f"{API}/library", json=GUIDE)
    ask("Привет", role="own:guide")
    assert told() == "Ты гид по городу {{город}}."


@pytest.mark.parametrize(
    "fields",
    [
        {"options": {"temperature": 3}},
        {"options": {"heat": 1}},
        {"options": {"reasoning_effort": "huge"}},
        {"role_values": {"a": 1}},
        {"role_values": {"a" * 61: "b"}},
        {"role_values": {"a": "b" * 4_001}},
        {"role_values": {str(number): "b" for number in range(21)}},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(client: FlaskClient, ask: Ask, fields: dict[str, Any]) -> None:
    first = ask("Привет")
    before = read(client, first.conversation)
    assert client.patch(f"{API}/conversations/{first.conversation}", json=fields).status_code == 400
    assert read(client, first.conversation) == before


def test_a030_nobody_changes_another_owners_options(client: FlaskClient, ask: Ask, services: Services) -> None:
    first = ask("Привет")
    with pytest.raises(NotFound):
        services.conversations.change("stranger", first.conversation, Change(options={"temperature": 2.0}))
    assert read(client, first.conversation)["options"] == {}
