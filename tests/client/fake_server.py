"""A server that speaks docs/api.md from memory, for looking at the page and for its browser tests: no model, no database.

    python tests/client/fake_server.py [port]

What it answers is decided by the question:

    "код" code and a table · "думай" reasoning first · "ошибка" fails half way · "отказ" refused at once · "шов" a seam ·
    "источники" citations · "долго" two hundred slow words · "обрыв" the line is cut twice · "пусто" nothing at all
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import json
import mimetypes
import re
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from server.pages import STARTS
from server.storage import words as stemming

CLIENT = Path(__file__).resolve().parents[2] / "client"
POLICY = (
    "default-src 'none'; script-src 'self' {}; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app dompurify"
)
PACE = 0.02  # seconds between two events

CODE = """Если второе поле числовое, хватит одного **ключа-кортежа**:

```python
from operator import itemgetter

заказы = [
    {"город": "Тверь", "сумма": 1200},
    {"город": "Орёл",  "сумма": 3400},
]
заказы.sort(key=lambda з: (з["город"], -з["сумма"]))
```

Если оба поля строковые, отсортируйте дважды, начиная со *второго*: сортировка в Python устойчива.

| Случай | Приём | Сложность |
|--------|-------|-----------|
| числа | минус в ключе | n log n |
| строки | два прохода | 2 n log n |

Для больших таблиц удобнее `DataFrame.sort_values`:

1. задайте `by=["город", "сумма"]`;
2. задайте `ascending=[True, False]`.

> Порядок исходного списка при равных ключах не меняется.
"""
PLAIN = (
    "Квантование — это запись весов модели меньшим числом битов. Представьте фотографию: вместо миллиона "
    "оттенков вы оставляете двести пятьдесят шесть, и глаз почти не видит разницы, зато файл вчетверо меньше.\n\n"
    "С моделью то же самое: она занимает меньше памяти и отвечает быстрее, а точность теряет немного. "
    "Для домашнего компьютера обычно берут **четыре бита** на вес."
)
THOUGHT = (
    "Нужны ключ-кортеж и знак минус для чисел. Для строк минуса нет, значит два прохода: сортировка устойчива. "
    "Проверю на примере с Тверью и Орлом."
)


def words(text: str) -> list[str]:
    return re.findall(r"\S*\s*", text)[:-1]


def script(question: str, model: str) -> list[dict[str, Any]]:
    """The events that answer a question, without `started`."""
    events: list[dict[str, Any]] = [{"type": "provider", "provider": "Ollama", "model": model}]
    if "думай" in question:
        events += [{"type": "reasoning", "text": word} for word in words(THOUGHT) * 2]
    if "пусто" in question:
        return [*events, {"type": "finished", "state": "complete", "reason": "stop"}]
    text = CODE if "код" in question else PLAIN
    if "долго" in question:
        text = " ".join(f"Слово {number}." for number in range(400))
    pieces = words(text)
    if "шов" in question:
        half = len(words(text[: text.rindex("\n\n", 0, len(text) * 3 // 4)]))
        events += [{"type": "text", "text": word} for word in pieces[:half]]
        events.append({"type": "seam", "from": "Ollama", "to": "DeepSeek", "code": "provider_unreachable"})
        events.append({"type": "provider", "provider": "DeepSeek", "model": "deepseek-chat"})
        pieces = pieces[half:]
    if "ошибка" in question:
        events += [{"type": "text", "text": word} for word in pieces[: len(pieces) // 3]]
        return [*events, {"type": "failed", "state": "failed", "code": "provider_interrupted"}]
    events += [{"type": "text", "text": word} for word in pieces]
    if "источники" in question:
        events.append({"type": "citation", "url": "https://example.org/wiki/sorting", "title": "Сортировка: устойчивость"})
        events.append({"type": "citation", "url": "https://docs.example.com/how-to", "title": "Sorting HOW TO"})
    events.append({"type": "usage", "prompt_tokens": 40, "completion_tokens": 412, "reasoning_tokens": 0, "seconds": 10.8})
    return [*events, {"type": "finished", "state": "complete", "reason": "stop"}]


def new_answer(answer: str, parent: str, model: str) -> dict[str, Any]:
    return {
        "id": answer,
        "parent_id": parent,
        "role": "assistant",
        "text": "",
        "reasoning": "",
        "state": "running",
        "code": None,
        "reason": None,
        "provider": "Ollama",
        "model": model,
        "citations": [],
        "tool_calls": [],
        "seams": [],
        "usage": None,
        "created_at": time.time(),
        "finished_at": None,
        "seq": 0,
    }


def fold(message: dict[str, Any], event: dict[str, Any]) -> None:
    kind = event["type"]
    if kind in ("text", "reasoning"):
        message[kind] += event["text"]
    elif kind == "provider":
        message.update(provider=event["provider"], model=event["model"])
    elif kind == "citation":
        message["citations"].append({"url": event["url"], "title": event["title"]})
    elif kind == "usage":
        message["usage"] = {key: value for key, value in event.items() if key != "type"}
    elif kind == "seam":
        message["seams"].append({"at": len(message["text"]), "from": event["from"], "to": event["to"], "code": event["code"]})
    elif kind in ("finished", "failed"):
        message.update(state=event["state"], code=event.get("code"), reason=event.get("reason"), finished_at=time.time())
    message["seq"] += 1


class World:
    """Everything the server remembers."""

    def __init__(self) -> None:
        self.conversations: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.deleted: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.cuts: dict[str, int] = {}
        self.guided = False
        self.signed_in = True

    def populate(self) -> None:
        """A sidebar of some days."""
        day = 86_400
        titles = [
            ("Письмо арендодателю", 0),
            ("Что такое квантование модели", 0),
            ("План поездки в Карелию", 1),
            ("Ошибка 502 в nginx", 1),
            ("Разбор стихотворения Тютчева", 4),
            ("Рецепты на неделю", 12),
            ("Ёлка: чем украсить", 70),
        ]
        for number, (title, days) in enumerate(titles):
            when = time.time() - days * day - number * 60
            identity = f"old{number}"
            self.conversations[identity] = {
                "id": identity,
                "title": title,
                "model": "qwen3:8b",
                "provider": "Ollama",
                "role": "default",
                "created_at": when,
                "updated_at": when,
                "revision": 1,
                "running": False,
            }
            answer = new_answer(f"a{number}", f"q{number}", "qwen3:8b")
            for event in script("код думай", "qwen3:8b"):
                fold(answer, event)
            self.messages[identity] = [
                {"id": f"q{number}", "parent_id": None, "role": "user", "text": title, "created_at": when},
                answer,
            ]

    def begin(self, conversation: str, question: dict[str, Any], answer: dict[str, Any]) -> None:
        self.messages[conversation].append(answer)
        self.conversations[conversation].update(running=True, updated_at=time.time())
        self.logs[answer["id"]] = []
        self.append(answer, {"type": "started", "conversation": conversation, "question": question["id"], "answer": answer["id"]})
        self.tasks[answer["id"]] = asyncio.create_task(self.write(conversation, question["text"], answer))

    def append(self, answer: dict[str, Any], event: dict[str, Any]) -> None:
        self.logs[answer["id"]].append(event)
        fold(answer, event)

    async def write(self, conversation: str, text: str, answer: dict[str, Any]) -> None:
        try:
            await asyncio.sleep(0.3)
            for event in script(text, answer["model"]):
                self.append(answer, event)
                await asyncio.sleep(PACE * (3 if "долго" in text else 1))
        except asyncio.CancelledError:
            self.append(answer, {"type": "finished", "state": "stopped", "reason": "stop"})
        self.conversations[conversation].update(running=False, updated_at=time.time())

    def find(self, answer: str) -> tuple[str, dict[str, Any]]:
        for conversation, messages in self.messages.items():
            for message in messages:
                if message["id"] == answer:
                    return conversation, message
        raise KeyError(answer)


WORLD = web.AppKey("world", World)
routes = web.RouteTableDef()
API = "/backend-api/v2"


def refuse(status: int, code: str, **values: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": code, "request_id": "fake", "values": values}}, status=status)


async def follow(world: World, answer: str, after: int) -> AsyncIterator[bytes]:
    log = world.logs[answer]
    _, message = world.find(answer)
    while True:
        for number, event in list(enumerate(log, 1))[after:]:
            after = number
            yield f"id: {number}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        if message["state"] != "running" and after == len(log):
            return
        if world.cuts.get(answer, 0) and after > 20 * (3 - world.cuts[answer]):
            world.cuts[answer] -= 1
            return
        await asyncio.sleep(PACE)


async def stream(request: web.Request, answer: str, after: int = 0) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"})
    await response.prepare(request)
    async for piece in follow(request.app[WORLD], answer, after):
        await response.write(piece)
    return response


@routes.post(f"{API}/conversation")
async def ask(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    body = await request.json()
    text = body["meta"]["content"]["parts"][0]["content"]
    if "отказ" in text:
        return refuse(409, "key_missing")
    identity, question = body["conversation_id"], body["meta"]["id"]
    model = body.get("model", "qwen3:8b")
    if identity not in world.conversations:
        now = time.time()
        world.messages[identity] = []
        world.conversations[identity] = {
            "id": identity,
            "title": text[:40],
            "model": model,
            "provider": body.get("provider", "Ollama"),
            "role": body.get("role", "default"),
            "created_at": now,
            "updated_at": now,
            "revision": 1,
            "running": False,
        }
    answer = f"a-{question}"
    if answer not in world.logs:
        asked = {
            "id": question,
            "parent_id": body.get("parent_id") or None,
            "role": "user",
            "text": text,
            "created_at": time.time(),
        }
        world.messages[identity].append(asked)
        world.cuts[answer] = 2 if "обрыв" in text else 0
        world.begin(identity, asked, new_answer(answer, question, model))
    return await stream(request, answer)


@routes.get(f"{API}/answers/{{id}}/events")
async def events(request: web.Request) -> web.StreamResponse:
    return await stream(request, request.match_info["id"], int(request.query.get("after", 0)))


@routes.post(f"{API}/answers/{{id}}/stop")
async def stop(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    task = world.tasks[request.match_info["id"]]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return web.json_response({"state": world.find(request.match_info["id"])[1]["state"]})


@routes.post(f"{API}/answers/{{id}}/regenerate")
async def regenerate(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    body = await request.json()
    conversation, old = world.find(request.match_info["id"])
    question = next(message for message in world.messages[conversation] if message["id"] == old["parent_id"])
    world.begin(conversation, question, new_answer(body["id"], question["id"], body.get("model", old["model"])))
    return await stream(request, body["id"])


@routes.get(f"{API}/conversations")
async def conversations(request: web.Request) -> web.Response:
    limit, before = int(request.query.get("limit", 50)), int(request.query.get("before", 0))
    items = sorted(request.app[WORLD].conversations.values(), key=lambda item: -item["updated_at"])
    following = str(before + limit) if before + limit < len(items) else None
    return web.json_response({"conversations": items[before : before + limit], "next": following})


@routes.get(f"{API}/search")
async def search(request: web.Request) -> web.Response:
    """In questions only, newest first; the real one is tried by tests/e2e/test_search.py."""
    world, query = request.app[WORLD], stemming.parse(request.query["q"])
    results = []
    for item in sorted(world.conversations.values(), key=lambda item: -item["updated_at"]):
        asked = world.messages[item["id"]][0]
        if len({number for number, _ in stemming.matches(query, asked["text"])}) == len(query) > 0:
            snippet, ranges = stemming.snippet(query, asked["text"])
            place = {"conversation": item["id"], "message_id": asked["id"], "role": "user", "created_at": asked["created_at"]}
            title = {"title": item["title"], "title_ranges": stemming.ranges(query, item["title"])}
            results.append(place | title | {"snippet": snippet, "ranges": ranges, "archived": False})
    return web.json_response({"results": results, "next": None})


@routes.get(f"{API}/conversations/{{id}}")
async def conversation(request: web.Request) -> web.Response:
    world, identity = request.app[WORLD], request.match_info["id"]
    if identity not in world.conversations:
        return refuse(404, "not_found")
    return web.json_response({"conversation": world.conversations[identity], "messages": world.messages[identity]})


@routes.patch(f"{API}/conversations/{{id}}")
async def rename(request: web.Request) -> web.Response:
    item = request.app[WORLD].conversations[request.match_info["id"]]
    item.update(await request.json(), revision=item["revision"] + 1)
    return web.json_response({"conversation": item})


@routes.delete(f"{API}/conversations/{{id}}")
async def delete(request: web.Request) -> web.Response:
    world, identity = request.app[WORLD], request.match_info["id"]
    world.deleted[identity] = world.conversations.pop(identity)
    return web.json_response({"deleted": True})


@routes.post(f"{API}/conversations/{{id}}/restore")
async def restore(request: web.Request) -> web.Response:
    world, identity = request.app[WORLD], request.match_info["id"]
    world.conversations[identity] = world.deleted.pop(identity)
    return web.json_response({"conversation": world.conversations[identity]})


def model(identity: str, provider: str, context: int | None = None, *capabilities: str, title: str = "") -> dict[str, Any]:
    return {"id": identity, "title": title, "provider": provider, "context_length": context, "capabilities": list(capabilities)}


MODELS = [
    model("qwen3:8b", "Ollama", 40_960, "thinking"),
    model("gemma3:12b", "Ollama", 131_072, "vision"),
    model("llama3.3:70b", "Ollama", 131_072),
    model("mistral-small3.2:24b", "Ollama", 131_072, "vision"),
    model("phi4:14b", "Ollama", 16_384),
    model("qwen2.5-coder:7b", "Ollama", 32_768),
    model("deepseek-chat", "DeepSeek", 131_072, title="DeepSeek Chat"),
    model("deepseek-reasoner", "DeepSeek", 131_072, "thinking", title="DeepSeek Reasoner"),
    model("guide", "Guide", title="Помощник"),
]


def provider(identity: str, title: str, *, local: bool = False, state: str = "ready", code: str | None = None) -> dict[str, Any]:
    count = sum(known["provider"] == identity for known in MODELS)
    url = f"https://{identity.lower()}.example"
    return {"id": identity, "title": title, "url": url, "local": local, "state": state, "code": code, "models": count}


PROVIDERS = [
    provider("Guide", "Помощник", local=True),
    provider("Ollama", "Ollama", local=True),
    provider("DeepSeek", "DeepSeek"),
    provider("OpenAI", "OpenAI", state="needs_key", code="key_missing"),
    provider("LMStudio", "LM Studio", local=True, state="unreachable", code="provider_unreachable"),
    provider("Bing", "Bing", state="closed", code="service_closed"),
]


@routes.get(f"{API}/models")
async def models(request: web.Request) -> web.Response:
    if request.app[WORLD].guided:
        return web.json_response({"models": MODELS[-1:], "default": {"model": "guide", "provider": "Guide"}})
    return web.json_response({"models": MODELS, "default": {"model": "qwen3:8b", "provider": "Ollama"}})


@routes.get(f"{API}/providers")
async def providers(request: web.Request) -> web.Response:
    if request.app[WORLD].guided:
        listed = [
            {**item, "state": "unreachable", "models": 0} if item["id"] in ("Ollama", "DeepSeek") else item for item in PROVIDERS
        ]
        return web.json_response({"providers": listed, "found": []})
    return web.json_response({"providers": PROVIDERS, "found": ["Ollama"]})


@routes.post(f"{API}/providers/refresh")
async def refresh(request: web.Request) -> web.Response:
    await asyncio.sleep(0.3)
    return await providers(request)


@routes.get(f"{API}/roles")
async def roles(request: web.Request) -> web.Response:
    folder = CLIENT.parent / "server" / "roles"
    read = [{"id": file.stem, **json.loads(file.read_text("utf-8"))} for file in folder.glob("*.json")]
    read.sort(key=lambda role: (role.get("order", 0), role["id"]))
    return web.json_response({"roles": [{key: role[key] for key in ("id", "icon", "title", "description")} for role in read]})


@routes.get(f"{API}/version")
async def version(request: web.Request) -> web.Response:
    return web.json_response({"version": "2.0.0"})


@routes.get(f"{API}/auth/session")
async def session(request: web.Request) -> web.Response:
    return web.json_response({"login_required": True, "signed_in": request.app[WORLD].signed_in})


@routes.post(f"{API}/auth/login")
async def log_in(request: web.Request) -> web.Response:
    right = (await request.json())["password"] == "пароль"
    request.app[WORLD].signed_in = right
    return web.Response(status=204) if right else refuse(401, "password_wrong")


@routes.post(f"{API}/auth/logout")
async def log_out(request: web.Request) -> web.Response:
    return web.Response(status=204)


@routes.post("/fake/{setting}/{value}")
async def configure(request: web.Request) -> web.Response:
    """For tests: change the world."""
    setattr(request.app[WORLD], request.match_info["setting"], request.match_info["value"] == "on")
    return web.Response(status=204)


@routes.get("/assets/v/{path:.+}")
async def asset(request: web.Request) -> web.StreamResponse:
    path = CLIENT / request.match_info["path"]
    if not path.is_file():
        return web.Response(status=404)
    kind = "text/javascript" if path.suffix in (".js", ".mjs") else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return web.Response(
        body=path.read_bytes(),
        content_type=kind,
        headers={"Cache-Control": "max-age=3600", "Content-Security-Policy": POLICY.format("")},
    )


def style(name: str) -> str:
    return f'<link rel="stylesheet" href="{{{{assets}}}}/css/{name}.css">'


def page(name: str, root: str) -> web.Response:
    """A page with its placeholders filled, under the policy that the real server sends."""
    assets = f"{root}assets/v"
    imports = {
        key: f"{assets}/{value}" for key, value in json.loads((CLIENT / "importmap.json").read_text("utf-8"))["imports"].items()
    }
    text = json.dumps({"imports": imports})
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    filled = {
        "assets": assets,
        "root": root,
        "importmap": f'<script type="importmap">{text}</script>',
        "ahead": "",
        "styles": "",
        "start": f"{assets}/{STARTS[name]}",
        "language": "ru",
        "direction": "ltr",
        "browser_language": "ru",
        "looks": 'data-theme="auto"',
        "kind": "",
        "greeting": "",
        "debug": "off",
    }
    body = (CLIENT / "html" / f"{name}.html").read_text("utf-8")
    said = json.loads((CLIENT / "locales" / "ru.json").read_text("utf-8"))
    body = re.sub(r"\{\{say ([\w.]+)\}\}", lambda named: html.escape(said[named[1]]), body)
    body = re.sub(r"\{\{styles ([\w -]+)\}\}", lambda named: "".join(map(style, named[1].split())), body)
    for key, value in filled.items():
        body = body.replace("{{" + key + "}}", value if key in ("importmap", "looks") else html.escape(value))
    policy = POLICY.format(f"'sha256-{digest}'")
    return web.Response(
        text=body, content_type="text/html", headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    )


@routes.get("/login")
async def login(request: web.Request) -> web.Response:
    return page("login", "./")


@routes.get("/manifest.webmanifest")
async def manifest(request: web.Request) -> web.Response:
    return web.json_response({"name": "FreeGPT", "start_url": "./"}, content_type="application/manifest+json")


@routes.get("/service-worker.js")
async def service_worker(request: web.Request) -> web.Response:
    source = (CLIENT / "js" / "service-worker.js").read_text("utf-8")
    return web.Response(text=f'self.SHELL = {{ version: "v", files: [] }}\n{source}', content_type="text/javascript")


@routes.get("/{path:.*}")
async def shell(request: web.Request) -> web.Response:
    return page("index", "../" * request.path.strip("/").count("/") or "./" if request.path != "/" else "./")


def create_app(*, populated: bool = True) -> web.Application:
    world = World()
    if populated:
        world.populate()
    app = web.Application()
    app[WORLD] = world
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    web.run_app(create_app(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 1399)
