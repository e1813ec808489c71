"""Yqcloud of 2023: one POST, the answer as bare UTF-8 text in chunks."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from tests.emulators.stage import COMMON, ENDLESS_WORD, application, behaviour_of, play, words_of

PROVIDER = "Yqcloud"
CONFIG: dict[str, str] = {}
BEHAVIOURS = COMMON | {
    "phrase": "the phrase of the prompt is repeated beside good text",
    "phrase-split": "the same, cut over two chunks",
    "blocked": "the notice of a blocked address as an ordinary answer",
    "bad-utf8": "a byte that is no UTF-8",
    "unlabelled-html": "200 with an HTML page and no content type",
    "one-piece": "the answer with a length instead of chunks",
}
PHRASE = "always respond in english"
FIELDS = {"prompt": str, "userId": str, "network": bool, "apikey": str, "system": str, "withoutContext": bool}
BLOCKED = "sorry, 您的ip已由于触发防滥用检测而被封禁，请稍后再试。"


def answer_to(question: str) -> str:
    """What a healthy Yqcloud says."""
    return f"Yqcloud слышит: «{question}». Съешь же ещё этих мягких французских булок, да выпей чаю."


def make_app(*, pace: float = 0.0) -> web.Application:
    return application([web.post("/api/generateStream", generate)], pace=pace)


async def generate(request: web.Request) -> web.StreamResponse:
    body = json.loads(await request.read())
    for name, kind in FIELDS.items():
        if not isinstance(body.get(name), kind):
            return web.json_response({"message": f"{name} must be {kind.__name__}"}, status=400)
    if not body["userId"].startswith("#/chat/"):
        return web.json_response({"message": "userId"}, status=400)
    prefix, _, question = body["prompt"].partition(" | ")
    if not prefix.startswith("always respond in "):
        return web.json_response({"message": "prompt"}, status=400)
    text = answer_to(question)
    pieces = [word.encode() for word in words_of(text)]
    match behaviour_of(request):
        case "phrase":
            pieces = [f"Итак, {PHRASE} | ".encode(), *pieces]
        case "phrase-split":
            pieces = [f"Итак, {PHRASE[:9]}".encode(), f"{PHRASE[9:]} ".encode(), *pieces]
        case "blocked":
            pieces = [BLOCKED.encode()]
        case "bad-utf8":
            pieces = [*pieces[:2], b"\xff ", *pieces[2:]]
        case "unlabelled-html":
            # aiohttp would add a type of its own.
            assert isinstance(request.transport, asyncio.Transport)
            request.transport.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html><body>captive portal</body></html>")
            request.transport.close()
            return web.Response()
        case "one-piece":
            return web.Response(body=b"".join(pieces), content_type="application/octet-stream")
    if behaviour_of(request) == "phrase-split":
        return await _unhurried(request, pieces)
    return await play(request, pieces, content_type="application/octet-stream", again=ENDLESS_WORD.encode())


async def _unhurried(request: web.Request, pieces: list[bytes]) -> web.StreamResponse:
    """Each piece surely in a packet of its own."""
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    await response.prepare(request)
    for piece in pieces:
        await response.write(piece)
        await asyncio.sleep(0.02)
    return response
