"""The domain: a conversation is a tree of messages, an answer is a message being written.

Values and the verbs ask, regenerate, read, list, rename, delete and restore. The verbs speak to a ``Store``; they know neither
Flask nor SQL.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from g4f.chat import Citation, Event, FinishReason, Options, Reasoning, Seam, Started, Text, ToolCall, Usage
from server.errors import ApiError, NotFound
from server.finding import EVERYWHERE, Change, Shelf

State = Literal["queued", "running", "complete", "stopped", "failed", "interrupted"]
TERMINAL: frozenset[str] = frozenset({"complete", "stopped", "failed", "interrupted"})
TITLE_LENGTH = 60  # characters of the first question that name a conversation until somebody renames it


@dataclass(frozen=True)
class Asked:
    """The first event of every answer: where it belongs."""

    conversation: str
    question: str
    answer: str


@dataclass(frozen=True)
class Ended:
    """The last event of every answer."""

    state: State
    reason: FinishReason | None = None
    code: str | None = None


AnswerEvent = Event | Asked | Ended
EventRow = tuple[str, int, str, str]  # an event as it is stored: answer id, number, type, data


@dataclass(frozen=True)
class Conversation:
    id: str
    title: str
    model: str
    provider: str
    role: str
    created_at: float
    updated_at: float
    revision: int = 1
    running: bool = False
    pinned: bool = False
    archived_at: float | None = None
    folder: str = ""
    tags: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)  # fields of g4f.chat.Options that its answers are asked with
    role_values: Mapping[str, str] = field(default_factory=dict)  # of the variables in its roles


@dataclass(frozen=True)
class AskedWith:
    """What a conversation's next answers are asked with; the fields are those of ``Conversation``."""

    options: Mapping[str, Any]
    role_values: Mapping[str, str]


@dataclass(frozen=True)
class Question:
    id: str
    parent_id: str | None
    text: str
    created_at: float
    pinned: bool = False


@dataclass(frozen=True)
class Answer:
    """An answer as it stands after event number ``seq``."""

    id: str
    parent_id: str
    text: str
    created_at: float
    state: State
    provider: str = ""
    model: str = ""
    role: str = ""  # id of the role it was asked with
    reasoning: str = ""
    citations: tuple[Citation, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    seams: tuple[tuple[int, Seam], ...] = ()
    usage: Usage | None = None
    reason: str | None = None
    code: str | None = None
    finished_at: float | None = None
    seq: int = 0
    pinned: bool = False
    edited_from: str = ""  # id of the answer that a person rewrote into this one
    compared: str = ""  # id of the answer beside which other models were asked; that one does not carry it itself
    kept: bool = False  # of the answers that were compared, the one to go on with


Message = Question | Answer


def fold(answer: Answer, events: Iterable[AnswerEvent]) -> Answer:
    """The answer after more events: what ``reduce`` in client/js/chat.js does, for the stored copy.

    It takes as long as they are many, however a service mixes them: the one thread that writes does this for every answer.
    """
    text, reasoning, length = [answer.text], [answer.reasoning], len(answer.text)
    citations, seams, calls = list(answer.citations), list(answer.seams), _Calls(answer.tool_calls)
    rest: dict[str, Any] = {}
    for event in events:
        if isinstance(event, Text):
            text.append(event.text)
            length += len(event.text)
        elif isinstance(event, Reasoning):
            reasoning.append(event.text)
        elif isinstance(event, Citation):
            citations.append(event)
        elif isinstance(event, ToolCall):
            calls.add(event)
        elif isinstance(event, Seam):
            seams.append((length, event))
            rest |= {"state": "running", "reason": None, "code": None}
        elif isinstance(event, Started):
            rest |= {"provider": event.provider, "model": event.model}
        elif isinstance(event, Usage):
            rest["usage"] = event
        elif isinstance(event, Ended):
            rest |= {"state": event.state, "reason": event.reason, "code": event.code}
    return replace(
        answer,
        text="".join(text),
        reasoning="".join(reasoning),
        citations=tuple(citations),
        tool_calls=calls.joined(),
        seams=tuple(seams),
        **rest,
    )


class _Calls:
    """Calls of tools out of their fragments: those of one call share an index."""

    def __init__(self, calls: Iterable[ToolCall]) -> None:
        self._fragments = [[call] for call in calls]
        self._places: dict[int, int] = {}
        for place, (call,) in enumerate(self._fragments):
            self._places.setdefault(call.index, place)

    def add(self, fragment: ToolCall) -> None:
        place = self._places.setdefault(fragment.index, len(self._fragments))
        if place == len(self._fragments):
            self._fragments.append([])
        self._fragments[place].append(fragment)

    def joined(self) -> tuple[ToolCall, ...]:
        return tuple(_joined(fragments) for fragments in self._fragments)


def _joined(fragments: Sequence[ToolCall]) -> ToolCall:
    """One call: id and name come with the first fragment, the arguments in pieces."""
    identity = next((fragment.id for fragment in fragments if fragment.id), "")
    name = next((fragment.name for fragment in fragments if fragment.name), "")
    return ToolCall(fragments[0].index, identity, name, "".join(fragment.arguments for fragment in fragments))


@dataclass(frozen=True)
class Ask:
    """What a person wants answered. ``parent_id``: ``None`` = after the newest message, ``""`` = at the very beginning."""

    question_id: str
    text: str
    model: str
    provider: str
    role: str = "default"
    conversation_id: str = ""
    parent_id: str | None = None
    options: Options = field(default_factory=Options)
    role_values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    """The place of a new answer; ``existed`` when the same question had been sent before; ``first`` when nothing leads to it."""

    conversation_id: str
    question_id: str
    answer_id: str
    existed: bool = False
    first: bool = False


@dataclass(frozen=True)
class Imported:
    """What of a conversation that came from elsewhere was not here: so many messages, or the whole of it."""

    messages: int
    created: bool


@dataclass(frozen=True)
class Proceeding:
    """An answer that is being gone on with: where it is, what it says, how its last generation was asked for.

    ``seam`` is stored behind the last event of ``answer`` already: whatever happens next, no log ends twice in a row.
    """

    place: Opened
    answer: Answer
    options: Mapping[str, Any]
    seam: Seam


@dataclass(frozen=True)
class Exchange:
    """What a title is made from: the first whole answer of a conversation and its question, both cut; and the title there is."""

    conversation_id: str
    title: str
    titled_by: str  # "person", "model", or "": the first words of the first question
    answer_id: str
    question: str
    answer: str
    provider: str
    model: str


@dataclass(frozen=True)
class NewAnswer:
    """Everything the store writes, in one transaction, when an answer begins."""

    owner: str
    conversation_id: str
    title: str
    question_id: str
    question_text: str | None  # None: the question is stored already (regenerate)
    parent_id: str | None  # of the question, as in ``Ask``: what is newest is known only in the transaction
    answer_id: str
    model: str
    provider: str
    role: str
    options: Mapping[str, Any]
    now: float
    compared: str = ""  # as in ``Answer``
    role_values: Mapping[str, str] = field(default_factory=dict)


class Store(Protocol):
    """What the domain asks of a database. Every call takes the owner: another owner's row is no row."""

    def open_answer(self, new: NewAnswer) -> Opened: ...
    def proceed(self, owner: str, answer_id: str, provider: str, now: float) -> Proceeding | None: ...
    def conversation(self, owner: str, conversation_id: str) -> Conversation | None: ...
    def asked_with(self, owner: str, conversation_id: str) -> AskedWith | None: ...
    def conversations(
        self, owner: str, limit: int, before: tuple[float, str] | None, shelf: Shelf = ...
    ) -> Sequence[Conversation]: ...
    def messages(self, owner: str, conversation_id: str) -> Sequence[Message]: ...
    def last_messages(self, owner: str, conversation_id: str, last: int) -> Sequence[Message]: ...
    def answer(self, owner: str, answer_id: str) -> Answer | None: ...
    def place_of(self, owner: str, answer_id: str) -> Opened | None: ...
    def asked(self, owner: str, conversation_id: str, question_id: str, text: str) -> Opened | None: ...
    def change(
        self, owner: str, conversation_id: str, change: Change, revision: int | None, now: float
    ) -> Conversation | None: ...
    def delete(self, owner: str, conversation_id: str, now: float) -> Sequence[str] | None: ...
    def restore(self, owner: str, conversation_id: str) -> Conversation | None: ...


class Conversations:
    """The verbs."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def ask(self, owner: str, ask: Ask) -> Opened:
        """Store the question and the place of its answer. The same question id again opens the same answer, not a second one."""
        conversation_id = ask.conversation_id or _conversation_of(owner, ask.question_id)
        return self.store.open_answer(
            NewAnswer(
                owner=owner,
                conversation_id=conversation_id,
                title=title_of(ask.text),
                question_id=ask.question_id or new_id(),
                question_text=ask.text,
                parent_id=ask.parent_id,
                answer_id=new_id(),
                model=ask.model,
                provider=ask.provider,
                role=ask.role,
                options=options_to_json(ask.options),
                now=time.time(),
                role_values=ask.role_values,
            )
        )

    def asked(self, owner: str, conversation_id: str, question_id: str, text: str) -> Opened | None:
        """The answer that this very question opened before, if it did."""
        if not question_id:
            return None
        return self.store.asked(owner, conversation_id or _conversation_of(owner, question_id), question_id, text)

    def regenerate(
        self,
        owner: str,
        answer_id: str,
        *,
        new_answer_id: str,
        model: str,
        provider: str,
        role: str,
        options: Options,
        compared: bool = False,
    ) -> Opened:
        """A new answer to the same question, beside the old one; ``compared``: to be read together with it."""
        place = self.store.place_of(owner, answer_id)
        if place is None:
            raise NotFound
        return self.store.open_answer(
            NewAnswer(
                owner=owner,
                conversation_id=place.conversation_id,
                title="",
                question_id=place.question_id,
                question_text=None,
                parent_id=None,
                answer_id=new_answer_id or new_id(),
                model=model,
                provider=provider,
                role=role,
                options=options_to_json(options),
                now=time.time(),
                compared=answer_id if compared else "",
            )
        )

    def regenerated(self, owner: str, answer_id: str, new_answer_id: str) -> Opened | None:
        """The place of ``new_answer_id`` if it was written beside ``answer_id`` before."""
        place, beside = (self.store.place_of(owner, key) if key else None for key in (answer_id, new_answer_id))
        return beside if place and beside and place.question_id == beside.question_id else None

    def proceed(self, owner: str, answer_id: str, provider: str) -> Proceeding:
        """Open another generation, by ``provider``, of an answer that ended before its time.

        Raises ``Conflict`` for one that is being written or is whole.
        """
        proceeding = self.store.proceed(owner, answer_id, provider, time.time())
        if proceeding is None:
            raise NotFound
        return proceeding

    def path_to(self, owner: str, conversation_id: str, message_id: str) -> list[Message]:
        """The messages from the beginning down to ``message_id``, along its own branch."""
        known = {message.id: message for message in self.store.messages(owner, conversation_id)}
        path: list[Message] = []
        step: str | None = message_id
        while step is not None and step in known:
            path.append(known[step])
            step = known[step].parent_id
        return path[::-1]

    def asked_with(self, owner: str, conversation_id: str) -> AskedWith | None:
        """All that a question needs to know of the conversation it is asked in, if there is one."""
        return self.store.asked_with(owner, conversation_id) if conversation_id else None

    def read(self, owner: str, conversation_id: str) -> tuple[Conversation, Sequence[Message]]:
        conversation = self.store.conversation(owner, conversation_id)
        if conversation is None:
            raise NotFound
        return conversation, self.store.messages(owner, conversation_id)

    def read_end(self, owner: str, conversation_id: str, last: int) -> tuple[Conversation, Sequence[Message], bool]:
        """Its newest messages, ``last`` of them, and whether there are earlier ones.

        All of them where these alone do not hang together: whoever sees them could not tell what they follow.
        """
        conversation = self.store.conversation(owner, conversation_id)
        if conversation is None:
            raise NotFound
        end = self.store.last_messages(owner, conversation_id, last + 1)
        if len(end) <= last:
            return conversation, end, False
        if _hang_together(end[1:]):
            return conversation, end[1:], True
        return conversation, self.store.messages(owner, conversation_id), False

    def answer(self, owner: str, answer_id: str) -> Answer:
        answer = self.store.answer(owner, answer_id)
        if answer is None:
            raise NotFound
        return answer

    def place_of(self, owner: str, answer_id: str) -> Opened:
        place = self.store.place_of(owner, answer_id)
        if place is None:
            raise NotFound
        return place

    def list(
        self, owner: str, limit: int, before: str | None, shelf: Shelf = EVERYWHERE
    ) -> tuple[Sequence[Conversation], str | None]:
        """Newest first; the second value is the cursor of the next page, if there is one."""
        page = self.store.conversations(owner, limit + 1, _parse_cursor(before) if before else None, shelf)
        if len(page) <= limit:
            return page, None
        last = page[limit - 1]
        return page[:limit], f"{last.updated_at!r}~{last.id}"

    def rename(self, owner: str, conversation_id: str, title: str, revision: int | None) -> Conversation:
        return self.change(owner, conversation_id, Change(title=title), revision)

    def change(self, owner: str, conversation_id: str, change: Change, revision: int | None = None) -> Conversation:
        """A new title, pinned or not, archived or not, into a folder, with tags. Raises ``Conflict`` for another revision."""
        conversation = self.store.change(owner, conversation_id, change, revision, time.time())
        if conversation is None:
            raise NotFound
        return conversation

    def delete(self, owner: str, conversation_id: str) -> Sequence[str]:
        """Returns the ids of its answers that are being written: nobody waits for them any more."""
        written = self.store.delete(owner, conversation_id, time.time())
        if written is None:
            raise NotFound
        return written

    def restore(self, owner: str, conversation_id: str) -> Conversation:
        conversation = self.store.restore(owner, conversation_id)
        if conversation is None:
            raise NotFound
        return conversation


def new_id() -> str:
    """122 random bits; knowing one id gives no other (A-035)."""
    return str(uuid.uuid4())


def _conversation_of(owner: str, question_id: str) -> str:
    """The conversation of a question that names none: the same one when it is sent again."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{owner}:{question_id}")) if question_id else new_id()


def title_of(text: str) -> str:
    """The first words of a question, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[:TITLE_LENGTH].rsplit(" ", 1)[0]
    return (cut if len(cut) > TITLE_LENGTH // 2 else line[:TITLE_LENGTH]) + "…"


def _hang_together(messages: Sequence[Message]) -> bool:
    """Whether all but the first follow one that is here too."""
    known = {message.id for message in messages}
    return all(message.parent_id in known for message in messages[1:])


def options_to_json(options: Options) -> dict[str, Any]:
    return {name: value for name, value in vars(options).items() if value is not None}


def _parse_cursor(cursor: str) -> tuple[float, str]:
    moment, _, conversation_id = cursor.partition("~")
    try:
        updated_at = float(moment)
    except ValueError:
        updated_at = math.nan
    if not math.isfinite(updated_at):
        raise ApiError("bad_cursor", 400, "This cursor was not made here")
    return updated_at, conversation_id
