"""Liaobots of 2023: one POST with an auth header, the answer as bare UTF-8 text in chunks."""

from __future__ import annotations

import json
import uuid

from aiohttp import web

from tests.emulators.stage import COMMON, ENDLESS_WORD, application, behaviour_of, play, words_of

PROVIDER = "Liaobots"
AUTH = "emulator-auth-code"
PLACEHOLDER = "YOUR_AUTH_KEY"  # what the documents of 2023 write where the code belongs
CONFIG = {"api_key": AUTH}
BEHAVIOURS = COMMON | {
    "error-text": "200 whose whole body is the word Error",
    "error-500": "500 with the body Error",
    "says-error": "a good answer that begins with the word Error",
    "echo": "a refusal that repeats the code",
}
MODELS = {
    "gpt-4": {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000, "tokenLimit": 8000},
    "gpt-3.5-turbo": {"id": "gpt-3.5-turbo", "name": "GPT-3.5", "maxLength": 12000, "tokenLimit": 4000},
}


def answer_to(question: str, model: str = "gpt-3.5-turbo") -> str:
    """What a healthy Liaobots says."""
    return f"Liaobots ({model}) слышит: «{question}». Широкая электрификация южных губерний даст мощный толчок."


def make_app(*, pace: float = 0.0) -> web.Application:
    return application([web.post("/api/chat", chat), web.post("/api/user", user)], pace=pace)


async def user(request: web.Request) -> web.StreamResponse:
    return web.json_response({"authCode": AUTH, "balance": 1})


async def chat(request: web.Request) -> web.StreamResponse:
    if behaviour_of(request) == "echo":
        return web.json_response({"message": f"bad code {request.headers.get('x-auth-code')}"}, status=401)
    if request.headers.get("x-auth-code") not in (AUTH, PLACEHOLDER):
        return web.json_response({"message": "401 Unauthorized"}, status=401)
    body = json.loads(await request.read())
    if problem := _problem(body):
        return web.json_response({"message": problem}, status=400)
    text = answer_to(body["messages"][-1]["content"], body["model"]["id"])
    match behaviour_of(request):
        case "error-text":
            return web.Response(text="Error")
        case "error-500":
            return web.Response(status=500, text="Error")
        case "says-error":
            text = "Error — это по-русски «ошибка»."
    return await play(
        request, [word.encode() for word in words_of(text)], content_type="application/octet-stream", again=ENDLESS_WORD.encode()
    )


def _problem(body: dict[str, object]) -> str:
    """What is wrong with the request, if anything."""
    if set(body) != {"conversationId", "model", "messages", "key", "prompt"}:
        return "fields"
    try:
        uuid.UUID(str(body["conversationId"]))
    except ValueError:
        return "conversationId"
    if body["model"] not in MODELS.values():
        return "model"
    if not isinstance(body["messages"], list) or not body["messages"]:
        return "messages"
    return "" if body["key"] == "" and body["prompt"] else "key, prompt"
