"""Roles are data: every file is whole, names stay what old programs send, and an unknown name says which would do."""

import json

import pytest

from server import prompts
from server.languages import LANGUAGES as PAGE_LANGUAGES
from server.library import PROMPT_NAME, variables
from server.roles import LANGUAGES, Roles, RoleUnknown, load

HISTORICAL = ("default", "programming-assistant", "editor", "writer", "midjourney-prompt", "sd-prompt")


@pytest.fixture(scope="module")
def roles() -> Roles:
    return load()


def test_the_names_that_old_programs_send_are_known(roles: Roles) -> None:
    assert [roles.get(name).id for name in HISTORICAL] == list(HISTORICAL)


def test_the_default_role_comes_first_and_says_nothing(roles: Roles) -> None:
    first = next(iter(roles))
    assert first is roles.get("default") is roles.get("")
    assert [first.prompt_in(language) for language in LANGUAGES] == ["", ""]


@pytest.mark.parametrize("language", PAGE_LANGUAGES)
def test_every_role_is_named_and_described_in_every_language_of_the_page(roles: Roles, language: str) -> None:
    titles = [role.title[language] for role in roles]
    assert len(set(titles)) == len(titles)
    assert all(text.strip() for role in roles for text in (role.title[language], role.description[language]))
    assert all({*role.title, *role.description} == set(PAGE_LANGUAGES) for role in roles)


@pytest.mark.parametrize("language", PAGE_LANGUAGES)
def test_every_ready_prompt_is_written_in_every_language_of_the_page(language: str) -> None:
    ready = prompts.load()
    names = [prompt.name[language] for prompt in ready]
    assert len(set(names)) == len(names)
    assert all(PROMPT_NAME.fullmatch(name) for name in names)
    for prompt in ready:
        assert len(variables(prompt.text[language])) == len(variables(prompt.text["ru"])), prompt.id
        assert {*prompt.name, *prompt.text} == set(PAGE_LANGUAGES)


def test_every_other_role_speaks_both_languages(roles: Roles) -> None:
    for role in list(roles)[1:]:
        assert role.icon.isascii()
        assert role.prompt_in("ru") != role.prompt_in("en")
        assert all(len(role.prompt_in(language)) > 100 for language in LANGUAGES), role.id


def test_a_language_without_a_prompt_gets_the_english_one(roles: Roles) -> None:
    assert roles.get("editor").prompt_in("fr") == roles.get("editor").prompt["en"]


@pytest.mark.parametrize("name", ["gpt-dan-11.0", "gpt-dan-latest", "gpt-evil", "gpt-dev-2.0", "../roles/editor", "Editor"])
def test_an_unknown_role_is_refused_with_the_names_that_would_do(roles: Roles, name: str) -> None:
    with pytest.raises(RoleUnknown) as caught:
        roles.get(name)
    assert caught.value.name == name
    assert set(HISTORICAL) <= set(caught.value.known)


def test_a_broken_role_is_named_when_it_is_read(tmp_path) -> None:
    (tmp_path / "pirate.json").write_text(json.dumps({"icon": "flag", "title": {"ru": "Пират"}}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"pirate\.json"):
        load(tmp_path)


def test_a_new_file_is_a_new_role(tmp_path) -> None:
    both = {"ru": "текст", "en": "text"}
    role = {"icon": "flag", "order": 1, "title": both, "description": both, "prompt": both}
    (tmp_path / "pirate.json").write_text(json.dumps(role), encoding="utf-8")
    assert load(tmp_path).get("pirate").prompt_in("en") == "text"
