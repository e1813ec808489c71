"""Bing Chat of 2023: a GET opens a conversation, a WebSocket carries it in JSON messages, each ended by U+001E.

The service is closed; this speaks to a server at the operator's address (``base_url``) that keeps its protocol. Options:
``forwarded_for``, an address to send as x-forwarded-for (nothing is sent by default), and ``chat_hub``, the address of the
WebSocket where it is not ``base_url`` + /sydney/ChatHub.

    GET  /turing/conversation/create   -> conversationId, clientId, conversationSignature
    WS   /sydney/ChatHub               -> handshake, our question (type 4), then
         type 1 the text so far    2 the whole answer    3 the end    6 ping    7 the server hangs up
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import uuid
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar

from g4f.chat import ChatRequest, Event, Finished, Model, Progress, Started, Text
from g4f.closed import ClosedService, question_and_past, transcript
from g4f.decoders import as_text, whole_characters
from g4f.errors import (
    ContentFiltered,
    Interrupted,
    KeyRejected,
    ProtocolViolation,
    ProviderError,
    RateLimited,
    RequestRejected,
    ServerFailed,
    Unavailable,
)
from g4f.legacy import provider_of, said, supports, values_of
from g4f.scales import ANSWER_CHARACTERS, too_long
from g4f.tokens import Tokens, run
from g4f.typing import Messages

if TYPE_CHECKING:
    import ssl

    from g4f.transport import Terms

    ssl_context: ssl.SSLContext  # made when first asked for, by __getattr__

__all__ = ["Bing", "Defaults", "convert", "create_conversation", "optionsSets", "run", "stream_generate"]

url = "https://bing.com/chat"
model = ["gpt-4"]
supports_stream = True
needs_auth = False

LONGEST_MESSAGE = 1 << 20  # characters; the longest answer is far shorter
HANDSHAKE = {"protocol": "json", "version": 1}
PING = {"type": 6}


class optionsSets:
    """Sets of switches that change how the service answers."""

    optionSet: ClassVar[dict[str, type]] = {"tone": str, "optionsSets": list}
    jailbreak: ClassVar[dict[str, list[str]]] = {
        "optionsSets": [
            "saharasugg",
            "enablenewsfc",
            "clgalileo",
            "gencontentv3",
            "nlu_direct_response_filter",
            "deepleo",
            "disable_emoji_spoken_text",
            "responsible_ai_policy_235",
            "enablemm",
            "h3precisedtappid",  # two names fused by a comma missing in 2023; servers know it so
            "cricinfo",
            "cricinfov2",
            "dv3sugg",
            "nojbfedge",
        ]
    }


class Defaults:
    """What every question carries."""

    delimiter = "\x1e"
    ip_address = ""  # sent as x-forwarded-for only where somebody has set it
    allowedMessageTypes: ClassVar[list[str]] = [
        "Chat",
        "Disengaged",
        "AdsQuery",
        "SemanticSerp",
        "GenerateContentQuery",
        "SearchQuery",
        "ActionRequest",
        "Context",
        "Progress",
        "AdsQuery",
        "SemanticSerp",
    ]
    sliceIds: ClassVar[list[str]] = [
        "winmuid3tf",
        "osbsdusgreccf",
        "ttstmout",
        "crchatrev",
        "winlongmsgtf",
        "ctrlworkpay",
        "norespwtf",
        "tempcacheread",
        "temptacache",
        "505scss0",
        "508jbcars0",
        "515enbotdets0",
        "5082tsports",
        "515vaoprvs",
        "424dagslnv1s0",
        "kcimgattcf",
        "427startpms0",
    ]
    location: ClassVar[dict[str, Any]] = {
        "locale": "en-US",
        "market": "en-US",
        "region": "US",
        "locationHints": [
            {
                "country": "United States",
                "state": "California",
                "city": "Los Angeles",
                "timezoneoffset": 8,
                "countryConfidence": 8,
                "Center": {"Latitude": 34.05, "Longitude": -118.24},
                "RegionType": 2,
                "SourceType": 1,
            }
        ],
    }


class Bing(ClosedService):
    """The modern face. Each question opens a conversation of its own; what was said before travels as its context."""

    title = "Bing Chat (2023)"
    url = url
    base_url_variable = "G4F_BING_URL"
    offers = (Model("gpt-4", "GPT-4"),)

    attempts: ClassVar[int] = 5  # to open a conversation, as in 2023
    first_pause: ClassVar[float] = 0.25  # seconds; doubles with every attempt

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        question, past = question_and_past(request.messages, self.id)
        self.endpoint("/")
        yield Started(self.id, self.offered(request.model).id)
        async with aclosing(self.converse(question, optionsSets.jailbreak, transcript(past), patient=False)) as events:
            async for event in events:
                yield event

    async def converse(
        self, prompt: str, mode: Mapping[str, Any], context: str, *, patient: bool = True
    ) -> AsyncGenerator[Event, None]:
        """Ask in a new conversation. Yields ``Text``, ``Progress`` and at last ``Finished``; raises ``ProviderError``."""
        from g4f.websocket import open_socket

        identity = await self.open_conversation(patient)
        frames, listener = Frames(), Listener()
        async with open_socket(self._chat_hub(), self._with_origin({"accept": "application/json"})) as socket:
            await socket.send(_format(HANDSHAKE))
            greeted = False
            while not listener.finished:
                frame = await socket.receive()
                if frame is None:
                    raise Interrupted("the service hung up before the end of the answer", provider=self.id)
                for message in frames.feed(frame):
                    if not greeted:
                        greeted = _greeted(message)
                        await socket.send(_format(PING) + _format(question(prompt, mode, context, identity)))
                    elif message.get("type") == 6:
                        await socket.send(_format(PING))
                    else:
                        for event in listener.hear(message):
                            socket.spoken()
                            yield event

    async def open_conversation(self, patient: bool = True) -> tuple[str, str, str]:
        """conversationId, clientId and conversationSignature. Tries several times; raises the last ``ProviderError``.

        Not ``patient``: asking again is left to who asked, who may do so within what all providers may (``g4f.failover``).
        """
        pause = self.first_pause
        for _ in range(self.attempts - 1):
            try:
                return await self._try_to_open()
            except (Unavailable, RateLimited, ProtocolViolation) as error:
                error.passing = error.passing or isinstance(error, ProtocolViolation)  # the second try often has its ids
                if error.retry_after is not None or not patient:
                    raise  # it said when to come back, and that is not now; or others decide
                # The jitter keeps many readers of a service that has come back from knocking at the same instant.
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
                pause *= 2
        return await self._try_to_open()

    async def _try_to_open(self) -> tuple[str, str, str]:
        reply = await self.transport.get_json(
            self.endpoint("/turing/conversation/create"), self._with_origin({"cache-control": "max-age=0"})
        )
        found = [_at(reply, name) for name in ("conversationId", "clientId", "conversationSignature")]
        if not all(isinstance(value, str) and value for value in found):
            reason = as_text(_at(reply, "result", "value") or "no ids")
            raise ProtocolViolation(f"Failed to create conversation: {reason}", provider=self.id)
        return found[0], found[1], found[2]

    def _chat_hub(self) -> str:
        return self.config.options.get("chat_hub") or self.endpoint("/sydney/ChatHub")

    def _with_origin(self, headers: Mapping[str, str]) -> Terms:
        forwarded = self.config.options.get("forwarded_for") or Defaults.ip_address
        request = {"accept-language": "en-US,en;q=0.9", "x-ms-client-request-id": str(uuid.uuid4())}
        return self.terms({**request, **headers, **({"x-forwarded-for": forwarded} if forwarded else {})})


# --- what is said, without the network --------------------------------------------------------------------------------------------


def _format(msg: Mapping[str, Any]) -> str:
    """A message as it travels."""
    return json.dumps(msg, ensure_ascii=False) + Defaults.delimiter


def question(prompt: str, mode: Mapping[str, Any], context: str | bool, identity: tuple[str, str, str]) -> dict[str, Any]:
    """The message that asks. The past travels as if it were a page that the reader has open."""
    conversation_id, client_id, signature = identity
    argument: dict[str, Any] = {
        **mode,
        "source": "cib",
        "allowedMessageTypes": Defaults.allowedMessageTypes,
        "sliceIds": Defaults.sliceIds,
        "traceId": os.urandom(16).hex(),
        "isStartOfSession": True,
        "message": {**Defaults.location, "author": "user", "inputMethod": "Keyboard", "text": prompt, "messageType": "Chat"},
        "conversationSignature": signature,
        "participant": {"id": client_id},
        "conversationId": conversation_id,
    }
    if context:
        argument["previousMessages"] = [
            {
                "author": "user",
                "description": context,
                "contextType": "WebPage",
                "messageType": "Context",
                "messageId": "discover-web--page-ping-mriduna-----",
            }
        ]
    return {"arguments": [argument], "invocationId": "0", "target": "chat", "type": 4}


class Frames:
    """Frames in, messages out: a frame may hold several messages, a message may come in several frames."""

    def __init__(self) -> None:
        self._pending: list[str] = []  # of the message that has not ended yet
        self._held = 0

    def feed(self, frame: str) -> Iterator[dict[str, Any]]:
        """Raises ``ProtocolViolation`` for what is no JSON object, or never ends."""
        pieces = frame.split(Defaults.delimiter)
        whole: list[str] = []
        if len(pieces) > 1:
            whole = ["".join([*self._pending, pieces[0]]), *pieces[1:-1]]
            self._pending, self._held = [], 0
        self._pending.append(pieces[-1])
        self._held += len(pieces[-1])
        if self._held > LONGEST_MESSAGE:
            raise ProtocolViolation("a message without end")
        for piece in whole:
            if not piece:
                continue
            try:
                message = json.loads(piece)
            except (ValueError, RecursionError) as error:
                raise ProtocolViolation(f"not JSON: {error}") from error
            if not isinstance(message, dict):
                raise ProtocolViolation("a message that is no object")
            yield message


class Listener:
    """Messages in, events out. Remembers what the reader has seen, for each message repeats the whole text so far."""

    def __init__(self) -> None:
        self.finished = False
        self._shown = ""
        self._told = 0  # characters
        self._apologised = False

    def hear(self, message: Mapping[str, Any]) -> Iterator[Event]:
        """What ``message`` means. Raises ``ProviderError`` where the service says that it failed."""
        match message.get("type"):
            case 1:
                yield from self._update(_at(message, "arguments", 0, "messages", 0))
            case 2:
                yield from self._final(_at(message, "item"))
            case 3:
                if message.get("error"):
                    raise ServerFailed(as_text(message["error"]))
                yield from self._finish()
            case 7:
                if message.get("error"):
                    raise ServerFailed(as_text(message["error"]))
                raise Interrupted("the service ended the conversation before the end of the answer")

    def _update(self, message: Any) -> Iterator[Event]:
        if _at(message, "contentOrigin") == "Apology":
            self._apologised = True  # what was shown before stays
        elif _at(message, "messageType"):
            note = _at(message, "adaptiveCards", 0, "body", 0, "inlines", 0, "text")
            if isinstance(note, str) and note:
                yield Progress("tool", detail=whole_characters(note))
        else:
            yield from self._show(_text_of(message))

    def _final(self, item: Any) -> Iterator[Event]:
        result = _at(item, "result")
        if _at(result, "error") or (not self._shown and _at(result, "value") not in (None, "Success")):
            value = as_text(_at(result, "value"))
            raise _refusal(value, f"{value}: {as_text(_at(result, 'message'))}")
        last = _at(item, "messages", -1)
        if _at(last, "contentOrigin") == "Apology":
            self._apologised = True
        elif not self._shown and _at(last, "author") != "user" and not _at(last, "messageType"):
            yield from self._show(_text_of(last))
        yield from self._finish()

    def _finish(self) -> Iterator[Event]:
        if self._apologised and not self._shown:
            raise ContentFiltered("the service apologised instead of answering")
        if not self._shown:
            raise ProtocolViolation("the service ended its answer without a word")
        self.finished = True
        yield Finished("filter" if self._apologised else "stop")

    def _show(self, text: str) -> Iterator[Event]:
        piece = addition(self._shown, text)
        if piece:
            self._shown = text
            self._told += len(piece)
            if self._told > ANSWER_CHARACTERS:
                raise too_long()
            yield Text(piece)


def addition(shown: str, text: str) -> str:
    """What a reader who has seen ``shown`` has to be told so that he has seen ``text``.

    Nothing, if the text only became shorter: what was said stays said. A different text begins anew in a paragraph of its own.
    """
    if text.startswith(shown):
        return text[len(shown) :]
    if shown.startswith(text):
        return ""
    same = next(place for place, (before, now) in enumerate(zip(shown, text, strict=False)) if before != now)
    return "\n\n" + text if shown[same:].strip() else text[same:]


_REFUSALS: Mapping[str, type[ProviderError]] = {
    "CaptchaChallenge": KeyRejected,
    "UnauthorizedRequest": KeyRejected,
    "Forbidden": KeyRejected,
    "Throttled": RateLimited,
    "InvalidRequest": RequestRejected,
    "InvalidSession": RequestRejected,
}


def _refusal(value: str, detail: str) -> ProviderError:
    return _REFUSALS.get(value, ServerFailed)(detail)


def _greeted(message: Mapping[str, Any]) -> bool:
    if message.get("error"):
        raise ServerFailed(f"the handshake was refused: {as_text(message['error'])}")
    return True


def _text_of(message: Any) -> str:
    text = _at(message, "adaptiveCards", 0, "body", 0, "text")
    if not isinstance(text, str):
        return ""
    if "\ud800" <= text[-1:] <= "\udbff":  # the service counts in halves: the other one comes with the next message
        text = text[:-1]
    return whole_characters(text)


def _at(value: Any, *path: str | int) -> Any:
    """The value at ``path`` in what a stranger's server sent, ``None`` where there is nothing."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


# --- the face of 2023 -------------------------------------------------------------------------------------------------------------


async def create_conversation() -> tuple[str, str, str]:
    """conversationId, clientId, conversationSignature. Tries several times. Raises ``ProviderError``."""
    bing = provider_of(Bing)
    try:
        return await bing.open_conversation()
    finally:
        await bing.transport.close()


async def stream_generate(
    prompt: str, mode: Mapping[str, Any] = optionsSets.jailbreak, context: bool | str = False
) -> AsyncGenerator[str, None]:
    """The answer to ``prompt``, piece by piece. ``context`` is what ``convert`` makes of the conversation so far."""
    bing = provider_of(Bing)
    try:
        async with aclosing(bing.converse(prompt, mode, context if isinstance(context, str) else "")) as events:
            async for event in events:
                if piece := said(event):
                    yield piece
    finally:
        await bing.transport.close()


def convert(messages: Messages) -> str:
    """A conversation as one text, to be given as ``context``."""
    return transcript(values_of(messages))


def _create_completion(model: str, messages: Messages, stream: bool, **kwargs: Any) -> Tokens:
    request = ChatRequest("", values_of(messages))  # there is one model, whatever it was called
    provider_of(Bing).check(request)
    prompt, past = question_and_past(request.messages, "Bing")
    return Tokens.of_awaited(lambda: stream_generate(prompt, optionsSets.jailbreak, transcript(past)))


params = supports(_create_completion)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        # Reading all the roots takes longer than importing everything else.
        if name == "ssl_context":
            from g4f.tls import ssl_context

            return ssl_context()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
