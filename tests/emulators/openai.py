"""A service of OpenAI's dialect, with what OpenRouter, DeepSeek, Groq, Mistral, vLLM and llama.cpp add to it.

The behaviour is chosen by the address (see tests.emulators.stage) or by a question that begins with ``#``: ``#cut and then…``.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from tests.emulators.stage import COMMON, ENDLESS_WORD, FOREVER_SECONDS, HTML_PAGE, PACE, application, play, refusal, words_of

PROVIDER = "OpenAI"
BASE_PATH = "/v1"
CONFIG = {"api_key": "sk-emulated"}
MODEL = "emulated-small"
MODELS = (MODEL, "emulated-large", "emulated-thinking")
THOUGHT = "Надо подумать. Думаю…"
BEHAVIOURS = COMMON | {
    "reasoning": "thinking in reasoning_content, then the text",
    "reasoning-twice": "thinking in reasoning and reasoning_details at once",
    "think": "thinking inside <think> at the start of the text, the tags cut into pieces",
    "parts": "content as a list of typed parts",
    "tools": "a tool call in fragments",
    "usage": "a count in a last chunk without choices",
    "groq": "the count under x_groq",
    "timings": "llama.cpp: progress of reading, then times",
    "crlf": "CRLF line ends, no space after data:",
    "bom": "a byte order mark first, then CR line ends",
    "comments": "keep-alive comments before and between the words",
    "only-comments": "keep-alive comments and nothing else, for ever",
    "error-mid": "an error object in the middle of the answer",
    "refused-late": "400 for the temperature in the middle of the answer",
    "refused-inside": "400 for the temperature inside a stream that began well, before the first word",
    "loading-late": "llama.cpp: 503 as if it were loading, in the middle of the answer",
    "error-200": "200 with a JSON error object",
    "json": "one plain JSON answer although a stream was asked for",
    "no-done": "a finish reason, but no [DONE]",
    "reset-at-end": "a finish reason, then the connection is reset",
    "hold-at-end": "a finish reason, then silence on an open connection",
    "no-finish": "[DONE], but no finish reason",
    "no-end": "neither; the connection ends in good order",
    "after-end": "data after [DONE], and a second [DONE]",
    "broken-json": "one event that is not JSON",
    "always-broken": "every second event is not JSON",
    "odd": "unknown events, empty choices, null content, a finish reason in capitals",
    "two-choices": "two choices at once, in changing order",
    "filter": "the content filter ends the answer",
    "length": "the limit is reached before the first word",
    "nonsense-usage": "counts that are negative, huge or text",
    "surrogates": "an emoji whose two halves are escaped in two chunks",
    "bad-utf8": "a byte that is no UTF-8",
    "long-line": "a line of 3 MB",
    "big": "an answer of 5 MB",
    "burst": "2,000 words as fast as the wire takes them",
    "gzip": "a compressed stream",
    "bad-gzip": "a stream that says it is compressed and is not",
    "close-reused": "the connection is closed at the second request that comes over it",
    "503-once": "503 to the first question, then well",
    "loading": "llama.cpp while it loads: 503 to the first two questions",
    "no-stream-options": "400 for stream_options",
    "no-max-tokens": "400 for max_tokens",
    "context": "400: the conversation is too long",
    "404-model": "404: no such model",
    "404": "404: wrong address",
    "403-country": "403: not in this country",
    "429-date": "429 with Retry-After as a date",
    "429-absurd": "429 with Retry-After: 1000000000",
    "503": "503",
    "529": "529",
    "echo": "the request as JSON",
    "many-models": "a list of 3,000 models with odd names among them",
    "slow-models": "a list of models that takes 15 s",
    "no-models": "no list of models",
}
COUNTS = web.AppKey("counts", dict[str, int])


def answer_to(question: str) -> str:
    """What a healthy model says."""
    return f"Вы спросили: «{question}». Отвечаю по-русски, с эмодзи 👩‍👩‍👧 и буквой ё."


def make_app(*, pace: float = 0.0, extra: Iterable[web.RouteDef] = ()) -> web.Application:
    app = application(
        [web.post("/v1/chat/completions", chat), web.get("/v1/models", models), *extra],
        pace=pace,
    )
    app[COUNTS] = {}
    return app


# --- the list of models ----------------------------------------------------------------------------------------------------------


async def models(request: web.Request) -> web.StreamResponse:
    behaviour = request.match_info.get("behaviour", "normal")
    if behaviour in ("401", "html", "html-502", "500", "silent", "redirect", "early-close"):
        return await refusal(request) or web.Response()
    if behaviour not in BEHAVIOURS:
        return _error(404, "not found")  # the path of another program's list
    match behaviour:
        case "no-models":
            return _error(404, "not found")
        case "slow-models":
            await asyncio.sleep(15)
        case "many-models":
            odd: list[Any] = [{"id": "two\r\nlines"}, {"id": 7}, "text", {"id": "x" * 1000}, {"id": "<b>bold</b>"}]
            return web.json_response({"data": [*odd, *({"id": f"model-{number}"} for number in range(3000))]})
    listed = [{"id": name, "object": "model", "owned_by": "emulator", "context_length": 8192} for name in MODELS]
    return web.json_response({"object": "list", "data": listed})


# --- the answer ------------------------------------------------------------------------------------------------------------------


async def chat(request: web.Request) -> web.StreamResponse:
    body = json.loads(await request.read())
    question = _question(body)
    behaviour = request.match_info.get("behaviour", "normal")
    if question.startswith("#"):
        behaviour = question[1:].split()[0]
        request.match_info["behaviour"] = behaviour
    if refused := await _refused(request, behaviour, body):
        return refused
    script = SCRIPTS.get(behaviour)
    if script is not None:
        pieces, finish = script(question)
    else:
        pieces, finish = [chunk(word) for word in words_of(answer_to(question))], ENDING
    match behaviour:
        case "crlf":
            pieces = [piece.replace(b"\n", b"\r\n").replace(b"data: ", b"data:") for piece in [*pieces, finish]]
            return await _raw(request, pieces)
        case "bom":
            pieces = [piece.replace(b"\n", b"\r") for piece in [*pieces, finish]]
            return await _raw(request, [b"\xef\xbb\xbf", *pieces])
        case "burst":
            return await _raw(request, [b"".join([*pieces, finish])])
        case "gzip" | "bad-gzip":
            whole = b"".join([*pieces, finish])
            return await _raw(request, [gzip.compress(whole) if behaviour == "gzip" else whole], encoding="gzip")
        case "reset-at-end" | "hold-at-end":
            return await _broken_at_end(request, [*pieces, chunk(finish="stop")], hold=behaviour == "hold-at-end")
        case "only-comments":
            return await _comments_for_ever(request)
    if behaviour in BEHAVIOURS and behaviour not in COMMON:
        return await _raw(request, [*pieces, finish])
    return await play(request, pieces, content_type="text/event-stream", again=chunk(ENDLESS_WORD), end=finish)


def chunk(text: str | None = None, *, finish: str | None = None, model: str = MODEL, **delta: Any) -> bytes:
    """One event of the stream."""
    if text is not None:
        delta["content"] = text
    return event(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1795000000,
            "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
    )


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
ENDING = chunk(finish="stop") + DONE
_REFUSED_TEMPERATURE = event({"error": {"code": 400, "message": "temperature is not supported"}})
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, "completion_tokens_details": {"reasoning_tokens": 3}}

Script = tuple[Sequence[bytes], bytes]


def _spoken(question: str) -> list[bytes]:
    return [chunk(word) for word in words_of(answer_to(question))]


def _halved(question: str, between: bytes) -> list[bytes]:
    pieces = _spoken(question)
    return [*pieces[:2], between, *pieces[2:]]


def _tools(question: str) -> Script:
    def call(**fields: Any) -> bytes:
        return chunk(tool_calls=[fields])

    return [
        call(index=0, id="call_1", type="function", function={"name": "weather", "arguments": ""}),
        call(index=0, function={"name": "", "arguments": '{"city":'}),
        call(index=0, function={"arguments": '"Тула"}'}),
        call(index=1, id="call_2", type="function", function={"name": "time", "arguments": "{}"}),
    ], chunk(finish="tool_calls") + DONE


def _odd(question: str) -> Script:
    strange = [
        b"event: unheard.of\ndata: {}\n\n",
        event({"choices": []}),
        event({"object": "something.else", "choices": None}),
        chunk(role="assistant", content=None),
        event({"choices": [{"index": 0, "delta": None}]}),
        b"id: 7\nretry: 100\n\n",
        b"data:\n\n",
    ]
    return [*strange, *_spoken(question), *strange], chunk(finish="STOP") + DONE


def _two_choices(question: str) -> Script:
    def both(word: str, place: int) -> bytes:
        choices = [{"index": 0, "delta": {"content": word}}, {"index": 1, "delta": {"content": "ДРУГОЕ"}}]
        return event({"choices": choices if place % 2 else choices[::-1]})

    lone = event({"choices": [{"index": 1, "delta": {"content": "ДРУГОЕ"}}]})
    return [lone, *(both(word, place) for place, word in enumerate(words_of(answer_to(question))))], ENDING


SCRIPTS: dict[str, Callable[[str], Script]] = {
    "reasoning": lambda q: (
        [*(chunk(content=None, reasoning_content=word) for word in words_of(THOUGHT)), *_spoken(q)],
        chunk(finish="stop") + event({"choices": [], "usage": USAGE}) + DONE,
    ),
    "reasoning-twice": lambda q: (
        [
            *(
                chunk("", reasoning=word, reasoning_details=[{"type": "reasoning.text", "text": word}])
                for word in words_of(THOUGHT)
            ),
            *_spoken(q),
        ],
        ENDING,
    ),
    "think": lambda q: ([chunk(piece) for piece in f"<think>\n{THOUGHT}</think>\n\n{answer_to(q)}"], ENDING),
    "parts": lambda q: (
        [
            chunk(content=[{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]),
            chunk(content=[{"type": "text", "text": answer_to(q)}]),
        ],
        ENDING,
    ),
    "tools": _tools,
    "usage": lambda q: (_spoken(q), chunk(finish="stop") + event({"choices": [], "usage": USAGE}) + DONE),
    "groq": lambda q: (
        _spoken(q),
        event(
            {
                "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                "x_groq": {"usage": {**USAGE, "completion_time": 0.5}},
            }
        )
        + DONE,
    ),
    "timings": lambda q: (
        [
            event({"choices": [], "model": MODEL, "prompt_progress": {"total": 40, "cache": 0, "processed": 10, "time_ms": 5}}),
            event({"choices": [], "model": MODEL, "prompt_progress": {"total": 40, "cache": 0, "processed": 40, "time_ms": 9}}),
            *_spoken(q),
        ],
        event(
            {
                "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                "usage": USAGE,
                "timings": {"predicted_n": 7, "predicted_ms": 350.0},
            }
        )
        + DONE,
    ),
    "comments": lambda q: ([b": OPENROUTER PROCESSING\n\n", b":\n", *_halved(q, b": keep-alive\n\n")], ENDING),
    "error-mid": lambda q: (_spoken(q)[:2], event({"error": {"message": "Overloaded", "type": "overloaded_error"}})),
    "refused-late": lambda q: (_spoken(q)[:2], _REFUSED_TEMPERATURE),
    "loading-late": lambda q: (_spoken(q)[:2], event({"error": {"code": 503, "message": "Loading model"}})),
    "no-done": lambda q: (_spoken(q), chunk(finish="stop")),
    "no-finish": lambda q: (_spoken(q), DONE),
    "no-end": lambda q: (_spoken(q), b""),
    "after-end": lambda q: (_spoken(q), ENDING + chunk("ЛИШНЕЕ") + DONE),
    "broken-json": lambda q: (_halved(q, b'data: {"choices": [\n\n'), ENDING),
    "always-broken": lambda q: ([piece for word in _spoken(q) for piece in (word, b"data: {oops\n\n")], ENDING),
    "odd": _odd,
    "two-choices": _two_choices,
    "filter": lambda q: (_spoken(q)[:3], chunk(finish="content_filter") + DONE),
    "length": lambda q: ([], chunk(finish="length") + DONE),
    "nonsense-usage": lambda q: (
        _spoken(q),
        chunk(finish="stop")
        + event({"choices": [], "usage": {"prompt_tokens": -5, "completion_tokens": 10**30, "completion_tokens_details": "много"}})
        + DONE,
    ),
    "surrogates": lambda q: (
        [
            b'data: {"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}\n\n',
            b'data: {"choices":[{"index":0,"delta":{"content":"\\ude00!"}}]}\n\n',
        ],
        ENDING,
    ),
    "bad-utf8": lambda q: ([b'data: {"choices":[{"index":0,"delta":{"content":"\xff?"}}]}\n\n'], ENDING),
    "long-line": lambda q: ([chunk("x" * (3 << 20))], ENDING),
    "big": lambda q: ([chunk("и" * 100_000)] * 50, ENDING),
    "burst": lambda q: ([chunk("слово ")] * 2000, ENDING),
}


# --- refusals --------------------------------------------------------------------------------------------------------------------

_ERRORS: dict[str, tuple[int, str, dict[str, Any], dict[str, str]]] = {
    "401": (401, "Incorrect API key provided: sk-emulated", {"code": "invalid_api_key"}, {}),
    "402": (402, "Insufficient Balance", {}, {}),
    "403-country": (403, "Country, region, or territory not supported", {"code": "unsupported_country_region_territory"}, {}),
    "404": (404, "Invalid URL", {}, {}),
    "404-model": (404, "The model `x` does not exist", {"code": "model_not_found"}, {}),
    "429": (429, "Rate limit reached", {"code": "rate_limit_exceeded"}, {"Retry-After": "7"}),
    "429-absurd": (429, "Rate limit reached", {}, {"Retry-After": "1000000000"}),
    "500": (500, "The server had an error", {"type": "server_error"}, {}),
    "503": (503, "Service unavailable", {}, {"Retry-After": "1"}),
    "529": (529, "Overloaded", {"type": "overloaded_error"}, {}),
    "context": (400, "This model's maximum context length is 8192 tokens", {"code": "context_length_exceeded"}, {}),
}


async def _refused(request: web.Request, behaviour: str, body: dict[str, Any]) -> web.StreamResponse | None:
    counts = request.app[COUNTS]
    counts[behaviour] = counts.get(behaviour, 0) + 1
    if behaviour in _ERRORS:
        status, message, fields, headers = _ERRORS[behaviour]
        return _error(status, message, headers=headers, **fields)
    match behaviour:
        case "429-date":
            when = datetime.now(timezone.utc) + timedelta(seconds=20)
            return _error(429, "Rate limit reached", headers={"Retry-After": format_datetime(when, usegmt=True)})
        case "503-once" if counts[behaviour] == 1:
            return _error(503, "Service unavailable")
        case "loading" if counts[behaviour] <= 2:
            return _error(503, "Loading model", type="unavailable_error", code=503)
        case "no-stream-options" if "stream_options" in body:
            return _error(400, "Unrecognized request argument supplied: stream_options", type="invalid_request_error")
        case "no-max-tokens" if "max_tokens" in body:
            return _error(400, "Use 'max_completion_tokens' instead.", param="max_tokens", code="unsupported_parameter")
        case "refused-inside" if "temperature" in body:
            return await _raw(request, [b": wait\n\n", chunk("", role="assistant"), _REFUSED_TEMPERATURE])
        case "error-200":
            return web.json_response({"error": {"message": "No credit", "code": 402}})
        case "json":
            message = {"role": "assistant", "content": answer_to(_question(body)), "reasoning_content": THOUGHT}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return web.json_response({"model": MODEL, "choices": [choice], "usage": USAGE})
        case "echo":
            return await _raw(request, [chunk(json.dumps(body, ensure_ascii=False)), ENDING])
        case "close-reused":
            return await _close_if_reused(request)
        case "html" | "html-502" | "redirect" | "silent" | "early-close" | "slow-first-byte":
            return await refusal(request)
    return None


async def _close_if_reused(request: web.Request) -> web.StreamResponse | None:
    """Play the server whose keep-alive ends just as the next request comes over the same connection."""
    transport = request.transport
    assert transport is not None
    connection = f"connection from {transport.get_extra_info('peername')}"
    counts = request.app[COUNTS]
    counts[connection] = counts.get(connection, 0) + 1
    if counts[connection] == 1:
        return None
    transport.close()
    return web.Response()


def _error(status: int, message: str, *, headers: dict[str, str] | None = None, **fields: Any) -> web.Response:
    return web.json_response({"error": {"message": message, **fields}}, status=status, headers=headers)


def _question(body: dict[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else next((part["text"] for part in content if part["type"] == "text"), "")


async def _raw(request: web.Request, pieces: Sequence[bytes], *, encoding: str = "") -> web.StreamResponse:
    headers = {"Content-Type": "text/event-stream"} | ({"Content-Encoding": encoding} if encoding else {})
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    pace = request.app[PACE]
    for piece in pieces:
        if piece:
            await response.write(piece)
            if pace:
                await asyncio.sleep(pace)
    return response


async def _broken_at_end(request: web.Request, pieces: Sequence[bytes], *, hold: bool) -> web.StreamResponse:
    response = await _raw(request, pieces)
    await asyncio.sleep(FOREVER_SECONDS if hold else 0.05)  # or let the reader have the words before the connection goes
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)
    transport.abort()
    return response


async def _comments_for_ever(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for _ in range(int(FOREVER_SECONDS / 0.02)):
        await response.write(b": keep-alive\n\n")
        await asyncio.sleep(0.02)
    return response


__all__ = ["BEHAVIOURS", "HTML_PAGE", "MODEL", "PROVIDER", "THOUGHT", "answer_to", "chunk", "event", "make_app"]
