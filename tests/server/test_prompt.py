"""From a conversation to what the model is sent."""

from __future__ import annotations

import pytest

from g4f.chat import Message, Options
from server.conversations import Answer, Question
from server.generation import prompt, wishes

USER, ASSISTANT = "user", "assistant"


def turns(*texts: str) -> list[Message]:
    return [Message(USER if number % 2 == 0 else ASSISTANT, text) for number, text in enumerate(texts)]


def texts(request: object) -> list[str]:
    return [message.text for message in request.messages]  # type: ignore[attr-defined]


def test_without_a_known_window_everything_is_sent() -> None:
    history = turns(*"абвгд")
    assert prompt.fit(history, model="m").messages == tuple(history)


def test_the_role_stands_first_and_stays() -> None:
    request = prompt.fit(turns("а " * 5000, "б " * 5000, "вопрос"), model="m", system_prompt="Ты — кот.", context_length=300)
    assert texts(request) == ["Ты — кот.", "вопрос"]


def test_the_newest_turns_that_fit_are_kept_and_begin_with_a_question() -> None:
    history = turns(*(f"{number} " + "x" * 396 for number in range(9)))
    request = prompt.fit(history, model="m", context_length=700)
    assert [text[0] for text in texts(request)] == ["4", "5", "6", "7", "8"]
    assert request.messages[0].role == USER


def test_the_question_is_sent_even_if_it_does_not_fit() -> None:
    assert len(texts(prompt.fit(turns("раз", "два", "в" * 10_000), model="m", context_length=100))) == 1


def test_room_is_left_for_the_answer() -> None:
    history = turns("x" * 400, "y" * 400, "z")
    assert len(texts(prompt.fit(history, model="m", context_length=300))) == 3
    assert len(texts(prompt.fit(history, model="m", options=Options(max_tokens=200), context_length=300))) == 1


def test_a_wish_follows_the_answer_that_it_is_about() -> None:
    request = prompt.fit(turns("раз", "два", "три"), model="m", wish="Короче", former="Длинный ответ")
    assert texts(request) == ["раз", "два", "три", "Длинный ответ", "Короче"]
    assert [message.role for message in request.messages[-3:]] == [USER, ASSISTANT, USER]


def test_without_an_answer_or_room_for_it_a_wish_is_joined_to_the_question() -> None:
    assert texts(prompt.fit(turns("раз"), model="m", wish="Короче", former=" ")) == ["раз\n\nКороче"]
    request = prompt.fit(turns("раз", "два", "три"), model="m", context_length=100, wish="Короче", former="x" * 1000)
    assert texts(request)[-1] == "три\n\nКороче"


@pytest.mark.parametrize("wish", wishes.SENTENCES)
def test_a_wish_is_said_in_the_language_of_the_page_else_in_english(wish: wishes.Wish) -> None:
    assert wishes.sentence(wish, "ru") != wishes.sentence(wish, "en") == wishes.sentence(wish, "de")


def test_questions_in_a_row_are_joined() -> None:
    history = [Message(USER, "раз"), Message(USER, "два")]
    assert texts(prompt.fit(history, model="m")) == ["раз\n\nдва"]


def test_an_answer_without_a_word_is_left_out() -> None:
    path = [
        Question("q1", None, "раз", 0.0),
        Answer("a1", "q1", " ", 0.0, "failed"),
        Question("q2", "a1", "два", 0.0),
    ]
    assert [message.text for message in prompt.to_messages(path)] == ["раз", "два"]
