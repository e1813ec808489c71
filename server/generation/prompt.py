"""From a conversation to what the model is sent. Pure: no clock, no network, no database."""

from __future__ import annotations

from collections.abc import Sequence

from g4f.chat import ChatRequest, Message, Options
from server import conversations

BYTES_PER_TOKEN = 4  # a cautious average: English has about 4 bytes a token, Russian 5 to 6
MESSAGE_OVERHEAD = 6  # tokens a chat template adds to a message
ANSWER_SHARE = 0.25  # part of the model's window left for the answer when max_tokens does not say


def build_request(
    path: Sequence[conversations.Message],
    *,
    model: str,
    system_prompt: str = "",
    options: Options | None = None,
    context_length: int | None = None,
) -> ChatRequest:
    """The request for the answer to the last message of ``path``."""
    return fit(to_messages(path), model=model, system_prompt=system_prompt, options=options, context_length=context_length)


def fit(
    history: Sequence[Message],
    *,
    model: str,
    system_prompt: str = "",
    options: Options | None = None,
    context_length: int | None = None,
    wish: str = "",
    former: str = "",
) -> ChatRequest:
    """Keep the system prompt, the question, and the newest turns that fit the model's window (in tokens; unknown: all of them).

    ``wish`` is about the answer to come, ``former`` what was answered before.
    """
    options = options or Options()
    system = [Message("system", system_prompt)] if system_prompt else []
    system += [message for message in history if message.role == "system"]
    turns = _merge_neighbours([message for message in history if message.role != "system"])
    room = None
    if context_length:
        room = context_length - (options.max_tokens or int(context_length * ANSWER_SHARE)) - sum(map(tokens, system))
    if wish:
        turns = _wishing(turns, wish, former, room)
    if room is not None:
        turns = _newest(turns, room)
    return ChatRequest(model, (*system, *turns), options)


def to_messages(path: Sequence[conversations.Message]) -> list[Message]:
    """Questions and answers as the model sees them; an answer without a word is left out."""
    return [
        Message("user" if isinstance(message, conversations.Question) else "assistant", message.text)
        for message in path
        if message.text.strip()
    ]


def tokens(message: Message) -> int:
    """A cautious estimate; exact counting would need every model's tokenizer."""
    return len(message.text.encode("utf-8", "replace")) // BYTES_PER_TOKEN + MESSAGE_OVERHEAD


def _wishing(turns: Sequence[Message], wish: str, former: str, room: int | None) -> list[Message]:
    """After the former answer, which it compares with; joined to the question where all three together find no room."""
    last = [*turns[-1:], Message("assistant", former), Message("user", wish)]
    if former.strip() and (room is None or sum(map(tokens, last)) <= room):
        return [*turns[:-1], *last]
    return _merge_neighbours([*turns, last[-1]])


def _merge_neighbours(turns: Sequence[Message]) -> list[Message]:
    """Many services want question and answer to alternate; a failed answer leaves two questions in a row."""
    merged: list[Message] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            merged[-1] = Message(turn.role, f"{merged[-1].text}\n\n{turn.text}", merged[-1].images + turn.images)
        else:
            merged.append(turn)
    return merged


def _newest(turns: list[Message], budget: int) -> list[Message]:
    """The last turn always, then as many before it as fit; the first one kept is a question."""
    kept = turns[-1:]
    budget -= sum(map(tokens, kept))
    for turn in reversed(turns[:-1]):
        budget -= tokens(turn)
        if budget < 0:
            break
        kept.insert(0, turn)
    while len(kept) > 1 and kept[0].role == "assistant":
        del kept[0]
    return kept
