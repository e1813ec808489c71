"""A piece of an answer without the marks of Markdown, to be read in one line; what was looked for in it stays marked. Pure.

The piece begins and ends anywhere, so nothing is parsed: what looks like a mark is left out, unless what was looked for is in it.
A person, a model or a file wrote the text, so each pattern has one way only to match a piece, and gives it up after one reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Range = tuple[int, int]

# Dashes, then more of them behind what may stand between: "---|---", "--- ---", "--- :---:".
_RULE = r"-{3,}(?:(?:(?::[ \t]*|[ \t]+)(?:\|[ \t]*)?|\|[ \t]*):?-{3,})*"

# What is left out: the whole match, or only its named groups, between which something stays. No piece is as long as 200 characters.
_MARKS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^[ \t]*(?:```|~~~)[^\s`]*[ \t]*$",  # the edges of code
        rf"^[ \t]*(?:\|[ \t]*)?:?{_RULE}:?[ \t]*(?:\|[ \t]*)?$",  # a rule, or the line under a table's head
        r"^[ \t]*(?:>[ \t]?)*(?:#{1,6}[ \t]+|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)?",  # quotes, headings, lists
        r"^[ \t]*\|[ \t]*|(?:(?<![ \t])[ \t]+)?\|[ \t]*$",  # the edges of a table
        r"(?P<a>!?\[)[^\[\]\n]*(?P<b>\]\([^()\s]*(?:[ \t]+\"[^\"\n]*\")?\))",  # links and pictures
        r"(?P<a>\*{1,3}|~~)(?=[^\s*~])(?:(?!\*).){0,200}?(?<=[^\s*~])(?P<b>(?P=a))",  # both ends of what is stressed
        r"(?<!\S)(?:\*{2,3}|~~)(?=[^\s*~])|(?<=[^\s*~])(?:\*{2,3}|~~)(?!\w)",  # one end of it, where the other is cut off
        r"`+",
    )
)


def unmarked(text: str, ranges: Iterable[Range]) -> tuple[str, list[Range]]:
    """``text`` without marks, and where ``ranges`` are in what is left."""
    kept = bytearray(b"\1" * len(text))
    sought = bytearray(len(text))
    found = list(ranges)
    for start, end in found:
        sought[start:end] = b"\1" * (end - start)
    for mark in _MARKS:
        for match in mark.finditer(text):
            spans = [match.span(group) for group in (mark.groupindex or (0,))]
            if not any(any(sought[start:end]) for start, end in spans):
                for start, end in spans:
                    kept[start:end] = bytes(end - start)
    places = [0]
    for keep in kept:
        places.append(places[-1] + keep)
    shown = "".join(letter for letter, keep in zip(text, kept, strict=True) if keep)
    return shown, [(places[start], places[end]) for start, end in found]
