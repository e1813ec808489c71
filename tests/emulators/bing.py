"""Bing Chat of 2023: a GET that opens a conversation, then JSON messages over a WebSocket, each ended by U+001E."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections import Counter
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators.stage import (
    COMMON,
    ENDLESS_PAUSE_SECONDS,
    ENDLESS_WORD,
    FOREVER_SECONDS,
    PACE,
    SLOW_FIRST_BYTE_SECONDS,
    application,
    behaviour_of,
    refusal,
    words_of,
)

PROVIDER = "Bing"
CONFIG: dict[str, str] = {}
SEPARATOR = "\x1e"
BEHAVIOURS = COMMON | {
    "no-conversation-id": "the conversation has no conversationId",
    "no-client-id": "the conversation has no clientId",
    "no-signature": "the conversation has no signature",
    "not-json": "the conversation is not JSON",
    "second-try": "the first attempt to open a conversation fails, the second succeeds",
    "chat-hub-401": "the WebSocket is refused with 401",
    "chat-hub-html": "an HTML page instead of the WebSocket",
    "handshake-error": "the handshake is answered with an error",
    "handshake-joined": "the handshake's answer and a ping in one frame",
    "two-in-frame": "several messages in one frame",
    "ping": "pings that want an answer",
    "apology": "text, then an apology",
    "apology-first": "nothing but an apology",
    "search": "a search is announced before the text",
    "self-similar": "a, aa, aab",
    "replaced": "the text is replaced by another",
    "shrinks": "the text becomes shorter for a moment",
    "bare": "updates without contentOrigin, without messages, without cards",
    "final-only": "all the text in the last message only",
    "completion-only": "type 3 without type 2",
    "completion-error": "type 3 with an error",
    "close-error": "type 7 with an error",
    "close-clean": "type 7 without a word of explanation",
    "captcha": "type 2 with CaptchaChallenge",
    "throttled": "type 2 with Throttled",
    "invalid-request": "type 2 with InvalidRequest",
    "binary": "binary frames",
}
FLAG_COUNT = 14
SPLINTER = 7

TRIES = web.AppKey("tries", Counter[str])


def answer_to(question: str) -> str:
    """What a healthy Bing says."""
    return f"Bing слышит: «{question}». Эй, жлоб! Где туз? Прячь юных съёмщиц в шкаф — 🙂."


def make_app(*, pace: float = 0.0) -> web.Application:
    app = application([web.get("/turing/conversation/create", create), web.get("/sydney/ChatHub", chat_hub)], pace=pace)
    app[TRIES] = Counter()
    return app


async def create(request: web.Request) -> web.StreamResponse:
    behaviour = behaviour_of(request)
    if behaviour in ("401", "402", "429", "500", "html", "html-502", "redirect", "slow-first-byte") and (
        refused := await refusal(request)
    ):
        return refused
    reply = {
        "conversationId": "51D|BingProd|" + uuid.uuid4().hex,
        "clientId": uuid.uuid4().hex,
        "conversationSignature": "signature",
        "result": {"value": "Success", "message": None},
    }
    match behaviour:
        case "no-conversation-id":
            del reply["conversationId"]
        case "no-client-id":
            del reply["clientId"]
        case "no-signature":
            del reply["conversationSignature"]
        case "not-json":
            return web.Response(text="Please try later", content_type="text/plain")
        case "second-try":
            request.app[TRIES][request.path] += 1
            if request.app[TRIES][request.path] % 2:
                return web.json_response({"result": {"value": "Throttled", "message": "later"}})
    return web.json_response(reply)


async def chat_hub(request: web.Request) -> web.StreamResponse:
    behaviour = behaviour_of(request)
    if behaviour == "chat-hub-401":
        return web.Response(status=401)
    if behaviour == "chat-hub-html":
        return web.Response(text="<html></html>", content_type="text/html")
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    try:
        await _converse(request, socket, behaviour)
    except ConnectionError:
        pass  # the reader went away; that is its right
    return socket


async def _converse(request: web.Request, socket: web.WebSocketResponse, behaviour: str) -> None:
    hello = await socket.receive_str()
    if json.loads(hello.removesuffix(SEPARATOR)) != {"protocol": "json", "version": 1}:
        await _send(socket, {"error": "Handshake was canceled."})
        return
    if behaviour == "handshake-error":
        await _send(socket, {"error": "The protocol 'json' is not supported."})
        return
    await socket.send_str(_framed({}) + (_framed({"type": 6}) if behaviour == "handshake-joined" else ""))
    question = await _question(socket)
    if problem := _problem(question):
        await _send(socket, {"type": 7, "error": problem})
        return
    match behaviour:
        case "silent":
            await asyncio.sleep(FOREVER_SECONDS)
        case "early-close":
            await socket.close()
            return
        case "slow-first-byte":
            await asyncio.sleep(SLOW_FIRST_BYTE_SECONDS)
    await _answer(request, socket, behaviour, question["arguments"][0]["message"]["text"])


async def _question(socket: web.WebSocketResponse) -> dict[str, Any]:
    """The first message that is neither a ping nor half a message."""
    pending = ""
    while True:
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT:
            raise ConnectionError("gone before the question")
        pending += message.data
        *whole, pending = pending.split(SEPARATOR)
        for piece in whole:
            value: dict[str, Any] = json.loads(piece)
            if value.get("type") != 6:
                return value


def _problem(question: dict[str, Any]) -> str:
    """What is wrong with the request, if anything."""
    if (question.get("type"), question.get("target"), question.get("invocationId")) != (4, "chat", "0"):
        return "envelope"
    arguments = question["arguments"][0]
    if arguments["source"] != "cib" or arguments["isStartOfSession"] is not True or len(arguments["optionsSets"]) != FLAG_COUNT:
        return "arguments"
    if len(arguments["allowedMessageTypes"]) != 11 or len(arguments["sliceIds"]) != 17:
        return "lists"
    if not re.fullmatch("[0-9a-f]{32}", arguments["traceId"]):
        return "traceId"
    if not (arguments["conversationId"] and arguments["conversationSignature"] and arguments["participant"]["id"]):
        return "identity"
    message = arguments["message"]
    if (message["author"], message["inputMethod"], message["messageType"]) != ("user", "Keyboard", "Chat"):
        return "message"
    for context in arguments.get("previousMessages", []):
        if (context["contextType"], context["messageType"], context["author"]) != ("WebPage", "Context", "user"):
            return "context"
    return ""


async def _answer(request: web.Request, socket: web.WebSocketResponse, behaviour: str, question: str) -> None:
    text = answer_to(question)
    updates = _growing(words_of(text))
    half = len(updates) // 2
    match behaviour:
        case "cut":
            await _tell(request, socket, updates[:half])
            await socket.close()
        case "reset":
            await _tell(request, socket, updates[:half])
            await asyncio.sleep(0.05)
            assert request.transport is not None
            request.transport.abort()
        case "malformed":
            await _tell(request, socket, updates[:half])
            await socket.send_str('{"type": 1, "arguments": [' + SEPARATOR)
            await asyncio.sleep(FOREVER_SECONDS)
        case "endless":
            said = ""
            while True:
                said += ENDLESS_WORD
                await _send(socket, update(said))
                await asyncio.sleep(ENDLESS_PAUSE_SECONDS)
        case "stalled":
            await _tell(request, socket, updates[:1])
            await asyncio.sleep(FOREVER_SECONDS)
        case "split-characters":
            for message in (*updates, *_end(text)):
                await _in_splinters(socket, message)
        case "two-in-frame":
            await socket.send_str("".join(_framed(message) for message in (*updates, *_end(text))))
        case "binary":
            await socket.send_bytes(b"\x00\x01")
            await _tell(request, socket, [*updates, *_end(text)])
        case "final-only" | "completion-only" | "completion-error" | "close-error" | "close-clean" | "empty":
            await _tell(request, socket, _odd_end(behaviour, text, updates))
        case "captcha":
            await _send(socket, _refused("CaptchaChallenge", "User needs to solve CAPTCHA to continue."))
        case "throttled":
            await _send(socket, _refused("Throttled", "Request is throttled."))
        case "invalid-request":
            await _send(socket, _refused("InvalidRequest", "Message is too long."))
        case "ping":
            await _tell(request, socket, [{"type": 6}])
            if await _pinged(socket):
                await _tell(request, socket, [*updates, {"type": 6}, *_end(text)])
        case _:
            await _tell(request, socket, _story(behaviour, text, updates))


def _story(behaviour: str, text: str, updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A whole answer, told in this behaviour's way."""
    half = len(updates) // 2
    match behaviour:
        case "apology":
            return [*updates[:half], update("Простите, сменим тему.", origin="Apology"), *_end("Простите.", origin="Apology")]
        case "apology-first":
            return [update("Простите, сменим тему.", origin="Apology"), *_end("Простите.", origin="Apology")]
        case "search":
            return [searching("Searching for: погода"), *updates, *_end(text)]
        case "self-similar":
            return [update("a"), update("aa"), update("aab"), *_end("aab")]
        case "replaced":
            return [update("Первый ответ"), update("Совсем другой"), update("Совсем другой ответ."), *_end("Совсем другой ответ.")]
        case "shrinks":
            return [*updates[:half], updates[half - 2], *updates[half:], *_end(text)]
        case "bare":
            push = {"type": 1, "target": "update", "arguments": [{"throttling": {"maxNumUserMessagesInConversation": 20}}]}
            no_card = {"type": 1, "target": "update", "arguments": [{"messages": [{"text": "", "author": "bot"}]}]}
            for message in updates:
                del message["arguments"][0]["messages"][0]["contentOrigin"]
            return [push, {"type": 1}, no_card, {"type": 99}, *updates, *_end(text)]
    return [*updates, *_end(text)]


def _odd_end(behaviour: str, text: str, updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An answer that does not end as usual."""
    match behaviour:
        case "final-only":
            return _end(text)
        case "completion-only":
            return [*updates, {"type": 3, "invocationId": "0"}]
        case "completion-error":
            return [*updates[:2], {"type": 3, "invocationId": "0", "error": "An unexpected error occurred."}]
        case "close-error":
            return [*updates[:2], {"type": 7, "error": "Connection closed with an error.", "allowReconnect": True}]
        case "close-clean":
            return [*updates[:2], {"type": 7}]
    return _end("")


def update(text: str, *, origin: str = "DeepLeo") -> dict[str, Any]:
    """Type 1: the whole text so far."""
    return {"type": 1, "target": "update", "arguments": [{"requestId": "r", "messages": [_message(text, origin)]}]}


def searching(line: str) -> dict[str, Any]:
    """Type 1: a note about an internal search."""
    card = {
        "type": "AdaptiveCard",
        "version": "1.0",
        "body": [{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line}]}],
    }
    message = _message("", "DeepLeo") | {"messageType": "InternalSearchQuery", "adaptiveCards": [card], "text": line}
    return {"type": 1, "target": "update", "arguments": [{"requestId": "r", "messages": [message]}]}


def _end(text: str, *, origin: str = "DeepLeo") -> list[dict[str, Any]]:
    item = {
        "messages": [{"text": "?", "author": "user", "messageId": "u"}, _message(text, origin)],
        "conversationId": "c",
        "requestId": "r",
        "result": {"value": "Success", "message": None},
    }
    return [{"type": 2, "invocationId": "0", "item": item}, {"type": 3, "invocationId": "0"}]


def _refused(value: str, message: str) -> dict[str, Any]:
    item = {
        "messages": [],
        "conversationId": "c",
        "requestId": "r",
        "result": {"value": value, "message": message, "error": message},
    }
    return {"type": 2, "invocationId": "0", "item": item}


def _message(text: str, origin: str) -> dict[str, Any]:
    card = {"type": "AdaptiveCard", "version": "1.0", "body": [{"type": "TextBlock", "text": text, "wrap": True}]}
    return {"text": text, "author": "bot", "messageId": "m", "contentOrigin": origin, "adaptiveCards": [card] if text else []}


def _growing(words: list[str]) -> list[dict[str, Any]]:
    return [update("".join(words[: count + 1])) for count in range(len(words))]


async def _tell(request: web.Request, socket: web.WebSocketResponse, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        await _send(socket, message)
        await asyncio.sleep(request.app[PACE])


async def _pinged(socket: web.WebSocketResponse) -> bool:
    """True when the reader answers a ping."""
    while True:
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT:
            return False
        if '"type": 6' in message.data or '"type":6' in message.data:
            return True


async def _in_splinters(socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
    """A few characters a frame: a text frame has no half characters, but half messages."""
    framed = _framed(message)
    for start in range(0, len(framed), SPLINTER):
        await socket.send_str(framed[start : start + SPLINTER])


async def _send(socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
    await socket.send_str(_framed(message))


def _framed(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False) + SEPARATOR
