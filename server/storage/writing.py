"""What is written in one transaction: an answer opened, gone on with, ended; events; a conversation that came from elsewhere."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from g4f.chat import Seam
from server import wire
from server.conversations import (
    TERMINAL,
    Answer,
    Asked,
    Conversation,
    Ended,
    Imported,
    Message,
    NewAnswer,
    Opened,
    Proceeding,
)
from server.errors import Conflict, NotFound
from server.storage import search
from server.storage.journal import insert_events
from server.storage.prepared import Prepared
from server.storage.rows import asked_with, details, to_message, to_stored
from server.storage.statements import (
    ANY_MESSAGE,
    CONVERSATION,
    END_GENERATION,
    END_MESSAGE,
    INSERT_CONVERSATION,
    INSERT_GENERATION,
    INSERT_MESSAGE,
    NEWEST_MESSAGE,
    PORTION,
    SENT,
    TOUCH_CONVERSATION,
    messages_of,
)
from server.storage.tables import conversation, generation, message, share

_ANY_MESSAGE = Prepared(ANY_MESSAGE)
_CONVERSATION = Prepared(CONVERSATION)
_FIRST_ANSWER = Prepared(
    select(message.c.id).where(message.c.parent_id == bindparam("question_id")).order_by(message.c.number).limit(1)
)
_SENT = Prepared(SENT)
_NEWEST = Prepared(NEWEST_MESSAGE)
_NEW_CONVERSATION = Prepared(
    INSERT_CONVERSATION,
    *("id", "owner", "title", "model", "provider", "role", "created_at", "updated_at", "revision", "options"),
)
_NEW_MESSAGE = Prepared(INSERT_MESSAGE, *(column.name for column in message.c if not column.nullable), "parent_id")
_NEW_GENERATION = Prepared(INSERT_GENERATION, *(column.name for column in generation.c if not column.nullable))
_END_MESSAGE = Prepared(END_MESSAGE)
_END_GENERATION = Prepared(END_GENERATION)
_TOUCH_CONVERSATION = Prepared(TOUCH_CONVERSATION)


def open_answer(connection: Connection, new: NewAnswer) -> Opened:
    existing = _existing(connection, new)
    if existing is not None:
        return existing
    number, newest = _newest(connection, new.conversation_id) if _open_conversation(connection, new) else (0, None)
    common = {"conversation_id": new.conversation_id, "details": "{}", "created_at": new.now}
    parent_id: str | None = new.question_id
    messages: list[dict[str, Any]] = []
    if new.question_text is not None:
        number += 1
        parent_id = newest if new.parent_id is None else _parent(connection, new)
        asked = {"id": new.question_id, "parent_id": parent_id, "author": "user", "text": new.question_text}
        messages.append({**common, **asked, "number": number})
    answer = {"id": new.answer_id, "parent_id": new.question_id, "author": "assistant", "text": ""}
    marks = {"details": json.dumps({"compared": new.compared})} if new.compared else {}
    messages.append({**common, **answer, **marks, "number": number + 1})
    _NEW_MESSAGE.run_for(connection, messages)
    if new.question_text is not None:
        search.index_later(connection, new.question_id)
    _NEW_GENERATION.run(
        connection,
        answer_id=new.answer_id,
        number=1,
        state="running",
        provider=new.provider,
        model=new.model,
        role=new.role,
        options=json.dumps(dict(new.options)),
        seq=0,
        started_at=new.now,
    )
    kind, data = wire.to_row(Asked(new.conversation_id, new.question_id, new.answer_id))
    insert_events(connection, [(new.answer_id, 1, kind, data)])
    return Opened(new.conversation_id, new.question_id, new.answer_id, first=parent_id is None)


def proceed(connection: Connection, owner: str, answer_id: str, provider: str, now: float) -> Proceeding | None:
    row = connection.execute(messages_of(owner).where(message.c.id == answer_id, message.c.author == "assistant")).first()
    if row is None:
        return None
    if row.state not in TERMINAL:
        raise Conflict("This answer is being written")
    if row.state == "complete" and row.reason != "length":
        raise Conflict("This answer is whole")
    answer = to_message(connection, row)
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
            started_at=_after_shares(connection, row.conversation_id, now),
        )
    )
    seam = Seam(answer.provider, provider, answer.code or "stopped")
    kind, data = wire.to_row(seam)
    insert_events(connection, [(answer_id, answer.seq + 1, kind, data)])
    place = Opened(row.conversation_id, row.parent_id, answer_id, existed=True)
    return Proceeding(place, answer, json.loads(row.options), seam)


def _after_shares(connection: Connection, conversation_id: str, now: float) -> float:
    """A time later than that of every link to the conversation: none of them may show what is said from here on.

    It is ``now``, unless the clock was set back since a link was made.
    """
    query: Any = select(func.max(share.c.created_at)).where(share.c.conversation_id == conversation_id)
    last = connection.execute(query).scalar()
    return now if last is None else max(now, math.nextafter(last, math.inf))


def _existing(connection: Connection, new: NewAnswer) -> Opened | None:
    """The answer that this very send opened before, if it did (A-089)."""
    if new.question_text is not None:
        return find_asked(connection, new.owner, new.conversation_id, new.question_id, new.question_text)
    row = _SENT.first(connection, message_id=new.answer_id)
    if row is None:
        return None
    if row.owner != new.owner or row.conversation_id != new.conversation_id:
        raise NotFound
    if row.author != "assistant" or row.parent_id != new.question_id:
        raise Conflict("This id was used for another message")
    return Opened(row.conversation_id, row.parent_id, row.id, existed=True)


def find_asked(connection: Connection, owner: str, conversation_id: str, question_id: str, text: str) -> Opened | None:
    """The first answer to this question, if it was asked before. Raises when the id stands for something else."""
    row = _SENT.first(connection, message_id=question_id)
    if row is None:
        return None
    if row.owner != owner or row.conversation_id != conversation_id:
        raise NotFound
    if row.author != "user" or row.text != text:
        raise Conflict("This id was used for another message")
    answer = _FIRST_ANSWER.first(connection, question_id=row.id)
    if answer is None:  # a copy that ends with a question: nobody has asked it here
        raise Conflict("This id was used for another message")
    return Opened(row.conversation_id, row.id, answer.id, existed=True)


def _newest(connection: Connection, conversation_id: str) -> tuple[int, str | None]:
    """Number and id of the conversation's last message."""
    row = _NEWEST.first(connection, conversation_id=conversation_id)
    return (row.number, row.id) if row else (0, None)


def _parent(connection: Connection, new: NewAnswer) -> str | None:
    """What the question follows because its asker said so: nothing, or a message of this conversation."""
    if not new.parent_id:
        return None
    row = _SENT.first(connection, message_id=new.parent_id)
    if row is None or row.conversation_id != new.conversation_id:
        raise NotFound
    return new.parent_id


def _open_conversation(connection: Connection, new: NewAnswer) -> bool:
    """Whether it was there before."""
    row = _CONVERSATION.first(connection, conversation_id=new.conversation_id)
    chosen = {"model": new.model, "provider": new.provider, "role": new.role, "updated_at": new.now}
    if row is None:
        fresh = {"id": new.conversation_id, "owner": new.owner, "title": new.title, "created_at": new.now, "revision": 1}
        fresh["options"] = to_stored(new.options, new.role_values)
        _NEW_CONVERSATION.run(connection, **fresh, **chosen)
    elif row.owner != new.owner:
        raise NotFound
    else:
        if new.role_values:
            known = asked_with(row.options)
            chosen["options"] = to_stored(known["options"], {**known["role_values"], **new.role_values})
        # A question in a deleted or archived conversation brings it back: nothing that was sent is lost
        connection.execute(
            update(conversation).where(conversation.c.id == new.conversation_id).values(deleted_at=None, archived_at=None, **chosen)
        )
    return row is not None


def finish(connection: Connection, answer_id: str, end: Ended, now: float) -> None:
    """Move an answer from its log into its message, once: terminal states never change."""
    row = _ANY_MESSAGE.first(connection, message_id=answer_id)
    if row is None or row.state in TERMINAL:
        return
    answer = to_message(connection, row)
    assert isinstance(answer, Answer)
    _END_MESSAGE.run(connection, answer_id=answer_id, new_text=answer.text, new_details=json.dumps(details(answer)))
    _END_GENERATION.run(
        connection,
        of_answer=answer_id,
        of_number=row.generation_number,
        new_state=end.state,
        new_reason=end.reason,
        new_code=end.code,
        new_provider=answer.provider,
        new_model=answer.model,
        new_seq=answer.seq,
        new_finished_at=now,
    )
    _TOUCH_CONVERSATION.run(connection, of=row.conversation_id, now=now)
    search.index_later(connection, answer_id)


def import_conversation(connection: Connection, owner: str, arrived: Conversation, messages: Sequence[Message]) -> Imported | None:
    row = connection.execute(select(conversation).where(conversation.c.id == arrived.id)).first()
    if row is not None and row.owner != owner:
        return None
    if row is None:
        columns = {name: value for name, value in vars(arrived).items() if name in conversation.c}
        columns |= {"pinned": int(arrived.pinned), "tags": json.dumps(arrived.tags, ensure_ascii=False)}
        columns["options"] = to_stored(arrived.options, arrived.role_values)
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
    return Imported(len(added), row is None)


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
        "details": json.dumps(details(arrived)) if isinstance(arrived, Answer) else "{}",
        "created_at": arrived.created_at,
        "pinned_at": arrived.created_at if arrived.pinned else None,
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
