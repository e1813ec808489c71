"""Asking, following, stopping, reading, listing, renaming, deleting: docs/api.md as a program meets it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from server.context import Services
from server.conversations import NewAnswer, Opened
from server.errors import ApiError
from server.finding import Change
from tests.fakes import WORDS, Scripted
from tests.server.conftest import Ask, question, read_events

API = "/backend-api/v2"


def test_a_question_is_answered_in_events_numbered_from_one(ask: Ask) -> None:
    reply = ask("Привет")
    assert reply.text == "Привет! Как дела?"
    assert reply.ids == list(range(1, len(reply.ids) + 1))
    assert [event["type"] for event in reply.events[:2]] == ["started", "provider"]
    assert reply.events[1] == {"type": "provider", "provider": "Scripted", "model": "scripted"}
    assert reply.events[-1] == {"type": "finished", "state": "complete", "reason": "stop"}


def test_the_stored_answer_is_what_was_shown(ask: Ask, client: FlaskClient) -> None:
    reply = ask("покажи всё")
    conversation = client.get(f"{API}/conversations/{reply.conversation}").json
    assert conversation is not None
    asked, answer = conversation["messages"]
    assert asked["role"] == "user"
    assert asked["text"] == "покажи всё"
    assert answer["parent_id"] == asked["id"]
    assert answer["text"] == reply.text
    assert answer["reasoning"] == "Надо подумать."
    assert answer["tool_calls"] == [{"index": 0, "id": "call-1", "name": "search", "arguments": '{"q":"погода"}'}]
    assert answer["citations"] == [{"url": "https://example.org/a", "title": "Источник"}]
    assert answer["usage"] == {"prompt_tokens": 10, "completion_tokens": 20, "reasoning_tokens": 5, "seconds": 1.25}
    assert (answer["state"], answer["reason"], answer["seq"]) == ("complete", "length", reply.ids[-1])


def test_the_same_question_id_finds_the_same_answer(ask: Ask, client: FlaskClient) -> None:
    body = question("Привет", conversation_id="c1")
    replies = [read_events(client.post(f"{API}/conversation", json=body).data) for _ in range(3)]
    assert replies[0] == replies[1] == replies[2]
    assert len(Scripted.requests) == 1


@pytest.mark.parametrize("reason", ["full", "stopping", "no model"])
def test_a_question_that_was_answered_is_found_although_no_new_one_would_be_taken(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    body = question("Привет")
    first = read_events(client.post(f"{API}/conversation", json=body).data)
    again = {"id": "again"}
    second = read_events(client.post(f"{API}/answers/{first[0][0]['answer']}/regenerate", json=again).data)
    if reason == "no model":
        body = {**body, "model": "gone"}
        again["model"] = "gone"
    else:
        monkeypatch.setattr(services.runner, *(("stopping", True) if reason == "stopping" else ("_max_running", -1)))
    refused = client.post(f"{API}/conversation", json=question("Другой", model=body["model"]))
    assert refused.status_code == {"full": 429, "stopping": 503, "no model": 400}[reason]
    assert read_events(client.post(f"{API}/conversation", json=body).data) == first
    assert read_events(client.post(f"{API}/answers/{first[0][0]['answer']}/regenerate", json=again).data) == second
    assert len(Scripted.requests) == 2


def test_the_same_question_id_with_other_words_is_a_conflict(client: FlaskClient) -> None:
    body = question("Привет", conversation_id="c1")
    client.post(f"{API}/conversation", json=body).get_data()
    body["meta"]["content"]["parts"][0]["content"] = "Пока"
    assert client.post(f"{API}/conversation", json=body).status_code == 409


@pytest.mark.parametrize("after", [0, 1, 2, 5])
def test_any_point_of_an_answer_can_be_resumed(ask: Ask, client: FlaskClient, after: int) -> None:
    reply = ask("Привет")
    by_address = client.get(f"{API}/answers/{reply.answer}/events?after={after}")
    by_header = client.get(f"{API}/answers/{reply.answer}/events", headers={"Last-Event-ID": str(after)})
    assert by_address.data == by_header.data
    events, ids = read_events(by_address.data)
    assert events == reply.events[after:]
    assert ids == reply.ids[after:]


@pytest.mark.parametrize("after", ["x", "-1", "1e9", "٣", "9" * 40])
def test_a_cursor_that_is_no_number_is_refused(ask: Ask, client: FlaskClient, after: str) -> None:
    response = client.get(f"{API}/answers/{ask('Привет').answer}/events", query_string={"after": after})
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"]["code"] == "bad_cursor"


def test_a_cursor_beyond_the_end_ends_at_once(ask: Ask, client: FlaskClient) -> None:
    response = client.get(f"{API}/answers/{ask('Привет').answer}/events?after=1000")
    assert read_events(response.data) == ([], [])


def test_an_answer_survives_its_reader(client: FlaskClient, services: Services) -> None:
    response = client.post(f"{API}/conversation", json=question("пиши долго"))
    chunks = response.iter_encoded()
    first: list[dict[str, Any]] = []
    while not first:
        first = read_events(next(chunks))[0]
    response.close()
    answer = first[0]["answer"]
    events, _ = read_events(client.get(f"{API}/answers/{answer}/events?after=1").data)
    assert "".join(event["text"] for event in events if event["type"] == "text") == "".join(WORDS)
    assert events[-1]["state"] == "complete"


def test_stopping_keeps_what_was_written_and_ends_the_request_upstream(client: FlaskClient) -> None:
    response = client.post(f"{API}/conversation", json=question("пиши бесконечно"))
    chunks = response.iter_encoded()
    events: list[dict[str, Any]] = []
    while not any(event["type"] == "text" for event in events):
        events += read_events(next(chunks))[0]
    answer = events[0]["answer"]
    assert client.post(f"{API}/answers/{answer}/stop", json={}).json == {"state": "stopped"}
    for chunk in chunks:
        events += read_events(chunk)[0]
    assert events[-1] == {"type": "finished", "state": "stopped", "reason": None}
    assert Scripted.closed == ["пиши бесконечно"]
    assert client.post(f"{API}/answers/{answer}/stop", json={}).json == {"state": "stopped"}
    stored = client.get(f"{API}/conversations/{events[0]['conversation']}").json
    assert stored is not None
    assert stored["messages"][1]["text"] == "".join(event["text"] for event in events if event["type"] == "text")


@pytest.mark.parametrize(
    ("text", "state", "code", "kept"),
    [
        ("тут обрыв", "interrupted", "provider_server_failed", "Начало"),
        ("тут предел", "failed", "rate_limited", ""),
        ("тут поломка", "interrupted", "internal", "Начало"),
    ],
)
def test_every_failure_is_an_end_with_a_code(ask: Ask, client: FlaskClient, text: str, state: str, code: str, kept: str) -> None:
    reply = ask(text)
    assert reply.events[-1] == {"type": "failed", "state": state, "code": code}
    stored = client.get(f"{API}/conversations/{reply.conversation}")
    assert stored.json is not None
    answer = stored.json["messages"][1]
    assert (answer["state"], answer["code"], answer["text"]) == (state, code, kept)
    assert b"secret detail" not in stored.data


def test_the_model_is_sent_the_branch_that_leads_to_the_question(ask: Ask) -> None:
    first = ask("Раз")
    second = ask("Два", conversation_id=first.conversation, parent_id=first.answer)
    ask("Другое два", conversation_id=first.conversation, parent_id=first.answer)
    ask("Три", conversation_id=first.conversation, parent_id=second.answer)
    assert [message.text for message in Scripted.requests[-1].messages] == ["Раз", first.text, "Два", second.text, "Три"]


def test_a_question_without_a_parent_follows_the_newest_message(ask: Ask) -> None:
    first = ask("Раз")
    ask("Два", conversation_id=first.conversation)
    assert [message.text for message in Scripted.requests[-1].messages] == ["Раз", first.text, "Два"]


def test_what_a_question_follows_is_decided_where_it_is_stored(ask: Ask, services: Services) -> None:
    """Between reading the newest message and storing the question another question could be stored."""
    first = ask("Раз")
    store = services.store
    write = store.database.write

    def another_came_first(job: Any) -> Any:
        monkeypatched.undo()
        ask("Два", conversation_id=first.conversation)
        return write(job)

    with pytest.MonkeyPatch.context() as monkeypatched:
        monkeypatched.setattr(store.database, "write", another_came_first)
        third = ask("Три", conversation_id=first.conversation)
    assert [message.text for message in Scripted.requests[-1].messages] == ["Раз", first.text, "Два", first.text, "Три"]
    assert third.status == 200


def test_a_question_follows_no_message_of_another_conversation(ask: Ask, client: FlaskClient) -> None:
    first, second = ask("Раз"), ask("Два")
    for parent in (second.answer, "nobody"):
        refused = client.post(f"{API}/conversation", json=question("?", conversation_id=first.conversation, parent_id=parent))
        assert refused.status_code == 404
    stored = client.get(f"{API}/conversations/{first.conversation}").json
    assert stored is not None
    assert len(stored["messages"]) == 2, "a refused question leaves nothing behind"


def test_an_empty_parent_begins_a_new_branch(ask: Ask) -> None:
    first = ask("Раз")
    ask("Два", conversation_id=first.conversation, parent_id="")
    assert [message.text for message in Scripted.requests[-1].messages] == ["Два"]


def test_regenerating_writes_another_answer_beside_the_first(ask: Ask, client: FlaskClient) -> None:
    first = ask("Раз")
    body = {"id": str(uuid4()), "model": "other"}
    for _ in range(2):  # sent twice, written once
        response = client.post(f"{API}/answers/{first.answer}/regenerate", json=body)
        events, _ = read_events(response.data)
        assert events[0]["answer"] == body["id"]
    stored = client.get(f"{API}/conversations/{first.conversation}").json
    assert stored is not None
    question_, *answers = stored["messages"]
    assert [answer["parent_id"] for answer in answers] == [question_["id"]] * 2
    assert [answer["model"] for answer in answers] == ["scripted", "other"]
    assert len(Scripted.requests) == 2


def test_the_end_of_a_conversation_is_read_before_the_rest(ask: Ask, client: FlaskClient) -> None:
    replies = [ask("Первый", conversation_id="c1")]
    replies += [ask(text, conversation_id="c1") for text in ("Второй", "Третий")]

    def read(last: str) -> tuple[list[str], bool]:
        answer = client.get(f"{API}/conversations/c1?last={last}").json
        assert answer is not None
        return [message["id"] for message in answer["messages"]], "earlier" in answer

    everything = [message_id for reply in replies for message_id in (reply.events[0]["question"], reply.answer)]
    for last in range(1, 6):
        assert read(str(last)) == (everything[-last:], True)
    for last in (6, 7, 1000):
        assert read(str(last)) == (everything, False)
    for wrong in ("0", "-1", "x", ""):
        assert client.get(f"{API}/conversations/c1?last={wrong}").status_code == 400
    assert client.get(f"{API}/conversations/unknown?last=3").status_code == 404


def test_an_end_that_does_not_hang_together_is_read_with_all_the_rest(ask: Ask, client: FlaskClient) -> None:
    first = ask("Первый", conversation_id="c1")
    ask("Второй", conversation_id="c1")
    ask("Вместо второго", conversation_id="c1", parent_id=first.answer)

    def count(last: int) -> int:
        answer = client.get(f"{API}/conversations/c1?last={last}").json
        assert answer is not None
        assert answer.get("earlier", False) == (len(answer["messages"]) < 6)
        return len(answer["messages"])

    assert count(2) == 2, "the new question and its answer"
    assert count(3) == count(4) == 6, "the answer to another question before them"
    assert count(5) == 5, "what both follow"


def test_the_history_keeps_the_role_and_the_newest_turns_that_fit(ask: Ask) -> None:
    conversation = ask("начало " * 400, role="editor").conversation
    for number in range(6):
        ask(f"{number} " + "а" * 200, conversation_id=conversation, role="editor")
    sent = Scripted.requests[-1].messages
    assert sent[0].role == "system"
    assert sent[-1].text.startswith("5 ")
    assert 2 < len(sent) < 13
    assert sent[1].role == "user"


def test_conversations_are_listed_newest_first_in_pages(ask: Ask, client: FlaskClient) -> None:
    made = [ask(f"Беседа {number}").conversation for number in range(5)][::-1]
    seen, cursor = [], None
    while True:
        page = client.get(f"{API}/conversations", query_string={"limit": 2} | ({"before": cursor} if cursor else {})).json
        assert page is not None
        seen += [conversation["id"] for conversation in page["conversations"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made


def test_a_title_is_the_first_words_until_somebody_renames_it(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Как  сварить\nборщ?")
    address = f"{API}/conversations/{reply.conversation}"
    conversation = client.get(address).json
    assert conversation is not None
    assert conversation["conversation"]["title"] == "Как сварить борщ?"
    renamed = client.patch(address, json={"title": "Борщ", "revision": 1}).json
    assert renamed is not None
    assert (renamed["conversation"]["title"], renamed["conversation"]["revision"]) == ("Борщ", 2)
    assert client.patch(address, json={"title": "Щи", "revision": 1}).status_code == 409


def test_a_deleted_conversation_is_gone_and_can_be_brought_back(ask: Ask, client: FlaskClient) -> None:
    reply = ask("Привет")
    address = f"{API}/conversations/{reply.conversation}"
    assert client.delete(address).json == {"deleted": True}
    assert client.get(address).status_code == 404
    assert client.get(f"{API}/answers/{reply.answer}/events").status_code == 404
    listed = client.get(f"{API}/conversations").json
    assert listed is not None
    assert listed["conversations"] == []
    assert client.delete(address).status_code == 404
    assert client.post(f"{address}/restore", json={}).status_code == 200
    assert client.get(address).status_code == 200


def test_deleting_a_conversation_stops_what_is_being_written_in_it(client: FlaskClient) -> None:
    response = client.post(f"{API}/conversation", json=question("пиши бесконечно"))
    chunks = response.iter_encoded()
    events: list[dict[str, Any]] = []
    while not any(event["type"] == "text" for event in events):
        events += read_events(next(chunks))[0]
    address = f"{API}/conversations/{events[0]['conversation']}"
    assert client.delete(address).status_code == 200
    for chunk in chunks:
        events += read_events(chunk)[0]
    assert events[-1] == {"type": "finished", "state": "stopped", "reason": None}
    assert Scripted.closed == ["пиши бесконечно"]
    client.post(f"{address}/restore", json={})
    stored = client.get(address).json
    assert stored is not None
    assert (stored["messages"][1]["state"], stored["conversation"]["running"]) == ("stopped", False)
    assert stored["messages"][1]["text"].startswith("ещё "), "what was written is there when it is brought back"


def test_the_historical_body_gets_bare_text(client: FlaskClient) -> None:
    body = {
        "conversation_id": "aaaaaaaa-bbbb-4ccc-8ddd-18c2a4b1e00",
        "action": "_ask",
        "model": "scripted",
        "jailbreak": "default",
        "meta": {
            "id": "7264872364823",
            "content": {
                "conversation": [{"role": "user", "content": "Раз"}, {"role": "assistant", "content": "Два"}],
                "internet_access": False,
                "content_type": "text",
                "parts": [{"content": "Привет", "role": "user"}],
            },
        },
    }
    response = client.post(f"{API}/conversation", json=body)
    assert response.mimetype == "text/event-stream"
    assert response.data.decode() == "Привет! Как дела?"
    assert [message.text for message in Scripted.requests[-1].messages] == ["Раз", "Два", "Привет"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"model": "нет-такой"}, 400, "model_unknown"),
        ({"provider": "Никто"}, 400, "provider_unknown"),
        ({"jailbreak": "gpt-evil"}, 400, "role_unknown"),
        ({"model": "keyed", "provider": "Keyed"}, 409, "key_missing"),
        ({"model": 5}, 400, "bad_request"),
        ({"modle": "x"}, 400, "unknown_field"),
        ({"meta": {"content": {"parts": []}}}, 400, "bad_request"),
    ],
)
def test_a_refusal_has_one_shape_and_the_historical_one_where_it_is_expected(
    client: FlaskClient, change: dict[str, Any], status: int, code: str
) -> None:
    modern = client.post(f"{API}/conversation", json=question("Привет") | change)
    if modern.status_code == 200:  # found out by asking the provider: the answer itself failed
        assert read_events(modern.data)[0][-1]["code"] == code
    else:
        assert modern.json is not None
        assert (modern.status_code, modern.json["error"]["code"]) == (status, code)
        assert set(modern.json["error"]) >= {"code", "message", "request_id"}
    old = client.post(f"{API}/conversation", json=question("Привет", format="text") | change)
    assert old.status_code == status
    assert old.json is not None
    assert (old.json["_action"], old.json["success"], old.json["code"]) == ("_ask", False, code)


def test_an_error_before_the_first_word_is_a_real_status_for_old_programs(client: FlaskClient) -> None:
    response = client.post(f"{API}/conversation", json=question("тут предел", format="text"))
    assert response.status_code == 429
    assert response.json is not None
    assert response.json["code"] == "rate_limited"


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"\xff",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"model":"\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"9" * 10_000,
        b"",
    ],
)
def test_a_body_that_is_no_proper_json_is_a_400(client: FlaskClient, data: bytes) -> None:
    response = client.post(f"{API}/conversation", data=data, content_type="application/json")
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"]["code"] in ("bad_json", "bad_request")


def test_a_body_that_is_too_large_is_refused(client: FlaskClient, services: Services) -> None:
    large = question("а" * services.settings.max_body_bytes)
    response = client.post(f"{API}/conversation", data=json.dumps(large), content_type="application/json")
    assert response.status_code == 413
    assert response.json is not None
    assert response.json["error"]["code"] == "body_too_large"


def test_what_was_running_when_the_process_ended_is_interrupted_with_its_text(ask: Ask, services: Services) -> None:
    services.store.open_answer(NewAnswer("owner", "c", "t", "q", "Вопрос", None, "a", "m", "p", "default", {}, 1.0))
    rows = [("text", "полов"), ("text", "ина")]
    events = [("a", seq, kind, data) for seq, (kind, data) in enumerate(rows, 2)]
    services.store.append(events, []).result()
    assert services.runner.restore() == 1
    answer = services.conversations.answer("owner", "a")
    assert (answer.state, answer.code, answer.text, answer.seq) == ("interrupted", "server_restarted", "половина", 4)
    assert services.store.place_of("owner", "a") == Opened("c", "q", "a", existed=True)
    assert services.runner.restore() == 0


def test_an_answer_says_who_it_is_even_if_the_process_ended_with_the_acknowledgement(
    services: Services, client: FlaskClient
) -> None:
    services.store.open_answer(NewAnswer("owner", "c", "t", "q", "Вопрос", None, "a", "m", "p", "default", {}, 1.0))
    assert services.runner.restore() == 1
    events, ids = read_events(client.get(f"{API}/answers/a/events?after=0").data)
    assert ids == [1, 2]
    assert events[0] == {"type": "started", "conversation": "c", "question": "q", "answer": "a"}
    assert events[1] == {"type": "failed", "state": "interrupted", "code": "server_restarted"}


def test_another_owners_row_is_no_row(ask: Ask, services: Services) -> None:
    reply = ask("Привет")
    store = services.store
    assert store.conversation("bob", reply.conversation) is None
    assert list(store.messages("bob", reply.conversation)) == []
    assert store.answer("bob", reply.answer) is None
    assert store.place_of("bob", reply.answer) is None
    assert list(store.conversations("bob", 10, None)) == []
    assert store.change("bob", reply.conversation, Change(title="x"), None, 0.0) is None
    assert not store.delete("bob", reply.conversation, 0.0)
    assert store.restore("bob", reply.conversation) is None
    assert store.conversation("owner", reply.conversation) is not None


def test_folded_events_become_one_snapshot(ask: Ask, client: FlaskClient, services: Services) -> None:
    reply = ask("Привет")
    services.store.purge(events_before=2e10, deleted_before=0)
    events, ids = read_events(client.get(f"{API}/answers/{reply.answer}/events?after=3").data)
    assert [event["type"] for event in events] == ["snapshot"]
    assert events[0]["message"]["text"] == reply.text
    assert ids == [reply.ids[-1]]
    assert read_events(client.get(f"{API}/answers/{reply.answer}/events?after={reply.ids[-1]}").data) == ([], [])


def test_an_answer_that_broke_off_is_gone_on_with(ask: Ask, client: FlaskClient) -> None:
    broken = ask("тут обрыв")
    assert broken.events[-1]["state"] == "interrupted"
    response = client.post(f"{API}/answers/{broken.answer}/continue", json={"model": "other"})
    events, ids = read_events(response.data)
    assert events[0] == {"type": "seam", "from": "Scripted", "to": "Scripted", "code": "provider_server_failed"}
    assert ids[0] == broken.ids[-1] + 1
    asked = Scripted.requests[-1].messages
    assert [message.role for message in asked] == ["user", "assistant", "user"]
    assert asked[1].text == "Начало"
    stored = client.get(f"{API}/conversations/{broken.conversation}").json
    assert stored is not None
    answer = stored["messages"][1]
    assert answer["text"] == "Начало" + "".join(event["text"] for event in events if event["type"] == "text")
    assert answer["seams"] == [{"at": 6, "from": "Scripted", "to": "Scripted", "code": "provider_server_failed"}]
    assert (answer["state"], answer["code"], answer["model"]) == ("complete", None, "other")
    everything, all_ids = read_events(client.get(f"{API}/answers/{broken.answer}/events?after=0").data)
    assert all_ids == list(range(1, ids[-1] + 1))
    assert everything == broken.events + events


def test_a_continuation_that_dies_without_an_event_ends_behind_a_seam(ask: Ask, client: FlaskClient, services: Services) -> None:
    broken = ask("тут обрыв")
    services.conversations.proceed("owner", broken.answer, "Scripted")
    assert services.runner.restore() == 1
    events, ids = read_events(client.get(f"{API}/answers/{broken.answer}/events?after={broken.ids[-1]}").data)
    assert events == [
        {"type": "seam", "from": "Scripted", "to": "Scripted", "code": "provider_server_failed"},
        {"type": "failed", "state": "interrupted", "code": "server_restarted"},
    ]
    assert ids == [broken.ids[-1] + 1, broken.ids[-1] + 2]
    answer = services.conversations.answer("owner", broken.answer)
    assert (answer.text, answer.state, answer.seq, len(answer.seams)) == (broken.text, "interrupted", ids[-1], 1)


def test_a_continuation_that_could_not_be_started_ends_behind_its_seam(
    ask: Ask, client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = ask("тут обрыв")

    def fail(*_: object) -> None:
        raise ApiError("internal", 500)

    monkeypatch.setattr(services.runner, "proceed", fail)
    assert client.post(f"{API}/answers/{broken.answer}/continue", json={}).status_code == 500
    events, _ = read_events(client.get(f"{API}/answers/{broken.answer}/events?after={broken.ids[-1]}").data)
    assert [event["type"] for event in events] == ["seam", "failed"]


def test_a_continued_answer_is_whole_even_when_its_first_events_are_gone(ask: Ask, client: FlaskClient, services: Services) -> None:
    broken = ask("тут обрыв")
    services.store.purge(events_before=2e10, deleted_before=0)
    client.post(f"{API}/answers/{broken.answer}/continue", json={"model": "other"}).get_data()
    stored = client.get(f"{API}/conversations/{broken.conversation}").json
    assert stored is not None
    assert stored["messages"][1]["text"].startswith("Начало")
    events, ids = read_events(client.get(f"{API}/answers/{broken.answer}/events?after=1").data)
    assert [event["type"] for event in events] == ["snapshot"]
    assert events[0]["message"]["text"] == stored["messages"][1]["text"]
    assert ids == [stored["messages"][1]["seq"]]


def test_an_answer_that_is_being_written_cannot_be_gone_on_with(client: FlaskClient) -> None:
    response = client.post(f"{API}/conversation", json=question("пиши бесконечно"))
    chunks = response.iter_encoded()
    events: list[dict[str, Any]] = []
    while not events:
        events += read_events(next(chunks))[0]
    address = f"{API}/answers/{events[0]['answer']}"
    assert client.post(f"{address}/continue", json={}).status_code == 409
    client.post(f"{address}/stop", json={})
    response.close()


def test_an_answer_is_written_again_with_the_role_it_was_asked_with(ask: Ask, client: FlaskClient) -> None:
    first = ask("Раз", role="editor")
    client.post(f"{API}/answers/{first.answer}/regenerate", json={}).get_data()
    assert Scripted.requests[-1].messages[0] == Scripted.requests[-2].messages[0]
    assert Scripted.requests[-1].messages[0].role == "system"
