"""Every language says the same things: keys, placeholders, plural forms, and a sentence for every code the server may send."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import languages

ROOT = Path(__file__).parents[1]
CLIENT = ROOT / "client"
LOCALES = CLIENT / "locales"
TABLE = "languages"
# A language is two files: what the first page says, and the rest. Both are compared with the Russian ones.
PARTS = ("", ".more")
LANGUAGES = sorted(file.stem for file in LOCALES.glob("*.json") if "." not in file.stem and file.stem != TABLE)
# Codes that the page makes itself, and one that only the log of an answer carries.
PAGE_CODES = {"no_connection", "server_restarted"}
# Said when the server cannot be asked for sentences any more.
KEPT_AT_HAND = {"errors.no_connection"}
SPOKEN_OF = "area.thing"  # the example in the documentation of t()
# What stands before the variable part of a key that is put together: t(`errors.${code}`).
DYNAMIC = re.compile(r"\bt\(\s*`([a-z]+\.[a-z_]*)\$\{")
IMPORTED = re.compile(r"""(?:^|[;}\s])(?:import|export)\s*(?:[\w*{}\s,$]+?\s*from\s*)?["'](\.[^"']+)["']""", re.MULTILINE)

Catalogue = dict[str, Any]


def read(language: str) -> Catalogue:
    """Both files of a language."""
    first, rest = (read_file(f"{language}{part}") for part in PARTS)
    assert not set(first) & set(rest), f"{language}: in both files: {sorted(set(first) & set(rest))}"
    return first | rest


def read_file(name: str) -> Catalogue:
    def refuse_doubles(pairs: list[tuple[str, Any]]) -> Catalogue:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"{name}: said twice: {[key for key in keys if keys.count(key) > 1]}"
        return dict(pairs)

    catalogue: Catalogue = json.loads((LOCALES / f"{name}.json").read_text("utf-8"), object_pairs_hook=refuse_doubles)
    return catalogue


def forms(sentence: str | dict[str, str]) -> list[str]:
    return list(sentence.values()) if isinstance(sentence, dict) else [sentence]


def placeholders(sentence: str | dict[str, str]) -> set[str]:
    return {name for form in forms(sentence) for name in re.findall(r"\{(\w+)\}", form)}


def sources() -> Iterator[tuple[Path, str]]:
    for file in sorted((ROOT / "client" / "js").rglob("*.js")):
        yield file, file.read_text("utf-8")


def modules_of_the_first_page() -> str:
    """The text of main.js and of all that it imports, directly or not; what is loaded by import() does not count."""
    waiting = [CLIENT / "js" / "main.js"]
    seen = set(waiting)
    for file in waiting:
        found = ((file.parent / target).resolve() for target in IMPORTED.findall(file.read_text("utf-8")))
        new = [target for target in dict.fromkeys(found) if target not in seen]
        seen.update(new)
        waiting.extend(new)
    return "\n".join(file.read_text("utf-8") for file in waiting)


def test_russian_and_english_are_there() -> None:
    assert {"ru", "en"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_every_language_has_the_keys_of_the_russian_files(language: str, part: str) -> None:
    here, there = set(read_file(language + part)), set(read_file("ru" + part))
    assert here == there, f"{language}{part}.json: missing {sorted(there - here)}, unknown {sorted(here - there)}"


def test_the_first_file_holds_what_the_first_page_says_and_nothing_more() -> None:
    text = modules_of_the_first_page()
    prefixes = tuple(prefix for prefix in DYNAMIC.findall(text) if not prefix.startswith("errors."))
    said = {key for key in read("ru") if f'"{key}"' in text or key.startswith(prefixes)} | KEPT_AT_HAND
    first = set(read_file("ru"))
    assert not said - first, f"move from *.more.json to the first file of each language: {sorted(said - first)}"
    assert not first - said, f"move to *.more.json, no module of the first page says them: {sorted(first - said)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_says_something_and_fills_the_same_places(language: str) -> None:
    russian = read("ru")
    for key, sentence in read(language).items():
        assert all(form.strip() for form in forms(sentence)), key
        assert placeholders(sentence) == placeholders(russian[key]), key


def test_plural_forms_are_those_of_each_language() -> None:
    russian = read("ru")
    for language, categories in plural_categories().items():
        for key, sentence in read(language).items():
            assert isinstance(sentence, dict) == isinstance(russian[key], dict), f"{language}: {key}"
            if isinstance(sentence, dict):
                assert set(sentence) == categories, f"{language}: {key} needs {sorted(categories)}"
                assert "count" in placeholders(sentence), f"{language}: {key}"


def plural_categories() -> dict[str, set[str]]:
    """What Intl.PluralRules, which chooses among the forms in the browser, distinguishes in each language."""
    node = shutil.which("node")
    assert node, "Node.js не найден: запустите тесты командой python3 run.py test"
    program = """
        const categories = language => new Intl.PluralRules(language).resolvedOptions().pluralCategories
        console.log(JSON.stringify(Object.fromEntries(process.argv.slice(1).map(language => [language, categories(language)]))))"""
    done = subprocess.run([node, "-e", program, *LANGUAGES], capture_output=True, encoding="utf-8", check=True)
    return {language: set(categories) for language, categories in json.loads(done.stdout).items()}


def test_every_language_has_a_line_and_both_files() -> None:
    assert sorted(languages.read()) == LANGUAGES
    assert {file.name for file in LOCALES.iterdir() if file.suffix == ".json"} == {
        f"{TABLE}.json", *(f"{language}{part}.json" for language in LANGUAGES for part in PARTS)
    }


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
    for file, text in sources():
        bare = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.DOTALL | re.MULTILINE)
        if "markdown" not in file.parts:
            assert not re.search(r"[А-Яа-яЁё]{3,}", bare), file.name
