"""The guide finds what the documentation says, says what it is, and shows the way to a real model."""

import asyncio
import re
import threading
import time

import pytest

from g4f.chat import ChatRequest, Citation, Event, Finished, Message, Text
from g4f.guide.answer import language_of
from g4f.guide.documents import Section, anchor, read_sections
from g4f.guide.search import Index
from g4f.guide.words import stems
from g4f.Provider.Providers.Guide import Guide

NOT_A_MODEL = {"ru": "не языковая модель", "en": "not a language model"}


def guide(*running: str) -> Guide:
    """The guide, with the ids of the servers that run on this machine."""
    provider = Guide(transport=None)  # it never goes out to the network, so it needs no transport
    provider.found = lambda: running
    return provider


async def ask(*questions: str, running: tuple[str, ...] = ()) -> list[Event]:
    turns = [Message("user", questions[0])]
    for question in questions[1:]:
        turns += [Message("assistant", "…"), Message("user", question)]
    return [event async for event in guide(*running).stream(ChatRequest("guide", tuple(turns)))]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def sources_of(events: list[Event]) -> list[str]:
    return [event.url for event in events if isinstance(event, Citation)]


QUESTIONS = {
    "как подключить Ollama": "help/ru/ollama.md#подключить-ollama",
    "Привет! Как подключить оламу?": "help/ru/ollama.md#подключить-ollama",
    "ollama в докере": "help/ru/ollama.md#ollama-и-docker",
    "лм студио": "help/ru/local-servers.md#подключить-lm-studio",
    "llama.cpp как подключить": "help/ru/local-servers.md#подключить-llamacpp",
    "у меня есть ключ от дипсик": "help/ru/services.md#ключ-deepseek",
    "яндекс gpt": "help/ru/services.md#ключ-yandex-ai-studio-yandexgpt-alice-ai",
    "Как добавить ключ API?": "help/ru/services.md#куда-вписать-ключ",
    "Как подключить свой сервер, совместимый с OpenAI?": "help/ru/own-server.md#свой-openai-совместимый-сервер",
    "куда вписать ключи?": "help/ru/services.md#куда-вписать-ключ",
    "свой сервер openai": "help/ru/own-server.md#свой-openai-совместимый-сервер",
    "бесплатная модель": "help/ru/local-model.md#бесплатно-на-своём-компьютере",
    "сколько памяти нужно": "help/ru/local-model.md#какую-модель-выбрать-сколько-нужно-памяти",
    "где лежит история чатов": "help/ru/data.md#где-хранятся-беседы-и-другие-данные",
    "как сделать бэкап": "help/ru/data.md#резервная-копия",
    "открыть с телефона": "help/ru/access.md#открыть-с-телефона-в-домашней-сети",
    "забыл пароль": "help/ru/access.md#не-могу-войти-забыли-пароль-или-хотите-сменить",
    "пороль": "help/ru/access.md#пароль-владельца",
    "прокси": "help/ru/network.md#прокси-для-выхода-в-интернет",
    "какие есть роли": "help/ru/roles.md#что-такое-роль-и-какие-роли-есть",
    "горячие клавиши": "help/ru/shortcuts.md#горячие-клавиши",
    "порт занят": "help/ru/troubleshooting.md#порт-занят-сменить-порт",
    "модель не отвечает": "help/ru/troubleshooting.md#модель-не-отвечает",
    "нет venv": "help/ru/troubleshooting.md#не-создаётся-окружение-нет-venv-ensurepip-или-pip",
    "почему не работает": "help/ru/troubleshooting.md#если-что-то-не-работает-с-чего-начать",
    "не могу войти": "help/ru/access.md#не-могу-войти-забыли-пароль-или-хотите-сменить",
    "как поставить пароль": "help/ru/access.md#пароль-владельца",
    "мне нужен чатгпт": "help/ru/services.md#ключ-openai-chatgpt",
    "как настроить прокси для openai": "help/ru/network.md#прокси-для-выхода-в-интернет",
    "почему так долго отвечает": "help/ru/local-model.md#модель-отвечает-медленно",
    "сколько стоит": "help/ru/first-steps.md#сколько-это-стоит",
    "экспорт бесед": "help/ru/data.md#экспорт-и-импорт-бесед",
    "гигачат": "help/ru/services.md#gigachat-claude-anthropic-gemini-и-другие",
    "сменить модель": "help/ru/first-steps.md#выбрать-или-сменить-модель",
    "куда уходят мои данные": "help/ru/privacy.md#куда-уходят-мои-вопросы",
    "как удалить беседу": "help/ru/first-steps.md#беседы-переименовать-удалить-вернуть",
    "How do I connect Ollama?": "help/en/ollama.md#connect-ollama",
    "lm studio": "help/en/local-servers.md#connect-lm-studio",
    "How do I add an API key?": "help/en/services.md#where-to-put-a-key",
    "How do I connect my own OpenAI-compatible server?": "help/en/own-server.md#your-own-openai-compatible-server",
    "where do I put my api key": "help/en/services.md#where-to-put-a-key",
    "where are my chats stored": "help/en/data.md#where-conversations-and-other-data-are-stored",
    "open it on my phone": "help/en/access.md#open-from-a-phone-on-the-home-network",
    "port is already in use": "help/en/troubleshooting.md#the-port-is-in-use-change-the-port",
    "make a backup": "help/en/data.md#backup",
    "forgot password": "help/en/access.md#cannot-log-in-forgot-the-password-or-want-to-change-it",
    "cannot log in": "help/en/access.md#cannot-log-in-forgot-the-password-or-want-to-change-it",
    "make the port 9000": "help/en/troubleshooting.md#the-port-is-in-use-change-the-port",
    "keyboard shortcuts": "help/en/shortcuts.md#keyboard-shortcuts",
    "is my data private": "help/en/privacy.md#where-do-my-questions-go",
}


@pytest.mark.parametrize(("question", "section"), QUESTIONS.items())
async def test_a_question_finds_its_section_and_names_it_as_the_source(question: str, section: str) -> None:
    events = await ask(question)
    assert sources_of(events)[0] == section
    assert f"]({section})" in text_of(events)
    assert NOT_A_MODEL[section.split("/")[1]] in text_of(events)
    assert events[-1] == Finished()


async def test_the_answer_about_ollama_tells_every_step() -> None:
    text = text_of(await ask("как подключить Ollama"))
    assert all(step in text for step in ("ollama.com/download", "ollama pull", "ollama serve"))
    assert "](help/ru/ollama.md#ollama-не-находится)" in text


async def test_a_server_that_already_runs_is_said_first() -> None:
    text = text_of(await ask("как подключить Ollama", running=("Ollama",)))
    assert text.index("уже работает") < text.index("Установите Ollama")


async def test_a_found_server_is_called_by_its_title() -> None:
    text = text_of(await ask("подключить lm studio", running=("LMStudio", "MyOwnServer")))
    assert "**LM Studio:** уже работает" in text
    assert "MyOwnServer" in text_of(await ask("привет", running=("MyOwnServer",)))


async def test_the_way_to_a_model_names_running_servers_then_keys_then_a_model_of_ones_own() -> None:
    text = text_of(await ask("привет", running=("Ollama", "LMStudio")))
    places = [text.index(part) for part in ("1. **На этой машине", "Ollama, LM Studio", "2. **По ключу", "3. **На своём")]
    assert places == sorted(places)


@pytest.mark.parametrize("question", ["привет", "Hello!", "", "кто ты?", "what can you do"])
async def test_a_greeting_is_answered_with_who_it_is_and_the_way_to_a_model(question: str) -> None:
    events = await ask(question)
    text = text_of(events)
    assert NOT_A_MODEL[language_of(question)] in text
    assert "1. **" in text
    assert "2. **" in text
    assert sources_of(events) == []


@pytest.mark.parametrize("question", ["Спасибо!", "thank you", "ок, понятно"])
async def test_thanks_are_met_with_one_line(question: str) -> None:
    assert len(text_of(await ask(question)).strip().splitlines()) == 1


@pytest.mark.parametrize(
    "question",
    [
        "напиши стихотворение",
        "Пожалуйста, переведи на английский: где порт?",
        "сколько будет 2+2",
        "Какая погода в Москве?",
        "как подключить холодильник",
        "Write a poem about the sea",
        "who won the world cup",
    ],
)
async def test_what_the_documentation_does_not_know_is_declined_with_the_way_to_a_model(question: str) -> None:
    events = await ask(question)
    assert sources_of(events) == []
    assert f"](help/{language_of(question)}/services.md#" in text_of(events)


async def test_a_request_to_explain_how_is_a_question_although_it_begins_like_a_task() -> None:
    assert sources_of(await ask("напиши, как подключить Ollama")) == ["help/ru/ollama.md#подключить-ollama"]


async def test_a_short_question_leans_on_the_one_before_it() -> None:
    assert sources_of(await ask("как подключить Ollama", "а если порт?"))[0].startswith("help/ru/")
    assert sources_of(await ask("как подключить Ollama", "ollama"))[0].startswith("help/ru/ollama")


async def test_two_subjects_are_answered_by_two_sections() -> None:
    sources = sources_of(await ask("ключ openai и пароль"))
    assert sources == ["help/ru/services.md#ключ-openai-chatgpt", "help/ru/access.md#пароль-владельца"]


async def test_the_answer_comes_in_words_and_nothing_of_it_is_lost() -> None:
    pieces = [event.text for event in await ask("резервная копия") if isinstance(event, Text)]
    assert len(pieces) > 50
    assert all(len(piece.split()) == 1 for piece in pieces)
    assert "python3 run.py backup ~/freegpt-copy.db" in "".join(pieces)


async def test_code_in_a_quoted_section_is_closed() -> None:
    for question, section in QUESTIONS.items():
        assert text_of(await ask(question)).count("```") % 2 == 0, section


async def test_many_ask_at_once_and_the_loop_keeps_turning() -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    answers = await asyncio.gather(*(ask(question) for question in QUESTIONS))
    turning.cancel()
    assert [sources_of(events)[0] for events in answers] == list(QUESTIONS.values())
    assert turns > len(QUESTIONS)


async def test_the_index_is_built_outside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    from g4f.Provider.Providers import Guide as module

    threads: list[int] = []

    def reading(language: str) -> list[Section]:
        threads.append(threading.get_ident())
        time.sleep(0.02)  # long enough for a second question to come in
        return read_sections(language)

    module._index.cache_clear()
    monkeypatch.setattr(module, "read_sections", reading)
    await asyncio.gather(ask("порт"), ask("пароль"), ask("ключ"))
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


async def test_it_offers_one_model_and_needs_nothing() -> None:
    provider = Guide(transport=None)
    assert [model.id for model in await provider.list_models()] == ["guide"]
    assert provider.id == "Guide"
    assert not provider.needs_key
    assert provider.key == ""


@pytest.mark.parametrize(
    "forms",
    [
        "модель модели моделей моделями моделях",
        "ключ ключа ключи ключей ключами",
        "подключить подключение подключаю подключи подключиться подключается",
        "ёлка елка Ёлки",
        "пароль пароля паролем пароли",
        "беседа беседы бесед беседами чаты история",
        "телефон телефона телефонов айфон",
        "connect connecting connection connected",
        "model models",
        "run running",
    ],
)
def test_word_forms_and_other_names_are_one_word(forms: str) -> None:
    assert len({tuple(stems(form)) for form in forms.split()}) == 1


@pytest.mark.parametrize(("one", "other"), [("порт", "портвейн"), ("роль", "рулет"), ("key", "keen"), ("ключ", "клюв")])
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert stems(one) != stems(other)


def test_the_language_follows_the_question() -> None:
    assert [language_of(question) for question in ("Где порт?", "Where is the port?", "Ollama ключ")] == ["ru", "en", "ru"]
    assert language_of("Ollama?", ["как подключить"]) == "ru"
    assert language_of("How about vLLM then?", ["как подключить"]) == "en"


def test_headings_inside_code_are_not_headings(tmp_path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    (folder / "one.md").write_text(
        "# Title\n\n## First\n\n```\n## not a heading\n```\n\n[there](two.md#b) [here](#first)\n", "utf-8"
    )
    [section] = read_sections("en", tmp_path)
    assert (section.document_title, section.heading, section.link) == ("Title", "First", "help/en/one.md#first")
    assert "## not a heading" in section.text
    assert "[there](help/en/two.md#b) [here](help/en/one.md#first)" in section.text


def test_anchors_are_those_that_the_page_and_code_hosts_make() -> None:
    assert anchor("Ключ Yandex AI Studio (YandexGPT, Alice AI)") == "ключ-yandex-ai-studio-yandexgpt-alice-ai"
    assert anchor("Подключить llama.cpp") == "подключить-llamacpp"
    assert anchor("Ещё ёлка: да") == "ещё-ёлка-да"


def test_an_empty_guide_finds_nothing() -> None:
    assert Index([]).search(["порт"]) == []


def test_words_that_look_like_search_syntax_are_only_words() -> None:
    index = Index(read_sections("ru"))
    for question in ('"', "порт OR пароль", "NEAR(порт)", "порт* -пароль", "body:порт", "'; DROP TABLE section; --"):
        assert isinstance(index.search(index.corrected(stems(question))), list)


def test_both_languages_have_the_same_documents_with_as_many_sections() -> None:
    shape = {
        language: [(section.document, len(re.findall("^```", section.text, re.MULTILINE))) for section in read_sections(language)]
        for language in ("ru", "en")
    }
    assert shape["ru"] == shape["en"]
