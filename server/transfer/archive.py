"""The JSON files in a ZIP, read in memory under three caps. Nothing is written to a disk, names lead nowhere (A-066)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain

from server.transfer import detect, reading
from server.transfer.values import Arrival, TooLarge, Unknown, Unreadable

EXPANSION = 5  # how many times the largest body all files together may unpack to
RATIO = 200  # how many times its packed size one file may be, beyond the first megabyte
FREE = 1 << 20  # bytes
MOST_ENTRIES = 100_000
PIECE = 1 << 16  # bytes unpacked at a time
# What exports are packed with. By any other method zipfile unpacks a piece at one go, however large it becomes.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the library raises for no sound archive.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)


def read(data: bytes, *, largest: int, owner: str, now: float) -> tuple[str, Iterator[Arrival]]:
    """Everything that is known in the archive. Raises ``Unreadable``, ``Unknown``, ``TooLarge`` (before anything is handed out)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            entries = [entry for entry in opened.infolist() if entry.filename.lower().endswith(".json")]
            if len(opened.infolist()) > MOST_ENTRIES:
                raise TooLarge("too many entries")
            return _known(opened, entries, largest, owner, now)
    except BROKEN as error:
        raise Unreadable("not a ZIP archive") from error


def one_file(data: bytes, name: str, *, largest: int) -> object:
    """The JSON of one file at the top of an archive; ``None`` where there is no such file, or it is not to be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            return reading.parse(_content(opened, opened.getinfo(name), largest))
    except (KeyError, Unreadable, TooLarge, *BROKEN):
        return None


def _known(
    opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], largest: int, owner: str, now: float
) -> tuple[str, Iterator[Arrival]]:
    found: dict[str, list[list[Arrival]]] = {}
    for entry in entries:
        content = _content(opened, entry, largest)
        largest -= len(content)
        try:
            format_name, arrivals = detect.read(content, owner=owner, now=now)
        except (Unknown, Unreadable):
            continue  # an export also holds lists of users, ratings, devices
        found.setdefault(format_name, []).append(list(arrivals))
    if not found:
        raise Unknown("no chats in the archive")
    names = sorted(found, key=lambda name: -sum(map(len, found[name])))
    return names[0], chain.from_iterable(part for name in names for part in found[name])


def _content(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, largest: int) -> bytes:
    """One file. What the archive says about its size is not believed: it is counted while it unpacks."""
    if entry.compress_type not in METHODS:
        raise Unreadable("an unusual method of packing")
    allowed = min(largest, max(FREE, entry.compress_size * RATIO))
    pieces: list[bytes] = []
    with opened.open(entry) as stream:
        while piece := stream.read(PIECE):
            allowed -= len(piece)
            if allowed < 0:
                raise TooLarge(entry.filename[:100])
            pieces.append(piece)
    return b"".join(pieces)
