"""From rows to the values of the domain, and back: conversations, messages, the log of an answer that is being written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, bindparam

from g4f.chat import Citation, Seam, ToolCall, Usage
from server import wire
from server.conversations import TERMINAL, Answer, Conversation, EventRow, Message, Question, fold
from server.storage.journal import held
from server.storage.prepared import Prepared, driver
from server.storage.statements import EVENTS_AFTER, VISIBLE, select_conversations
from server.storage.tables import conversation

StoredEvent = tuple[int, str, str]  # seq, type, data
VALUES = "role_values"

_CONVERSATION = Prepared(select_conversations().where(VISIBLE, conversation.c.id == bindparam("conversation_id")))
_EVENTS_AFTER = Prepared(EVENTS_AFTER)
# As one row: for each the driver would let go of the interpreter, and get it back late when the loop is busy.
_ALL_AFTER = "SELECT json_group_array(json_array(seq, type, data)) FROM event WHERE answer_id = ? AND seq > ?"


def find_conversation(connection: Connection, owner: str, conversation_id: str) -> Conversation | None:
    row = _CONVERSATION.first(connection, owner=owner, conversation_id=conversation_id)
    return to_conversation(row) if row else None


def to_conversation(row: Row[Any]) -> Conversation:
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
        **asked_with(row.options),
    )


def asked_with(stored: str) -> dict[str, Any]:
    """How a conversation's next answers are asked for: one column holds the options and the values of its roles' variables."""
    options = json.loads(stored)
    return {"role_values": options.pop(VALUES, {}), "options": options}


def to_stored(options: Mapping[str, Any], role_values: Mapping[str, str]) -> str:
    """The column that ``asked_with`` reads."""
    return json.dumps({**options, **({VALUES: dict(role_values)} if role_values else {})}, ensure_ascii=False)


def to_message(connection: Connection, row: Row[Any]) -> Message:
    if row.author == "user":
        return Question(row.id, row.parent_id, row.text, row.created_at, row.pinned_at is not None)
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
        pinned=row.pinned_at is not None,
        **said_besides(json.loads(row.details)),
    )
    return answer if row.state in TERMINAL else _fold_rows(answer, events_of(connection, row.id, row.seq))


def first_events(
    connection: Connection, answer_id: str, after: int, limit: int, most: int, waiting: Sequence[EventRow]
) -> list[StoredEvent]:
    """At most ``limit`` events, and no more than ``most`` characters and one event. ``waiting``: what the journal had before."""
    taken: list[StoredEvent] = []
    filed = _EVENTS_AFTER.run(connection, answer_id=answer_id, after=after, limit=limit)
    for row in islice(_in_order(filed, waiting, after), limit):
        taken.append(row)
        most -= len(row[2])
        if most <= 0:
            break
    return taken


def _in_order(filed: Iterable[StoredEvent], waiting: Sequence[EventRow], after: int) -> Iterator[StoredEvent]:
    """What is in the log, then what is in the journal only. What has been filed since the journal was asked comes once."""
    last = after
    for row in filed:
        last = row[0]
        yield row
    yield from (row[1:] for row in waiting if row[1] > last)


def events_of(connection: Connection, answer_id: str, after: int) -> list[StoredEvent]:
    """All of them. A connection whose transaction began earlier may see a log without what was filed since: then the beginning."""
    waiting = held(connection, answer_id)
    (found,) = driver(connection).execute(_ALL_AFTER, (answer_id, after)).fetchone()
    filed: list[StoredEvent] = sorted(map(tuple, json.loads(found)))
    last = filed[-1][0] if filed else after
    return list(_in_order(filed, waiting, after)) if waiting and waiting[0][1] <= last + 1 else filed


def _fold_rows(answer: Answer, rows: Sequence[StoredEvent]) -> Answer:
    return replace(fold(answer, wire.from_rows(rows)), seq=rows[-1][0] if rows else answer.seq)


def details(answer: Answer) -> dict[str, Any]:
    return {
        "reasoning": answer.reasoning,
        "citations": [asdict(citation) for citation in answer.citations],
        "tool_calls": [asdict(call) for call in answer.tool_calls],
        "seams": [[at, asdict(seam)] for at, seam in answer.seams],
        "usage": asdict(answer.usage) if answer.usage else None,
        **marks(answer),
    }


def marks(answer: Answer) -> dict[str, Any]:
    """What an answer is besides its words; few have any."""
    return {name: value for name in ("edited_from", "compared", "kept") if (value := getattr(answer, name))}


def said_besides(details: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an answer that ``details`` wrote."""
    usage = details.get("usage")
    return {
        "reasoning": details.get("reasoning", ""),
        "citations": tuple(Citation(**fields) for fields in details.get("citations", ())),
        "tool_calls": tuple(ToolCall(**fields) for fields in details.get("tool_calls", ())),
        "seams": tuple((at, Seam(**fields)) for at, fields in details.get("seams", ())),
        "usage": Usage(**usage) if usage else None,
        "edited_from": details.get("edited_from", ""),
        "compared": details.get("compared", ""),
        "kept": details.get("kept", False),
    }
