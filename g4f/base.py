"""The contract of a provider: one service, one class, an answer as a stream of events."""

from __future__ import annotations

import asyncio
import codecs
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from g4f import telling
from g4f.chat import ChatRequest, Event, Finished, Model, Reasoning, Text, ToolCall
from g4f.errors import KeyMissing, ProtocolViolation
from g4f.scales import ANSWER_CHARACTERS, too_long
from g4f.telling import Sink, Telling

if TYPE_CHECKING:
    from g4f.transport import Transport

T = TypeVar("T")


@dataclass(frozen=True)
class ProviderConfig:
    """What the operator decided about one provider. Empty fields mean "as the provider's class says".

    ``enabled`` is ``None`` when the operator said nothing; then ``Provider.enabled_by_default`` counts.
    """

    enabled: bool | None = None
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    models: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    title: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Endpoint:
    """A service of the operator's own that speaks the OpenAI dialect: an entry of ``endpoints`` in config.json.

    ``name`` is shown in the picker and becomes the provider's id; an empty ``models`` means "ask the service".
    """

    name: str
    base_url: str
    api_key: str = field(default="", repr=False)
    models: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Provider:
    """A service that answers. Subclasses say who they are in class attributes and implement ``stream`` and ``list_models``.

    ``id`` is the class name and never changes: it is stored with every answer. A class may implement ``tell`` in place of
    ``stream``: the other is made of the one.
    """

    title: ClassVar[str] = ""
    url: ClassVar[str] = ""
    base_url: ClassVar[str] = ""
    needs_key: ClassVar[bool] = False
    key_variable: ClassVar[str] = ""
    base_url_variable: ClassVar[str] = ""
    local: ClassVar[bool] = False
    prefills: bool = False  # goes on from the very letter when the last message is the assistant's
    enabled_by_default: ClassVar[bool] = True
    names_conversations: ClassVar[bool] = True  # may be asked for a title besides: there is a model, and a question costs little

    def __init_subclass__(cls, **arguments: Any) -> None:
        """A class that says one form of the answer anew gets the other made of it: the one it inherits would say something else."""
        super().__init_subclass__(**arguments)
        forms: Mapping[str, Any] = next(vars(one) for one in cls.__mro__ if "stream" in vars(one) or "tell" in vars(one))
        for form, other, made_of in (("tell", "stream", _streamed), ("stream", "tell", _told)):
            if other not in forms:
                setattr(cls, other, made_of(forms[form]))

    def __init__(self, transport: Transport, config: ProviderConfig | None = None) -> None:
        self.transport = transport
        self.config = config or ProviderConfig()

    @property
    def id(self) -> str:
        return type(self).__name__

    @property
    def address(self) -> str:
        """Where the service is: the operator's address, else the class's own; without a slash at the end."""
        return (self.config.base_url or self.base_url).rstrip("/")

    @property
    def key(self) -> str:
        """The operator's key. Raises ``KeyMissing`` where one is needed and none was given."""
        if self.needs_key and not self.config.api_key:
            raise KeyMissing(f"{self.id} needs an API key", provider=self.id)
        return self.config.api_key

    async def list_models(self) -> Sequence[Model]:
        """The models offered now. Raises ``ProviderError``."""
        return [Model(name) for name in self.config.models]

    def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        """Answer. Yields events, the last of which is ``Finished``; raises ``ProviderError``.

        Closing the iterator ends the request upstream at once.
        """
        raise NotImplementedError

    def tell(self, request: ChatRequest, sink: Sink) -> Telling:
        """Answer into ``sink``: the same events, the same errors. Returns after ``Finished``.

        Cancelling it ends the request upstream at once.
        """
        raise NotImplementedError


def _streamed(tell: Callable[[Any, ChatRequest, Sink], Telling]) -> Callable[[Any, ChatRequest], AsyncIterator[Event]]:
    return lambda self, request: telling.stream(lambda sink: tell(self, request, sink))


def _told(stream: Callable[[Any, ChatRequest], AsyncIterator[Event]]) -> Callable[[Any, ChatRequest, Sink], Telling]:
    return lambda self, request, sink: telling.tell(stream(self, request), sink)


class SyncProvider(Provider):
    """A provider written as a plain generator of text, as in 2023. It has its own thread; closing stops it at the next piece.

    What is not text is taken as ``events_of`` says.
    """

    def generate(self, request: ChatRequest) -> Iterator[str | Event]:
        """Yield pieces of text (or events). Runs outside the event loop and may block."""
        raise NotImplementedError

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        said = finished = False
        async with aclosing(iterate_in_thread(lambda: events_of(self.generate(request)))) as events:
            async for event in events:
                said = said or isinstance(event, (Text, Reasoning, ToolCall))
                finished = finished or isinstance(event, Finished)
                yield event
        if finished:
            return
        if not said:
            raise ProtocolViolation("an empty answer", provider=self.id)
        yield Finished()


def events_of(pieces: Iterable[object]) -> Generator[Event, None, None]:
    """What a plain generator says, as events: bytes are text, ``None`` and what is empty are nothing.

    Raises ``ProtocolViolation`` for anything else, and for a text without end. Closing it closes the generator.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    told = 0
    try:
        for piece in pieces:
            event = _event_of(decoder.decode(piece) if isinstance(piece, (bytes, bytearray)) else piece)
            if isinstance(event, Text):
                told += len(event.text)
                if told > ANSWER_CHARACTERS:
                    raise too_long()
            if event is not None:
                yield event
        if rest := decoder.decode(b"", final=True):
            yield Text(rest)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


def _event_of(piece: object) -> Event | None:
    if piece is None or piece == "":
        return None
    if isinstance(piece, str):
        return Text(piece)
    if not isinstance(piece, Event):
        raise ProtocolViolation(f"a piece of an answer that is neither text nor an event but {type(piece).__name__}")
    return piece


class _End:
    """Marks the end of a threaded iteration and carries its exception, if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


async def iterate_in_thread(make: Callable[[], Iterator[T]], *, ahead: int = 64) -> AsyncGenerator[T, None]:
    """Run the iterator that ``make`` returns in a daemon thread and yield what it yields.

    At most ``ahead`` pieces wait unread. When the consumer goes away the thread ends at its next piece and closes the iterator.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[T | _End] = asyncio.Queue()
    room = threading.Semaphore(ahead)
    gone = threading.Event()

    def deliver(piece: T | _End) -> None:
        with suppress(RuntimeError):  # the loop is closed: the whole program ends, and nobody is waiting
            loop.call_soon_threadsafe(arrived.put_nowait, piece)

    def work() -> None:
        error: BaseException | None = None
        try:
            iterator = make()
            try:
                for piece in iterator:
                    room.acquire()
                    if gone.is_set():
                        break
                    deliver(piece)
            finally:
                close = getattr(iterator, "close", None)
                if close is not None:
                    close()
        except BaseException as caught:
            error = caught
        deliver(_End(error))

    threading.Thread(target=work, name="sync-provider", daemon=True).start()
    try:
        while True:
            piece = await arrived.get()
            if isinstance(piece, _End):
                if piece.error is not None:
                    raise piece.error
                return
            room.release()
            yield piece
    finally:
        gone.set()
        room.release()
