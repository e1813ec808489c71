"""Bytes to events: whatever the network does to the pieces, the same comes out."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g4f.decoders import KEEPALIVE, LinesDecoder, LineSplitter, ServerEvent, SSEDecoder, TolerantJSON
from g4f.errors import ProtocolViolation

STREAM = (
    '\ufeffdata: {"text": "Привет, \u2028мир\u0085!"}\n\n'
    ": OPENROUTER PROCESSING\r\n\r\n"
    "event: message.delta\r\ndata:без пробела\r\n\r\n"
    "data: 👩‍👩‍👧\rdata: вторая строка\r\r"
    "id: 7\nretry: 100\nunknown: field\nдругое\n\n"
    "data\n\n"
    "data:  два пробела\n\n"
    "data: [DONE]"
).encode()
EVENTS = [
    ServerEvent("", '{"text": "Привет, \u2028мир\u0085!"}'),
    KEEPALIVE,
    ServerEvent("message.delta", "без пробела"),
    ServerEvent("", "👩‍👩‍👧\nвторая строка"),
    ServerEvent("", ""),
    ServerEvent("", " два пробела"),
    ServerEvent("", "[DONE]"),
]


def decoded(decoder: SSEDecoder | LinesDecoder, chunks: list[bytes]) -> list[ServerEvent]:
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.finish()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(marks)]


def test_events_are_read_as_servers_write_them() -> None:
    assert decoded(SSEDecoder(), [STREAM]) == EVENTS


@pytest.mark.parametrize("size", range(1, 12))
def test_packets_of_any_size_give_the_same_events(size: int) -> None:
    assert decoded(SSEDecoder(), [STREAM[at : at + size] for at in range(0, len(STREAM), size)]) == EVENTS


@given(st.lists(st.integers(0, 10_000), max_size=30))
def test_cuts_anywhere_give_the_same_events(places: list[int]) -> None:
    assert decoded(SSEDecoder(), cut(STREAM, places)) == EVENTS


@given(
    st.lists(st.text(max_size=40), max_size=10),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 10_000), max_size=20),
)
def test_any_text_arrives_through_any_line_end_and_any_cut(texts: list[str], end: str, places: list[int]) -> None:
    wire = "".join(f"data: {json.dumps(text, ensure_ascii=False)}{end}{end}" for text in texts)
    # What has no UTF-8 cannot be on the wire.
    data = wire.encode("utf-8", "replace")
    events = decoded(SSEDecoder(), cut(data, places))
    assert [json.loads(event.data) for event in events] == [text.encode("utf-8", "replace").decode() for text in texts]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=20))
def test_any_bytes_at_all_are_split_as_if_they_came_at_once(data: bytes, places: list[int]) -> None:
    whole, pieces = LineSplitter(), LineSplitter()
    expected = whole.feed(data) + whole.finish()
    assert [line for chunk in cut(data, places) for line in pieces.feed(chunk)] + pieces.finish() == expected


def test_broken_utf8_becomes_a_replacement_character() -> None:
    assert decoded(SSEDecoder(), [b"data: \xff?\n\n"]) == [ServerEvent("", "\ufffd?")]


def test_values_by_lines_are_read_without_the_blank_ones() -> None:
    assert [event.data for event in decoded(LinesDecoder(), [b'{"a":1}\r\n\r\n  \n{"b":', b"2}"])] == ['{"a":1}', '{"b":2}']


@pytest.mark.parametrize("size", [1, 7, 1000, 5000])
def test_a_line_without_end_is_refused(size: int) -> None:
    splitter = LineSplitter(cap=1000)
    with pytest.raises(ProtocolViolation):
        [splitter.feed(b"x" * size) for _ in range(0, 5000, size)]


@pytest.mark.parametrize("line", [b"data: x\n", b"data:\n", b"data\n", b"data: x\nid: 1\nevent: e\nretry: 1\n:\n"])
def test_an_event_of_endless_lines_is_refused(line: bytes) -> None:
    decoder = SSEDecoder(cap=1000)
    with pytest.raises(ProtocolViolation):
        [decoder.feed(line) for _ in range(500)]


@pytest.mark.parametrize("lines", [b"data:" + b"x" * 995, b"data:x\n" * 142 + b"data:x", b"data\n" * 199 + b"data:"])
def test_an_event_may_be_as_long_as_a_line_with_all_that_joins_it(lines: bytes) -> None:
    assert SSEDecoder(cap=1000).feed(lines + b"\n\n")
    with pytest.raises(ProtocolViolation):
        SSEDecoder(cap=1000).feed(lines + b"\ndata\n\n")


@pytest.mark.parametrize("line", [b"\n", b"\r", b"id: 1\n", b"event: e\n", b"retry: 1\n", b":\n", b" \n", b"unknown: 1\n"])
def test_lines_without_data_leave_nothing_behind(line: bytes) -> None:
    events, lines = SSEDecoder(cap=1000), LinesDecoder(cap=1000)
    for _ in range(5_000):
        assert {event.data for event in events.feed(line)} <= {""}
        lines.feed(line)
    assert not events._data
    assert events._lines._pieces == lines._lines._pieces == []
    assert len(events._name) <= 1


def test_two_broken_objects_are_skipped_and_the_third_ends_the_answer() -> None:
    reader = TolerantJSON()
    assert reader.object("{") is None
    assert reader.object('{"good": 1}') == {"good": 1}
    assert reader.object("[1]") is None
    with pytest.raises(ProtocolViolation):
        reader.object("[" * 100_000)
