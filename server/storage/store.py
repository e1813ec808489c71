"""The store of conversations and event logs: SQLAlchemy Core statements, one method a question or a deed.

Every statement that serves a person carries the owner (A-030). Methods that write run in one transaction on the writing connection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from itertools import chain, groupby
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, exists, func, insert, or_, select, true, update

from g4f.chat import Citation, Seam, ToolCall, Usage
from server import wire
from server.conversations import (
    TERMINAL,
    Answer,
    Asked,
    Conversation,
    Ended,
    Message,
    NewAnswer,
    Opened,
    Proceeding,
    Question,
    State,
    fold,
)
from server.errors import Conflict, NotFound
from server.finding import EVERYWHERE, Change, Found, Shelf, Wanted
from server.storage import search
from server.storage.database import Database
from server.storage.tables import conversation, event, generation, message

StoredEvent = tuple[int, str, str]  # seq, type, data
EventRow = dict[str, Any]

RUNNING = ("queued", "running")
ALL = 1 << 53  # more events than any answer has
PAGE_BYTES = 64 * 1024  # of events that one read returns
PORTION = 500  # values named in one statement

# The newest generation of an answer decides its state.
_other = generation.alias("other")
_newest = generation.c.number == (
    select(func.max(_other.c.number)).where(_other.c.answer_id == generation.c.answer_id).scalar_subquery()
)
_MESSAGE_WITH_STATE: Any = select(
    message,
    *(column for column in generation.c if column.name != "number"),
    generation.c.number.label("generation_number"),
).select_from(
    message.join(conversation, conversation.c.id == message.c.conversation_id).outerjoin(
        generation, and_(generation.c.answer_id == message.c.id, _newest)
    )
)

# What every question and every event needs is built once, here: building a statement costs five times what running it does.
_VISIBLE = and_(conversation.c.owner == bindparam("owner"), conversation.c.deleted_at.is_(None))
_MESSAGES = _MESSAGE_WITH_STATE.where(_VISIBLE, message.c.conversation_id == bindparam("conversation_id")).order_by(
    message.c.number
)
_MESSAGE = _MESSAGE_WITH_STATE.where(_VISIBLE, message.c.id == bindparam("message_id"))
_STATE = (
    select(generation.c.state)
    .join(message, message.c.id == generation.c.answer_id)
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .where(_VISIBLE, _newest, message.c.id == bindparam("message_id"))
)
_ANY_MESSAGE = _MESSAGE_WITH_STATE.where(message.c.id == bindparam("message_id"))
_IDS = select(message.c.id, message.c.author, message.c.parent_id, message.c.conversation_id).join(conversation).where(_VISIBLE)
_PLACE = _IDS.where(message.c.id == bindparam("message_id"))
_NEWEST_ID = _IDS.where(message.c.conversation_id == bindparam("conversation_id")).order_by(message.c.number.desc()).limit(1)
_EVENTS_AFTER = (
    select(event.c.seq, event.c.type, event.c.data)
    .where(event.c.answer_id == bindparam("answer_id"), event.c.seq > bindparam("after"))
    .order_by(event.c.seq)
    .limit(bindparam("limit"))
)
_SENT = (
    select(message, conversation.c.owner)
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .where(message.c.id == bindparam("message_id"))
)
_CONVERSATION = select(conversation).where(conversation.c.id == bindparam("conversation_id"))
_LAST_NUMBER = select(func.coalesce(func.max(message.c.number), 0)).where(message.c.conversation_id == bindparam("conversation_id"))
_INSERT_CONVERSATION = insert(conversation)
_INSERT_MESSAGE = insert(message)
_INSERT_GENERATION = insert(generation)
_END_MESSAGE = (
    update(message)
    .where(message.c.id == bindparam("answer_id"))
    .values(text=bindparam("new_text"), details=bindparam("new_details"))
)
_END_GENERATION = (
    update(generation)
    .where(generation.c.answer_id == bindparam("of_answer"), generation.c.number == bindparam("of_number"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "reason", "code", "provider", "model", "seq", "finished_at")})
)
_TOUCH_CONVERSATION = update(conversation).where(conversation.c.id == bindparam("of")).values(updated_at=bindparam("now"))

# Many rows a statement: sqlite3 lets go of the interpreter once a statement, and gets it back late when the loop is busy.
_INSERT_EVENTS = {
    size: "INSERT INTO event (answer_id, seq, type, data) VALUES " + ", ".join(["(?, ?, ?, ?)"] * size)  # noqa: S608
    for size in (256, 64, 16, 4, 1)
}


class SqlStore:
    """Implements ``server.conversations.Store`` and keeps the event logs."""

    def __init__(self, database: Database) -> None:
        self.database = database
        database.write(search.prepare)

    # Conversations

    def open_answer(self, new: NewAnswer) -> Opened:
        """Also writes the answer's first event: whatever happens next, its log begins by saying which answer it is."""
        return self.database.write(lambda connection: _open_answer(connection, new))

    def proceed(self, owner: str, answer_id: str, now: float) -> Proceeding | None:
        return self.database.write(lambda connection: _proceed(connection, owner, answer_id, now))

    def conversation(self, owner: str, conversation_id: str) -> Conversation | None:
        return self.database.read(lambda connection: _conversation(connection, owner, conversation_id))

    def conversations(
        self, owner: str, limit: int, before: tuple[float, str] | None, shelf: Shelf = EVERYWHERE
    ) -> Sequence[Conversation]:
        query = _conversations().where(conversation.c.owner == owner, conversation.c.deleted_at.is_(None), *_standing_on(shelf))
        if before is not None:
            moment, last_id = before
            query = query.where(
                or_(
                    conversation.c.updated_at < moment,
                    and_(conversation.c.updated_at == moment, conversation.c.id < last_id),
                )
            )
        query = query.order_by(conversation.c.updated_at.desc(), conversation.c.id.desc()).limit(limit)
        return self.database.read(lambda connection: [_to_conversation(row) for row in connection.execute(query)])

    def messages(self, owner: str, conversation_id: str) -> Sequence[Message]:
        def read(connection: Connection) -> list[Message]:
            rows = connection.execute(_MESSAGES, {"owner": owner, "conversation_id": conversation_id}).all()
            return [_to_message(connection, row) for row in rows]

        return self.database.read(read)

    def answer(self, owner: str, answer_id: str) -> Answer | None:
        def read(connection: Connection) -> Answer | None:
            row = connection.execute(_MESSAGE, {"owner": owner, "message_id": answer_id}).first()
            found = _to_message(connection, row) if row else None
            return found if isinstance(found, Answer) else None

        return self.database.read(read)

    def state_of(self, owner: str, answer_id: str) -> State | None:
        """Like ``answer``, without reading what it says: that may be megabytes."""
        row = self._first(_STATE, owner=owner, message_id=answer_id)
        return row.state if row else None

    def place_of(self, owner: str, answer_id: str) -> Opened | None:
        row = self._first(_PLACE, owner=owner, message_id=answer_id)
        if row is None or row.author != "assistant":
            return None
        return Opened(row.conversation_id, row.parent_id, row.id, existed=True)

    def newest_message(self, owner: str, conversation_id: str) -> str | None:
        row = self._first(_NEWEST_ID, owner=owner, conversation_id=conversation_id)
        return row.id if row else None

    def has_message(self, owner: str, conversation_id: str, message_id: str) -> bool:
        row = self._first(_PLACE, owner=owner, message_id=message_id)
        return row is not None and row.conversation_id == conversation_id

    def _first(self, query: Any, **values: Any) -> Row[Any] | None:
        return self.database.read(lambda connection: connection.execute(query, values).first())

    def change(
        self, owner: str, conversation_id: str, change: Change, revision: int | None, now: float
    ) -> Conversation | None:
        def write(connection: Connection) -> Conversation | None:
            found = _conversation(connection, owner, conversation_id)
            if found is None:
                return None
            if revision is not None and revision != found.revision:
                raise Conflict
            connection.execute(
                update(conversation)
                .where(conversation.c.id == conversation_id, conversation.c.owner == owner)
                .values(revision=conversation.c.revision + 1, **_changed(change, found, now))
            )
            if change.title is not None:
                search.index_title(connection, conversation_id)
            return _conversation(connection, owner, conversation_id)

        return self.database.write(write)

    def folders(self, owner: str) -> list[tuple[str, int]]:
        """Names in use and how many conversations each holds."""
        query: Any = (
            select(conversation.c.folder, func.count())
            .where(conversation.c.owner == owner, conversation.c.deleted_at.is_(None), conversation.c.folder != "")
            .group_by(conversation.c.folder)
        )
        return self.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])

    def tags(self, owner: str) -> list[tuple[str, int]]:
        """Like ``folders``."""
        each = func.json_each(conversation.c.tags).table_valued("value")
        query: Any = (
            select(each.c.value, func.count())
            .select_from(conversation.join(each, true()))
            .where(conversation.c.owner == owner, conversation.c.deleted_at.is_(None), conversation.c.tags != "[]")
            .group_by(each.c.value)
        )
        return self.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])

    def search(self, owner: str, wanted: Wanted, limit: int, before: int | None) -> tuple[list[Found], int | None]:
        """One page of messages that say what is wanted, and the cursor of the next one."""
        return search.search(self.database, owner, wanted, limit, before)

    def delete(self, owner: str, conversation_id: str, now: float) -> bool:
        """Hide it; ``purge`` removes it for good later, so that deleting can be undone."""
        statement = (
            update(conversation)
            .where(
                conversation.c.id == conversation_id,
                conversation.c.owner == owner,
                conversation.c.deleted_at.is_(None),
            )
            .values(deleted_at=now, revision=conversation.c.revision + 1)
        )
        return self.database.write(lambda connection: connection.execute(statement).rowcount > 0)

    def restore(self, owner: str, conversation_id: str) -> Conversation | None:
        def write(connection: Connection) -> Conversation | None:
            connection.execute(
                update(conversation)
                .where(conversation.c.id == conversation_id, conversation.c.owner == owner)
                .values(deleted_at=None, revision=conversation.c.revision + 1)
            )
            return _conversation(connection, owner, conversation_id)

        return self.database.write(write)

    # Coming in from elsewhere

    def import_conversations(self, owner: str, batch: Sequence[tuple[Conversation, Sequence[Message]]]) -> list[int | None]:
        """Store whole conversations in one transaction; returns how many messages of each were new.

        What is there already stays as it is; a conversation that was deleted comes back. ``None``: the id is somebody else's.
        """
        return self.database.write(
            lambda connection: [_import(connection, owner, conversation, messages) for conversation, messages in batch]
        )

    def known_messages(self, owner: str, conversation_ids: Sequence[str]) -> set[str]:
        """The ids of all messages of these conversations."""
        query = (
            select(message.c.id)
            .join(conversation, conversation.c.id == message.c.conversation_id)
            .where(conversation.c.owner == owner, conversation.c.deleted_at.is_(None), conversation.c.id.in_(conversation_ids))
        )
        return self.database.read(lambda connection: set(connection.execute(query).scalars()))

    # Event logs

    def append(self, rows: Sequence[EventRow], ended: Iterable[tuple[str, Ended, float]]) -> Future[None]:
        """Commit events (columns of ``event``) and, in the same transaction, the ends of answers: (answer id, end, time)."""

        def write(connection: Connection) -> None:
            _insert_events(connection, rows)
            for answer_id, end, now in ended:
                _finish(connection, answer_id, end, now)

        return self.database.submit(write)

    def events_after(self, answer_id: str, after: int, limit: int) -> list[StoredEvent]:
        """At most ``limit`` events, and no more than ``PAGE_BYTES`` and one event: a reader who stops holds this much in memory."""
        values = {"answer_id": answer_id, "after": after, "limit": limit}
        return self.database.read(lambda connection: _first_bytes(connection.execute(_EVENTS_AFTER, values), PAGE_BYTES))

    def unfinished(self) -> list[tuple[str, int]]:
        """(answer id, number of its last event) of every answer that is not in a terminal state."""
        last = select(func.max(event.c.seq)).where(event.c.answer_id == generation.c.answer_id).scalar_subquery()
        known = func.coalesce(last, generation.c.seq)
        query = select(generation.c.answer_id, known).where(generation.c.state.in_(RUNNING))
        return self.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])

    def purge(self, *, events_before: float, deleted_before: float) -> None:
        """Remove events of answers that ended, and conversations that were deleted, before these times."""

        def write(connection: Connection) -> None:
            # An answer that is gone on with has ended before and is being written nevertheless: all its generations count.
            old = (
                select(generation.c.answer_id)
                .group_by(generation.c.answer_id)
                .having(
                    func.count(generation.c.finished_at) == func.count(), func.max(generation.c.finished_at) < events_before
                )
            )
            connection.execute(delete(event).where(event.c.answer_id.in_(old)))
            connection.execute(delete(conversation).where(conversation.c.deleted_at < deleted_before))
            search.sweep(connection)

        self.database.write(write)

    def can_write(self) -> bool:
        """Whether a transaction can be committed now (A-008)."""
        self.database.write(lambda connection: connection.execute(select(func.count()).select_from(generation)).scalar())
        return True


def _insert_events(connection: Connection, rows: Sequence[EventRow]) -> None:
    values = [(row["answer_id"], row["seq"], row["type"], row["data"]) for row in rows]
    done = 0
    for size, statement in _INSERT_EVENTS.items():
        while len(values) - done >= size:
            connection.exec_driver_sql(statement, tuple(chain.from_iterable(values[done : done + size])))
            done += size


def _conversations() -> Any:
    # Not a question asked for each conversation: SQLite would walk all that is running for every one of them.
    written = select(message.c.conversation_id).join(generation, generation.c.answer_id == message.c.id)
    running = conversation.c.id.in_(written.where(generation.c.state.in_(RUNNING)))
    return select(conversation, running.label("running"))


def _conversation(connection: Connection, owner: str, conversation_id: str) -> Conversation | None:
    query = _conversations().where(
        conversation.c.id == conversation_id, conversation.c.owner == owner, conversation.c.deleted_at.is_(None)
    )
    row = connection.execute(query).first()
    return _to_conversation(row) if row else None


def _to_conversation(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        model=row.model,
        provider=row.provider,
        role=row.role,
        created_at=row.created_at,
        updated_at=row.updated_at,
        revision=row.revision,
        running=bool(row.running),
        pinned=bool(row.pinned),
        archived_at=row.archived_at,
        folder=row.folder,
        tags=tuple(json.loads(row.tags)),
    )


def _standing_on(shelf: Shelf) -> list[Any]:
    """The clauses that keep a list to one shelf."""
    clauses: list[Any] = []
    if shelf.archived is not None:
        clauses.append(conversation.c.archived_at.is_not(None) if shelf.archived else conversation.c.archived_at.is_(None))
    if shelf.pinned is not None:
        clauses.append(conversation.c.pinned == int(shelf.pinned))
    if shelf.folder is not None:
        clauses.append(conversation.c.folder == shelf.folder)
    if shelf.tag is not None:
        each = func.json_each(conversation.c.tags).table_valued("value")
        clauses.append(exists(select(1).select_from(each).where(each.c.value == shelf.tag)))
    return clauses


def _changed(change: Change, found: Conversation, now: float) -> dict[str, Any]:
    """The columns that a change writes."""
    columns: dict[str, Any] = {name: value for name, value in vars(change).items() if value is not None}
    if "pinned" in columns:
        columns["pinned"] = int(columns["pinned"])
    if "archived" in columns:
        columns["archived_at"] = (found.archived_at or now) if columns.pop("archived") else None
    if "tags" in columns:
        columns["tags"] = json.dumps(columns["tags"], ensure_ascii=False)
    return columns


def _messages(owner: str) -> Any:
    return _MESSAGE_WITH_STATE.where(conversation.c.owner == owner, conversation.c.deleted_at.is_(None))


def _to_message(connection: Connection, row: Row[Any]) -> Message:
    if row.author == "user":
        return Question(row.id, row.parent_id, row.text, row.created_at)
    answer = Answer(
        id=row.id,
        parent_id=row.parent_id,
        text=row.text,
        created_at=row.created_at,
        state=row.state,
        provider=row.provider,
        model=row.model,
        role=row.role,
        reason=row.reason,
        code=row.code,
        finished_at=row.finished_at,
        seq=row.seq,
    )
    answer = _with_details(answer, json.loads(row.details))
    return answer if row.state in TERMINAL else _fold_rows(answer, _rows(connection, row.id, row.seq))


def _first_bytes(rows: Iterable[Any], most: int) -> list[StoredEvent]:
    taken: list[StoredEvent] = []
    for row in rows:
        taken.append((row[0], row[1], row[2]))
        most -= len(row[2])
        if most <= 0:
            break
    return taken


def _rows(connection: Connection, answer_id: str, after: int) -> list[StoredEvent]:
    values = {"answer_id": answer_id, "after": after, "limit": ALL}
    return [tuple(row) for row in connection.execute(_EVENTS_AFTER, values)]


def _fold_rows(answer: Answer, rows: Sequence[StoredEvent]) -> Answer:
    """Fold a log. Neighbouring pieces of text are joined first: an answer of 20,000 tokens is folded in a few steps."""
    for kind, group in groupby(rows, key=lambda row: row[1]):
        pieces = [row[2] for row in group]
        for piece in ["".join(pieces)] if kind in ("text", "reasoning") else pieces:
            known = wire.from_row(kind, piece)
            if known is not None:
                answer = fold(answer, known)
    return replace(answer, seq=rows[-1][0] if rows else answer.seq)


def _open_answer(connection: Connection, new: NewAnswer) -> Opened:
    existing = _existing(connection, new)
    if existing is not None:
        return existing
    _open_conversation(connection, new)
    number = connection.execute(_LAST_NUMBER, {"conversation_id": new.conversation_id}).scalar_one()
    common = {"conversation_id": new.conversation_id, "details": "{}", "created_at": new.now}
    rows: list[dict[str, Any]] = []
    if new.question_text is not None:
        number += 1
        asked = {"id": new.question_id, "parent_id": new.parent_id, "author": "user", "text": new.question_text}
        rows.append({**asked, "number": number, **common})
    answer = {"id": new.answer_id, "parent_id": new.question_id, "author": "assistant", "text": ""}
    rows.append({**answer, "number": number + 1, **common})
    connection.execute(_INSERT_MESSAGE, rows)
    if new.question_text is not None:
        search.index(connection, [new.question_id])
    connection.execute(
        _INSERT_GENERATION,
        {
            "answer_id": new.answer_id,
            "number": 1,
            "state": "running",
            "provider": new.provider,
            "model": new.model,
            "role": new.role,
            "options": json.dumps(dict(new.options)),
            "seq": 0,
            "started_at": new.now,
        },
    )
    kind, data = wire.to_row(Asked(new.conversation_id, new.question_id, new.answer_id))
    _insert_events(connection, [{"answer_id": new.answer_id, "seq": 1, "type": kind, "data": data}])
    return Opened(new.conversation_id, new.question_id, new.answer_id)


def _proceed(connection: Connection, owner: str, answer_id: str, now: float) -> Proceeding | None:
    row = connection.execute(_messages(owner).where(message.c.id == answer_id, message.c.author == "assistant")).first()
    if row is None:
        return None
    if row.state not in TERMINAL:
        raise Conflict("This answer is being written")
    if row.state == "complete" and row.reason != "length":
        raise Conflict("This answer is whole")
    answer = _to_message(connection, row)
    assert isinstance(answer, Answer)
    connection.execute(
        insert(generation).values(
            answer_id=answer_id,
            number=row.generation_number + 1,
            state="running",
            provider=row.provider,
            model=row.model,
            role=row.role,
            options=row.options,
            seq=row.seq,
            started_at=now,
        )
    )
    place = Opened(row.conversation_id, row.parent_id, answer_id, existed=True)
    return Proceeding(place, answer, json.loads(row.options))


def _existing(connection: Connection, new: NewAnswer) -> Opened | None:
    """The answer that this very send opened before, if it did (A-089)."""
    sent = new.question_id if new.question_text is not None else new.answer_id
    row = connection.execute(_SENT, {"message_id": sent}).first()
    if row is None:
        return None
    if row.owner != new.owner or row.conversation_id != new.conversation_id:
        raise NotFound
    if new.question_text is None:
        if row.author != "assistant" or row.parent_id != new.question_id:
            raise Conflict("This id was used for another message")
        return Opened(row.conversation_id, row.parent_id, row.id, existed=True)
    if row.author != "user" or row.text != new.question_text:
        raise Conflict("This id was used for another message")
    answer_id = connection.execute(
        select(message.c.id).where(message.c.parent_id == row.id).order_by(message.c.number).limit(1)
    ).scalar_one()
    return Opened(row.conversation_id, row.id, answer_id, existed=True)


def _open_conversation(connection: Connection, new: NewAnswer) -> None:
    row = connection.execute(_CONVERSATION, {"conversation_id": new.conversation_id}).first()
    chosen = {"model": new.model, "provider": new.provider, "role": new.role, "updated_at": new.now}
    if row is None:
        fresh = {"id": new.conversation_id, "owner": new.owner, "title": new.title, "created_at": new.now, "revision": 1}
        connection.execute(_INSERT_CONVERSATION, {**fresh, **chosen})
    elif row.owner != new.owner:
        raise NotFound
    else:  # a question in a deleted or archived conversation brings it back: nothing that was sent is lost
        connection.execute(
            update(conversation).where(conversation.c.id == new.conversation_id).values(deleted_at=None, archived_at=None, **chosen)
        )


def _finish(connection: Connection, answer_id: str, end: Ended, now: float) -> None:
    """Move an answer from its log into its message, once: terminal states never change."""
    row = connection.execute(_ANY_MESSAGE, {"message_id": answer_id}).first()
    if row is None or row.state in TERMINAL:
        return
    answer = _to_message(connection, row)
    assert isinstance(answer, Answer)
    details = json.dumps(_details(answer))
    connection.execute(_END_MESSAGE, {"answer_id": answer_id, "new_text": answer.text, "new_details": details})
    connection.execute(
        _END_GENERATION,
        {
            "of_answer": answer_id,
            "of_number": row.generation_number,
            "new_state": end.state,
            "new_reason": end.reason,
            "new_code": end.code,
            "new_provider": answer.provider,
            "new_model": answer.model,
            "new_seq": answer.seq,
            "new_finished_at": now,
        },
    )
    connection.execute(_TOUCH_CONVERSATION, {"of": row.conversation_id, "now": now})
    search.index(connection, [answer_id])


def _details(answer: Answer) -> dict[str, Any]:
    return {
        "reasoning": answer.reasoning,
        "citations": [asdict(citation) for citation in answer.citations],
        "tool_calls": [asdict(call) for call in answer.tool_calls],
        "seams": [[at, asdict(seam)] for at, seam in answer.seams],
        "usage": asdict(answer.usage) if answer.usage else None,
    }


def _with_details(answer: Answer, details: dict[str, Any]) -> Answer:
    usage = details.get("usage")
    return replace(
        answer,
        reasoning=details.get("reasoning", ""),
        citations=tuple(Citation(**fields) for fields in details.get("citations", ())),
        tool_calls=tuple(ToolCall(**fields) for fields in details.get("tool_calls", ())),
        seams=tuple((at, Seam(**fields)) for at, fields in details.get("seams", ())),
        usage=Usage(**usage) if usage else None,
    )


def _import(connection: Connection, owner: str, arrived: Conversation, messages: Sequence[Message]) -> int | None:
    row = connection.execute(select(conversation).where(conversation.c.id == arrived.id)).first()
    if row is not None and row.owner != owner:
        return None
    if row is None:
        columns = {name: value for name, value in vars(arrived).items() if name in conversation.c}
        columns |= {"pinned": int(arrived.pinned), "tags": json.dumps(arrived.tags, ensure_ascii=False)}
        connection.execute(insert(conversation).values(owner=owner, **columns))
    here = select(message.c.id, message.c.number).where(message.c.conversation_id == arrived.id)
    numbers: dict[str, int] = {row.id: row.number for row in connection.execute(here)}
    taken = _taken(connection, [each.id for each in messages if each.id not in numbers])
    number = max(numbers.values(), default=0)
    added: list[Message] = []
    for each in messages:
        follows_here = each.parent_id is None or each.parent_id in numbers
        if each.id not in numbers and each.id not in taken and follows_here:
            number += 1
            numbers[each.id] = number
            added.append(each)
    if added:
        connection.execute(insert(message), [_message_row(arrived.id, numbers[each.id], each) for each in added])
        answers = [_generation_row(arrived.role, each) for each in added if isinstance(each, Answer)]
        if answers:
            connection.execute(insert(generation), answers)
        search.index(connection, [each.id for each in added])
    if row is not None and (added or row.deleted_at is not None):
        connection.execute(
            update(conversation)
            .where(conversation.c.id == arrived.id)
            .values(deleted_at=None, revision=conversation.c.revision + 1, updated_at=max(row.updated_at, arrived.updated_at))
        )
    return len(added)


def _taken(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these ids other conversations use. In portions: a statement holds so many values and no more."""
    found: set[str] = set()
    for start in range(0, len(ids), PORTION):
        query = select(message.c.id).where(message.c.id.in_(ids[start : start + PORTION]))
        found.update(connection.execute(query).scalars())
    return found


def _message_row(conversation_id: str, number: int, arrived: Message) -> dict[str, Any]:
    return {
        "id": arrived.id,
        "conversation_id": conversation_id,
        "parent_id": arrived.parent_id,
        "number": number,
        "author": "assistant" if isinstance(arrived, Answer) else "user",
        "text": arrived.text,
        "details": json.dumps(_details(arrived)) if isinstance(arrived, Answer) else "{}",
        "created_at": arrived.created_at,
    }


def _generation_row(role: str, answer: Answer) -> dict[str, Any]:
    return {
        "answer_id": answer.id,
        "number": 1,
        "state": answer.state,
        "provider": answer.provider,
        "model": answer.model,
        "role": answer.role or role,
        "options": "{}",
        "reason": answer.reason,
        "code": answer.code,
        "seq": answer.seq,
        "started_at": answer.created_at,
        "finished_at": answer.finished_at,
    }
