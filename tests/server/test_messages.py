"""What is done with a message that is there: rewriting, forking, pinning, comparing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from g4f.chat import Prices
from server import running_app
from server.context import KEY, Services
from server.generation import wishes
from server.settings import Settings
from server.storage.messages import next_title
from tests.fakes import Scripted
from tests.server.conftest import Ask, Reply, question, read_events

API = "/backend-api/v2"


def read(client: FlaskClient, conversation: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    body = client.get(f"{API}/conversations/{conversation}").json
    assert body is not None
    return body["conversation"], body["messages"]


def edit(client: FlaskClient, answer: str, text: str, new_id: str) -> Any:
    return client.post(f"{API}/answers/{answer}/edit", json={"id": new_id, "text": text})


def fork(client: FlaskClient, conversation: str, message: str, new_id: str) -> Any:
    return client.post(f"{API}/conversations/{conversation}/fork", json={"id": new_id, "message": message})


def begin(client: FlaskClient, text: str) -> tuple[Any, dict[str, Any]]:
    """An answer that is being written: its stream and its first event."""
    chunks = client.post(f"{API}/conversation", json=question(text)).iter_encoded()
    events: list[dict[str, Any]] = []
    while not events:
        events = read_events(next(chunks))[0]
    return chunks, events[0]


# Rewriting


def test_a_rewritten_answer_is_a_version_beside_the_old_one(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    written = edit(client, reply.answer, "Здравствуйте, **коллега**.", "e1").json["message"]
    _, (asked, before, after) = read(client, reply.conversation)
    assert after == written
    assert after["parent_id"] == asked["id"]
    assert after["text"] == "Здравствуйте, **коллега**."
    assert after["edited_from"] == reply.answer
    assert (after["state"], after["provider"], after["model"]) == ("complete", "Scripted", "scripted")
    assert after["finished_at"] is not None
    assert after["usage"] is None, "nobody counted a person's words"
    assert before["text"] == reply.text
    assert "edited_from" not in before


def test_the_same_edit_again_is_the_same_version(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    first, second = (edit(client, reply.answer, "Иначе", "e1") for _ in range(2))
    assert first.json == second.json
    assert len(read(client, reply.conversation)[1]) == 3
    assert edit(client, reply.answer, "Другое", "e1").status_code == 409
    assert edit(client, reply.answer, "Иначе", reply.answer).status_code == 409


def test_the_model_sees_the_rewritten_answer(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    edit(client, reply.answer, "Меня зовут Ёж.", "e1")
    ask("Как тебя зовут?", conversation_id=reply.conversation, parent_id="e1")
    assert [message.text for message in Scripted.requests[-1].messages if message.role == "assistant"] == ["Меня зовут Ёж."]


def test_a_rewritten_answer_is_found_by_its_words(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    edit(client, reply.answer, "О дикобразах", "e1")
    found = client.get(f"{API}/search?q=дикобраз").json
    assert found is not None
    assert [each["message_id"] for each in found["results"]] == ["e1"]


def test_a_rewritten_answer_can_be_followed_and_asked_again(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    edit(client, reply.answer, "Иначе", "e1")
    (snapshot,), _ = read_events(client.get(f"{API}/answers/e1/events?after=0").data)
    assert snapshot["message"]["text"] == "Иначе"
    again = client.post(f"{API}/answers/e1/regenerate", json={"id": "r1"})
    assert read_events(again.data)[0][-1]["state"] == "complete"


def test_an_answer_that_is_being_written_is_not_rewritten(client: FlaskClient) -> None:
    chunks, started = begin(client, "пиши бесконечно")
    assert edit(client, started["answer"], "Иначе", "e1").status_code == 409
    assert fork(client, started["conversation"], started["answer"], "f1").status_code == 409
    client.post(f"{API}/answers/{started['answer']}/stop", json={})
    b"".join(chunks)
    assert edit(client, started["answer"], "Иначе", "e1").status_code == 200


@pytest.mark.parametrize("body", [{"id": "e1", "text": " \n"}, {"id": "", "text": "а"}, {"text": "а"}, {"id": "a b", "text": "а"}])
def test_an_edit_without_words_or_name_is_refused(ask: Ask, client: FlaskClient, body: dict[str, str]) -> None:
    assert client.post(f"{API}/answers/{ask('Привет').answer}/edit", json=body).status_code == 400


def test_a_question_is_not_rewritten_as_an_answer(ask: Ask, client: FlaskClient) -> None:
    asked = ask("Привет").events[0]["question"]
    assert edit(client, asked, "Иначе", "e1").status_code == 404
    assert edit(client, "nobody", "Иначе", "e1").status_code == 404


# Written again, as one wishes


@pytest.mark.parametrize("wish", ["shorter", "longer"])
def test_a_wish_is_told_to_the_model_once_and_kept_nowhere(ask: Ask, client: FlaskClient, wish: wishes.Wish) -> None:
    reply = ask("Привет")
    client.set_cookie("language", "ru")
    client.post(f"{API}/answers/{reply.answer}/regenerate", json={"id": "r1", "wish": wish}).get_data()
    said = wishes.sentence(wish, "ru")
    assert [message.text for message in Scripted.requests[-1].messages] == ["Привет", reply.text, said]
    _, (asked, before, after) = read(client, reply.conversation)
    assert (asked["text"], before["text"], after["parent_id"]) == ("Привет", reply.text, asked["id"])
    ask("Дальше", conversation_id=reply.conversation, parent_id="r1")
    assert said not in [message.text for message in Scripted.requests[-1].messages]
    client.post(f"{API}/answers/r1/regenerate", json={"id": "r2"}).get_data()
    assert [message.text for message in Scripted.requests[-1].messages] == ["Привет"]


def test_a_wish_that_nobody_knows_is_refused(ask: Ask, client: FlaskClient) -> None:
    assert client.post(f"{API}/answers/{ask('Привет').answer}/regenerate", json={"wish": "funnier"}).status_code == 400


# Forking


def test_a_fork_holds_the_branch_down_to_the_message(ask: Ask, client: FlaskClient) -> None:
    first = ask("Первый")
    second = ask("Второй", conversation_id=first.conversation, parent_id=first.answer)
    ask("Третий", conversation_id=first.conversation, parent_id=second.answer)
    client.post(f"{API}/answers/{first.answer}/regenerate", json={"id": "r1"}).get_data()
    made = fork(client, first.conversation, second.answer, "f1").json["conversation"]
    conversation, messages = read(client, "f1")
    assert conversation == made
    assert conversation["title"] == "Первый (2)"
    assert (conversation["model"], conversation["provider"], conversation["role"]) == ("scripted", "Scripted", "default")
    assert [message["text"] for message in messages] == ["Первый", first.text, "Второй", second.text]
    assert [message["parent_id"] for message in messages] == [None, *(message["id"] for message in messages[:-1])]
    assert messages[1]["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "reasoning_tokens": 0, "seconds": 0.5}
    assert len(read(client, first.conversation)[1]) == 7, "the old one stays as it was"


def test_the_same_fork_again_is_the_same_conversation(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    fork(client, reply.conversation, reply.answer, "f1")
    ask("А дальше?", conversation_id="f1")
    client.patch(f"{API}/conversations/f1", json={"title": "Своё имя"})
    assert fork(client, reply.conversation, reply.answer, "f1").json["conversation"]["title"] == "Своё имя"
    assert len(read(client, "f1")[1]) == 4
    assert len(client.get(f"{API}/conversations").json["conversations"]) == 2  # type: ignore[index]


def test_a_fork_does_not_grow_into_another_conversation(ask: Ask, client: FlaskClient) -> None:
    one, other = ask("Один"), ask("Другой")
    assert fork(client, one.conversation, one.answer, other.conversation).status_code == 409
    assert len(read(client, other.conversation)[1]) == 2
    assert fork(client, one.conversation, other.answer, "f1").status_code == 404
    assert fork(client, "nobody", one.answer, "f1").status_code == 404


def test_a_question_that_was_copied_without_an_answer_was_not_asked(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    asked = read(client, reply.conversation)[1][0]["id"]
    fork(client, reply.conversation, asked, "f1")
    _, [copied] = read(client, "f1")
    again = question("Привет", conversation_id="f1")
    again["meta"]["id"] = copied["id"]
    assert client.post(f"{API}/conversation", json=again).status_code == 409


def test_a_fork_goes_on_and_is_found(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Про дикобраза")
    fork(client, reply.conversation, reply.answer, "f1")
    ask("А дальше?", conversation_id="f1")
    assert [message.text for message in Scripted.requests[-1].messages][-3:] == ["Про дикобраза", reply.text, "А дальше?"]
    found = client.get(f"{API}/search?q=дикобраз").json
    assert found is not None
    assert {each["conversation"] for each in found["results"]} == {reply.conversation, "f1"}


def test_copies_are_counted() -> None:
    assert next_title("Письмо") == "Письмо (2)"
    assert next_title("Письмо (2)") == "Письмо (3)"
    assert next_title("(5)") == "(5) (2)"


# Pinning


def test_a_pinned_message_is_marked_until_it_is_unpinned(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    for message in (reply.answer, reply.events[0]["question"]):
        assert client.patch(f"{API}/messages/{message}", json={"pinned": True}).json["message"]["pinned"] is True  # type: ignore[index]
        assert [each.get("pinned", False) for each in read(client, reply.conversation)[1]].count(True) == 1
        client.patch(f"{API}/messages/{message}", json={"pinned": False})
    assert not any("pinned" in message for message in read(client, reply.conversation)[1])


@pytest.mark.parametrize(("body", "status"), [({}, 400), ({"pinned": "yes"}, 400), ({"text": "х"}, 400), ({"pinned": None}, 400)])
def test_a_mark_that_is_none_is_refused(ask: Ask, client: FlaskClient, body: dict[str, Any], status: int) -> None:
    assert client.patch(f"{API}/messages/{ask('Привет').answer}", json=body).status_code == status


def test_a_message_that_is_not_there_takes_no_mark(client: FlaskClient) -> None:
    assert client.patch(f"{API}/messages/nobody", json={"pinned": True}).status_code == 404
    assert client.patch(f"{API}/messages/nobody", json={"kept": True}).status_code == 404


# Comparing


def compare(client: FlaskClient, beside: str, model: str) -> Reply:
    body = {"id": str(uuid4()), "model": model, "compared": True}
    response = client.post(f"{API}/answers/{beside}/regenerate", json=body)
    return Reply(response.status_code, *read_events(response.data))


def test_answers_that_were_asked_for_together_are_known_as_such(ask: Ask, client: FlaskClient) -> None:
    first = ask("Привет")
    others = [compare(client, first.answer, "other").answer for _ in range(2)]
    client.post(f"{API}/answers/{first.answer}/regenerate", json={"id": "alone"}).get_data()
    _, (_, *answers) = read(client, first.conversation)
    assert {answer["id"]: answer.get("compared") for answer in answers} == {
        first.answer: None,
        others[0]: first.answer,
        others[1]: first.answer,
        "alone": None,
    }


def test_a_compared_answer_is_known_as_such_while_it_is_written(ask: Ask, client: FlaskClient) -> None:
    first = ask("пиши бесконечно долго").answer
    chunks = client.post(f"{API}/answers/{first}/regenerate", json={"id": "r1", "compared": True}).iter_encoded()
    next(chunks)
    conversation = client.get(f"{API}/conversations?limit=1").json["conversations"][0]["id"]  # type: ignore[index]
    _, messages = read(client, conversation)
    assert messages[-1]["compared"] == first
    client.post(f"{API}/answers/r1/stop", json={})
    b"".join(chunks)
    assert read(client, conversation)[1][-1]["compared"] == first


def test_one_of_the_compared_is_kept_at_a_time(ask: Ask, client: FlaskClient) -> None:
    first = ask("Привет")
    second = compare(client, first.answer, "other")

    def kept() -> list[str]:
        return [message["id"] for message in read(client, first.conversation)[1] if message.get("kept")]

    for reply in (first, second, second):
        client.patch(f"{API}/messages/{reply.answer}", json={"kept": True})
        assert kept() == [reply.answer]
    edit(client, second.answer, "Иначе", "e1")
    assert kept() == ["e1"], "the version in one's own words takes the place of the kept one"
    client.patch(f"{API}/messages/{first.answer}", json={"kept": False})
    assert kept() == []


def test_marks_come_back_with_an_export(ask: Ask, client: FlaskClient, services: Services) -> None:
    first = ask("Привет")
    compare(client, first.answer, "other")
    edit(client, first.answer, "Иначе", "e1")
    client.patch(f"{API}/messages/e1", json={"pinned": True, "kept": True})
    before = read(client, first.conversation)[1]
    file = client.get(f"{API}/conversations/{first.conversation}/export?format=json").data
    client.delete(f"{API}/conversations/{first.conversation}")
    services.store.purge(events_before=0, deleted_before=1e12)
    assert client.post(f"{API}/imports", data=file, content_type="application/json").status_code == 200
    assert read(client, first.conversation)[1] == before


# Prices


def test_the_operators_prices_stand_before_those_of_a_service(settings: Settings) -> None:
    told = replace(settings, prices={"scripted": Prices(1, 2), "Scripted/other": Prices(3, 4), "Keyed/scripted": Prices(5, 6)})
    with running_app(told, {"Scripted": Scripted}) as app:
        here: Services = app.extensions[KEY]
        here.loop.run(here.catalog.refresh())
        listed = app.test_client().get(f"{API}/models").json
    assert listed is not None
    assert [model["prices"] for model in listed["models"]] == [{"prompt": 1, "completion": 2}, {"prompt": 3, "completion": 4}]


def test_a_model_without_prices_has_none(client: FlaskClient) -> None:
    listed = client.get(f"{API}/models").json
    assert listed is not None
    assert listed["models"][0]["prices"] is None


def test_a_markdown_file_holds_the_answer_that_was_kept(ask: Ask, client: FlaskClient) -> None:
    first = ask("Привет")
    second = compare(client, first.answer, "other")
    address = f"{API}/conversations/{first.conversation}/export?format=md"
    assert "other" in client.get(address).text
    client.patch(f"{API}/messages/{first.answer}", json={"kept": True})
    assert "scripted" in client.get(address).text
    ask("Дальше", conversation_id=first.conversation, parent_id=second.answer)
    assert "other" in client.get(address).text, "one has gone on with another"
