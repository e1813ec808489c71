"""What is done with a message that is there: pinned, kept of several, rewritten by hand, taken into a conversation of its own.

A text never changes once it is written: a rewritten answer is a new one beside it.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select, update

from server.conversations import TERMINAL, Answer, Conversation, Message, Question
from server.errors import Conflict, NotFound
from server.storage import search
from server.storage.database import Database
from server.storage.rows import details, find_conversation, to_message
from server.storage.statements import INSERT_GENERATION, INSERT_MESSAGE, MESSAGE, MESSAGES, NEWEST_MESSAGE, SENT, TOUCH_CONVERSATION
from server.storage.tables import conversation, generation, message
from server.storage.writing import import_conversation

COPY_NUMBER = re.compile(r" \((\d{1,6})\)$")


class Messages:
    """Raises ``NotFound`` for messages of others, ``Conflict`` for what cannot be done now."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def pin(self, owner: str, message_id: str, pinned: bool, now: float) -> Message:
        """Mark it to be found again, or no longer."""
        return self.database.write(lambda connection: _pin(connection, owner, message_id, pinned, now))

    def keep(self, owner: str, answer_id: str, kept: bool) -> Message:
        """Of the answers to a question this is the one to go on with, and no other; or none is."""
        return self.database.write(lambda connection: _keep(connection, owner, answer_id, kept))

    def rewrite(self, owner: str, answer_id: str, new_id: str, text: str, now: float) -> Message:
        """The answer in a person's words, as a version beside it. The same ``new_id`` again is the same version."""
        return self.database.write(lambda connection: _rewrite(connection, owner, answer_id, new_id, text, now))

    def fork(self, owner: str, conversation_id: str, leaf_id: str, new_id: str, now: float) -> Conversation:
        """The branch down to a message as a conversation of its own. The same ``new_id`` again is the same conversation."""
        return self.database.write(lambda connection: _fork(connection, owner, conversation_id, leaf_id, new_id, now))


def _row(connection: Connection, owner: str, message_id: str) -> Any:
    row = connection.execute(MESSAGE, {"owner": owner, "message_id": message_id}).first()
    if row is None:
        raise NotFound
    return row


def _read(connection: Connection, owner: str, message_id: str) -> Message:
    return to_message(connection, _row(connection, owner, message_id))


def _pin(connection: Connection, owner: str, message_id: str, pinned: bool, now: float) -> Message:
    row = _row(connection, owner, message_id)
    at = (row.pinned_at or now) if pinned else None
    connection.execute(update(message).where(message.c.id == row.id).values(pinned_at=at))
    return _read(connection, owner, message_id)


def _keep(connection: Connection, owner: str, answer_id: str, kept: bool) -> Message:
    row = _row(connection, owner, answer_id)
    if row.author != "assistant":
        raise NotFound
    siblings = select(message.c.id, message.c.details).where(message.c.parent_id == row.parent_id)
    for sibling in connection.execute(siblings).all():
        known = json.loads(sibling.details)
        wanted = kept and sibling.id == answer_id
        if known.get("kept", False) == wanted:
            continue
        marked = {**known, "kept": True} if wanted else {name: value for name, value in known.items() if name != "kept"}
        connection.execute(update(message).where(message.c.id == sibling.id).values(details=json.dumps(marked)))
    return _read(connection, owner, answer_id)


def _rewrite(connection: Connection, owner: str, answer_id: str, new_id: str, text: str, now: float) -> Message:
    row = _row(connection, owner, answer_id)
    if row.author != "assistant":
        raise NotFound
    if row.state not in TERMINAL:
        raise Conflict("This answer is being written")
    before = to_message(connection, row)
    assert isinstance(before, Answer)
    existing = connection.execute(SENT, {"message_id": new_id}).first()
    if existing is not None:
        told = json.loads(existing.details)
        if existing.owner != owner or told.get("edited_from") != answer_id or existing.text != text:
            raise Conflict("This id was used for another message")
        return _read(connection, owner, new_id)
    rewritten = Answer(
        new_id, before.parent_id, text, now, "complete", citations=before.citations, kept=before.kept, edited_from=answer_id
    )
    newest = connection.execute(NEWEST_MESSAGE, {"conversation_id": row.conversation_id}).one()
    if before.kept:
        _keep(connection, owner, answer_id, False)
    connection.execute(
        INSERT_MESSAGE,
        {
            "id": new_id,
            "conversation_id": row.conversation_id,
            "parent_id": before.parent_id,
            "number": newest.number + 1,
            "author": "assistant",
            "text": text,
            "details": json.dumps(details(rewritten)),
            "created_at": now,
        },
    )
    connection.execute(
        INSERT_GENERATION,
        {
            "answer_id": new_id,
            "number": 1,
            "state": "complete",
            "provider": row.provider,
            "model": row.model,
            "role": row.role,
            "options": row.options,
            "seq": 1,  # no events lead to it: whoever asks for them is given the message as it is
            "started_at": now,
        },
    )
    finished = update(generation).where(generation.c.answer_id == new_id).values(reason="stop", finished_at=now)
    connection.execute(finished)
    connection.execute(TOUCH_CONVERSATION, {"of": row.conversation_id, "now": now})
    search.index(connection, [new_id])
    return _read(connection, owner, new_id)


def _fork(connection: Connection, owner: str, conversation_id: str, leaf_id: str, new_id: str, now: float) -> Conversation:
    source = find_conversation(connection, owner, conversation_id)
    if source is None:
        raise NotFound
    path = _path(connection, owner, conversation_id, leaf_id)
    copies = _copies(path, new_id)
    _check_unused(connection, owner, new_id, copies[0].id)
    fork = replace(
        source,
        id=new_id,
        title=next_title(source.title),
        created_at=now,
        updated_at=now,
        revision=1,
        pinned=False,
        archived_at=None,
    )
    fresh = connection.execute(select(conversation.c.id).where(conversation.c.id == new_id)).first() is None
    import_conversation(connection, owner, fork, copies)
    if fresh:
        like = select(conversation.c.options).where(conversation.c.id == conversation_id).scalar_subquery()
        connection.execute(update(conversation).where(conversation.c.id == new_id).values(options=like, titled_by="person"))
    made = find_conversation(connection, owner, new_id)
    assert made is not None
    return made


def _path(connection: Connection, owner: str, conversation_id: str, leaf_id: str) -> list[Message]:
    rows = connection.execute(MESSAGES, {"owner": owner, "conversation_id": conversation_id}).all()
    known = {row.id: row for row in rows}
    path: list[Message] = []
    step: str | None = leaf_id
    while step is not None:
        row = known.get(step)
        if row is None:
            raise NotFound
        if row.author == "assistant" and row.state not in TERMINAL:
            raise Conflict("An answer of this branch is being written")
        path.append(to_message(connection, row))
        step = row.parent_id
    return path[::-1]


def _copies(path: Sequence[Message], new_id: str) -> list[Message]:
    """The same words under ids that follow from the new conversation's, so that a repeat makes none twice."""
    copies: list[Message] = []
    parent: str | None = None
    for each in path:
        identity = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{new_id}:{each.id}"))
        if isinstance(each, Question):
            copies.append(Question(identity, parent, each.text, each.created_at))
        else:
            copies.append(replace(each, id=identity, parent_id=parent or "", compared="", kept=False, pinned=False))
        parent = identity
    return copies


def _check_unused(connection: Connection, owner: str, new_id: str, first_id: str) -> None:
    """Raises ``Conflict`` when the id belongs to a conversation that is not this very fork."""
    row = connection.execute(select(conversation.c.owner).where(conversation.c.id == new_id)).first()
    if row is None:
        return
    here = select(message.c.id).where(message.c.id == first_id, message.c.conversation_id == new_id)
    if row.owner != owner or connection.execute(here).first() is None:
        raise Conflict("This id was used for another conversation")


def next_title(title: str) -> str:
    """«Письмо» -> «Письмо (2)» -> «Письмо (3)»."""
    found = COPY_NUMBER.search(title)
    return f"{title[: found.start()]} ({int(found[1]) + 1})" if found else f"{title} (2)"
