"""Words made comparable for the search: «Ёлка» and «елки», «Расскажи» and «расскажешь», "models" and "model" are one.

Russian and English stems by Snowball (https://snowballstem.org/algorithms/) with two rules of ours; no case, no accents, ё as е.
Pure: what is asked for becomes a ``Query``, and a text is searched for its places. Source of the syntax of ``expression``:
https://sqlite.org/fts5.html#full_text_query_syntax
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from typing import Protocol, cast

from server.finding import Range

VERSION = "1"  # another value makes every index be built anew

LONGEST_QUERY = 500  # characters; the rest is not looked at
MOST_PHRASES = 16
LONGEST_WORD = 64  # characters of a word that count
SHORTEST_PREFIX = 2  # letters; one alone would find nearly everything
SNIPPET = 180  # characters
LEAD = 40  # characters before the first match in a snippet
SEARCHED = 100_000  # characters of a text within which the best place is chosen

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # written without spaces: each sign is a word
_LETTER = rf"[^\W_{_IDEOGRAPHS}]"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|{_LETTER}+(?:[\u0300-\u036f]+{_LETTER}*|['’]{_LETTER}+)*")
_CHUNK = re.compile(r'"([^"]*)("?)|[^\s"]+')
# Snowball takes «ешь» off only after а and я. Where a hissing sound or д is before it, it is as surely an ending.
_PERSON = re.compile(r"(?<=.[жшчщд])(?:еш|ет|ем|ут)$")
# «Список, списком», «ошибка, ошибок», «настройка, настроек»: a vowel that comes and goes before к.
_FLEETING = re.compile(r"(?<=..[бвгджзклмнпрстфхцчшщ])[ое]к$")
_FLEETING_AFTER_VOWEL = re.compile(r"(?<=..[аоуеиыэюя])ек$")
_QUOTES = str.maketrans("“”„«»", '"""""')


@dataclass(frozen=True)
class Phrase:
    """Words that stand side by side. ``prefix``: the beginning of a last word that is still being written."""

    stems: tuple[str, ...]
    prefix: str = ""


Query = tuple[Phrase, ...]


def plain(word: str) -> str:
    """A word without case, accents and apostrophes; ё is е, й stays."""
    if word.isascii():
        return "".join(filter(str.isalnum, word.lower()))
    taken_apart = unicodedata.normalize("NFKD", word).casefold().replace("и\u0306", "й")
    return "".join(filter(str.isalnum, taken_apart))


def stem(word: str) -> str:
    """The part that the forms of a word share. A number has no forms, and there are too many of them to be remembered."""
    if word.isascii() and word.isdigit():
        return word[:LONGEST_WORD]
    return _stem(word) if len(word) <= LONGEST_WORD else plain(word[:LONGEST_WORD])


@lru_cache(16_384)  # a stem costs a tenth of a millisecond, and people repeat themselves
def _stem(word: str) -> str:
    bare = plain(word.split("'")[0].split("’")[0] if word[-2:] in ("'s", "’s", "'S", "’S") else word)
    if not bare.isalpha():
        return bare
    if bare.isascii():
        return _stemmer("english").stemWord(bare)
    if not any("а" <= letter <= "я" for letter in bare):
        return bare
    stemmed = _PERSON.sub("", _stemmer("russian").stemWord(bare))
    return _FLEETING_AFTER_VOWEL.sub("йк", _FLEETING.sub("к", stemmed))


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


@cache
def _stemmer(language: str) -> _Stemmer:
    import snowballstemmer  # costs 0.1 s, and not every start needs it

    return cast(_Stemmer, snowballstemmer.stemmer(language))


def stems(text: str) -> str:
    """A text as the index keeps it: its stems in order, with spaces between."""
    return " ".join(filter(None, map(stem, _WORD.findall(text))))


def parse(text: str) -> Query:
    """What a person typed: words, phrases in quotes, and a last word that may not be finished yet."""
    text = text[:LONGEST_QUERY].translate(_QUOTES)
    phrases: list[Phrase] = []
    for chunk in _CHUNK.finditer(text):
        quoted = chunk[0].startswith('"')
        words = _WORD.findall(chunk[1] if quoted else chunk[0])
        unfinished = chunk.end() == len(text) and not (quoted and chunk[2]) and not text[-1].isspace()
        known = tuple(filter(None, map(stem, words)))
        if known:
            beginning = plain(words[-1][:LONGEST_WORD]) if unfinished else ""
            phrases.append(Phrase(known, beginning if len(beginning) >= SHORTEST_PREFIX else ""))
    return tuple(dict.fromkeys(phrases))[:MOST_PHRASES]


def expression(query: Query) -> str:
    """The query for FTS5. Nothing but letters and digits gets into its quotes, so that nothing in it can be an operator."""
    return " AND ".join(map(_phrase, query))


def _phrase(phrase: Phrase) -> str:
    exactly = f'"{" ".join(phrase.stems)}"'
    if not phrase.prefix:
        return exactly
    return f'({exactly} OR "{" ".join((*phrase.stems[:-1], phrase.prefix))}" *)'


def matches(query: Query, text: str) -> Iterator[tuple[int, Range]]:
    """Where a text says what is asked for: (number of the phrase, range of one word), a word once for each phrase."""
    longest = max((len(phrase.stems) for phrase in query), default=0)
    beginnings = tuple({part[:2] for phrase in query for part in (*phrase.stems, phrase.prefix) if part})
    last: deque[tuple[str, str, Range]] = deque(maxlen=longest)
    told = [0] * len(query)  # up to where each phrase has been found: "a a" is in "a a a" twice, and three words say it
    for found in _WORD.finditer(text):
        bare = plain(found[0][:LONGEST_WORD])
        # Most words need no stem to be seen as others.
        stemmed = stem(found[0]) if bare.startswith(beginnings) else ""
        last.append((bare, stemmed, found.span()))
        for number, phrase in enumerate(query):
            if _says(phrase, last):
                tail = islice(last, len(last) - len(phrase.stems), None)
                yield from ((number, span) for _, _, span in tail if span[0] >= told[number])
                told[number] = found.end()


def _says(phrase: Phrase, words: deque[tuple[str, str, Range]]) -> bool:
    """Whether what was read last ends with the phrase."""
    if len(words) < len(phrase.stems):
        return False
    bare, stemmed, _ = words[-1]
    begun = bool(phrase.prefix) and (bare.startswith(phrase.prefix) or stemmed.startswith(phrase.prefix))
    if stemmed != phrase.stems[-1] and not begun:
        return False
    backwards = zip(islice(reversed(words), 1, None), reversed(phrase.stems[:-1]), strict=False)
    return all(word[1] == wanted for word, wanted in backwards)


def ranges(query: Query, text: str) -> list[Range]:
    """All places in a short text, in characters (code points)."""
    return sorted({span for _, span in matches(query, text)})


def snippet(query: Query, text: str) -> tuple[str, list[Range]]:
    """The place of a text that says the most of what is asked for, and the ranges in it that do."""
    found: list[tuple[int, Range]] = []
    for match in matches(query, text):
        if found and match[1][1] > max(SEARCHED, found[0][1][0] + SNIPPET):
            break
        found.append(match)
    begin = _boundary(text, max(0, _best(found) - LEAD)) if found else 0
    end = min(len(text), begin + SNIPPET)
    shown = text[begin:end]
    return shown, sorted({(start - begin, stop - begin) for _, (start, stop) in found if begin <= start and stop <= end})


def _best(found: list[tuple[int, Range]]) -> int:
    """Where to begin so that the most different phrases are seen; the first of such places."""
    places = sorted((span[0], number) for number, span in found)
    best, most, ahead = places[0][0], 0, 0
    seen: Counter[int] = Counter()  # between ``start`` and ``ahead``, which both only go on
    for start, number in places:
        while ahead < len(places) and places[ahead][0] < start + SNIPPET - LEAD - LONGEST_WORD:
            seen[places[ahead][1]] += 1
            ahead += 1
        if len(seen) > most:
            best, most = start, len(seen)
        seen[number] -= 1
        if not seen[number]:
            del seen[number]
    return best


def _boundary(text: str, at: int) -> int:
    """The beginning of the next word, if there is one near."""
    if at == 0:
        return 0
    space = text.find(" ", at - 1, at + LEAD)
    return space + 1 if space >= 0 else at
