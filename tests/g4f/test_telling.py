"""The two forms of an answer: told and streamed say the same, stop at once, wait for their readers, and never part."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, cast

import pytest

from g4f import continuation, errors, telling
from g4f.base import Provider, ProviderConfig, SyncProvider
from g4f.catalog import Pinned
from g4f.chat import ChatRequest, Event, Finished, Started, Text
from g4f.continuation import Continuing
from g4f.decoders import ServerEvent
from g4f.failover import Policy
from g4f.health import Health
from g4f.openai_compatible import CustomEndpoint, OpenAICompatible
from g4f.telling import Sink
from g4f.transport import Transport
from tests.emulators.openai import answer_to
from tests.emulators.stage import Stage
from tests.g4f.conftest import ask, text_of

ANSWER = (Text("Раз"), Text("Два"), Finished())
QUESTION = "Как дела?"


class Heard:
    """A sink that keeps everything; ``full`` after so many events, until ``empty`` is set."""

    def __init__(self, full: int = 10**6) -> None:
        self.events: list[Event] = []
        self.empty = asyncio.Event()
        self._full = full

    def take(self, event: Event) -> bool:
        self.events.append(event)
        return len(self.events) < self._full or self.empty.is_set()

    async def room(self) -> None:
        await self.empty.wait()


class Streamer(Provider):
    """Says its answer as a stream, and whether it was closed."""

    def __init__(self, *steps: Event | Exception) -> None:
        super().__init__(Transport())
        self._steps = steps or ANSWER
        self.closed = 0

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        try:
            for step in self._steps:
                await asyncio.sleep(0)
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            await asyncio.sleep(0)
            self.closed += 1


class Teller(Provider):
    """Tells its answer."""

    def __init__(self, *steps: Event | Exception) -> None:
        super().__init__(Transport())
        self._steps = steps or ANSWER
        self.told = 0
        self.closed = 0

    async def tell(self, request: ChatRequest, sink: Sink) -> None:
        try:
            for step in self._steps:
                await asyncio.sleep(0)
                if isinstance(step, Exception):
                    raise step
                self.told += 1
                if not sink.take(step):
                    await sink.room()
        finally:
            await asyncio.sleep(0)
            self.closed += 1


async def heard(provider: Provider) -> list[Event]:
    sink = Heard()
    await provider.tell(ask(), sink)
    return sink.events


async def read(provider: Provider) -> list[Event]:
    return [event async for event in provider.stream(ask())]


async def read_into(events: list[Event], answering: AsyncIterator[Event]) -> None:
    async for event in answering:
        events.append(event)


@pytest.mark.parametrize("kind", [Streamer, Teller])
async def test_a_provider_that_says_one_form_has_the_other(kind: type[Streamer] | type[Teller]) -> None:
    assert await heard(kind()) == await read(kind()) == list(ANSWER)


class Plain(SyncProvider):
    """Says its pieces as a generator of 2023 does."""

    def __init__(self, *pieces: object) -> None:
        super().__init__(Transport())
        self._pieces = pieces
        self.closed = 0

    def generate(self, request: ChatRequest) -> Iterator[str | Event]:
        try:
            yield from cast(Any, self._pieces)
        finally:
            self.closed += 1


@pytest.mark.parametrize(
    "pieces",
    [
        ("Раз", "Два"),
        (None, "Раз", "", None, "Два", None),
        ("Раз".encode(), bytearray("Два".encode())),
        (Text("Раз"), "", Text("Два"), Finished()),
    ],
)
async def test_a_plain_generator_is_told_too(pieces: Sequence[object]) -> None:
    plain = Plain(*pieces)
    assert await heard(plain) == list(ANSWER)
    assert plain.closed == 1


async def test_bytes_of_a_plain_generator_are_text_however_they_are_cut() -> None:
    pieces = [bytes([byte]) for byte in "ё🧩".encode()]
    assert text_of(await heard(Plain(*pieces, b"\xff!", b"\xd1"))) == "ё🧩\ufffd!\ufffd"


@pytest.mark.parametrize("piece", [7, {"text": "Раз"}, ["Раз"], object(), ChatRequest("m", ())])
async def test_what_is_neither_text_nor_an_event_ends_a_plain_generators_answer(piece: object) -> None:
    plain, sink = Plain("Раз", piece, "Два"), Heard()
    with pytest.raises(errors.ProtocolViolation, match=type(piece).__name__):
        await plain.tell(ask(), sink)
    assert sink.events == [Text("Раз")]
    assert plain.closed == 1


@pytest.mark.parametrize("pieces", [(), (None,), ("", b"")])
async def test_a_plain_generator_that_says_nothing_has_not_answered(pieces: Sequence[object]) -> None:
    with pytest.raises(errors.ProtocolViolation, match="empty"):
        await heard(Plain(*pieces))


async def test_a_plain_generator_without_end_is_refused() -> None:
    with pytest.raises(errors.ProtocolViolation, match="characters"):
        await heard(Plain(*["x" * 100_000] * 100))


class LoudStreamer(Teller):
    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        async with aclosing(super().stream(request)) as events:  # type: ignore[type-var]
            async for event in events:
                yield Text(event.text.upper()) if isinstance(event, Text) else event


class LoudTeller(Streamer):
    async def tell(self, request: ChatRequest, sink: Sink) -> None:
        told = Heard()
        await super().tell(request, told)
        for event in told.events:
            sink.take(Text(event.text.upper()) if isinstance(event, Text) else event)


class Mixed:
    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        for event in ANSWER:
            yield Text(event.text.upper()) if isinstance(event, Text) else event


class LoudMixture(Mixed, Teller):  # type: ignore[misc]
    pass


class LoudChild(LoudStreamer):
    """Says neither: both are its parent's."""


@pytest.mark.parametrize("kind", [LoudStreamer, LoudTeller, LoudMixture, LoudChild])
async def test_what_a_class_says_of_one_form_holds_for_the_other(kind: type[Provider]) -> None:
    loud = [Text("РАЗ"), Text("ДВА"), Finished()]
    assert await heard(kind()) == loud  # type: ignore[call-arg]
    assert await read(kind()) == loud  # type: ignore[call-arg]


async def test_those_who_stand_before_a_provider_take_its_own_form() -> None:
    for loud in (LoudStreamer(), LoudTeller()):
        for before in (Pinned(loud, "m"), Continuing(loud, "Ноль")):
            assert text_of(await heard(before)) == text_of(await read(before)) == "РАЗДВА"


@pytest.mark.parametrize("kind", [Streamer, Teller])
async def test_what_was_said_before_an_error_is_heard_and_read(kind: type[Streamer] | type[Teller]) -> None:
    steps = (Text("Раз"), errors.Interrupted("cut"))
    sink = Heard()
    with pytest.raises(errors.Interrupted, match="cut"):
        await kind(*steps).tell(ask(), sink)
    assert sink.events == [Text("Раз")]
    events: list[Event] = []
    with pytest.raises(errors.Interrupted, match="cut"):
        await read_into(events, kind(*steps).stream(ask()))
    assert events == [Text("Раз")]


async def test_what_is_told_without_asking_for_room_is_read_before_the_error() -> None:
    async def hasty(sink: Sink) -> None:
        for event in ANSWER[:2]:
            sink.take(event)
        raise errors.Interrupted("cut")

    events: list[Event] = []
    with pytest.raises(errors.Interrupted):
        await read_into(events, telling.stream(hasty))
    assert events == list(ANSWER[:2])


@pytest.mark.parametrize("kind", [Streamer, Teller])
async def test_a_stream_that_is_closed_ends_its_teller_in_the_same_moment(kind: type[Streamer] | type[Teller]) -> None:
    provider = kind()
    async with aclosing(provider.stream(ask())) as events:  # type: ignore[type-var]
        assert await anext(events) == Text("Раз")
        assert provider.closed == 0
    assert provider.closed == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_stream_that_nobody_began_never_asks() -> None:
    provider = Teller()
    await provider.stream(ask()).aclose()  # type: ignore[attr-defined]
    assert provider.told == provider.closed == 0


async def test_a_teller_goes_no_further_than_its_reader() -> None:
    provider = Teller()
    read = 0
    async for _ in provider.stream(ask()):
        read += 1
        await asyncio.sleep(0.01)
        assert provider.told == read


@pytest.mark.parametrize("kind", [Streamer, Teller])
async def test_a_reader_that_is_cancelled_ends_the_provider(kind: type[Streamer] | type[Teller]) -> None:
    provider = kind(*[Text("ещё")] * 10**6)
    sink = Heard()
    for asking in (provider.tell(ask(), sink), read(provider)):
        task = asyncio.ensure_future(asking)
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert provider.closed == 2


async def test_a_timeout_inside_a_teller_is_its_own() -> None:
    async def patient(sink: Sink) -> None:
        for event in ANSWER:
            try:
                await asyncio.wait_for(asyncio.Event().wait(), 0.01)
            except asyncio.TimeoutError:
                if not sink.take(event):
                    await sink.room()

    assert [event async for event in telling.stream(patient)] == list(ANSWER)


async def test_a_sink_that_raises_ends_the_request(transport: Transport, openai_stage: Stage) -> None:
    class Full(Heard):
        def take(self, event: Event) -> bool:
            if isinstance(event, Text):
                raise ZeroDivisionError
            return super().take(event)

    with pytest.raises(ZeroDivisionError):
        await service(transport, openai_stage, "endless").tell(ask(), Full())
    assert_nothing_is_left()
    provider = Streamer(*ANSWER)
    with pytest.raises(ZeroDivisionError):
        await provider.tell(ask(), Full())
    assert provider.closed == 1


# --- the whole way, from a service to a sink ------------------------------------------------------------------------------------


def service(transport: Transport, stage: Stage, behaviour: str = "") -> OpenAICompatible:
    return OpenAICompatible(transport, ProviderConfig(base_url=(stage.playing(behaviour) if behaviour else stage.url) + "/v1"))


def assert_nothing_is_left() -> None:
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_an_answer_is_told_whole(transport: Transport, openai_stage: Stage) -> None:
    sink = Heard()
    await continuation.tell(ask(QUESTION), [service(transport, openai_stage)], sink, health=Health())
    assert isinstance(sink.events[0], Started)
    assert text_of(sink.events) == answer_to(QUESTION)
    assert isinstance(sink.events[-1], Finished)


async def test_cancelling_reaches_the_service_at_once(transport: Transport, openai_stage: Stage) -> None:
    sink = Heard()
    endless = service(transport, openai_stage, "endless")
    telling_it = asyncio.create_task(continuation.tell(ask(), [endless], sink, health=Health()))
    while not text_of(sink.events) and not telling_it.done():
        await asyncio.sleep(0.01)
    telling_it.cancel()
    with pytest.raises(asyncio.CancelledError):
        await telling_it
    said = len(sink.events)
    await asyncio.sleep(0.1)
    assert len(sink.events) == said
    connector = next(iter(transport._sessions.values())).connector
    assert connector is not None
    assert not connector._acquired
    assert_nothing_is_left()


async def test_a_sink_without_room_is_not_told_more_and_the_service_is_not_late(transport: Transport, openai_stage: Stage) -> None:
    """The pause is longer than the longest silence that is forgiven."""
    sink = Heard(full=3)
    answering = asyncio.create_task(service(transport, openai_stage).tell(ask(QUESTION), sink))
    await asyncio.sleep(0.5)
    said = len(sink.events)
    await asyncio.sleep(1.5)
    assert len(sink.events) == said
    assert not answering.done()
    sink.empty.set()
    await answering
    assert text_of(sink.events) == answer_to(QUESTION)


async def test_a_teller_that_breaks_off_is_gone_on_with() -> None:
    class Other(Teller):
        prefills = True

    first, second = Teller(Text("Раз, "), errors.Interrupted()), Other(Text("два"), Finished())
    sink = Heard()
    await continuation.tell(ask(), [first], sink, successors=[second], policy=Policy(repeats=0), health=Health())
    assert text_of(sink.events) == "Раз, два"
    assert isinstance(sink.events[-1], Finished)
    assert (first.closed, second.closed) == (1, 1)


@asynccontextmanager
async def served(*pieces: bytes, head: bytes = b"") -> AsyncIterator[str]:
    """The address of a service that says these pieces, a moment apart, and then the last one for ever."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n" + head + b"\r\n")
        with suppress(ConnectionError):
            for piece in pieces[:-1]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
            while not writer.is_closing():
                writer.write(pieces[-1])
                await writer.drain()
                await asyncio.sleep(0.001)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await gone.wait()
    finally:
        server.close()
        await server.wait_closed()


async def test_a_full_sink_stops_a_service_that_goes_on_after_its_last_word(transport: Transport) -> None:
    word = b'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n'
    call = b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"function":{"arguments":"%b"}}]}}]}\n\n' % (b"x" * 20_000)
    sink = Heard(full=3)
    async with served(word, call) as address:
        service = CustomEndpoint(transport, "own", ProviderConfig(base_url=address))
        telling_on = asyncio.create_task(service.tell(ask(QUESTION), sink))
        while len(sink.events) < 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert len(sink.events) < 3 + (256 << 10) // len(call)  # what one packet brought
        sink.empty.set()
        with pytest.raises(errors.ProtocolViolation, match="characters"):  # calls have their weight too
            await telling_on


async def test_a_compressed_flood_leaves_everybody_else_his_turn(transport: Transport) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = squeeze.compress(b"data: x\n\n") + squeeze.flush(zlib.Z_SYNC_FLUSH)
    bomb = squeeze.compress(b":\n" * (4 << 20)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    turns = events = most = 0
    others_turns, seen = [0], list[int]()

    async def others() -> None:
        while True:
            others_turns[0] += 1
            await asyncio.sleep(0)

    def take(chunks: Sequence[ServerEvent]) -> bool:
        nonlocal events, most, turns
        events += len(chunks)
        if len(chunks) > 1000:
            most, turns = max(most, len(chunks)), turns + 1
            seen.append(others_turns[0])
        return events <= 4 << 20

    living = asyncio.create_task(others())
    service = served(first, bomb, b":\n", head=b"Content-Encoding: gzip\r\n")
    async with service as address, transport.packets(address, {}) as packets:
        assert await packets.each(take)
    living.cancel()
    assert (events, turns > 4, most <= 1 << 20) == (1 + (4 << 20), True, True)
    assert len(set(seen)) >= turns - 1
