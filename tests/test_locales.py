"""Every language says the same things: keys, placeholders, plural forms, and a sentence for every code the server may send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
LOCALES = ROOT / "client" / "locales"
LANGUAGES = sorted(file.stem for file in LOCALES.glob("*.json"))
# The categories that Intl.PluralRules knows for whole numbers and fractions, from the Unicode CLDR.
PLURALS = {"ru": {"one", "few", "many", "other"}, "en": {"one", "other"}}
# Codes that the page makes itself, and one that only the log of an answer carries.
PAGE_CODES = {"no_connection", "server_restarted"}
SPOKEN_OF = "area.thing"  # the example in the documentation of t()
# What stands before the variable part of a key that is put together: t(`errors.${code}`).
DYNAMIC = re.compile(r"\bt\(\s*`([a-z]+\.[a-z_]*)\$\{")

Catalogue = dict[str, Any]


def read(language: str) -> Catalogue:
    def refuse_doubles(pairs: list[tuple[str, Any]]) -> Catalogue:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"{language}: said twice: {[key for key in keys if keys.count(key) > 1]}"
        return dict(pairs)

    catalogue: Catalogue = json.loads((LOCALES / f"{language}.json").read_text("utf-8"), object_pairs_hook=refuse_doubles)
    return catalogue


def forms(sentence: str | dict[str, str]) -> list[str]:
    return list(sentence.values()) if isinstance(sentence, dict) else [sentence]


def placeholders(sentence: str | dict[str, str]) -> set[str]:
    return {name for form in forms(sentence) for name in re.findall(r"\{(\w+)\}", form)}


def sources() -> Iterator[tuple[Path, str]]:
    for file in sorted((ROOT / "client" / "js").rglob("*.js")):
        yield file, file.read_text("utf-8")


def test_russian_and_english_are_there() -> None:
    assert {"ru", "en"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_keys_of_the_russian_file(language: str) -> None:
    assert set(read(language)) == set(read("ru"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_says_something_and_fills_the_same_places(language: str) -> None:
    russian = read("ru")
    for key, sentence in read(language).items():
        assert all(form.strip() for form in forms(sentence)), key
        assert placeholders(sentence) == placeholders(russian[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    russian = read("ru")
    for key, sentence in read(language).items():
        assert isinstance(sentence, dict) == isinstance(russian[key], dict), key
        if isinstance(sentence, dict):
            assert set(sentence) == PLURALS[language], key
            assert "count" in placeholders(sentence), key


def test_every_language_can_be_chosen() -> None:
    text = (ROOT / "client" / "js" / "i18n.js").read_text("utf-8")
    offered = re.search(r"LANGUAGES = \{(.*?)\}", text)
    assert offered
    assert sorted(re.findall(r"(\w+):", offered[1])) == LANGUAGES


def test_every_code_of_the_interface_has_a_sentence() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    table = text[text.index("| код HTTP |") : text.index("## Спросить")]
    rows = re.findall(r"^\| \d+ \|(.*)\|$", table, re.MULTILINE)
    documented = {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)}
    assert len(documented) > 30
    known = {key.removeprefix("errors.") for key in read("ru") if key.startswith("errors.")}
    assert known == documented | PAGE_CODES


def test_every_code_of_a_provider_has_a_sentence() -> None:
    text = (ROOT / "g4f" / "errors.py").read_text("utf-8")
    for code in re.findall(r'^    code = "(\w+)"', text, re.MULTILINE):
        assert f"errors.{code}" in read("ru")


def test_the_page_uses_only_sentences_that_exist() -> None:
    known = set(read("ru"))
    for file, text in sources():
        used = set(re.findall(r'\bt\(\s*"([a-z]+\.[a-z_]+)"', text)) | {key for pair in conditional_keys(text) for key in pair}
        used.discard(SPOKEN_OF)
        assert used <= known, f"{file.name}: {sorted(used - known)}"
        for prefix in DYNAMIC.findall(text):
            assert any(key.startswith(prefix) for key in known), f"{file.name}: {prefix}"


def conditional_keys(text: str) -> list[tuple[str, str]]:
    """Both keys of t(condition ? "a.b" : "c.d")."""
    return re.findall(r'\bt\([^()`]*\? "([a-z]+\.[a-z_]+)" : "([a-z]+\.[a-z_]+)"', text)


def test_every_sentence_is_used() -> None:
    everything = "\n".join(text for _, text in sources())
    prefixes = tuple(set(DYNAMIC.findall(everything)))
    unused = [key for key in read("ru") if f'"{key}"' not in everything and not key.startswith(prefixes)]
    assert not unused


def test_no_sentence_is_written_in_the_code() -> None:
    """What a person reads stands in the files of the languages, where translators find it."""
    allowed = {"i18n.js"}  # a language is named in its own words
    for file, text in sources():
        bare = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.DOTALL | re.MULTILINE)
        if file.name not in allowed and "markdown" not in file.parts:
            assert not re.search(r"[А-Яа-яЁё]{3,}", bare), file.name
