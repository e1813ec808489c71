"""Ollama: models on this machine, by its own protocol, which tells more than the OpenAI dialect: thinking, context, times."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from g4f.base import Provider, ProviderConfig
from g4f.chat import ChatRequest, Event, Finished, FinishReason, Message, Model, Progress, Reasoning, Started, Text, ToolCall, Usage
from g4f.decoders import as_text, whole_characters
from g4f.discovery import Probe
from g4f.errors import ContextTooLong, Interrupted, ModelMissing, ProtocolViolation, ProviderError
from g4f.http_errors import error_of_object
from g4f.model_list import MODELS, count_of, items_of, name_of
from g4f.scales import ANSWER_CHARACTERS, too_long
from g4f.transport import Terms, Transport

PORT = 11434
SHOW_AT_ONCE = 4  # models described at the same time
PULL_SECONDS = 24 * 3600.0  # the longest download
USUAL_CONTEXT = 2048  # tokens; no Ollama takes less when told nothing, and what does not fit it drops silently
CHARACTERS_A_TOKEN = 2.5  # a cautious guess that fits Russian
IMAGE_TOKENS = 1000
ANSWER_TOKENS = 1024  # room for the answer where nobody set a limit
NANOSECONDS = 1e-9


class Ollama(Provider):
    """``pull`` fetches a model that is missing."""

    title = "Ollama"
    url = "https://ollama.com"
    base_url = f"http://127.0.0.1:{PORT}"
    key_variable = "OLLAMA_API_KEY"
    base_url_variable = "OLLAMA_HOST"
    local = True
    prefills = True
    probes = (Probe((PORT,), "/api/version", lambda answer: isinstance(answer["version"], str) and len(answer) == 1, base_path=""),)

    def __init__(self, transport: Transport, config: ProviderConfig | None = None) -> None:
        super().__init__(transport, config)
        self._descriptions: dict[str, tuple[str, Model]] = {}  # by name: the version described, and how

    @property
    def address(self) -> str:
        return normal_address(super().address)

    @property
    def terms(self) -> Terms:
        headers = dict(self.config.headers)
        if self.key:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        return Terms(headers, self.transport.local_deadlines, self.config.options.get("ca_file", ""))

    # --- models ------------------------------------------------------------------------------------------------------------------

    async def list_models(self) -> Sequence[Model]:
        """The models that can chat, each described by the server. Raises ``ProviderError``."""
        if self.config.models:
            return [await self._described(name, "") for name in self.config.models]
        listed = items_of(await self.transport.get_json(f"{self.address}/api/tags", self.terms))
        names = {name: as_text(item.get("digest", "")) for item in listed if (name := _name_of(item))}
        several = asyncio.Semaphore(SHOW_AT_ONCE)

        async def describe(name: str, digest: str) -> Model:
            async with several:
                return await self._described(name, digest)

        models = await asyncio.gather(*(describe(*item) for item in list(names.items())[:MODELS]))
        return [model for model in models if "completion" in model.capabilities or not model.capabilities]

    async def _described(self, name: str, digest: str) -> Model:
        """The model with its abilities, asked once for each version of it; a server that will not say leaves it plain."""
        known = self._descriptions.get(name)
        if known is not None and known[0] == digest:
            return known[1]
        try:
            told = await self.transport.post_json(f"{self.address}/api/show", {"model": name}, self.terms)
        except ProviderError:
            return Model(name)
        model = _described_by(name, told if isinstance(told, dict) else {})
        self._descriptions[name] = (digest, model)
        return model

    # --- answering ---------------------------------------------------------------------------------------------------------------

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        known = self._descriptions.get(request.model)
        model = known[1] if known else await self._described(request.model, "")
        context = request.options.context_length or await self._context_for(request, model)
        started = False
        reading = _Reading()
        async with aclosing(self._chunks("/api/chat", self._body(request, model, context), self.terms)) as chunks:
            async for chunk in chunks:
                if not started:
                    started = True
                    yield Started(self.id, name_of(chunk.get("model")) or request.model)
                for event in reading.read(chunk):
                    yield event
                if reading.done:
                    return
        raise Interrupted("the stream ended without its end")

    async def pull(self, model: str) -> AsyncGenerator[Progress, None]:
        """Fetch a model. Yields ``Progress("pull")``; its ``detail`` is the server's word. Raises ``ProviderError``."""
        deadlines = replace(self.terms.deadlines, total=PULL_SECONDS)
        async with aclosing(
            self._chunks("/api/pull", {"model": model, "stream": True}, replace(self.terms, deadlines=deadlines))
        ) as steps:
            async for step in steps:
                yield Progress("pull", _fraction(step.get("completed"), step.get("total")), as_text(step.get("status", ""))[:200])
                if step.get("status") == "success":
                    self._descriptions.pop(model, None)
                    return
        raise Interrupted("the download ended without its end")

    async def _chunks(self, path: str, body: Mapping[str, Any], terms: Terms) -> AsyncGenerator[dict[str, Any], None]:
        """The objects of the answer; an error among them is raised."""
        try:
            async with aclosing(self.transport.post_json_lines(self.address + path, body, terms)) as chunks:
                async for chunk in chunks:
                    if chunk.get("error"):
                        raise error_of_object(chunk["error"])
                    yield chunk
        except ModelMissing as error:
            error.pullable = True
            raise

    async def _context_for(self, request: ChatRequest, model: Model) -> int | None:
        """Tokens of context to ask for; ``None`` leaves it to the server, whose usual context is enough for a short talk.

        A model in memory with enough room keeps what it has: another number would make the server load it anew.
        """
        needed = context_needed(request, model.context_length)
        loaded = await self._loaded_context(request.model)
        if loaded >= needed:
            return loaded
        return needed if needed > USUAL_CONTEXT or loaded else None

    async def _loaded_context(self, model: str) -> int:
        """The context with which the model is in memory now; 0 if it is not, or the server does not say."""
        try:
            running = items_of(await self.transport.get_json(f"{self.address}/api/ps", self.terms))
        except ProviderError:
            return 0
        return next((count_of(item.get("context_length")) for item in running if _name_of(item) == model), 0)

    def _body(self, request: ChatRequest, model: Model, context: int | None) -> dict[str, Any]:
        options = request.options
        effort = options.reasoning_effort
        tuned = {
            "temperature": options.temperature,
            "top_p": options.top_p,
            "num_predict": options.max_tokens,
            "num_ctx": context,
        }
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [_message(message) for message in request.messages],
            "stream": True,
            "options": {name: value for name, value in tuned.items() if value is not None},
        }
        if effort is not None and "thinking" in model.capabilities:  # to any other model the word is an error
            body["think"] = False if effort == "none" else effort
        return body


class _Reading:
    """The chunks of one answer as events. ``done`` after the last."""

    def __init__(self) -> None:
        self.done = False
        self._spoken = 0
        self._calls = 0

    def read(self, chunk: Mapping[str, Any]) -> list[Event]:
        events: list[Event] = []
        message = chunk.get("message")
        if isinstance(message, dict):
            thought, text = message.get("thinking"), message.get("content")
            if isinstance(thought, str) and thought:
                self._add(Reasoning(thought), events)
            if isinstance(text, str) and text:
                self._add(Text(whole_characters(text)), events)
            calls = message.get("tool_calls")
            for call in calls if isinstance(calls, list) else ():
                self._call(call, events)
        if chunk.get("done"):
            self.done = True
            self._end(chunk, events)
        return events

    def _add(self, event: Text | Reasoning, events: list[Event]) -> None:
        self._spoken += len(event.text)
        if self._spoken > ANSWER_CHARACTERS:
            raise too_long()
        events.append(event)

    def _call(self, call: Any, events: list[Event]) -> None:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            identity, name = as_text(call.get("id") or ""), as_text(function.get("name") or "")
            events.append(ToolCall(self._calls, identity, name, as_text(function.get("arguments") or {})))
            self._calls += 1

    def _end(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        reason: FinishReason = "tool" if self._calls else "length" if chunk.get("done_reason") == "length" else "stop"
        if not self._spoken and reason == "stop":
            raise ProtocolViolation("an empty answer")
        seconds = _number(chunk.get("eval_duration")) * NANOSECONDS
        events.append(Usage(count_of(chunk.get("prompt_eval_count")), count_of(chunk.get("eval_count")), 0, seconds or None))
        events.append(Finished(reason))


def normal_address(host: str) -> str:
    """An address from what people write into OLLAMA_HOST: a host, host:port or a URL. "Every interface" means this machine."""
    host = host.strip().rstrip("/")
    if not host:
        return f"http://127.0.0.1:{PORT}"
    if "://" not in host:
        host = "http://" + (f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host)
    parts = urlsplit(host)
    name = parts.hostname or "127.0.0.1"
    name = "127.0.0.1" if name in ("0.0.0.0", "::") else f"[{name}]" if ":" in name else name  # noqa: S104
    port = f":{parts.port}" if parts.port else "" if parts.scheme == "https" else f":{PORT}"
    return f"{parts.scheme}://{name}{port}{parts.path}"


def context_needed(request: ChatRequest, longest: int | None) -> int:
    """Tokens of context for this conversation: a power of two, so that the next turns need no reloading of the model.

    Raises ``ContextTooLong`` if the model cannot hold it: Ollama itself would drop the beginning without a word.
    """
    characters = sum(len(message.text) for message in request.messages)
    images = sum(len(message.images) for message in request.messages)
    question = int(characters / CHARACTERS_A_TOKEN) + images * IMAGE_TOKENS
    wanted = question + (request.options.max_tokens or ANSWER_TOKENS)
    context = USUAL_CONTEXT
    while context < wanted:
        context *= 2
    if longest is None or context <= longest:
        return context
    if characters / CHARACTERS_A_TOKEN / 2 > longest:  # even if the guess is twice too high
        raise ContextTooLong(f"about {question} tokens for a model of {longest}")
    return longest


def _name_of(item: Mapping[str, Any]) -> str:
    return name_of(item.get("model") or item.get("name"))


def _described_by(name: str, told: Mapping[str, Any]) -> Model:
    capabilities = told.get("capabilities")
    info = told.get("model_info")
    lengths = [
        count_of(value)
        for key, value in (info.items() if isinstance(info, dict) else ())
        if key.endswith(".context_length") and count_of(value)
    ]
    told_names = {item for item in capabilities if isinstance(item, str)} if isinstance(capabilities, list) else set()
    return Model(name, "", lengths[0] if lengths else None, frozenset(told_names))


def _message(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        told["images"] = [base64.b64encode(image.data).decode() for image in message.images]
    return told


def _number(value: Any) -> float:
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15
    return value if fine else 0.0


def _fraction(part: Any, whole: Any) -> float | None:
    return min(_number(part) / _number(whole), 1.0) if _number(whole) > 0 else None
