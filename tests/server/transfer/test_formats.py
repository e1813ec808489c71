"""One made-up file of every program that we can read: its branches, dates, thoughts and failures arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.conversations import Answer
from server.transfer import detect
from server.transfer.values import Arrival, Unknown

NOW = 1_800_000_000.0
BORN = 1_700_000_000  # seconds
DAY = "2023-11-14T22:13:20.000000Z"  # the same


def read(value: Any) -> tuple[str, list[Arrival]]:
    name, arrivals = detect.read(json.dumps(value).encode(), owner="owner", now=NOW)
    return name, list(arrivals)


def outline(arrival: Arrival) -> str:
    """The tree, one message a line, indented by its depth."""
    children: dict[str | None, list[Any]] = {}
    for message in arrival.messages:
        children.setdefault(message.parent_id, []).append(message)

    def lines(parent: str | None, depth: int) -> Iterator[str]:
        for message in children.get(parent, ()):
            state = f" ({message.state})" if isinstance(message, Answer) and message.state != "complete" else ""
            yield f"{'  ' * depth}{'<' if isinstance(message, Answer) else '>'} {message.text}{state}"
            yield from lines(message.id, depth + 1)

    return "\n".join(lines(None, 0))


def answers(arrival: Arrival) -> list[Answer]:
    return [message for message in arrival.messages if isinstance(message, Answer)]


def node(key: str, parent: str | None, role: str, *parts: Any, kind: str = "text", **more: Any) -> dict[str, Any]:
    message = {"author": {"role": role}, "create_time": BORN + 1, "content": {"content_type": kind, "parts": list(parts)}, **more}
    return {key: {"id": key, "parent": parent, "children": [], "message": message if role else None}}


CHATGPT = [
    {
        "title": "Пирог",
        "create_time": BORN + 0.5,
        "update_time": BORN + 9.0,
        "conversation_id": "c-1",
        "current_node": "n6",
        "default_model_slug": "gpt-5",
        "mapping": {
            **node("root", None, ""),
            **node("sys", "root", "system", ""),
            **node("n1", "sys", "user", "Как испечь пирог?"),
            "t1": {
                "parent": "n1",
                "message": {
                    "author": {"role": "assistant"},
                    "content": {"content_type": "thoughts", "thoughts": [{"summary": "Тесто", "content": "Нужна мука."}]},
                },
            },
            **node("call", "t1", "assistant", kind="code", recipient="python"),
            **node("out", "call", "tool", "4", kind="execution_output"),
            **node(
                "n2",
                "out",
                "assistant",
                "Возьмите муку.\ue200cite\ue202turn0\ue201",
                metadata={
                    "model_slug": "gpt-5-thinking",
                    "content_references": [
                        {
                            "items": [
                                {"url": "https://pie.example/", "title": "Пироги"},
                                {"url": "javascript:alert(1)", "title": "нет"},
                            ]
                        }
                    ],
                },
            ),
            **node("n3", "n1", "assistant", "Лучше купите.", metadata={"finish_details": {"type": "interrupted"}}),
            **node(
                "n4",
                "n2",
                "user",
                "А начинка?",
                {"content_type": "image_asset_pointer", "asset_pointer": "x"},
                kind="multimodal_text",
            ),
            **node("n5", "n4", "assistant", "Яблоки."),
            **node("hidden", "n4", "user", "контекст", metadata={"is_visually_hidden_from_conversation": True}),
            **node("n6", "n1", "assistant", "Третий."),
        },
    }
]


def test_chatgpt() -> None:
    name, (arrival,) = read(CHATGPT)
    assert name == "chatgpt"
    assert outline(arrival) == (
        "> Как испечь пирог?\n  < Возьмите муку.\n    > А начинка?\n\n[image_asset_pointer]\n      < Яблоки.\n"
        "  < Лучше купите. (stopped)\n  < Третий."
    )
    first = answers(arrival)[0]
    assert (first.reasoning, first.model, first.provider) == ("**Тесто**\n\nНужна мука.", "gpt-5-thinking", "ChatGPT")
    assert [(each.url, each.title) for each in first.citations] == [("https://pie.example/", "Пироги")]
    conversation = arrival.conversation
    assert (conversation.title, conversation.created_at, conversation.updated_at) == ("Пирог", BORN + 0.5, BORN + 9.0)


def test_claude() -> None:
    def said(key: str, parent: str, who: str, *parts: Any, **more: Any) -> dict[str, Any]:
        return {
            "uuid": key,
            "parent_message_uuid": parent,
            "sender": who,
            "text": "",
            "content": list(parts),
            "created_at": DAY,
            **more,
        }

    root = "00000000-0000-4000-8000-000000000000"
    attached = [{"file_name": "план.txt", "extracted_content": "раз, два"}]
    name, (arrival,) = read(
        [
            {
                "uuid": "u",
                "name": "План",
                "created_at": DAY,
                "updated_at": DAY,
                "chat_messages": [
                    said("1", root, "human", {"type": "text", "text": "Вот план"}, attachments=attached),
                    said(
                        "2",
                        "1",
                        "assistant",
                        {"type": "thinking", "thinking": "Хм"},
                        {"type": "text", "text": "Хороший"},
                        {"type": "tool_use", "name": "x"},
                        {"type": "text", "text": "план"},
                    ),
                    said("3", "1", "assistant", {"type": "text", "text": "Плохой"}),
                ],
            }
        ]
    )
    assert name == "claude"
    assert outline(arrival) == "> Вот план\n\n[план.txt]\n\nраз, два\n  < Хороший\n\nплан\n  < Плохой"
    assert (answers(arrival)[0].reasoning, arrival.conversation.created_at) == ("Хм", BORN)


def test_claude_before_it_had_branches() -> None:
    messages = [{"uuid": str(at), "text": words, "sender": "assistant" if at % 2 else "human"} for at, words in enumerate("abcd")]
    assert outline(read([{"uuid": "u", "name": "", "chat_messages": messages}])[1][0]) == "> a\n  < b\n    > c\n      < d"


def test_open_webui() -> None:
    thought = (
        '<details type="reasoning" done="true" duration="3">\n<summary>Thought</summary>\n&gt; 2 &lt; 3\n&gt; да\n</details>\n'
    )
    tree = {
        "a": {
            "id": "a",
            "parentId": None,
            "role": "user",
            "content": "Сколько?",
            "timestamp": BORN,
            "files": [{"name": "счёт.pdf"}],
        },
        "b": {
            "id": "b",
            "parentId": "a",
            "role": "assistant",
            "content": thought + "Пять",
            "model": "qwen",
            "timestamp": BORN + 1,
            "usage": {"prompt_eval_count": 3, "eval_count": 4, "eval_duration": 500_000_000},
            "sources": [{"source": {"name": "Сайт"}, "metadata": [{"source": "https://a.example"}]}],
        },
        "c": {"id": "c", "parentId": "a", "role": "assistant", "content": "", "error": {"content": "boom"}, "timestamp": BORN + 2},
        "d": {"id": "d", "parentId": "b", "role": "user", "content": "Точно?", "timestamp": BORN + 3},
    }
    name, (arrival,) = read(
        [{"id": "x", "title": "Счёт", "created_at": BORN, "updated_at": BORN + 5, "chat": {"history": {"messages": tree}}}]
    )
    assert name == "open-webui"
    assert outline(arrival) == "> Сколько?\n\n[счёт.pdf]\n  < Пять\n    > Точно?\n      <  (stopped)\n  <  (failed)"
    first = answers(arrival)[0]
    assert (first.reasoning, first.citations[0].url) == ("2 < 3\nда", "https://a.example")
    assert first.usage is not None
    assert (first.usage.prompt_tokens, first.usage.completion_tokens, first.usage.seconds) == (3, 4, 0.5)


def said_in(name: str, said: str) -> Answer:
    """The answer in a file of this program."""
    if name == "chatgpt":
        value: Any = [{"mapping": {**node("q", None, "user", "Что?"), **node("a", "q", "assistant", said)}}]
    else:
        talk = {"q": {"role": "user", "content": "Что?"}, "a": {"parentId": "q", "role": "assistant", "content": said}}
        value = [{"chat": {"history": {"messages": talk}}}]
    found, (arrival,) = read(value)
    assert found == name
    return answers(arrival)[0]


def test_thoughts_and_citations_are_told_from_text_that_only_begins_like_them() -> None:
    folded = '<details type="reasoning">\n<summary>t</summary>\n&gt; раз\n</details>\n\n'
    answer = said_in("open-webui", f'<details>\nа</details>\n{folded}б\n{folded} <details type="reasoning" в')
    assert (answer.text, answer.reasoning) == ('<details>\nа</details>\nб\n<details type="reasoning" в', "раз\n\nраз")
    assert said_in("open-webui", folded + "</details> г").text == "</details> г"
    cited = said_in("chatgpt", "\ue200a\ue200\n\ue201а\ue201б\ue200cite\ue202turn\ue201в\ue200г\ue203")
    assert cited.text == "абвг"


def test_a_number_that_is_no_character_does_not_break_a_file() -> None:
    answer = said_in("open-webui", f'<details type="reasoning">a&#{"1" * 5000};&#1081;</details>б')
    assert (answer.text, answer.reasoning) == ("б", "a\ufffdй")


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("name", "repeated", "end"),
    [
        ("chatgpt", "\ue200", ""),
        ("chatgpt", "\ue201\ue200", "я"),
        *(
            ("open-webui", repeated, end)
            for repeated in (
                *('<details type="reasoning"', '<details type="reasoning">', '<details type="reasoning"><summary>'),
                *('<details type="reasoning"> ', '</details><details type="reasoning">', "&#1", "</details"),
            )
            for end in ("", "</details>", "</details", ">")
        ),
        ("open-webui", " ", "<details"),
    ],
)
def test_no_text_is_read_over_and_over(name: str, repeated: str, end: str) -> None:
    said_in(name, f'<details type="reasoning">{repeated * 300_000}{end}')


LIBRE = [
    {
        "messageId": "a",
        "parentMessageId": "00000000-0000-0000-0000-000000000000",
        "isCreatedByUser": True,
        "text": "Раз",
        "createdAt": DAY,
    },
    {
        "messageId": "b",
        "parentMessageId": "a",
        "sender": "GPT",
        "text": "Два",
        "model": "gpt-4o",
        "endpoint": "openAI",
        "finish_reason": "length",
    },
    {"messageId": "c", "parentMessageId": "a", "sender": "GPT", "text": "timeout of 3000 ms", "error": True},
    {
        "messageId": "d",
        "parentMessageId": "a",
        "sender": "GPT",
        "text": "",
        "unfinished": True,
        "content": [{"type": "think", "think": "Хм"}, {"type": "text", "text": {"value": "Тр"}}, {"type": "tool_call"}],
    },
]


def nested(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The other form of the export: the question with its answers in it."""
    children = [{name: value for name, value in message.items() if name != "parentMessageId"} for message in messages[1:]]
    return [{**messages[0], "children": children}]


@pytest.mark.parametrize("messages", [LIBRE, nested(LIBRE)])
def test_librechat(messages: Any) -> None:
    name, (arrival,) = read({"conversationId": "x", "endpoint": "openAI", "title": "Счёт", "messages": messages})
    assert name == "librechat"
    assert outline(arrival) == "> Раз\n  < Два\n  <  (failed)\n  < Тр (stopped)"
    assert [answer.reason for answer in answers(arrival)] == ["length", None, None]
    assert answers(arrival)[2].reasoning == "Хм"


def test_nextchat() -> None:
    messages = [
        {
            "id": "a",
            "role": "user",
            "content": [{"type": "text", "text": "Раз"}, {"type": "image_url"}],
            "date": "1/2/2024, 10:00:00 AM",
        },
        {"id": "b", "role": "assistant", "content": "Два", "model": "gpt-4o", "date": ""},
        {"id": "c", "role": "assistant", "content": '{"error": true}', "isError": True},
    ]
    session = {
        "id": "s",
        "topic": "Счёт",
        "lastUpdate": BORN * 1000,
        "messages": messages,
        "mask": {"modelConfig": {"providerName": "OpenAI"}},
    }
    name, (arrival,) = read(
        {"chat-next-web-store": {"sessions": [session]}, "access-control": {"openaiApiKey": "x"}, "app-config": {}}
    )
    assert name == "nextchat"
    assert outline(arrival) == "> Раз\n\n[image_url]\n  < Два (failed)"
    assert (arrival.conversation.title, arrival.conversation.updated_at) == ("Счёт", BORN)
    assert (answers(arrival)[0].model, answers(arrival)[0].provider) == ("gpt-4o", "OpenAI")


@pytest.mark.parametrize(("place", "sign"), [("state", {"exportType": "all"}), ("data", {"mode": "pglite", "schemaHash": "1"})])
def test_lobechat(place: str, sign: dict[str, Any]) -> None:
    def said(key: str, role: str, words: str, at: int, **more: Any) -> dict[str, Any]:
        return {"id": key, "role": role, "content": words, "sessionId": "s", "createdAt": (BORN + at) * 1000, **more}

    tables = {
        "sessions": [{"id": "s", "meta": {"title": "Сессия"}, "config": {"model": "gpt-4o"}}],
        "topics": [{"id": "t", "title": "Тема", "sessionId": "s", "createdAt": BORN * 1000}],
        "messages": [
            said("d", "assistant", "Три", 3, topicId="t", parentId="a", error={"type": "x"}),
            said("a", "user", "Раз", 1, topicId="t"),
            said(
                "b",
                "assistant",
                "Два",
                2,
                topicId="t",
                parentId="a",
                model="o3",
                reasoning={"content": "Хм"},
                metadata={"totalOutputTokens": 7},
            ),
            said("e", "user", "Дальше", 4, topicId="t"),
            said("x", "user", "Без темы", 1),
        ],
    }
    name, arrivals = read({**sign, place: tables})
    assert name == "lobechat"
    assert {arrival.conversation.title: outline(arrival) for arrival in arrivals} == {
        "Тема": "> Раз\n  < Два\n  < Три (failed)\n    > Дальше\n      <  (stopped)",
        "Сессия": "> Без темы\n  <  (stopped)",
    }
    two = answers(next(arrival for arrival in arrivals if arrival.conversation.title == "Тема"))[0]
    assert two.usage is not None
    assert (two.model, two.reasoning, two.usage.completion_tokens) == ("o3", "Хм", 7)


def test_chatbox() -> None:
    def said(key: str, role: str, words: str, **more: Any) -> dict[str, Any]:
        return {"id": key, "role": role, "contentParts": [{"type": "text", "text": words}], "timestamp": BORN * 1000, **more}

    thought = [{"type": "reasoning", "text": "Хм"}, {"type": "text", "text": "Два"}]
    session = {
        "id": "s",
        "name": "Счёт",
        "messages": [
            said("p", "system", "Будь краток"),
            said("a", "user", "Раз"),
            said("b", "assistant", "", contentParts=thought),
        ],
        "messageForksHash": {
            "a": {
                "position": 1,
                "lists": [{"messages": [said("c", "assistant", "Иначе"), said("d", "user", "И?")]}, {"messages": []}],
            },
            "d": {"lists": [{"messages": [said("e", "assistant", "Всё", error="boom")]}]},
        },
        "threads": [{"id": "t", "name": "Прежнее", "messages": [said("x", "user", "Давно")], "createdAt": BORN * 1000}],
    }
    name, (now, before) = read({"session:s": session, "chat-sessions-list": [{"id": "s"}], "settings": {}})
    assert name == "chatbox"
    assert outline(now) == "> Раз\n  < Два\n  < Иначе\n    > И?\n      < Всё (failed)"
    assert answers(now)[0].reasoning == "Хм"
    assert (before.conversation.title, outline(before)) == ("Прежнее", "> Давно\n  <  (stopped)")
    old = {"chat-sessions": [{"id": "o", "name": "", "messages": [{"id": "a", "role": "user", "content": "Старое"}]}]}
    assert outline(read(old)[1][0]).startswith("> Старое")


def test_llama_cpp() -> None:
    def said(key: str, parent: str | None, role: str, words: str, **more: Any) -> dict[str, Any]:
        return {
            "id": key,
            "parent": parent,
            "role": role,
            "content": words,
            "type": "text",
            "timestamp": BORN * 1000,
            "children": [],
            **more,
        }

    one = {
        "conv": {"id": "c", "name": "Счёт", "lastModified": (BORN + 60) * 1000, "currNode": "d"},
        "messages": [
            said("r", None, "system", "", type="root"),
            said("a", "r", "user", "Раз", extra=[{"type": "TEXT", "name": "x.txt", "content": "y"}]),
            said(
                "b",
                "a",
                "assistant",
                "Два",
                reasoningContent="Хм",
                timings={"prompt_n": 1, "predicted_n": 20, "predicted_ms": 2000},
            ),
            said("d", "a", "assistant", "Три"),
            said("e", "r", "user", "Иначе"),
        ],
    }
    for file in (one, [one]):
        name, (arrival,) = read(file)
        assert name == "llama.cpp"
        assert outline(arrival) == "> Раз\n\n[x.txt]\n\ny\n  < Два\n  < Три\n> Иначе\n  <  (stopped)"
    first = answers(arrival)[0]
    assert first.usage is not None
    assert (first.reasoning, first.usage.seconds, arrival.conversation.updated_at) == ("Хм", 2.0, BORN + 60)


def test_json_lines_are_a_list() -> None:
    one = {"conv": {"id": "c"}, "messages": [{"id": "a", "role": "user", "content": "Раз"}]}
    two = {"conv": {"id": "d"}, "messages": [{"id": "b", "role": "user", "content": "Два"}]}
    _, arrivals = detect.read(f"{json.dumps(one)}\n{json.dumps(two)}\n".encode(), owner="owner", now=NOW)
    assert [arrival.key for arrival in arrivals] == ["c", "d"]


def test_ids_are_those_of_the_person_and_of_the_program() -> None:
    def ids(value: Any, owner: str) -> set[str]:
        _, arrivals = detect.read(json.dumps(value).encode(), owner=owner, now=NOW)
        return {message.id for arrival in arrivals for message in arrival.messages}

    assert ids(CHATGPT, "one") == ids(CHATGPT, "one")
    assert not ids(CHATGPT, "one") & ids(CHATGPT, "two")


# --- hostile files ---------------------------------------------------------------------------------------------------------------


def llama(*turns: tuple[str, str | None, str]) -> dict[str, Any]:
    messages = [{"id": key, "parent": parent, "role": role, "content": "слово " * 20} for key, parent, role in turns]
    return {"conv": {"id": "c"}, "messages": messages}


def test_circles_orphans_and_doubles_lose_nobody() -> None:
    turns = [
        ("a", "b", "user"),
        ("b", "a", "assistant"),
        ("s", "s", "user"),
        ("o", "nobody", "user"),
        ("o", None, "user"),
        ("", "", "user"),
    ]
    (arrival,) = read(llama(*turns))[1]
    questions = [message for message in arrival.messages if not isinstance(message, Answer)]
    assert len(questions) >= 4
    assert len({message.id for message in arrival.messages}) == len(arrival.messages)


def test_a_very_deep_chat_is_read() -> None:
    depth = 20_000
    turns = [(str(at), str(at - 1) if at else None, "assistant" if at % 2 else "user") for at in range(depth)]
    assert len(read(llama(*turns))[1][0].messages) == depth


@pytest.mark.parametrize("fork", [1, 2])
def test_shared_beginnings_do_not_multiply_a_file(fork: int) -> None:
    """Answers upon answers, each with a question or another answer hanging off it: joined naively, its size is squared."""
    turns: list[tuple[str, str | None, str]] = [("q", None, "user"), ("0", "q", "assistant")]
    for at in range(1, 3000):
        turns.append((str(at), str(at - 1), "assistant"))
        turns.append((f"x{at}", str(at - 1), "user" if fork == 1 else "assistant"))
    given_size = sum(120 for _ in turns)
    (arrival,) = read(llama(*turns))[1]
    assert sum(len(message.text) for message in arrival.messages) < 5 * given_size


def test_shared_sources_do_not_multiply_a_file() -> None:
    many = 1000
    cited = {"citations": [{"url": f"https://a.example/{at}", "title": "Сайт"} for at in range(many)]}
    mapping = {**node("q", None, "user", "Что?"), **node("a", "q", "assistant", "Вот", metadata=cited)}
    for at in range(many):
        mapping |= node(str(at), "a", "assistant", "и")
    (arrival,) = read([{"mapping": mapping}])[1]
    assert len(arrival.messages) == many + 1
    assert sum(len(answer.citations) for answer in answers(arrival)) < 10 * many


@pytest.mark.timeout(30)
def test_shared_forks_do_not_multiply_a_file() -> None:
    many = 3000
    forks = {"a": {"lists": [{"messages": [{"role": "user", "content": "и"}] * many}]}}
    threads = [{"id": str(at), "messages": [{"id": "a", "role": "user", "content": "Раз"}]} for at in range(many)]
    session = {"id": "s", "threads": threads, "messageForksHash": forks}
    _, arrivals = read({"session:s": session, "chat-sessions-list": []})
    assert sum(len(arrival.messages) for arrival in arrivals) == 2 * (many + many)


NAMES = """
    conversation:a options g4f items role content id title user assistant mapping message author parts parent messages conv chat
    history chat_messages sender conversationId children chat-next-web-store sessions state exportType session:x chat-sessions
    format freegpt-webui conversation created_at text type thoughts thinking usage error timestamp
"""
names = st.sampled_from(NAMES.split())
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | names | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


@given(value=anything)
@settings(max_examples=600, deadline=None)
def test_whatever_json_comes_it_is_read_or_refused(value: Any) -> None:
    try:
        _, arrivals = read(value)
    except Unknown:
        return
    for arrival in arrivals:
        known: set[str | None] = {None}
        for message in arrival.messages:
            assert message.parent_id in known
            known.add(message.id)


def mutated(value: Any, path: int, other: Any) -> Any:
    """``value`` with the ``path``-th of its parts replaced."""
    count = iter(range(10_000))

    def walk(part: Any) -> Any:
        if next(count) == path:
            return other
        if isinstance(part, dict):
            return {key: walk(item) for key, item in part.items()}
        return [walk(item) for item in part] if isinstance(part, list) else part

    return walk(value)


@given(path=st.integers(0, 150), other=anything)
@settings(max_examples=300, deadline=None)
def test_a_sound_file_with_one_wrong_part_is_read_or_refused(path: int, other: Any) -> None:
    try:
        read(mutated(CHATGPT, path, other))
    except Unknown:
        return
