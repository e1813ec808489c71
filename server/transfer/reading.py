"""Values out of JSON that somebody else wrote: every getter takes anything and gives what was asked for, or nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from server.transfer.values import Unreadable

LATEST = 4_102_444_800.0  # seconds: the year 2100; what claims to be later is no time
LONGEST_NUMBER = 1 << 53
LOOKED_AT = 100  # entries


def parse(data: bytes) -> Any:
    """JSON in UTF-8, with or without a byte order mark; or JSON lines, as a list. Raises ``Unreadable``."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8") from error
    try:
        return _loads(text)
    except Unreadable:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not lines[0].rstrip().endswith("}"):
            raise
        return [_loads(line) for line in lines]


def _loads(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda _name: None)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error


def fields(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects of a list; what else is in it is passed over."""
    return (item for item in listed(value) if isinstance(item, dict))


def entries(value: object) -> list[Any]:
    """A file of one conversation, or of a list of them, as a list."""
    return [value] if isinstance(value, dict) else listed(value)


def sample(value: object) -> list[dict[str, Any]]:
    """As many entries as tell whose file it is; somebody may send millions of nothing."""
    return list(objects(entries(value)[:LOOKED_AT]))


def text(value: object) -> str:
    """A string that a database and a wire can carry: half characters (a title cut inside an emoji) are replaced."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def name(value: object) -> str:
    """An id, a model, a provider: one short line; numbers are ids too."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < LONGEST_NUMBER else ""
    return " ".join(text(value).split())[:300]


def whole(value: object) -> int:
    """A count; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < LONGEST_NUMBER:
        return 0
    return int(value)


def real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < LONGEST_NUMBER**2:
        return None
    return float(value) if math.isfinite(value) else None


def moment(value: object) -> float | None:
    """Seconds since 1970, from seconds, milliseconds, micro- or nanoseconds, or an ISO 8601 string."""
    if isinstance(value, str):
        return _from_iso(value)
    number = real(value)
    if number is None or number <= 0:
        return None
    while number > LATEST:
        number /= 1000
    return number


def _from_iso(value: str) -> float | None:
    try:
        parsed = datetime.fromisoformat(_for_python_310(value))
        stamp = (parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None
    return stamp if 0 < stamp <= LATEST else None


def _for_python_310(value: str) -> str:
    """Before 3.11 ``fromisoformat`` reads neither "Z" nor a fraction that has not 3 or 6 digits."""
    head, dot, tail = value.strip().replace("Z", "+00:00").partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}" if dot and digits else head + dot + tail


def flat(content: object) -> str:
    """Content as text: a string, or an array of parts, of which those without text leave their kind in brackets."""
    if isinstance(content, dict):
        content = [content]
    if isinstance(content, list):
        return "\n\n".join(piece for piece in map(_part, content) if piece)
    return text(content)


def _part(part: object) -> str:
    if isinstance(part, str):
        return text(part)
    known = fields(part)
    for field in ("text", "content", "value"):
        if isinstance(known.get(field), str):
            return text(known[field])
    kind = name(known.get("type")) or next((name(key) for key in known), "")
    return f"[{kind}]" if kind else ""
