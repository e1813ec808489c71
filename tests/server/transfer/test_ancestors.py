"""What the pages of 2023 left in a browser, and what today's gpt4free page exports, arrives as conversations of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.context import Services
from server.conversations import Answer, Message, Question
from server.storage import backup

API = "/backend-api/v2"
BORN = 1_690_000_000_000  # milliseconds
ID = f"0f3c1d2e-aaaa-4bbb-8ccc-{BORN:x}"
NINE = {"role": "user", "content": "Сколько будет 4 + 5?"}

Turns = list[tuple[str, str]]


def kept(*items: dict[str, Any], id: str = ID, title: str = "") -> dict[str, Any]:
    return {f"conversation:{id}": {"id": id, "title": title, "items": list(items)}}


def said(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def bring(client: FlaskClient, value: Any) -> dict[str, Any]:
    response = client.post(f"{API}/imports", data=json.dumps(value).encode(), content_type="application/json")
    assert response.status_code == 200, response.text
    return dict(response.json or {})


def stored(services: Services, id: str = ID) -> list[Message]:
    return list(services.store.messages("owner", id))


def answers(services: Services, id: str = ID) -> list[Answer]:
    return [message for message in stored(services, id) if isinstance(message, Answer)]


def turns(services: Services, id: str = ID) -> Turns:
    return [("answer" if isinstance(message, Answer) else "question", message.text) for message in stored(services, id)]


def test_an_old_conversation_arrives_with_its_address_its_time_and_a_whole_title(client: FlaskClient, services: Services) -> None:
    outcome = bring(client, kept(NINE, said("Девять."), title="Сколько будет 4 "))
    assert outcome == {"format": "freegpt", "conversations": 1, "messages": 2, "already": 0, "stored": [ID], "created": [ID]}
    conversation = services.store.conversation("owner", ID)
    assert conversation is not None
    assert (conversation.title, conversation.created_at, conversation.role) == (NINE["content"], BORN / 1000, "default")
    assert turns(services) == [("question", NINE["content"]), ("answer", "Девять.")]
    assert answers(services)[0].state == "complete"


def test_bringing_it_again_doubles_nothing_and_a_longer_one_adds_its_end(client: FlaskClient, services: Services) -> None:
    bring(client, kept(NINE, said("Девять.")))
    before = stored(services)
    assert bring(client, kept(NINE, said("Девять.")))["already"] == 1
    assert stored(services) == before
    outcome = bring(client, kept(NINE, said("Девять."), NINE, said("Всё ещё девять.")))
    assert (outcome["conversations"], outcome["messages"]) == (1, 2)
    assert [text for _, text in turns(services)][2:] == [NINE["content"], "Всё ещё девять."]
    assert stored(services)[2].parent_id == before[-1].id


def test_a_deleted_conversation_that_is_brought_again_comes_back(client: FlaskClient, services: Services) -> None:
    bring(client, kept(NINE, said("Девять.")))
    client.delete(f"{API}/conversations/{ID}")
    bring(client, kept(NINE, said("Девять.")))
    assert len(stored(services)) == 2


def test_the_preview_counts_and_stores_nothing(client: FlaskClient, services: Services) -> None:
    def preview() -> Any:
        return client.post(f"{API}/imports/preview", json=kept(NINE, said("Девять."))).json

    assert preview() == {"format": "freegpt", "conversations": 1, "messages": 2, "already": 0}
    assert services.store.conversation("owner", ID) is None
    bring(client, kept(NINE, said("Девять.")))
    assert preview()["already"] == 1


def test_an_aborted_answer_is_a_stopped_one(client: FlaskClient, services: Services) -> None:
    bring(client, kept(NINE, said("Дев [aborted]")))
    assert [(answer.state, answer.text) for answer in answers(services)] == [("stopped", "Дев")]


@pytest.mark.parametrize(
    "text",
    [
        "oops ! something went wrong, please try again / reload. [stacktrace in console]",
        '{"_action": "_ask", "success": false, "error": "an error occurred list index out of range"}',
        "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>",
        "<html><body><h1>Internal Server Error</h1></body></html>",
    ],
)
def test_what_was_no_answer_is_a_failed_one_without_that_text(client: FlaskClient, services: Services, text: str) -> None:
    bring(client, kept(NINE, said(text), NINE, said("Девять.")))
    assert [(answer.state, answer.code, answer.text) for answer in answers(services)] == [
        ("failed", "provider_failed", ""),
        ("complete", None, "Девять."),
    ]


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE html><html><body>Моя страница</body></html>", '{"name": "Ёж"}', "oops, не ошибка", "[aborted] — нет"]
)
def test_an_answer_that_only_looks_odd_stays_as_it_is(client: FlaskClient, services: Services, text: str) -> None:
    bring(client, kept(NINE, said(text)))
    assert [(answer.state, answer.text) for answer in answers(services)] == [("complete", text)]


def test_turns_out_of_turn_find_their_places(client: FlaskClient, services: Services) -> None:
    bring(client, kept(said("Здравствуйте!"), {"role": "user", "content": "раз"}, {"role": "user", "content": "два"},
                       said("три"), said("четыре")))  # fmt: skip
    assert turns(services) == [
        ("question", "…"), ("answer", "Здравствуйте!"), ("question", "раз"), ("answer", ""), ("question", "два"),
        ("answer", "три\n\nчетыре"),
    ]  # fmt: skip
    assert [answer.state for answer in answers(services)] == ["complete", "stopped", "complete"]
    parents = [message.parent_id for message in stored(services)]
    assert parents == [None, *[message.id for message in stored(services)][:-1]]


def test_parts_become_text(client: FlaskClient, services: Services) -> None:
    parts = [{"type": "text", "text": "Что на картинке?"}, {"type": "image_url", "image_url": {"url": "data:,"}}, "и где?"]
    bring(client, kept({"role": "user", "content": parts}, said([{"type": "text", "text": "Кот."}])))
    assert [text for _, text in turns(services)] == ["Что на картинке?\n\n[image_url]\n\nи где?", "Кот."]


def test_an_export_of_the_later_page_keeps_who_answered_and_its_versions(client: FlaskClient, services: Services) -> None:
    entry = {
        "id": ID, "title": "начало", "new_title": "Сложение", "added": BORN + 5000, "updated": BORN + 9000, "system": "Будь краток",
        "items": [
            NINE,
            said("Десять.", provider={"name": "PollinationsAI", "label": "Pollinations", "model": "openai"}, finish="stop"),
            said("Девять.", provider={"name": "Groq", "model": "llama"}, regenerate=True, reasoning={"text": "4 и 5"},
                 finish={"reason": "length"}, usage={"prompt_tokens": 7, "completion_tokens": 3}),
            {"role": "user", "content": "Точно?"},
            said("Да.", provider=None),
        ],
    }  # fmt: skip
    bring(client, {"options": {"g4f": ""}, f"conversation:{ID}": entry, "bucket:x": 12})
    conversation = services.store.conversation("owner", ID)
    assert conversation is not None
    assert (conversation.title, conversation.created_at, conversation.updated_at) == ("Сложение", BORN / 1000 + 5, BORN / 1000 + 9)
    ten, nine, yes = answers(services)
    assert ten.parent_id == nine.parent_id
    assert (ten.provider, ten.model, ten.reason) == ("Pollinations", "openai", "stop")
    assert (nine.provider, nine.reasoning, nine.reason) == ("Groq", "4 и 5", "length")
    assert nine.usage is not None
    assert (nine.usage.prompt_tokens, nine.usage.completion_tokens) == (7, 3)
    sure = next(message for message in stored(services) if message.id == yes.parent_id)
    assert isinstance(sure, Question)
    assert sure.parent_id == nine.id


def test_half_a_character_in_a_title_harms_nothing(client: FlaskClient, services: Services) -> None:
    bring(client, kept({"role": "user", "content": "Привет, мир! 🙂🙂"}, said("🙂"), title="Привет, мир! \ud83d"))
    conversation = services.store.conversation("owner", ID)
    assert conversation is not None
    assert conversation.title == "Привет, мир! 🙂🙂"


HOSTILE = ["<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "\u202eevil\u2066", "</script><svg/onload=1>"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(client: FlaskClient, services: Services, text: str) -> None:
    bring(client, kept({"role": "user", "content": text}, said(text), title=text))
    assert [words for _, words in turns(services)] == [text, text]
    assert client.get(f"{API}/conversations/{ID}").json["conversation"]["title"] == text  # type: ignore[index]


@pytest.mark.parametrize(
    "odd",
    [
        {"conversation:x": None}, {"conversation:x": {"items": "no"}}, {"conversation:x": {"items": [None, 1, "a", []]}},
        {"conversation:x": {"items": [{"role": 5, "content": {"a": [[[1]]]}}], "title": 7, "added": "nie", "updated": 1e400}},
    ],
)  # fmt: skip
def test_wrong_types_inside_are_passed_over(client: FlaskClient, odd: Any) -> None:
    assert bring(client, odd)["conversations"] == 0


def test_ids_of_another_shape_are_derived(client: FlaskClient, services: Services) -> None:
    outcome = bring(client, kept(NINE, said("Девять."), id="../../etc/passwd"))
    assert outcome["stored"] == ["../../etc/passwd"]
    found = services.store.conversations("owner", 5, None)
    assert len(found) == 1
    assert "/" not in found[0].id


def test_the_database_is_sound_afterwards(client: FlaskClient, services: Services) -> None:
    bring(client, kept(said("раз"), NINE, NINE, said("два [aborted]"), NINE))
    assert backup.verify(services.database.path)["message"] == 8


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "import_unreadable"), (b"\xff\xfe", "import_unreadable"), (b"{", "import_unreadable"),
        (b"[" * 100_000, "import_unreadable"),
        (b"{}", "import_unknown"), (b"[]", "import_unknown"), (b"null", "import_unknown"), (b'{"a": 1}', "import_unknown"),
        (b"[1, 2]", "import_unknown"), (b'"text"', "import_unknown"), (b"NaN", "import_unknown"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_with_one_sentence(client: FlaskClient, body: bytes, code: str) -> None:
    for path in ("imports", "imports/preview"):
        response = client.post(f"{API}/{path}", data=body, content_type="application/json")
        assert (response.status_code, response.json["error"]["code"]) == (400, code)  # type: ignore[index]
