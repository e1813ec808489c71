"""Yqcloud of 2023: one POST with the question, the answer as bare UTF-8 text.

The service is closed; this speaks to a server at the operator's address (``base_url``) that keeps its protocol. Options:
``language`` (of the answer, ``english`` by default as in 2023) and ``chatId`` (keeps the service's own memory of a conversation).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from g4f.blocking_stream import decoded, post
from g4f.chat import ChatRequest, Event, Finished, Model, Started, Text
from g4f.closed import BlockingClosedService, question_and_past, transcript
from g4f.errors import ProtocolViolation, RateLimited
from g4f.legacy import answer, supports
from g4f.line import Line
from g4f.tokens import Tokens
from g4f.typing import Messages

url = "https://chat9.yqcloud.top/"
model = ["gpt-3.5-turbo"]
supports_stream = True
needs_auth = False

HEADERS = {
    "authority": "api.aichatos.cloud",
    "content-type": "application/json",
    "origin": "https://chat9.yqcloud.top",
    "referer": "https://chat9.yqcloud.top/",
}
BLOCKED = "sorry, 您的ip已"  # how the notice of a blocked address begins, which otherwise looks like an answer


class Yqcloud(BlockingClosedService):
    """Knows one message a time; what was said before goes into the field ``system``, or the service would not know it."""

    title = "Yqcloud (2023)"
    url = url
    base_url_variable = "G4F_YQCLOUD_URL"
    offers = (Model("gpt-3.5-turbo", "GPT-3.5"),)

    def told(self, request: ChatRequest, line: Line) -> Iterator[Event]:
        address = self.endpoint("/api/generateStream")
        body, order = self.body(request), self._order()
        yield Started(self.id, self.offered(request.model).id)
        answered = post(address, json.dumps(body).encode(), self.terms(HEADERS), line)
        nothing = True
        with closing(answered):
            for piece in without(order, until_known(decoded(answered))):
                nothing = nothing and not piece.strip()
                yield Text(piece)
        if nothing:
            raise ProtocolViolation("the service ended its answer without a word", provider=self.id)
        yield Finished()

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The request, with the keys of 2023."""
        question, past = question_and_past(request.messages, self.id)
        return {
            "prompt": f"{self._order()} | {question}",
            "userId": f"#/chat/{self.config.options.get('chatId') or int(time.time() * 1000)}",
            "network": True,
            "apikey": "",
            "system": transcript(past),
            "withoutContext": False,
        }

    def _order(self) -> str:
        return f"always respond in {self.config.options.get('language') or 'english'}"


def without(phrase: str, pieces: Iterator[str]) -> Iterator[str]:
    """The text without ``phrase`` and the bar after it, wherever the cuts between the pieces are."""
    separated, held = phrase + " | ", ""
    for piece in pieces:
        text = (held + piece).replace(separated, "")
        # The phrase may still get its bar, and its beginning may still get its end.
        keep = _overlap(text, separated)
        held = text[len(text) - keep :]
        if ready := text[: len(text) - keep].replace(phrase, ""):
            yield ready
    if rest := held.replace(phrase, ""):
        yield rest


def until_known(pieces: Iterator[str]) -> Iterator[str]:
    """The text; its beginning only when it cannot be the notice of a blocked address any more. Raises ``RateLimited`` if it is."""
    start: str | None = ""
    for piece in pieces:
        if start is None:
            yield piece
            continue
        start += piece
        if start.lower().startswith(BLOCKED):
            raise RateLimited("the service has blocked our address", provider="Yqcloud")
        if not BLOCKED.startswith(start.lower()):
            yield start
            start = None
    if start:
        yield start


def _overlap(text: str, phrase: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of ``phrase``."""
    for size in range(min(len(text), len(phrase) - 1), 0, -1):
        if phrase.startswith(text[-size:]):
            return size
    return 0


def _create_completion(model: str, messages: Messages, stream: bool, **kwargs: Any) -> Tokens:
    return answer(Yqcloud, "", messages, **kwargs)  # there is one model, whatever it was called


params = supports(_create_completion)
