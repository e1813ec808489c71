"""Liaobots of 2023: one POST with the conversation and an auth code, the answer as bare UTF-8 text.

The service is closed; this speaks to a server at the operator's address (``base_url``) that keeps its protocol. The auth code is
``api_key``, or ``auth`` in a call.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from g4f.blocking_stream import decoded, post
from g4f.chat import ChatRequest, Event, Finished, Model, Started, Text
from g4f.closed import BlockingClosedService, question_and_past
from g4f.errors import KeyRejected, ProtocolViolation
from g4f.legacy import answer, supports
from g4f.line import Line
from g4f.tokens import Tokens
from g4f.typing import Messages

url = "https://liaobots.com"
model = ["gpt-3.5-turbo", "gpt-4"]
supports_stream = True
needs_auth = True

models: dict[str, dict[str, str | int]] = {
    "gpt-4": {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000, "tokenLimit": 8000},
    "gpt-3.5-turbo": {"id": "gpt-3.5-turbo", "name": "GPT-3.5", "maxLength": 12000, "tokenLimit": 4000},
}

HEADERS = {
    "authority": "liaobots.com",
    "content-type": "application/json",
    "origin": "https://liaobots.com",
    "referer": "https://liaobots.com/",
}
INSTRUCTION = (
    "You are ChatGPT, a language model made by OpenAI. "
    "Follow the instructions of the user carefully. Format your answers in Markdown."
)
LONGEST_START = 1_000  # characters, nearly all of them spaces, in which that word is waited for
FAILURE = "Error"  # the whole body of an answer to a code that is not good any more


class Liaobots(BlockingClosedService):
    """The modern face: the whole conversation is sent, with one of the two models."""

    title = "Liaobots (2023)"
    url = url
    base_url_variable = "G4F_LIAOBOTS_URL"
    needs_key = True
    key_variable = "G4F_LIAOBOTS_AUTH"
    offers = (Model("gpt-3.5-turbo", "GPT-3.5", context_length=4000), Model("gpt-4", "GPT-4", context_length=8000))

    def told(self, request: ChatRequest, line: Line) -> Iterator[Event]:
        address = self.endpoint("/api/chat")
        terms = self.terms({**HEADERS, "x-auth-code": self.key})
        body = self.body(request)
        yield Started(self.id, str(body["model"]["id"]))
        answered = post(address, json.dumps(body).encode(), terms, line, secret=self.key)
        nothing = True
        with closing(answered):
            for piece in unless_failed(decoded(answered)):
                nothing = nothing and not piece.strip()
                yield Text(piece)
        if nothing:
            raise ProtocolViolation("the service ended its answer without a word", provider=self.id)
        yield Finished()

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The request, with the keys of 2023. Raises ``ModelMissing`` before anybody is asked."""
        question_and_past(request.messages, self.id)
        name = self.offered(request.model).id
        return {
            "conversationId": str(uuid.uuid4()),
            "model": models.get(name, {"id": name, "name": name}),
            "messages": [{"role": message.role, "content": message.text} for message in request.messages],
            "key": "",
            "prompt": INSTRUCTION,
        }


def unless_failed(pieces: Iterator[str]) -> Iterator[str]:
    """The text; its beginning only when it cannot be the bare word ``Error`` any more. Raises ``KeyRejected`` if it is."""
    start: str | None = ""
    for piece in pieces:
        if start is None:
            yield piece
            continue
        start += piece
        if len(start) > LONGEST_START or not FAILURE.startswith(start.strip()):
            yield start
            start = None
    if start is not None and start.strip() == FAILURE:
        raise KeyRejected("the service answered Error, as it does to an auth code that is not good any more", provider="Liaobots")
    if start:
        yield start


def _create_completion(model: str, messages: Messages, stream: bool, **kwargs: Any) -> Tokens:
    return answer(Liaobots, model, messages, **kwargs)


params = supports(_create_completion)
