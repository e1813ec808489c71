"""Which language the page comes in: the person's choice, else the browser's wish, else the owner's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server.languages import LANGUAGES, negotiate, read

KNOWN = ("en", "es", "es-MX", "he", "id", "nb", "pt", "ru", "zh-Hans", "zh-Hant")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["ru-RU", "ru", "en"], "ru"),
        (["pt-BR"], "pt"),
        (["iw"], "he"),
        (["in-ID"], "id"),
        (["no"], "nb"),
        (["nn-NO"], "nb"),
        (["zh-TW"], "zh-Hant"),
        (["zh-HK"], "zh-Hant"),
        (["zh-Hant-HK"], "zh-Hant"),
        (["zh-CN"], "zh-Hans"),
        (["zh"], "zh-Hans"),
        (["es-419"], "es-MX"),
        (["es-ar"], "es"),
        (["EN_us"], "en"),
        (["tlh", "*", "", "en"], "en"),
        (["tlh"], None),
        ([], None),
    ],
)
def test_the_first_wish_that_can_be_met_is(wanted: list[str], found: str | None) -> None:
    assert negotiate(wanted, KNOWN) == found


def test_a_browser_is_spoken_to_in_its_language(client: FlaskClient) -> None:
    def spoken(wish: str) -> str:
        page = client.get("/", headers={"Accept-Language": wish}).text
        return page[page.index("<html lang=") :].split('"')[1]

    assert spoken("en-GB,ru;q=0.5") == "en"
    assert spoken("en;q=0.2,ru;q=0.9") == "ru"
    assert spoken("tlh") == spoken("en;q=0") == "ru"  # as configured


def test_the_choice_goes_before_the_browser_and_only_a_known_one(client: FlaskClient) -> None:
    english = {"Accept-Language": "en"}
    client.set_cookie("language", "ru")
    page = client.get("/", headers=english).text
    assert '<html lang="ru" dir="ltr"' in page
    assert '<meta name="language" content="en">' in page, "what the page speaks when the choice is taken back"
    for junk in ("xx", '"><script>', "../ru", "RU"):
        client.set_cookie("language", junk)
        assert '<html lang="en"' in client.get("/", headers=english).text


def test_every_page_says_its_direction_before_it_is_drawn(client: FlaskClient) -> None:
    for language in LANGUAGES.values():
        client.set_cookie("language", language.code)
        for address in ("/", "/login", "/help/ru/ollama.md"):
            assert f'<html lang="{language.code}" dir="{language.direction}"' in client.get(address).text


@pytest.mark.parametrize(
    "line",
    [
        {"name": "X", "direction": "up", "locale": "x_X"},
        {"name": "X", "direction": "ltr"},
        {"name": "X", "dir": "ltr", "locale": "x_X"},
    ],
)
def test_a_line_of_another_shape_is_named(tmp_path: Path, line: dict[str, str]) -> None:
    table = tmp_path / "languages.json"
    table.write_text(json.dumps({"xx": line}), "utf-8")
    with pytest.raises(ValueError, match=r"languages\.json: xx"):
        read(table)
