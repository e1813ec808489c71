"""Links for reading: what they show, to whom, until when; and that they open nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from g4f.chat import Citation, Usage
from server import running_app, wire
from server.context import KEY, Services
from server.conversations import Answer, Conversation, Message, Question
from server.errors import ApiError, NotFound
from server.settings import Settings
from server.sharing import DAY, WRONG_TOKENS, Guesses, Sharing
from server.shown import KeptShare
from server.storage.shares import Shares
from tests.server.conftest import PROVIDERS, Ask

API = "/backend-api/v2"
PASSWORD = "Любимый ёжик 2026"
NOW = 1_795_000_000.0


def tree(services: Services, identity: str = "c", title: str = "Ёлка") -> str:
    """Two questions, the second answered twice: the newest branch ends with ``<identity>5``."""
    said = Usage(1, 2, 0, 0.5)
    one, two, three, four, five = (f"{identity}{number}" for number in range(1, 6))
    messages: list[Message] = [
        Question(one, None, "Первый", NOW),
        Answer(two, one, "Раз", NOW, "complete", "p", "m", "tutor", "думаю", (Citation("https://a.example/", "A"),), usage=said),
        Question(three, two, "Второй", NOW),
        Answer(four, three, "Два", NOW, "complete", "p", "m"),
        Answer(five, three, "Два иначе", NOW, "failed", "p", "m", code="key_rejected"),
    ]
    arrived = Conversation(identity, title, "m", "p", "tutor", NOW, NOW)
    services.store.import_conversations("owner", [(arrived, messages)])
    return identity


def share(client: FlaskClient, conversation: str, **body: Any) -> dict[str, Any]:
    response = client.post(f"{API}/conversations/{conversation}/shares", json=body)
    assert response.status_code == 201, response.json
    found: dict[str, Any] = response.json["share"]
    return found


def token(made: dict[str, Any]) -> str:
    assert made["path"].startswith("s/")
    return str(made["path"][2:])


def shown(client: FlaskClient, made: dict[str, Any]) -> list[str]:
    response = client.get(f"{API}/shared/{token(made)}")
    assert response.status_code == 200, response.json
    return [message["text"] for message in response.json["messages"]]


def is_gone(client: FlaskClient, secret: str) -> bool:
    response = client.get(f"{API}/shared/{secret}")
    assert response.status_code in (200, 404)
    return response.status_code == 404


def test_a_link_shows_the_branch_down_to_its_leaf_and_never_more(client: FlaskClient, services: Services, ask: Ask) -> None:
    tree(services)
    newest, other, short = share(client, "c"), share(client, "c", leaf="c4"), share(client, "c", leaf="c2")
    ask("Третий", conversation_id="c", parent_id="c4")
    assert shown(client, newest) == ["Первый", "Раз", "Второй", "Два иначе"]
    assert shown(client, other) == ["Первый", "Раз", "Второй", "Два"]
    assert shown(client, short) == ["Первый", "Раз"]


def test_it_shows_words_and_who_answered_but_nothing_of_the_owner(client: FlaskClient, services: Services) -> None:
    tree(services)
    response = client.get(f"{API}/shared/{token(share(client, 'c'))}")
    assert set(response.json) == {"title", "created_at", "shared_at", "messages"}
    question, answer, _, failed = response.json["messages"]
    assert set(question) == {"role", "text", "created_at"}
    assert (answer["model"], answer["provider"]) == ("m", "p")
    assert answer["citations"] == [{"url": "https://a.example/", "title": "A"}]
    assert set(answer) == {
        "role", "text", "reasoning", "state", "reason", "provider", "model", "citations", "edited", "created_at"
    }  # fmt: skip
    assert failed["state"] == "failed"
    for private in ("key_rejected", "tutor", "c1", "c2", "думаю", "prompt_tokens"):
        assert private not in json.dumps(response.json, ensure_ascii=False)


def test_reasoning_is_shown_only_when_the_owner_says_so(client: FlaskClient, services: Services) -> None:
    tree(services)
    with_it = share(client, "c", reasoning=True)
    assert with_it["reasoning"] is True
    assert share(client, "c")["reasoning"] is False
    answer = client.get(f"{API}/shared/{token(with_it)}").json["messages"][1]
    assert answer["reasoning"] == "думаю"
    assert is_gone(client, "a" + token(with_it)[1:])
    without = token(share(client, "c"))
    assert is_gone(client, "r" + without[1:])


def test_an_answer_that_is_being_written_is_not_shared(client: FlaskClient, services: Services) -> None:
    tree(services)
    written = Answer("c6", "c3", "Пишу", NOW, "running", "p", "m")
    services.store.import_conversations("owner", [(Conversation("c", "Ёлка", "m", "p", "", NOW, NOW), [written])])
    response = client.post(f"{API}/conversations/c/shares", json={"leaf": "c6"})
    assert (response.status_code, response.json["error"]["code"]) == (409, "conflict")
    assert shown(client, share(client, "c", leaf="c4"))[-1] == "Два"


def test_what_an_answer_was_gone_on_with_later_stays_private(client: FlaskClient, ask: Ask) -> None:
    said = ask("Скажи всё")
    made = share(client, said.conversation)
    before = shown(client, made)[-1]
    assert client.post(f"{API}/answers/{said.answer}/continue", json={}).get_data()
    answer = client.get(f"{API}/shared/{token(made)}").json["messages"][-1]
    assert (answer["text"], answer["citations"]) == (before, [])
    assert shown(client, share(client, said.conversation))[-1] == before + "Привет! Как дела?"


@pytest.mark.parametrize("ahead", [-DAY, 0.0, DAY])
def test_a_link_knows_what_came_later_whatever_the_clock_said(
    client: FlaskClient, services: Services, ask: Ask, ahead: float
) -> None:
    """``ahead``: by how much the clock was wrong while the links were made."""
    sharing = Sharing(Shares(services.database), services.conversations, enabled=True, clock=lambda: time.time() + ahead)

    def shows(made: KeptShare) -> str:
        return shown(client, wire.share_to_json(made))[-1]

    said = ask("Скажи всё")
    first = sharing.create("owner", said.conversation, None, None)
    before = shows(first)
    assert client.post(f"{API}/answers/{said.answer}/continue", json={}).get_data()
    second = sharing.create("owner", said.conversation, None, None)
    assert shows(first) == before
    assert shows(second) == before + "Привет! Как дела?"
    assert second in sharing.of_owner("owner")


def test_a_reader_is_told_which_answer_a_person_has_rewritten(client: FlaskClient, services: Services) -> None:
    tree(services)
    client.post(f"{API}/answers/c4/edit", json={"id": "c6", "text": "Два по-моему"})
    messages = client.get(f"{API}/shared/{token(share(client, 'c'))}").json["messages"]
    assert [(each["text"], each.get("edited")) for each in messages[1::2]] == [("Раз", False), ("Два по-моему", True)]


@pytest.mark.parametrize("path", ["/home/ivan/models/qwen3.gguf", "C:\\Users\\ivan\\qwen3.GGUF"])
def test_the_folders_of_the_owner_stay_private(client: FlaskClient, services: Services, path: str) -> None:
    question = Question("q", None, "Кто ты?", NOW)
    answer = Answer("a", "q", "Я", NOW, "complete", "LlamaCpp", path)
    services.store.import_conversations("owner", [(Conversation("c", "Кто", path, "LlamaCpp", "", NOW, NOW), [question, answer])])
    response = client.get(f"{API}/shared/{token(share(client, 'c'))}")
    assert response.json["messages"][1]["model"] == "qwen3"
    assert "ivan" not in response.text


def test_revoking_works_at_once_and_can_be_undone(client: FlaskClient, services: Services) -> None:
    tree(services)
    made, other = share(client, "c"), share(client, "c")
    assert client.delete(f"{API}/shares/{made['id']}").json == {"revoked": True}
    assert is_gone(client, token(made))
    assert not is_gone(client, token(other))
    assert [each["id"] for each in client.get(f"{API}/conversations/c/shares").json["shares"]] == [other["id"]]
    share(client, "c")  # making another one does not forget it
    response = client.patch(f"{API}/shares/{made['id']}", json={"expires_at": made["expires_at"]})
    assert response.json["share"] == made
    assert not is_gone(client, token(made))


def test_a_link_whose_conversation_is_deleted_meanwhile_is_not_found(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(services)
    made = share(client, "c")
    set_expiry = Shares.set_expiry

    def and_then_deleted(shares: Shares, *given: Any) -> bool:
        found = set_expiry(shares, *given)
        services.store.delete("owner", "c", NOW)
        return found

    monkeypatch.setattr(Shares, "set_expiry", and_then_deleted)
    assert client.patch(f"{API}/shares/{made['id']}", json={"expires_at": None}).status_code == 404


def test_a_name_one_regrets_is_gone_from_the_link_too(client: FlaskClient, services: Services) -> None:
    tree(services)
    made = share(client, "c")
    client.patch(f"{API}/conversations/c", json={"title": "Берёза"})
    assert client.get(f"{API}/shared/{token(made)}").json["title"] == "Берёза"


def test_a_link_ends_when_it_was_told_to(services: Services) -> None:
    tree(services)
    now = [NOW]
    sharing = Sharing(Shares(services.database), services.conversations, enabled=True, clock=lambda: now[0])
    made = sharing.create("owner", "c", None, 3600).share
    assert made.expires_at == NOW + 3600
    now[0] += 3599.9
    assert sharing.read(made.token, "a").title == "Ёлка"
    now[0] = NOW + 3600
    with pytest.raises(NotFound):
        sharing.read(made.token, "a")
    assert sharing.of_owner("owner") == []
    now[0] += DAY + 1
    sharing.create("owner", "c", None, None)
    with pytest.raises(NotFound):  # forgotten
        sharing.set_expiry("owner", made.id, None)


STRANGE: list[dict[str, Any]] = [{"expires_in": 0}, {"expires_in": -1}, {"expires_in": 1.5}, {"expires_in": 1 << 60}, {"leaf": 1}]


@pytest.mark.parametrize("body", STRANGE)
def test_a_strange_request_makes_no_link(client: FlaskClient, services: Services, body: dict[str, Any]) -> None:
    tree(services)
    assert client.post(f"{API}/conversations/c/shares", json=body).status_code == 400
    assert client.get(f"{API}/shares").json == {"shares": [], "enabled": True}


def test_a_leaf_of_another_conversation_is_not_found(client: FlaskClient, services: Services) -> None:
    tree(services)
    tree(services, "d")
    for conversation, leaf in (("c", "d5"), ("c", "nobody"), ("nobody", None)):
        body = {} if leaf is None else {"leaf": leaf}
        assert client.post(f"{API}/conversations/{conversation}/shares", json=body).status_code == 404
    assert client.get(f"{API}/conversations/nobody/shares").status_code == 404


def test_somebody_elses_links_are_not_there(client: FlaskClient, services: Services) -> None:
    tree(services)
    made = share(client, "c")
    sharing = services.sharing
    assert sharing.of_owner("other") == []
    for deed in (
        lambda: sharing.revoke("other", made["id"]),
        lambda: sharing.set_expiry("other", made["id"], None),
        lambda: sharing.create("other", "c", None, None),
        lambda: sharing.of_conversation("other", "c"),
    ):
        with pytest.raises(NotFound):
            deed()
    assert not is_gone(client, token(made))


def test_links_of_a_deleted_conversation_end_and_come_back_with_it(client: FlaskClient, services: Services) -> None:
    tree(services)
    made = share(client, "c")
    client.delete(f"{API}/conversations/c")
    assert is_gone(client, token(made))
    assert client.get(f"{API}/shares").json["shares"] == []
    client.post(f"{API}/conversations/c/restore")
    assert shown(client, made)[0] == "Первый"
    assert client.get(f"{API}/shares").json["shares"] == [made]


def test_all_links_that_show_nothing_look_alike(client: FlaskClient, services: Services) -> None:
    tree(services)
    tree(services, "d")
    revoked, deleted = share(client, "c"), share(client, "d")
    client.delete(f"{API}/shares/{revoked['id']}")
    client.delete(f"{API}/conversations/d")
    answers = []
    for secret in (token(revoked), token(deleted), "a" * 33, "x", "%00", "..", "a" * 3000):
        response = client.get(f"{API}/shared/{secret}")
        body = response.json
        body["error"].pop("request_id")
        headers = {name: value for name, value in response.headers.items() if name not in ("X-Request-ID", "Content-Length")}
        answers.append((response.status_code, json.dumps(body), headers))
    assert all(answer == answers[0] for answer in answers[:4])
    assert {answer[0] for answer in answers} == {404}


def test_what_a_link_answers_is_kept_nowhere_and_found_by_nobody(client: FlaskClient, services: Services) -> None:
    tree(services)
    headers = client.get(f"{API}/shared/{token(share(client, 'c'))}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers


def test_the_log_does_not_know_the_links(client: FlaskClient, services: Services, caplog: pytest.LogCaptureFixture) -> None:
    tree(services)
    made = token(share(client, "c"))
    with caplog.at_level("DEBUG"):
        client.get(f"/s/{made}")
        client.get(f"{API}/shared/{made}")
    paths = [vars(record)["path"] for record in caplog.records if "path" in vars(record)]
    assert paths == ["/s/<token>", f"{API}/shared/<token>"]
    assert made not in caplog.text


def test_tokens_are_long_random_and_never_the_same(client: FlaskClient, services: Services) -> None:
    tree(services)
    made = {token(share(client, "c")) for _ in range(20)}
    assert len(made) == 20
    assert all(len(each) == 33 for each in made)  # a letter and 192 bits


@pytest.fixture
def closed(settings: Settings) -> Iterator[Flask]:
    with running_app(replace(settings, owner_password=PASSWORD), PROVIDERS) as app:
        yield app


def test_without_a_login_the_token_opens_this_branch_and_nothing_else(closed: Flask) -> None:
    services: Services = closed.extensions[KEY]
    tree(services)
    secret = services.sharing.create("owner", "c", "c2", None).share.token
    stranger = closed.test_client()
    assert len(stranger.get(f"{API}/shared/{secret}").json["messages"]) == 2
    doors = (
        *("conversations", "conversations/c", "conversations/c/export", f"conversations/{secret}"),
        *("shares", f"shares/{secret}", "export", "search?q=Два", "models"),
    )
    for door in doors:
        for headers in ({}, {"Authorization": f"Bearer {secret}"}, {"Cookie": f"freegpt_session_0={secret}"}):
            assert stranger.get(f"{API}/{door}", headers=headers).status_code in (401, 405), door
    assert stranger.post(f"{API}/conversations/c/shares", json={}).status_code == 401
    assert stranger.delete(f"{API}/shared/{secret}").status_code in (401, 405)
    assert stranger.get(f"{API}/shared/{secret}", headers={"Host": "evil.example"}).status_code == 421


def test_sharing_can_be_switched_off(settings: Settings) -> None:
    with running_app(settings, PROVIDERS) as app:
        tree(app.extensions[KEY])
        made = share(app.test_client(), "c")
    with running_app(replace(settings, sharing=False), PROVIDERS) as app:
        client = app.test_client()
        refused = client.post(f"{API}/conversations/c/shares", json={})
        assert (refused.status_code, refused.json["error"]["code"]) == (403, "sharing_off")
        assert is_gone(client, token(made))
        assert client.get(f"{API}/shares").json == {"shares": [made], "enabled": False}


def test_whoever_guesses_has_to_wait_and_whoever_reloads_has_not(client: FlaskClient, services: Services) -> None:
    tree(services)
    made = share(client, "c")
    for _ in range(WRONG_TOKENS * 2):
        assert is_gone(client, "a" * 33)
    for number in range(WRONG_TOKENS - 1):
        assert is_gone(client, f"{number}")
    for secret in ("another", token(made)):
        response = client.get(f"{API}/shared/{secret}")
        assert (response.status_code, response.json["error"]["code"]) == (429, "too_many_attempts")
        assert int(response.headers["Retry-After"]) > 0
    elsewhere = client.get(f"{API}/shared/{token(made)}", environ_overrides={"REMOTE_ADDR": "10.1.2.3"})
    assert elsewhere.status_code == 200


def test_guesses_are_forgotten_and_never_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.sharing.MOST_SOURCES", 3)
    guesses = Guesses()
    for number in range(WRONG_TOKENS):
        guesses.note("a", str(number), NOW)
    assert guesses.opens_at("a", NOW) > NOW
    for source in "bcd":
        guesses.note(source, "x", NOW)
    assert guesses.opens_at("a", NOW) == 0


def test_who_guessed_while_the_clock_was_ahead_is_not_kept_out_for_so_long() -> None:
    guesses = Guesses()
    for number in range(WRONG_TOKENS):
        guesses.note("a", str(number), NOW + DAY)
    assert guesses.opens_at("a", NOW) == 0
    for number in range(WRONG_TOKENS):
        guesses.note("a", str(number), NOW)
    assert guesses.opens_at("a", NOW) > NOW
    assert guesses.opens_at("a", NOW + DAY) < NOW + DAY  # what was noted under the wrong time is forgotten


def test_a_hostile_conversation_is_told_as_it_is(client: FlaskClient, services: Services) -> None:
    title = "</title><script>alert(1)</script>\r\nSet-Cookie: x=1"
    tree(services, title=title)
    response = client.get(f"{API}/shared/{token(share(client, 'c'))}")
    assert response.json["title"] == title
    assert response.mimetype == "application/json"


def test_another_branch_can_be_taken_as_markdown(client: FlaskClient, services: Services) -> None:
    tree(services)
    assert "Два иначе" in client.get(f"{API}/conversations/c/export?format=md").text
    other = client.get(f"{API}/conversations/c/export?format=md&leaf=c4").text
    assert "\nДва\n" in other
    assert "Два иначе" not in other
    assert "думаю" in other
    assert "думаю" not in client.get(f"{API}/conversations/c/export?format=md&reasoning=0").text
    assert client.get(f"{API}/conversations/c/export?format=md&leaf=d1").status_code == 404


def test_the_rules_refuse_in_their_own_words(services: Services) -> None:
    tree(services)
    off = Sharing(Shares(services.database), services.conversations, enabled=False)
    with pytest.raises(ApiError) as refused:
        off.create("owner", "c", None, None)
    assert refused.value.code == "sharing_off"
