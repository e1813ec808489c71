"""Passwords: which are good enough (A-019), and argon2id (A-018). argon2 is imported when the first password is looked at."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from server.settings import SettingsError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 8  # characters; 15 are better
LONGEST = 1024  # characters
TIME_COST = 2  # passes
MEMORY_COST = 19_456  # KiB: 36 ms on a small server, and two at once are no lever against its memory
PARALLELISM = 1
COMMON = Path(__file__).with_name("common_passwords.txt")
KEYBOARD = (
    "1234567890-=",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю.",
)
DISGUISES = str.maketrans("@4031!$57", "aaoeiisst")


class WeakPassword(SettingsError):
    """A password that is not taken. The text is one Russian sentence."""


def check(password: str) -> None:
    """Raise ``WeakPassword``. Any characters are welcome, nothing is cut off, no kinds of characters are demanded."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"Пароль короче {SHORTEST} знаков; хорош пароль из 15 и больше, например из четырёх случайных слов.")
    if len(password) > LONGEST:
        raise WeakPassword(f"Пароль длиннее {LONGEST} знаков.")
    if is_common(password):
        raise WeakPassword("Этот пароль из тех, что подбирают первыми; возьмите, например, четыре случайных слова.")


def is_common(password: str) -> bool:
    """Whether anybody would try it first: a well-known one, also with decoration; a run of keys; a short repetition."""
    plain = "".join(password.casefold().split())
    unit = _unit(plain)
    words = {plain, unit, _bare(plain), _bare(unit)}
    forms = words | {word.translate(DISGUISES) for word in words}
    return len(unit) <= 4 or _is_run(plain) or not forms.isdisjoint(_common())


def _unit(text: str) -> str:
    """The shortest piece that, repeated, makes ``text``."""
    size = (text + text).find(text, 1)
    return text[:size] if text else ""


def _bare(text: str) -> str:
    """Without the digits and marks around the word."""
    letters = [index for index, character in enumerate(text) if character.isalpha()]
    return text[letters[0] : letters[-1] + 1] if letters else text


def _is_run(text: str) -> bool:
    """12345678, abcdefgh, qwertyui and the like, in either direction."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    return steps in ({1}, {-1}) or any(text in row or text in row[::-1] for row in KEYBOARD)


@functools.cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").split())


def hash_password(password: str) -> str:
    return _hasher().hash(_bytes(password))


def matches(password_hash: str, password: str) -> bool:
    from argon2.exceptions import VerifyMismatchError

    try:
        return _hasher().verify(password_hash, _bytes(password))
    except VerifyMismatchError:
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)


@functools.cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_COST, parallelism=PARALLELISM)


def _bytes(password: str) -> bytes:
    """The same bytes from every keyboard: й as one character or as two."""
    import unicodedata

    return unicodedata.normalize("NFC", password).encode()
