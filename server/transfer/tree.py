"""A foreign chat becomes a conversation of ours: questions and answers in turns, a tree, with ids that the next import finds again.

Elsewhere two messages of one author may follow each other, and an answer may come first. Here an answer stands under a question and
a question under an answer: neighbouring answers are joined, a question without an answer gets an empty stopped one, an answer
without a question gets «…» to answer.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from server.conversations import Answer, Conversation, Message, Question, title_of
from server.transfer.values import Arrival, Chat, Turn

NAMESPACE = uuid.UUID("6f0f4d1e-59a5-4b39-9a38-6f7c1f0f6c5e")  # ours, made once
NOTHING = "…"  # what stands for words that were not kept
LONGEST_TITLE = 200  # characters


def arrive(chat: Chat, *, source: str, owner: str, now: float) -> Arrival | None:
    """The chat as it shall be stored, or ``None`` when nobody said anything in it. ``source`` names the kind of file."""
    growth = _Growth(chat, f"{owner}\n{source}\n{chat.key}", chat.created_at or chat.updated_at or now)
    messages = growth.grow()
    if not messages:
        return None
    answers = [message for message in messages if isinstance(message, Answer)]
    created = chat.created_at or messages[0].created_at
    conversation = Conversation(
        id=chat.id or growth.name(""),
        title=_title(chat, messages),
        model=next((answer.model for answer in reversed(answers) if answer.model), chat.model),
        provider=next((answer.provider for answer in reversed(answers) if answer.provider), chat.provider),
        role="default",
        created_at=created,
        updated_at=max(created, chat.updated_at or max(message.created_at for message in messages)),
    )
    return Arrival(chat.key, conversation, messages)


def _title(chat: Chat, messages: tuple[Message, ...]) -> str:
    """The chat's own; where it is only the beginning of the first question, as many words of it as we take."""
    title = " ".join(chat.title.replace("\ufffd", "").split())[:LONGEST_TITLE]
    first = " ".join(next((message.text for message in messages if isinstance(message, Question)), "").split())
    return title_of(first) if first.startswith(title) else title


@dataclass(frozen=True)
class _Run:
    """Answers that are being joined, newest first. ``size`` is what joining them costs."""

    turn: Turn
    before: _Run | None
    size: int

    def turns(self) -> list[Turn]:
        found: list[Turn] = []
        run: _Run | None = self
        while run is not None:
            found.append(run.turn)
            run = run.before
        return found[::-1]


@dataclass
class _Growth:
    """The tree while it grows. Everything is a loop: a file decides how deep it is."""

    chat: Chat
    seed: str
    began: float
    messages: list[Message] = field(default_factory=list)

    def name(self, key: str) -> str:
        return str(uuid.uuid5(NAMESPACE, f"{self.seed}\n{key}"))

    def grow(self) -> tuple[Message, ...]:
        turns, children = _family(self.chat.turns)
        # What branches share may be copied into each of them, but a file cannot make that grow beyond its own size.
        copies = 2 * sum(_size(turn) for turn in turns.values())
        waiting: list[tuple[str, str | None, float, _Run | None]]
        waiting = [(key, None, self.began, None) for key in reversed(children[""])]
        while waiting:
            key, after, at, run = waiting.pop()
            turn = turns[key]
            at = max(at, turn.at or at) if after or run else turn.at or at
            if turn.author == "user":
                after, run = self._question(turn, after, at), None
            elif turn.author == "assistant":
                after = after or self._question(replace(turn, key=f"{key}:question", text=NOTHING), None, at)
                run = _Run(turn, run, _size(turn) + (run.size if run else 0))
            following = children[key]
            speaks = [turns[child].author for child in following]
            last: str | None = after
            if run is not None and (not following or "user" in speaks):
                last = self._answer(run, str(after), at)
            elif turn.author == "user" and (not following or "user" in speaks):
                last = self._silence(turn, str(after), at)
            for child in reversed(following):
                goes_on = turns[child].author != "user"
                kept = run if goes_on else None
                if kept is not None and len(following) > 1:
                    copies -= kept.size
                    kept = kept if copies >= 0 else None
                waiting.append((child, after if goes_on else last, at, kept))
        return tuple(_in_order(self.messages))

    def _question(self, turn: Turn, after: str | None, at: float) -> str:
        identity = self.name(turn.key)
        self.messages.append(Question(identity, after, turn.text if turn.text.strip() else NOTHING, at))
        return identity

    def _silence(self, turn: Turn, question: str, at: float) -> str:
        """The answer that never came."""
        identity = self.name(f"{turn.key}:answer")
        self.messages.append(Answer(identity, question, "", at, "stopped", finished_at=at, seq=1))
        return identity

    def _answer(self, run: _Run, question: str, at: float) -> str:
        turns = run.turns()
        last = turns[-1]
        identity = self.name(last.key)
        self.messages.append(
            Answer(
                id=identity,
                parent_id=question,
                text="\n\n".join(turn.text for turn in turns if turn.text),
                created_at=at,
                state=last.state,
                provider=next((turn.provider for turn in reversed(turns) if turn.provider), self.chat.provider),
                model=next((turn.model for turn in reversed(turns) if turn.model), self.chat.model),
                reasoning="\n\n".join(turn.reasoning for turn in turns if turn.reasoning),
                citations=tuple(dict.fromkeys(citation for turn in turns for citation in turn.citations)),
                usage=next((turn.usage for turn in reversed(turns) if turn.usage), None),
                reason=last.reason or ("stop" if last.state == "complete" else None),
                code=last.code,
                finished_at=at,
                seq=1,
            )
        )
        return identity


def _size(turn: Turn) -> int:
    return len(turn.text) + len(turn.reasoning) + sum(len(each.url) + len(each.title) for each in turn.citations) + 50


def _family(turns: tuple[Turn, ...]) -> tuple[Mapping[str, Turn], Mapping[str, list[str]]]:
    """Turns by key, and the keys that follow each ("" is the beginning), in their order in the file.

    A parent that is not there, oneself, or a circle counts as the beginning; of two turns with one key the first is taken;
    what is neither question nor answer is stepped over.
    """
    every: dict[str, Turn] = {}
    for place, turn in enumerate(turns):
        every.setdefault(turn.key or f"#{place}", turn)
    anchors: dict[str, str] = {}
    for start in every:
        _anchor(start, every, anchors)
    children: dict[str, list[str]] = {"": [], **{key: [] for key in every}}
    for key, turn in every.items():
        if turn.author != "other":
            children[anchors[key]].append(key)
    return every, children


def _anchor(start: str, every: Mapping[str, Turn], anchors: dict[str, str]) -> None:
    """Find after whom ``start`` and everybody above it comes: the nearest turn upwards that is kept."""
    path: list[str] = []
    seen: set[str] = set()
    key = start
    while key not in anchors and key not in seen:
        path.append(key)
        seen.add(key)
        parent = every[key].parent
        if parent is None or parent not in every or parent in seen:
            anchors[key] = ""
            break
        key = parent
    for below in reversed(path):
        if below not in anchors:
            parent = every[below].parent or ""
            anchors[below] = anchors[parent] if every[parent].author == "other" else parent


def _in_order(messages: list[Message]) -> Iterator[Message]:
    """By time, nobody before the one it follows: the order in which they are numbered."""
    waiting: dict[str | None, list[tuple[float, int, Message]]] = {}
    for place, message in enumerate(messages):
        waiting.setdefault(message.parent_id, []).append((message.created_at, place, message))
    ready = waiting.pop(None, [])
    heapq.heapify(ready)
    while ready:
        *_, message = heapq.heappop(ready)
        yield message
        for following in waiting.pop(message.id, []):
            heapq.heappush(ready, following)
