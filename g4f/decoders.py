"""From bytes to lines, events and values: SSE and NDJSON as real servers write them, whatever the network does to the pieces.

Lines end with LF, CRLF or CR and nothing else (U+2028 inside JSON is text), are joined as bytes and decoded whole, so a letter
cut in half between two packets arrives whole. Broken UTF-8 becomes U+FFFD.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from g4f.errors import ProtocolViolation

LINE_BYTES = 1 << 20  # the longest line, and the longest event, that is read
HALF = re.compile("[\ud800-\udfff]")  # of a pair that JSON spells as two, where it stands alone
BROKEN_EVENTS = 3  # so many events that are not JSON end the answer; one or two are skipped

_BOM = b"\xef\xbb\xbf"
_decode = json.JSONDecoder().raw_decode


class ServerEvent(NamedTuple):
    """One event of a stream. ``name`` is "" where the server gave none; ``whole`` marks a plain JSON answer that came instead."""

    name: str
    data: str
    whole: bool = False


KEEPALIVE = ServerEvent(":", "")  # a comment: the server is alive and has nothing to say yet


class LineSplitter:
    """Bytes in, whole lines out, without their endings."""

    def __init__(self, cap: int = LINE_BYTES) -> None:
        self._cap = cap
        self._pieces: list[bytes] = []
        self._held = 0
        self._after_cr = False
        self._start = True

    @property
    def between(self) -> bool:
        """Whether what comes next begins a line."""
        return not (self._pieces or self._after_cr or self._start)

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that ``chunk`` completes. Raises ``ProtocolViolation`` for a line above the cap."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk[0] == 10:  # the LF of a CRLF that was cut in two
                chunk = chunk[1:]
        if not chunk:
            return []
        if b"\n" not in chunk and b"\r" not in chunk:
            self._hold(chunk)
            return []
        if self._pieces:
            self._pieces.append(chunk)
            chunk = b"".join(self._pieces)
            self._pieces.clear()
            self._held = 0
        lines = chunk.splitlines()
        last = chunk[-1]
        if last == 13:
            self._after_cr = True
        elif last != 10:
            self._hold(lines.pop())
        if self._start and lines:
            self._start = False
            lines[0] = lines[0].removeprefix(_BOM)
        if len(chunk) > self._cap and any(len(line) > self._cap for line in lines):
            raise ProtocolViolation(f"a line of more than {self._cap} bytes")
        return lines

    def finish(self) -> list[bytes]:
        """The last line, if the stream ended inside one."""
        line = b"".join(self._pieces)
        self._pieces.clear()
        if self._start:
            line = line.removeprefix(_BOM)
        return [line] if line else []

    def _hold(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held > self._cap:
            raise ProtocolViolation(f"a line of more than {self._cap} bytes")


class SSEDecoder:
    """Server-sent events. An event that the end of the stream cuts short of its blank line counts."""

    def __init__(self, cap: int = LINE_BYTES) -> None:
        self._lines = LineSplitter(cap)
        self._cap = cap
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0
        self._between = False  # two events: nothing of the next one has come

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        if self._between and self._is_one_event(chunk):
            return [ServerEvent("", chunk[6:-2].decode("utf-8", "replace"))]
        events = self._read(self._lines.feed(chunk))
        self._between = self._lines.between and not self._data and not self._name
        return events

    def finish(self) -> list[ServerEvent]:
        return self._read([*self._lines.finish(), b""])

    def _is_one_event(self, chunk: bytes) -> bool:
        """Whether this is what nearly every packet of an answer is: a single line of data and the blank line after it."""
        return (
            chunk.startswith(b"data: ")
            and chunk.find(b"\n") == len(chunk) - 2
            and chunk[-1] == 10
            and b"\r" not in chunk
            and len(chunk) <= self._cap
        )

    def _read(self, lines: list[bytes]) -> list[ServerEvent]:
        events: list[ServerEvent] = []
        for line in lines:
            if line.startswith(b"data:") or line == b"data":
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
                self._size += len(line) + 1
                if self._size > self._cap + 1:  # behind the last line nothing is joined
                    raise ProtocolViolation(f"an event of more than {self._cap} bytes")
            elif not line:
                if self._data:
                    raw = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                    events.append(ServerEvent(self._name, raw.decode("utf-8", "replace")))
                    self._data.clear()
                    self._size = 0
                self._name = ""
            elif line[0] == 58:
                events.append(KEEPALIVE)
            elif line.startswith(b"event:"):
                self._name = line[6:].removeprefix(b" ").decode("utf-8", "replace")
        return events


class LinesDecoder:
    """Newline-delimited values: every line that is not blank is an event without a name."""

    def __init__(self, cap: int = LINE_BYTES) -> None:
        self._lines = LineSplitter(cap)

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        return [ServerEvent("", line.decode("utf-8", "replace")) for line in self._lines.feed(chunk) if line.strip()]

    def finish(self) -> list[ServerEvent]:
        return [ServerEvent("", line.decode("utf-8", "replace")) for line in self._lines.finish() if line.strip()]


class TolerantJSON:
    """Reads the JSON objects of one answer. What is not an object is skipped and counted; the third ends the answer."""

    def __init__(self) -> None:
        self.broken = 0

    def object(self, text: str) -> dict[str, Any] | None:
        """The object, or ``None`` to skip. Raises ``ProtocolViolation`` when too many were broken."""
        try:
            value = _loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        self.broken += 1
        if self.broken >= BROKEN_EVENTS:
            raise ProtocolViolation(f"{self.broken} events that are not JSON objects")
        return None


def as_text(value: Any) -> str:
    """A stranger's value as text that can be written down: a string, anything else as JSON; "…" for what is nested too deeply."""
    if isinstance(value, str):
        return whole_characters(value)
    try:
        return whole_characters(json.dumps(value, ensure_ascii=False))
    except (ValueError, RecursionError):
        return "…"


def whole_characters(text: str) -> str:
    """The text with U+FFFD for every lone half of a surrogate pair, which JSON can spell and UTF-8 cannot."""
    if text.isascii() or not HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _loads(text: str) -> Any:
    """``json.loads`` for what is a value and nothing else, at three fifths of its cost."""
    if text.startswith("{"):
        value, end = _decode(text)
        if end == len(text):
            return value
    return json.loads(text)
