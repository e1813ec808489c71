"""What the search shows of an answer reads as plain text, and what was looked for is still where it is marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.storage.unmarked import unmarked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("## Погода завтра", "Погода завтра"),
        ("Будет **очень** тепло и *сухо*, а не ~~мокро~~", "Будет очень тепло и сухо, а не мокро"),
        ("слово** и дальше **начало", "слово и дальше начало"),
        ("***важно***: `print(1)`", "важно: print(1)"),
        ("**жирно и *косо* вместе**", "жирно и косо вместе"),
        ("```python\nprint(1)\n```", "\nprint(1)\n"),
        ("> цитата\n- [x] дело\n* пункт\n1. первый", "цитата\nдело\nпункт\n1. первый"),
        ("| город | сумма |\n|---|---:|\n| Тверь | 12 |", "город | сумма\n\nТверь | 12"),
        ('см. [сайт](https://example.org/a "так") и ![кот](cat.png)', "см. сайт и кот"),
        ("до\n---\nпосле", "до\n\nпосле"),
        ("до\n -- --- |\n--- ---:|:---: :----\n| ---\t| \n------::-----:\nпосле", "до\n-- ---\n\n\n\nпосле"),
        ("|  а | б\t|", "а | б"),
        # What is no mark stays.
        ("2 * 3 * 4 и f(**kwargs), a ** b, C# и #тег", "2 * 3 * 4 и f(**kwargs), a ** b, C# и #тег"),
        ("__init__.py и snake_case - тире", "__init__.py и snake_case - тире"),
        ("<b>не разметка</b>", "<b>не разметка</b>"),
    ],
)
def test_marks_are_left_out(text: str, shown: str) -> None:
    assert unmarked(text, [])[0] == shown


def test_what_was_looked_for_stays_marked() -> None:
    text = "## О **погоде** в `Твери` и [погода](https://example.org)"
    ranges = [(text.index(word), text.index(word) + len(word)) for word in ("погоде", "Твери", "погода")]
    shown, places = unmarked(text, ranges)
    assert shown == "О погоде в Твери и погода"
    assert [shown[start:end] for start, end in places] == ["погоде", "Твери", "погода"]


def test_a_mark_that_was_looked_for_is_shown() -> None:
    text = "[сайт](https://example.org)"
    start = text.index("example")
    shown, ((begin, end),) = unmarked(text, [(start, start + len("example"))])
    assert shown == text
    assert shown[begin:end] == "example"


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("begins", "repeated", "ends"),
    [
        *(("", rule, "x") for rule in ("-", "--- ", "---:", "---:---", "---|", "--- | :", ":---")),
        *(("", piece, "") for piece in ("[", "![", "[](", "[](a", '[]( "', "~~a ", "*a ", "**a ", "a** ", "`", "> ", "#", "- [ ")),
        *((begins, " ", "x") for begins in ("", "а", "|", "---", "[](a", "#", ">", "- [x]")),
    ],
)
def test_no_text_takes_more_than_a_reading(begins: str, repeated: str, ends: str) -> None:
    """Some of these once took longer than anybody lives, and the whole server waited."""
    text = f"{begins}{repeated * 30_000}{ends}"
    unmarked(f"{text}\n{text}", [])


@given(st.text(alphabet='аб *_`#>|-[]()!~\n"x1', max_size=120), st.data())
def test_a_word_is_never_changed(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown, ((begin, stop),) = unmarked(text, [(start, end)])
    assert shown[begin:stop].replace("`", "") in text.replace("`", "")
    assert "".join(filter(str.isalpha, shown)) in "".join(filter(str.isalpha, text)) or "(" in text or "`" in text or "[x]" in text
