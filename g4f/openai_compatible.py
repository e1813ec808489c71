"""The dialect that OpenAI's Chat Completions became: what most services of today and every local server understand.

A service is a subclass with an address and the name of its key's variable.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from g4f.base import Provider, ProviderConfig
from g4f.chat import ChatRequest, Event, Message, Model
from g4f.decoders import as_text
from g4f.errors import Interrupted, ProviderError, RequestRejected, TimedOut
from g4f.model_list import items_of, read_models
from g4f.openai_answer import Answer
from g4f.telling import Sink
from g4f.tls import is_near
from g4f.transport import KEEPALIVE, Deadlines, Packets, ServerEvent, Terms, Transport, deadline

_log = logging.getLogger(__name__)

FIXED_PARAMETERS = frozenset({"model", "messages", "stream"})  # a request without these is not a request
DROPS = 3  # so many times one question is asked again without a parameter the service does not know


class OpenAICompatible(Provider):
    """A service of this dialect. The hooks ``extra_parameters``, ``reasoning_parameters``, ``model_named`` and ``extra_headers``
    are where services differ."""

    max_tokens_parameter: ClassVar[str] = "max_tokens"
    api_path: ClassVar[str] = "/v1"  # added to an address of the operator's that has no path of its own
    settling: ClassVar[float] = 5.0  # seconds to wait for the count after the last word
    preferred_models: ClassVar[tuple[str, ...]] = ()  # beginnings of names, best first, for choosing a model unasked

    def __init__(self, transport: Transport, config: ProviderConfig | None = None) -> None:
        super().__init__(transport, config)
        self._refused: dict[str, set[str]] = {}  # parameters the service refused, by model; models are few

    @property
    def address(self) -> str:
        address = super().address
        return address + self.api_path if address and not urlsplit(address).path.strip("/") else address

    @property
    def terms(self) -> Terms:
        """How to speak to this service: key, headers, deadlines, roots."""
        headers = {**self.extra_headers(), **self.config.headers}
        if self.key:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        return Terms(headers, self.deadlines, self.config.options.get("ca_file", ""))

    @property
    def deadlines(self) -> Deadlines:
        return self.transport.local_deadlines if self.local else self.transport.deadlines

    # --- models ------------------------------------------------------------------------------------------------------------------

    async def list_models(self) -> Sequence[Model]:
        """The operator's list, or what the service says. Raises ``ProviderError``."""
        if self.config.models:
            return [Model(name) for name in self.config.models]
        listed = await self.transport.get_json(f"{self.address}/models", self.terms)
        return read_models(self.kept(items_of(listed)))

    def kept(self, items: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        """Those entries of the list that can chat. What a service calls neither chat nor something else stays."""
        return (item for item in items if as_text(item.get("type", "chat")).lower() in ("chat", "llm", "vlm", "model", "language"))

    # --- answering ---------------------------------------------------------------------------------------------------------------

    async def tell(self, request: ChatRequest, sink: Sink) -> None:
        terms = self.terms
        for attempt in range(DROPS + 1):
            body = self.body(request)
            answer = Answer(self.id, request.model)
            take = partial(self._pass_on, answer, sink)
            try:
                async with self.transport.packets(f"{self.address}/chat/completions", body, terms) as packets:
                    while await packets.each(take) and not answer.finish and not answer.done:
                        await sink.room()
                    settled = asyncio.get_running_loop().time() + self.settling
                    while answer.finish and not answer.done and (chunks := await self._after(packets, settled)) is not None:
                        take(chunks)
                        await sink.room()
                for event in answer.close():
                    if not sink.take(event):
                        await sink.room()
                return
            except ProviderError as error:
                error.midway = answer.spoke
                if error.midway or attempt == DROPS or not self._learn_from(error, request.model, body):
                    raise

    def _pass_on(self, answer: Answer, sink: Sink, chunks: Sequence[ServerEvent]) -> bool:
        """What a packet says, to the sink; whether to go on at once. Every word of every answer passes here."""
        going_on = True
        for chunk in chunks:
            for event in answer.waiting() if chunk is KEEPALIVE else self.read(answer, chunk.data, whole=chunk.whole):
                going_on = sink.take(event) and going_on
            if answer.done:
                break
        return going_on and not answer.finish and not answer.done

    async def _after(self, packets: Packets, settled: float) -> Sequence[ServerEvent] | None:
        """What comes after the last word, until the moment ``settled``: a service may still count, but one that says nothing any
        more is not waited for, and a connection that breaks now takes nothing away.

        Not ``wait_for``: before Python 3.12 it can lose a cancellation that comes together with the packet.
        """
        with suppress(Interrupted, TimedOut, asyncio.TimeoutError):
            async with deadline(settled - asyncio.get_running_loop().time()):
                while (chunks := await packets.read()) is not None:
                    if any(chunk is not KEEPALIVE for chunk in chunks):
                        return chunks
        return None

    def read(self, answer: Answer, data: str, *, whole: bool) -> Sequence[Event]:
        """The events of one chunk. A hook for services whose chunks need a second look."""
        return answer.read_whole(data) if whole else answer.read(data)

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The request as JSON, without what this service refused before."""
        options = request.options
        body: dict[str, Any] = {
            "model": self.model_named(request.model),
            "messages": [message_as_json(message) for message in request.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": options.temperature,
            "top_p": options.top_p,
            **(self.reasoning_parameters(options.reasoning_effort) if options.reasoning_effort else {}),
            **self.extra_parameters(request),
        }
        refused = self._refused.get(request.model, set())
        if options.max_tokens is not None:
            names = dict.fromkeys((self.max_tokens_parameter, "max_tokens", "max_completion_tokens"))
            name = next((name for name in names if name not in refused), None)
            if name is not None:
                body[name] = options.max_tokens
        return {name: value for name, value in body.items() if value is not None and name not in refused}

    def extra_headers(self) -> dict[str, str]:
        return {}

    def extra_parameters(self, request: ChatRequest) -> dict[str, Any]:
        return {}

    def reasoning_parameters(self, effort: str) -> dict[str, Any]:
        return {"reasoning_effort": effort}

    def model_named(self, model: str) -> str:
        """The service's own name of the model that people see as ``model``."""
        return model

    def _learn_from(self, error: ProviderError, model: str, body: Mapping[str, Any]) -> bool:
        """Whether it is a refusal that names parameters which can be left out; they are remembered."""
        if type(error) is not RequestRejected or error.status not in (400, 422):
            return False
        candidates = body.keys() - FIXED_PARAMETERS
        named = {name for name in candidates if error.parameter == name or error.parameter.startswith(f"{name}.")}
        named = named or {name for name in candidates if re.search(rf"\b{re.escape(name)}\b", error.detail)}
        if "max_tokens" in named and "max_completion_tokens" in named:
            named.remove("max_completion_tokens")
        if not named:
            return False
        _log.info("%s refuses %s; asking without", self.id, ", ".join(sorted(named)))
        self._refused.setdefault(model, set()).update(named)
        return True


class CustomEndpoint(OpenAICompatible):
    """A service of the operator's own. Its id is the name that the operator gave it."""

    def __init__(self, transport: Transport, name: str, config: ProviderConfig) -> None:
        super().__init__(transport, config)
        self._name = name

    @property
    def id(self) -> str:
        return self._name

    @property
    def near(self) -> bool:
        """Whether it runs on this machine or, by its number, in this network."""
        return is_near(urlsplit(self.address).hostname or "")

    @property
    def deadlines(self) -> Deadlines:
        return self.transport.local_deadlines if self.near else self.transport.deadlines


def message_as_json(message: Message) -> dict[str, Any]:
    """A message in this dialect; pictures travel inside it as data URLs."""
    if not message.images:
        return {"role": message.role, "content": message.text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text else []
    for image in message.images:
        data = base64.b64encode(image.data).decode()
        parts.append({"type": "image_url", "image_url": {"url": f"data:{image.media_type};base64,{data}"}})
    return {"role": message.role, "content": parts}
