"""Parrot: a made-up service that repeats the question word by word. The example of docs/adding-a-provider.md, complete."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from g4f.base import Provider
from g4f.chat import ChatRequest, Event, Finished, Model, Started, Text
from g4f.errors import Interrupted
from g4f.http_errors import error_of_object
from g4f.legacy import answer, supports
from g4f.tokens import Tokens
from g4f.transport import Terms
from g4f.typing import Messages


class Parrot(Provider):
    title = "Попугай"
    url = "https://parrot.example"
    base_url = "https://api.parrot.example"
    needs_key = True
    key_variable = "PARROT_API_KEY"
    base_url_variable = "PARROT_URL"

    async def list_models(self) -> Sequence[Model]:
        listed = await self.transport.get_json(f"{self.address}/models", self.terms())
        return [Model(name) for name in listed["models"]]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        body = {"model": request.model, "text": request.messages[-1].text}
        yield Started(self.id, request.model)
        async with aclosing(self.transport.post_json_lines(f"{self.address}/repeat", body, self.terms())) as lines:
            async for line in lines:
                if "error" in line:
                    raise error_of_object(line["error"])
                if line.get("done"):
                    yield Finished()
                    return
                yield Text(line["word"])
        raise Interrupted("the parrot fell silent", provider=self.id)

    def terms(self) -> Terms:
        return Terms({"X-Key": self.key, **self.config.headers}, self.transport.deadlines)


# Only for programs of 2023; a provider without these lines is reached by g4f.ChatCompletion.create all the same.
url, model, supports_stream, needs_auth = Parrot.url, ["parrot-1"], True, True


def _create_completion(model: str, messages: Messages, stream: bool, **kwargs: Any) -> Tokens:
    return answer(Parrot, model, messages, **kwargs)


params = supports(_create_completion)
