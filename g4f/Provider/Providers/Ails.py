"""Ails of 2023: an OpenAI-style stream of events for requests signed with the secret of the service's own page.

The service is closed and its owner did not want to be asked this way; this speaks to a server at the operator's address
(``base_url``) that keeps its protocol and knows the same secret (``api_key``). Option: ``client-v``, the version of the page that
we are taken for.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from g4f.blocking_stream import post
from g4f.chat import ChatRequest, Event, Model
from g4f.closed import BlockingClosedService, question_and_past
from g4f.decoders import SSEDecoder
from g4f.errors import KeyMissing
from g4f.legacy import answer, config_of, supports
from g4f.line import Line
from g4f.openai_answer import Answer
from g4f.tokens import Tokens
from g4f.typing import Messages, sha256

url = "https://ai.ls"
model = "gpt-3.5-turbo"
supports_stream = True
needs_auth = False

TEMPERATURE = 0.6
CLIENT_VERSION = "0.1.278"


class Utils:
    """How a request is dated and signed."""

    @staticmethod
    def format_timestamp(timestamp: int) -> str:
        """Epoch milliseconds as the service wants them: always odd."""
        return str(timestamp | 1)

    @staticmethod
    def hash(json_data: Mapping[str, str], secret: str = "") -> sha256:
        """SHA-256 of time ``t``, question ``m``, the secret and the question's length in code points, joined by colons.

        Without ``secret`` the configured one. Raises ``KeyMissing`` if there is none.
        """
        secret = secret or config_of(Ails).api_key
        if not secret:
            raise _secret_missing()
        time_of_request, question = json_data["t"], json_data["m"]
        signed = f"{time_of_request}:{question}:{secret}:{len(question)}"
        return sha256(hashlib.sha256(signed.encode("utf-8", "surrogatepass")).hexdigest())


class Ails(BlockingClosedService):
    """The modern face. What the catalogue calls a key is the signing secret; it is never sent itself."""

    title = "Ails (2023)"
    url = url
    base_url_variable = "G4F_AILS_URL"
    needs_key = True
    key_variable = "G4F_AILS_SECRET"
    offers = (Model("gpt-3.5-turbo", "GPT-3.5"),)

    @property
    def key(self) -> str:
        if not self.config.api_key:
            raise _secret_missing()
        return self.config.api_key

    def told(self, request: ChatRequest, line: Line) -> Iterator[Event]:
        address, body = self.endpoint("/v1/chat/completions"), self.body(request)
        compact = json.dumps(body, separators=(",", ":")).encode()
        pieces = post(address, compact, self.terms(self._headers()), line, params={"full": "false"})
        with closing(pieces):
            yield from events_of(pieces, str(body["model"]))

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The signed request. Raises ``KeyMissing``, ``ModelMissing``."""
        question, _ = question_and_past(request.messages, self.id)
        stamp = Utils.format_timestamp(int(time.time() * 1000))
        temperature = request.options.temperature
        return {
            "model": self.offered(request.model).id,
            "temperature": TEMPERATURE if temperature is None else temperature,
            "stream": True,
            "messages": [{"role": message.role, "content": message.text} for message in request.messages],
            "d": time.strftime("%Y-%m-%d"),
            "t": stamp,
            "s": Utils.hash({"t": stamp, "m": question}, self.key),
        }

    def _headers(self) -> Mapping[str, str]:
        return {
            "authority": "api.caipacity.com",
            "accept": "*/*",
            "authorization": "Bearer free",
            "client-id": str(uuid.uuid4()),
            "client-v": self.config.options.get("client-v") or CLIENT_VERSION,
            "content-type": "application/json",
            "origin": "https://ai.ls",
            "referer": "https://ai.ls/",
        }


def _secret_missing() -> KeyMissing:
    where = f"providers.Ails.api_key in config.json, or {Ails.key_variable} in the environment"
    return KeyMissing(f"Ails needs the signing secret of the compatible server: {where}", provider="Ails")


def events_of(pieces: Iterator[bytes], model: str) -> Iterator[Event]:
    """The events in the bytes of a stream. Raises ``ProviderError``; ``Interrupted`` where the stream has no end."""
    reading, decoder = Answer("Ails", model), SSEDecoder()
    first, document = True, bytearray()  # an error comes as one JSON object in place of the stream
    for piece in pieces:
        if document or (first and piece.lstrip().startswith(b"{")):
            document += piece
            continue
        first = False
        for event in decoder.feed(piece):
            yield from reading.read(event.data)
        if reading.done:
            break
    if document:
        yield from reading.read_whole(document.decode("utf-8", "replace"))
    for event in decoder.finish():
        yield from reading.read(event.data)
    yield from reading.close()


def _create_completion(
    model: str, messages: Messages, temperature: float = TEMPERATURE, stream: bool = False, **kwargs: Any
) -> Tokens:
    return answer(Ails, model, messages, temperature=temperature, **kwargs)


params = supports(_create_completion)
