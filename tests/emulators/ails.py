"""Ails of 2023: an OpenAI-style stream for requests signed with a secret."""

from __future__ import annotations

import hashlib
import json
import time

from aiohttp import web

from tests.emulators.stage import COMMON, ENDLESS_WORD, application, behaviour_of, play, words_of

PROVIDER = "Ails"
SECRET = "emulator-secret"
CONFIG = {"api_key": SECRET}
CLOCK_SKEW_SECONDS = 300
BEHAVIOURS = COMMON | {
    "need-refresh": "200 with the error that a stale client-v gets",
    "error-mid-stream": "an error object after some words",
    "no-done": "the end without data: [DONE], but with a finish_reason",
    "comments": "comments and blank lines between the events",
    "crlf": "lines that end in CR LF",
    "no-space": "data: without a space after it",
    "data-in-text": "an answer that speaks of data: itself",
    "malformed-json": "an event whose JSON is broken",
    "filtered": "an answer stopped by a filter",
    "tiny-length": "an answer stopped by its length",
    "unsigned": "any signature is good (for a person who only wants to look)",
}
NEED_REFRESH = {"error": {"message": "Please refresh", "type": "AI.LS: Please refresh", "code": "AI.LS: NEED REFRESH"}}


def answer_to(question: str) -> str:
    """What a healthy Ails says."""
    return f"Ails слышит: «{question}». В чащах юга жил бы цитрус? Да, но фальшивый экземпляр!"


def make_app(*, pace: float = 0.0) -> web.Application:
    return application([web.post("/v1/chat/completions", complete)], pace=pace)


async def complete(request: web.Request) -> web.StreamResponse:
    raw = await request.read()
    body = json.loads(raw)
    behaviour = behaviour_of(request)
    if behaviour != "unsigned" and (problem := _problem(request, raw, body)):
        return web.json_response({"error": {"message": problem, "type": "AI.LS", "code": "AI.LS: " + problem}}, status=403)
    if behaviour == "need-refresh":
        return web.json_response(NEED_REFRESH)
    text = answer_to(body["messages"][-1]["content"])
    if behaviour == "data-in-text":
        text = "Строка SSE начинается так: data: {json}, а ещё content: это просто слово."
    events = [_event({"role": "assistant"}), *(_event({"content": word}) for word in words_of(text))]
    done = _event({}, finish="stop") + b"data: [DONE]\n\n"
    match behaviour:
        case "stalled":  # the role alone is not a word yet
            events = [events[0] + events[1], *events[2:]]
        case "error-mid-stream":
            events = [*events[:4], f"data: {json.dumps(NEED_REFRESH)}\n\n".encode()]
            done = b""
        case "no-done":
            done = _event({}, finish="stop")
        case "comments":
            events = [b": keep-alive\n\n" + event + b"\n" for event in events]
        case "crlf":
            events = [event.replace(b"\n", b"\r\n") for event in events]
        case "no-space":
            events = [event.replace(b"data: ", b"data:") for event in events]
        case "malformed-json":
            events = [*events[:3], b'data: {"choices": [{"delta": \n\n', *events[3:]]
        case "filtered":
            done = _event({}, finish="content_filter") + b"data: [DONE]\n\n"
        case "tiny-length":
            done = _event({}, finish="length") + b"data: [DONE]\n\n"
    return await play(request, events, content_type="text/event-stream", again=_event({"content": ENDLESS_WORD}), end=done)


def signature(t: str, m: str, secret: str = SECRET) -> str:
    """SHA-256 of time, question, secret and the question's length in code points, joined by colons."""
    return hashlib.sha256(f"{t}:{m}:{secret}:{len(m)}".encode()).hexdigest()


def _problem(request: web.Request, raw: bytes, body: dict[str, object]) -> str:
    """What is wrong with the request, if anything."""
    if request.query_string not in ("", "full=false"):
        return "QUERY"
    if request.headers.get("authorization") != "Bearer free" or not request.headers.get("client-id"):
        return "HEADERS"
    if not request.headers.get("client-v"):
        return "NEED REFRESH"
    if not raw.isascii() or raw != json.dumps(body, separators=(",", ":")).encode():
        return "BODY"
    stamp = str(body.get("t", ""))
    if not isinstance(body.get("t"), str) or not stamp.isdigit() or int(stamp) % 2 == 0:
        return "TIME"
    if abs(int(stamp) / 1000 - time.time()) > CLOCK_SKEW_SECONDS or body.get("d") != time.strftime("%Y-%m-%d"):
        return "CLOCK"
    messages = body["messages"]
    assert isinstance(messages, list)
    return "" if body.get("s") == signature(stamp, messages[-1]["content"]) else "SIGNATURE"


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    chunk = {
        "id": "chatcmpl-emulator",
        "object": "chat.completion.chunk",
        "created": 1690000000,
        "model": "gpt-3.5-turbo-0613",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()
