"""From the query of an address to checked values. Raises ``ApiError`` 400 with the name of the parameter that is wrong."""

from __future__ import annotations

import math

from flask import request

from server.errors import ApiError

LONGEST_NUMBER = 16  # digits; more would cost time and fit no database
FLAGS = {"0": False, "1": True}


def number(name: str, default: int, largest: int) -> int:
    """From 1 to ``largest``."""
    given = request.args.get(name, str(default))
    if not (given.isascii() and given.isdigit() and len(given) <= LONGEST_NUMBER and 1 <= int(given) <= largest):
        raise _wrong(name, f"a number from 1 to {largest}")
    return int(given)


def flag(name: str) -> bool | None:
    given = request.args.get(name)
    if given is None:
        return None
    if given not in FLAGS:
        raise _wrong(name, "0 or 1")
    return FLAGS[given]


def moment(name: str) -> float | None:
    """Unix seconds."""
    given = request.args.get(name)
    if given is None:
        return None
    try:
        value = float(given)
    except ValueError:
        raise _wrong(name, "a time in Unix seconds") from None
    if not math.isfinite(value):
        raise _wrong(name, "a time in Unix seconds")
    return value


def _wrong(name: str, what: str) -> ApiError:
    return ApiError("bad_request", 400, f"{name} is {what}", values={"name": name})
