"""A program as somebody may have written it in 2023, checked by mypy --strict as it stands and run against the emulators."""

from __future__ import annotations

import asyncio
import sys

import g4f
from g4f.Provider.Providers.Bing import _create_completion

messages = [{"role": "system", "content": "Будь краток."}, {"role": "user", "content": "Привет!"}]


def whole() -> str:
    return g4f.ChatCompletion.create(model="gpt-3.5-turbo", messages=messages, provider=g4f.Provider.Yqcloud)


def in_pieces() -> str:
    pieces: list[str] = []
    for piece in g4f.ChatCompletion.create(model=g4f.models.gpt_4, messages=messages, provider="Bing", stream=True):
        pieces.append(piece)
    return "".join(pieces)


async def awaited() -> str:
    answer = await g4f.ChatCompletion.create_async(model=g4f.Model.gpt_35_turbo, messages=messages, provider="Yqcloud")
    async for piece in _create_completion(model="gpt-4", messages=messages, stream=True):
        answer += piece
    return answer


def refused() -> str:
    try:
        return g4f.ChatCompletion.create("gpt-4", messages, "Liaobots", auth="wrong")
    except g4f.ProviderError as error:
        return f"{error.code} {error.retryable}"


def main() -> int:
    print(g4f.Provider.Ails.params)
    print(g4f.ModelUtils.convert["gpt-4"].name, sorted(g4f.ModelUtils.convert))
    print(whole())
    print(in_pieces())
    print(asyncio.run(awaited()))
    print(refused())
    return 0


if __name__ == "__main__":
    sys.exit(main())
