"""Ollama's own protocol: newline-delimited JSON, models with abilities, downloads.

The behaviour is chosen by the address (see tests.emulators.stage) or by a question that begins with ``#``.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.emulators.stage import COMMON, ENDLESS_WORD, application, play, refusal, words_of

PROVIDER = "Ollama"
CONFIG: dict[str, str] = {}
VERSION = "0.40.12"
THOUGHT = "Надо подумать. "
MODELS: dict[str, dict[str, Any]] = {
    "qwen3:8b": {"capabilities": ["completion", "tools", "thinking"], "model_info": {"qwen3.context_length": 40960}},
    "gemma3:4b": {"capabilities": ["completion", "vision"], "model_info": {"gemma3.context_length": 131072}},
    "tiny:1b": {"capabilities": ["completion"], "model_info": {"llama.context_length": 2048}},
    "nomic-embed-text": {"capabilities": ["embedding"], "model_info": {"nomic-bert.context_length": 2048}},
}
BEHAVIOURS = COMMON | {
    "error-mid": "a line with an error in the middle of the answer",
    "length": "the limit is reached",
    "tools": "a tool call",
    "broken-json": "one line that is not JSON",
    "always-broken": "every second line is not JSON",
    "crlf": "CRLF line ends",
    "no-end": "the connection ends in good order, but the answer does not",
    "long-line": "a line of 3 MB",
    "big": "an answer of 5 MB",
    "no-show": "the models are not described",
    "echo": "the request as JSON",
}


def answer_to(question: str) -> str:
    """What a healthy model says."""
    return f"Оллама слышит: «{question}». Съешь же ещё этих мягких французских булок 🥖."


def make_app(*, pace: float = 0.0) -> web.Application:
    return application(
        [
            web.get("/api/version", version),
            web.get("/api/tags", tags),
            web.post("/api/show", show),
            web.get("/api/ps", running),
            web.post("/api/chat", chat),
            web.post("/api/pull", pull),
        ],
        pace=pace,
    )


async def version(request: web.Request) -> web.StreamResponse:
    return web.json_response({"version": VERSION})


async def tags(request: web.Request) -> web.StreamResponse:
    if request.match_info.get("behaviour") in ("html", "500", "silent", "early-close"):
        return await refusal(request) or web.Response()
    return web.json_response({"models": [{"name": name, "model": name, "digest": f"sha-{name}"} for name in MODELS]})


async def show(request: web.Request) -> web.StreamResponse:
    name = json.loads(await request.read())["model"]
    if request.match_info.get("behaviour") == "no-show":
        return web.json_response({"error": "not today"}, status=500)
    if name not in MODELS:
        return web.json_response({"error": f"model '{name}' not found"}, status=404)
    return web.json_response(MODELS[name])


async def running(request: web.Request) -> web.StreamResponse:
    if request.match_info.get("behaviour") == "no-show":
        return web.json_response({"error": "not today"}, status=500)
    return web.json_response({"models": [{"name": "gemma3:4b", "model": "gemma3:4b", "context_length": 16384}]})


async def chat(request: web.Request) -> web.StreamResponse:
    body = json.loads(await request.read())
    question = body["messages"][-1]["content"]
    behaviour = request.match_info.get("behaviour", "normal")
    if question.startswith("#"):
        behaviour = question[1:].split()[0]
        request.match_info["behaviour"] = behaviour
    told = MODELS.get(body["model"])
    if told is None:
        return web.json_response({"error": f"model '{body['model']}' not found, try pulling it first"}, status=404)
    if body.get("think") and "thinking" not in told["capabilities"]:
        return web.json_response({"error": f'"{body["model"]}" does not support thinking'}, status=400)
    if behaviour == "500":
        return web.json_response({"error": "llama runner process has terminated"}, status=500)
    text = json.dumps(body, ensure_ascii=False) if behaviour == "echo" else answer_to(question)
    thoughts = [_line(body, thinking=word) for word in words_of(THOUGHT)] if body.get("think") else []
    pieces, end = _script(behaviour, body, [*thoughts, *(_line(body, content=word) for word in words_of(text))])
    if behaviour in COMMON:
        again = _line(body, content=ENDLESS_WORD)
        return await play(request, pieces, content_type="application/x-ndjson", again=again, end=end)
    request.match_info["behaviour"] = "normal"
    return await play(request, pieces, content_type="application/x-ndjson", again=b"", end=end)


async def pull(request: web.Request) -> web.StreamResponse:
    name = json.loads(await request.read())["model"]
    if name.startswith("missing"):
        lines: list[dict[str, Any]] = [{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}]
    else:
        lines = [
            {"status": "pulling manifest"},
            {"status": "pulling 1a2b", "digest": "sha256:1a2b", "total": 1000},
            {"status": "pulling 1a2b", "digest": "sha256:1a2b", "total": 1000, "completed": 500},
            {"status": "pulling 1a2b", "digest": "sha256:1a2b", "total": 1000, "completed": 1000},
            {"status": "verifying sha256 digest"},
            {"status": "success"},
        ]
    pieces = [json.dumps(line).encode() + b"\n" for line in lines]
    return await play(request, pieces, content_type="application/x-ndjson", again=b"")


def _script(behaviour: str, body: dict[str, Any], pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    end = _end(body)
    match behaviour:
        case "error-mid":
            return pieces[:2], b'{"error":"an error was encountered while running the model"}\n'
        case "length":
            return pieces, _end(body, done_reason="length")
        case "tools":
            call = {"function": {"name": "weather", "arguments": {"city": "Тула"}}}
            return [_line(body, content="", tool_calls=[call])], end
        case "broken-json":
            return [*pieces[:1], b'{"message":\n', *pieces[1:]], end
        case "always-broken":
            return [part for piece in pieces for part in (piece, b"{oops\n")], end
        case "crlf":
            return [piece.replace(b"\n", b"\r\n") for piece in pieces], end
        case "no-end":
            return pieces, b""
        case "long-line":
            return [_line(body, content="x" * (3 << 20))], end
        case "big":
            return [_line(body, content="и" * 100_000)] * 50, end
        case "empty":
            return [], end
    return pieces, end


def _line(body: dict[str, Any], **message: Any) -> bytes:
    told = {"role": "assistant", "content": "", **message}
    value = {"model": body["model"], "created_at": "2026-11-20T12:00:00Z", "message": told, "done": False}
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _end(body: dict[str, Any], *, done_reason: str = "stop") -> bytes:
    value = {
        "model": body["model"],
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": done_reason,
        "prompt_eval_count": 26,
        "eval_count": 298,
        "eval_duration": 4_000_000_000,
    }
    return json.dumps(value).encode() + b"\n"
