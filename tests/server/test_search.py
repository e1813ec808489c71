"""The search: word forms, phrases, snippets, filters, and an index that says what the messages say."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from server.context import Services
from server.conversations import Answer, Ask, Conversation, Conversations, Ended, Message, Question
from server.finding import Change, Found, Wanted
from server.storage import search, words
from server.storage.database import FILE_NAME, Database, temporary
from server.storage.migrate import upgrade
from server.storage.store import SqlStore
from tests.server.conftest import Ask as AskByWire

API = "/backend-api/v2"

# What is typed, and what is written in the conversation.
PAIRS = """
    елка Ёлка · расскажешь Расскажи · модели модель · ёж ежей · зеленые зелёный · ПРИВЕТ привет · кошка кошку · кошек кошками
    книги книга · книгой книг · программирование программирования · программист программистами · красивая красивый
    красивого красивые · быстро быстрый · ответы ответ · ответами ответов · вопросы вопрос · беседа беседы · беседах беседу
    напишешь Напиши · напишут напишем · покажет Покажи · найдёшь найди · переводы перевод · переведи переведите
    установка установки · установить установил · настройки настройка · настроек настройками · сервера сервер · серверами серверу
    ключи ключ · ключом ключей · картинки картинка · картинок картинкой · путешествие путешествия · путешествием путешествий
    города город · городов городами · рецепты рецепт · функции функция · функциями функций · ошибка ошибку · ошибок ошибками
    таблицы таблица · список списком · работает работать · работали работает · объясни объяснить · за́мок замок
    model models · model's models · running run · runs running · questions question · answered answers · cities city
    libraries library · Python PYTHON · connected connection · generating generate · errors error · cafe café · files file
"""
SPLIT = [tuple(pair.split()) for line in PAIRS.strip().splitlines() for pair in line.split("·")]


def conversation(identity: str, title: str = "Без названия", moment: float = 1000.0, **more: Any) -> Conversation:
    return Conversation(identity, title, "m", "p", "default", moment, moment, **more)


def keep(store: SqlStore, identity: str, *texts: str, owner: str = "owner", moment: float = 1000.0, **more: Any) -> None:
    """A conversation of questions and answers in turn, a second apart."""
    messages: list[Message] = []
    for number, said in enumerate(texts):
        parent = messages[-1].id if messages else None
        name, at = f"{identity}-{number}", moment + number
        if number % 2:
            messages.append(Answer(name, str(parent), said, at, "complete", "p", "m", finished_at=at))
        else:
            messages.append(Question(name, parent, said, at))
    store.import_conversations(owner, [(conversation(identity, moment=moment, **more), messages)])


def find(store: SqlStore, wanted: str, limit: int = 20, owner: str = "owner", **more: Any) -> list[Found]:
    return store.search(owner, Wanted(wanted, **more), limit, None)[0]


def ids(found: Sequence[Found]) -> list[str]:
    return [each.message_id for each in found]


def marked(found: Found) -> list[str]:
    return [found.snippet[start:end] for start, end in found.ranges]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with temporary(tmp_path) as database:
        yield SqlStore(database)


def test_there_are_sixty_pairs_of_word_forms() -> None:
    assert len(SPLIT) >= 60
    assert all(len(pair) == 2 for pair in SPLIT)


def test_a_word_is_found_in_any_of_its_forms(store: SqlStore) -> None:
    for number, (_, written) in enumerate(SPLIT):
        keep(store, f"c{number}", f"Вот {written}, дальше.", moment=1000.0 + number)
    for number, (typed, written) in enumerate(SPLIT):
        found = {each.message_id: each for each in find(store, f"{typed} ", limit=100)}
        assert f"c{number}-0" in found, f"{typed} does not find {written}"
        assert written in marked(found[f"c{number}-0"])


@pytest.mark.parametrize(
    ("typed", "missed"), [("модели", "мода"), ("кот ", "который"), ("дом ", "домовой"), ("стол ", "столица"), ("run ", "runt")]
)
def test_another_word_is_not_found(store: SqlStore, typed: str, missed: str) -> None:
    keep(store, "c", missed)
    assert find(store, typed) == []


def test_a_word_is_found_while_it_is_typed(store: SqlStore) -> None:
    keep(store, "c", "Новогодняя ёлка в большом городе")
    assert all(ids(find(store, "новогодняя"[:length])) == ["c-0"] for length in range(2, 11))
    assert marked(find(store, "ёл")[0]) == ["ёлка"]
    assert find(store, "н") == []
    assert find(store, "новог ") == []
    assert ids(find(store, "большие ёл")) == ["c-0"]


def test_all_words_have_to_occur_and_a_phrase_side_by_side(store: SqlStore) -> None:
    keep(store, "a", "Белый снег идёт", moment=2.0)
    keep(store, "b", "Снег был белый", moment=1.0)
    assert ids(find(store, "белый снег")) == ["a-0", "b-0"]
    assert ids(find(store, '"белым снегом"')) == ["a-0"]
    assert ids(find(store, "«белый снег»")) == ["a-0"]
    assert ids(find(store, '"белый сне')) == ["a-0"]
    assert find(store, "белый песок") == []


def test_signs_without_spaces_and_names_with_hyphens_are_found(store: SqlStore) -> None:
    keep(store, "c", "如何安装模型？", "Возьмите gpt-4o-mini или файл_настроек.json")
    assert ids(find(store, "模型 ")) == ["c-0"]
    assert ids(find(store, "gpt-4o ")) == ["c-1"]
    assert find(store, "4o-gpt ") == []
    assert ids(find(store, "настройка.json ")) == ["c-1"]


def test_a_snippet_shows_the_place_and_ranges_count_characters(store: SqlStore) -> None:
    keep(store, "c", "🎄 " * 300 + "а вот ёлочная игрушка и сама Ёлка 🎄 " + "дальше " * 100)
    (found,) = find(store, "елка игрушки ")
    assert len(found.snippet) <= words.SNIPPET
    assert marked(found) == ["игрушка", "Ёлка"]


def test_a_long_phrase_is_marked_where_it_stands(store: SqlStore) -> None:
    keep(store, "c", "снег " * 100 + "белый белый снег на ёлке в лесу " + "дальше " * 100)
    (found,) = find(store, '"белый снег на ёлке в лесу"')
    assert marked(found) == ["белый", "снег", "на", "ёлке", "в", "лесу"]
    assert marked(find(store, '"белый белый"')[0]) == ["белый", "белый"]


@pytest.mark.timeout(30)
def test_a_text_that_says_one_word_only_is_found_at_once() -> None:
    query = words.parse("模 " * words.MOST_PHRASES)
    for _ in range(3):  # as on a page of results
        shown, ranges = words.snippet(query, "模" * words.SEARCHED)
        assert len(ranges) == len(shown)
    assert words.parse("раз раз раз ") == words.parse("раз ")


def test_a_title_finds_its_conversation_once_and_a_new_title_replaces_it(store: SqlStore) -> None:
    keep(store, "c", "Куда поехать?", "На Онегу", title="Поездка в Карелию")
    (found,) = find(store, "карелия")
    assert (found.message_id, found.ranges) == ("c-0", [])
    assert [found.title[start:end] for start, end in found.title_ranges] == ["Карелию"]
    store.change("owner", "c", Change(title="Отпуск"), None, 0.0)
    assert find(store, "карелия") == []
    assert ids(find(store, "отпуска")) == ["c-0"]


def test_the_newest_come_first_and_every_page_goes_on_where_the_last_ended(store: SqlStore) -> None:
    for number in range(7):
        keep(store, f"c{number}", "погода", "такая погода", moment=1000.0 + (number * 37) % 7 * 10)
    seen, before = [], None
    while True:
        page, before = store.search("owner", Wanted("погода"), 3, before)
        seen += page
        if before is None:
            break
    assert len({each.message_id for each in seen}) == 14
    assert [each.created_at for each in seen] == sorted((each.created_at for each in seen), reverse=True)


def test_the_best_come_first_when_asked(store: SqlStore) -> None:
    keep(store, "often", "дождь дождь дождь", moment=1.0)
    keep(store, "once", "много разных других слов и среди них дождь", moment=2.0)
    assert ids(find(store, "дождь ")) == ["once-0", "often-0"]
    assert ids(find(store, "дождь ", by_rank=True)) == ["often-0", "once-0"]
    first, after = store.search("owner", Wanted("дождь ", by_rank=True), 1, None)
    second, end = store.search("owner", Wanted("дождь ", by_rank=True), 1, after)
    assert (ids(first), ids(second), end) == (["often-0"], ["once-0"], None)


def test_filters_narrow(store: SqlStore) -> None:
    keep(store, "old", "дождь", moment=1000.0)
    keep(store, "new", "дождь", moment=2000.0)
    store.change("owner", "old", Change(archived=True, folder="Погода"), None, 5.0)
    assert ids(find(store, "дождь", since=1500.0)) == ["new-0"]
    assert ids(find(store, "дождь", until=2000.0)) == ["old-0"]
    assert ids(find(store, "дождь", archived=True)) == ["old-0"]
    assert ids(find(store, "дождь", archived=False)) == ["new-0"]
    assert ids(find(store, "дождь", folder="Погода")) == ["old-0"]
    assert ids(find(store, "дождь", model="m")) == ["new-0", "old-0"]
    assert find(store, "дождь", model="other") == []


def test_a_stranger_finds_nothing(store: SqlStore) -> None:
    keep(store, "c", "секрет", title="Секрет")
    assert find(store, "секрет", owner="bob") == []
    assert ids(find(store, "секрет")) == ["c-0"]


def test_what_is_deleted_is_not_found_until_it_is_restored(store: SqlStore) -> None:
    keep(store, "c", "дождь")
    store.delete("owner", "c", 5.0)
    assert find(store, "дождь") == []
    store.restore("owner", "c")
    assert ids(find(store, "дождь")) == ["c-0"]


def test_what_is_purged_leaves_no_word_behind(store: SqlStore) -> None:
    keep(store, "c", "дождь", "да")
    keep(store, "d", "снег")
    store.delete("owner", "c", 5.0)
    store.purge(events_before=0.0, deleted_before=10.0)
    for table in ("search_entry", "search_index"):
        assert store.database.read(lambda c, t=table: c.execute(text(f"SELECT COUNT(*) FROM {t}")).scalar()) == 1
    assert ids(find(store, "снег")) == ["d-0"]


def test_a_question_is_found_at_once_and_its_answer_when_it_ends(ask: AskByWire, client: FlaskClient) -> None:
    reply = ask("Привет тебе, новогодняя ёлка")
    response = client.get(f"{API}/search", query_string={"q": "елки"}).json
    assert response is not None
    (found,) = response["results"]
    assert found == {
        "conversation": reply.conversation,
        "message_id": reply.events[0]["question"],
        "role": "user",
        "title": "Привет тебе, новогодняя ёлка",
        "title_ranges": [[24, 28]],
        "snippet": "Привет тебе, новогодняя ёлка",
        "ranges": [[24, 28]],
        "created_at": found["created_at"],
        "archived": False,
    }
    answers = client.get(f"{API}/search", query_string={"q": "дела"}).json
    assert answers is not None
    assert [(each["message_id"], each["role"]) for each in answers["results"]] == [(reply.answer, "assistant")]


def test_a_long_text_waits_for_the_indexer_and_is_found_after(store: SqlStore) -> None:
    keep(store, "c", "коротко", "дождь " + "слово " * search.AT_ONCE)
    assert ids(find(store, "коротко")) == ["c-0"]
    assert find(store, "дождь") == []
    while search.fill(store.database):
        pass
    assert ids(find(store, "дождь")) == ["c-1"]


def test_the_running_server_fills_the_index_by_itself(services: Services) -> None:
    keep(services.store, "c", "дождь " + "слово " * search.AT_ONCE, owner="owner")
    waiting = text("SELECT COUNT(*) FROM search_waiting")
    for _ in range(400):
        if not services.database.read(lambda connection: connection.execute(waiting).scalar()):
            break
        services.indexer._stopped.wait(0.05)
    assert ids(find(services.store, "дождь")) == ["c-0"]


def test_the_indexer_outlives_a_failure(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill = search.fill
    looks: list[Database] = []

    def failing_at_first(database: Database) -> int:
        looks.append(database)
        if len(looks) < 3:
            raise ValueError("this message cannot be entered")
        return fill(database)

    monkeypatch.setattr(search, "PAUSE", 0.01)
    monkeypatch.setattr(search, "fill", failing_at_first)
    keep(services.store, "c", "дождь " + "слово " * search.AT_ONCE, owner="owner")
    for _ in range(400):
        if find(services.store, "дождь"):
            break
        services.indexer._stopped.wait(0.05)
    assert ids(find(services.store, "дождь")) == ["c-0"]
    assert [record.levelname for record in caplog.records if record.name == search.__name__] == ["ERROR", "ERROR"]


def test_what_cannot_be_entered_keeps_nobody_from_searching(
    services: Services, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep(services.store, "c", "дождь")

    def failing(*_given: object) -> int:
        raise ValueError("this message cannot be entered")

    monkeypatch.setattr(search, "fill", failing)
    response = client.get(f"{API}/search", query_string={"q": "дождь"})
    assert [each["message_id"] for each in response.get_json()["results"]] == ["c-0"]
    assert "this message cannot be entered" in caplog.text


def test_what_changes_while_it_waits_is_entered_as_it_is_in_the_end(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, "c", "слово " * search.AT_ONCE, title="Прежнее")
    enter = search._enter_waiting

    def late(connection: Any, entries: Any) -> None:
        search.index_title(connection, "c")  # somebody else was quicker
        enter(connection, entries)

    store.database.write(lambda c: c.execute(text("UPDATE conversation SET title = 'Свежее'")))
    monkeypatch.setattr(search, "_enter_waiting", late)
    assert search.fill(store.database) == 1
    assert find(store, "свежее") == []
    monkeypatch.undo()
    while search.fill(store.database):
        pass
    assert ids(find(store, "свежее")) == ["c-0"]
    assert find(store, "прежнее") == []


def test_an_index_of_another_version_is_made_anew(tmp_path: Path) -> None:
    with temporary(tmp_path) as database:
        keep(SqlStore(database), "c", "дождь")
        database.write(lambda c: c.execute(text("UPDATE search_state SET version = 'older'")))
        database.write(lambda c: c.execute(text("DELETE FROM search_index")))
    with temporary(tmp_path) as database:
        store = SqlStore(database)
        assert find(store, "дождь") == []
        while search.fill(database):
            pass
        assert ids(find(store, "дождь")) == ["c-0"]


def test_a_database_of_the_first_version_is_taken_over_and_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.storage.database.HEAD", "0001")
    monkeypatch.setattr("server.storage.migrate.upgrade", lambda connection: upgrade(connection, "0001"))
    Database(tmp_path).close()
    monkeypatch.undo()
    with sqlite3.connect(tmp_path / FILE_NAME) as old:
        old.execute("INSERT INTO conversation VALUES ('c', 'owner', 'Старая беседа', 'm', 'p', 'default', 1000, 1001, 1, NULL)")
        old.execute("INSERT INTO message VALUES ('q', 'c', NULL, 1, 'user', 'Где растут ёлки?', '{}', 1000)")
        old.execute("INSERT INTO message VALUES ('a', 'c', 'q', 2, 'assistant', 'В лесу', '{}', 1001)")
        old.execute("INSERT INTO generation VALUES ('a', 1, 'complete', 'p', 'm', 'default', '{}', 'stop', NULL, 3, 1000, 1001)")
    old.close()
    with temporary(tmp_path) as database:
        store = SqlStore(database)
        while search.fill(database):
            pass
        assert ids(find(store, "елка")) == ["q"]
        assert ids(find(store, "лес")) == ["a"]
        kept = store.conversation("owner", "c")
        assert kept is not None
        assert (kept.pinned, kept.archived_at, kept.folder, kept.tags) == (False, None, "", ())


HOSTILE = [
    "", " ", '"', '""', "'", "*", "ёлка*", "^ёлка", "NEAR(a b)", "a NEAR/2 b", "AND", "OR NOT", "title:ёлка", "{title body}: x",
    "a + b", "-ёлка", "(", ")", "((((", "ёлка\x00снег", "\x00", "%", "_", ";DROP TABLE message", '"a" "b', "х" * 10_000,
    "слово " * 5_000, '"' * 1_000, "\ufffe\uffff", "½", "ﬁ", "İ", "ſ", "̆", "й" * 100, "٣", "𝔘𝔫𝔦", "a'", "''s", "’s",
]  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE)
def test_nothing_that_is_typed_breaks_the_search(client: FlaskClient, services: Services, typed: str) -> None:
    keep(services.store, "c", "Ёлка и снег", typed.replace("\x00", "") or "-", owner="owner")
    for order in ("newest", "best"):
        response = client.get(f"{API}/search", query_string={"q": typed, "order": order})
        assert response.status_code == 200, response.data


def test_half_a_character_in_the_address_is_only_a_strange_query(client: FlaskClient) -> None:
    assert client.get(f"{API}/search?q=%ED%A0%80%FF%00").status_code == 200


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.text(max_size=60), typed=st.text(max_size=30))
def test_every_text_can_be_kept_and_every_query_asked(store: SqlStore, said: str, typed: str) -> None:
    said = said.encode("utf-8", "replace").decode().replace("\x00", " ")
    keep(store, f"c{abs(hash(said))}", said)
    find(store, typed.encode("utf-8", "replace").decode())
    for found in find(store, said, limit=5):
        assert all(0 <= start < end <= len(found.snippet) for start, end in found.ranges)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=1000", "from=x", "to=nan", "to=1e999", "archived=yes", "order=worst"]
)
def test_a_wrong_parameter_is_named(client: FlaskClient, query: str) -> None:
    response = client.get(f"{API}/search?q=a&{query}")
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"]["values"]["name"] == query.split("=")[0]


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 19, "9" * 40, "٣"])
def test_a_cursor_from_elsewhere_is_refused(client: FlaskClient, cursor: str) -> None:
    response = client.get(f"{API}/search", query_string={"q": "a", "before": cursor})
    assert response.json is not None
    assert response.json["error"]["code"] == "bad_cursor"


def test_messages_of_one_moment_and_of_impossible_dates_are_all_kept(store: SqlStore) -> None:
    for number, moment in enumerate([5.0, 5.0, 5.0, -1e300, 1e300, 0.0]):
        keep(store, f"c{number}", "дождь", moment=moment)
    assert len(find(store, "дождь")) == 6


# The shelves


def test_a_conversation_is_pinned_archived_and_put_into_a_folder(ask: AskByWire, client: FlaskClient) -> None:
    reply = ask("Привет")
    address = f"{API}/conversations/{reply.conversation}"
    changed = client.patch(address, json={"pinned": True, "folder": " Работа  ", "tags": ["важное", "важное", " срочно "]}).json
    assert changed is not None
    kept = changed["conversation"]
    assert (kept["pinned"], kept["folder"], kept["tags"], kept["archived_at"]) == (True, "Работа", ["важное", "срочно"], None)
    assert kept["title"] == "Привет"
    listed = client.get(f"{API}/conversations").json
    assert listed is not None
    assert [each["id"] for each in listed["pinned"]] == [reply.conversation]
    archived = client.patch(address, json={"archived": True}).json
    assert archived is not None
    assert archived["conversation"]["archived_at"] > 0
    listed = client.get(f"{API}/conversations").json
    assert listed is not None
    assert (listed["conversations"], listed["next"], listed["pinned"]) == ([], None, [])
    there = client.get(f"{API}/conversations?archived=1").json
    assert there is not None
    assert [each["id"] for each in there["conversations"]] == [reply.conversation]


def test_a_question_brings_an_archived_conversation_back(ask: AskByWire, client: FlaskClient) -> None:
    reply = ask("Привет")
    client.patch(f"{API}/conversations/{reply.conversation}", json={"archived": True})
    ask("Ещё", conversation_id=reply.conversation)
    listed = client.get(f"{API}/conversations").json
    assert listed is not None
    assert [each["id"] for each in listed["conversations"]] == [reply.conversation]


def test_folders_and_tags_are_counted_and_narrow_the_list(store: SqlStore, ask: AskByWire, client: FlaskClient) -> None:
    places = [ask(word).conversation for word in ("раз", "два", "три")]
    for place, folder, tags in zip(places, ("Ёлки", "Ели", "Ёлки"), (["а"], ["а", "б"], []), strict=True):
        assert client.patch(f"{API}/conversations/{place}", json={"folder": folder, "tags": tags}).status_code == 200
    assert client.get(f"{API}/folders").json == {"folders": [{"name": "Ели", "count": 1}, {"name": "Ёлки", "count": 2}]}
    assert client.get(f"{API}/tags").json == {"tags": [{"name": "а", "count": 2}, {"name": "б", "count": 1}]}

    def listed(**query: str) -> set[str]:
        answer = client.get(f"{API}/conversations", query_string=query).json
        assert answer is not None
        return {each["id"] for each in answer["conversations"]}

    assert listed(folder="Ёлки") == {places[0], places[2]}
    assert listed(tag="б") == {places[1]}
    assert listed(folder="") == set()


@pytest.mark.parametrize(
    "body", [{}, {"pinned": 1}, {"tags": [""]}, {"tags": [" "]}, {"folder": "x" * 61}, {"tags": ["a"] * 21}, {"title": " "}]
)
def test_a_wrong_change_is_refused(ask: AskByWire, client: FlaskClient, body: dict[str, Any]) -> None:
    assert client.patch(f"{API}/conversations/{ask('Привет').conversation}", json=body).status_code == 400


def test_shelves_survive_an_import(store: SqlStore) -> None:
    keep(store, "c", "дождь", pinned=True, archived_at=7.0, folder="Погода", tags=("а",))
    kept = store.conversation("owner", "c")
    assert kept is not None
    assert (kept.pinned, kept.archived_at, kept.folder, kept.tags) == (True, 7.0, "Погода", ("а",))


def test_asking_by_the_domain_is_searched_too(store: SqlStore) -> None:
    Conversations(store).ask("owner", Ask("q", "Дожди", "m", "p", conversation_id="c"))
    assert search.fill(store.database) == 1
    assert ids(find(store, "дождь")) == ["q"]


def test_all_that_was_said_in_one_millisecond_is_entered_beside_what_is_there(store: SqlStore) -> None:
    keep(store, "c", "дождь")
    for each in ("d", "e", "f"):
        keep(store, each, "дождь " + "слово " * search.AT_ONCE)
    assert sorted(ids(find(store, "дождь"))) == ["c-0"]
    assert search.fill(store.database, characters=1 << 30) == 3
    assert sorted(ids(find(store, "дождь"))) == ["c-0", "d-0", "e-0", "f-0"]
    numbers = text("SELECT number FROM search_entry ORDER BY number")
    first, *rest = store.database.read(lambda connection: connection.execute(numbers).scalars().all())
    assert rest == [first + 1, first + 2, first + 3]


def test_what_was_said_just_before_a_kill_is_found_after_it(tmp_path: Path) -> None:
    """The entry is made later; that it has to be made is written down with the question and with the answer's end."""
    with temporary(tmp_path) as database:
        store = SqlStore(database)
        opened = Conversations(store).ask("owner", Ask("q", "Дожди", "m", "p", conversation_id="c"))
        row = (opened.answer_id, 2, "text", "Зонтики")
        store.append([row], [(opened.answer_id, Ended("interrupted", code="server_restarted"), 1.0)]).result()
    with temporary(tmp_path) as database:
        store = SqlStore(database)
        while search.fill(database):
            pass
        assert ids(find(store, "дождь")) == ["q"]
        assert ids(find(store, "зонтик")) == [opened.answer_id]


def test_an_answer_that_is_gone_on_with_is_found_by_all_it_says_and_once(store: SqlStore) -> None:
    opened = Conversations(store).ask("owner", Ask("q", "Дожди", "m", "p", conversation_id="c"))
    for seq, word in ((2, "Зонтики "), (4, "плащи")):  # the third event is the seam
        row = (opened.answer_id, seq, "text", word)
        store.append([row], [(opened.answer_id, Ended("stopped"), 1.0)]).result()
        assert search.fill(store.database)
        store.proceed("owner", opened.answer_id, "Guide", 2.0)
    for word in ("зонтик", "плащ"):
        assert ids(find(store, word)) == [opened.answer_id]


@given(st.from_regex(r"\A[0-9]{1,200}\Z"))
def test_a_number_is_its_own_stem_however_long(number: str) -> None:
    assert words.stem(number) == words.plain(number)[: words.LONGEST_WORD]
