"""One change of many conversations at once, in one transaction. What is not there, or somebody else's, is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select, update

from server.conversations import Conversation
from server.finding import Change, Retagging
from server.storage.database import Database
from server.storage.rows import to_conversation
from server.storage.statements import RUNNING, select_conversations
from server.storage.store import changed
from server.storage.tables import conversation, generation, message


class SqlMany:
    """One method a deed. Returns what there is afterwards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(
        self, owner: str, ids: Sequence[str], change: Change, retagging: Retagging, now: float
    ) -> list[Conversation]:
        def write(connection: Connection) -> list[Conversation]:
            for found in _visible(connection, owner, ids):
                tags = retagging.of(found.tags)
                columns = changed(change if tags == found.tags else replace(change, tags=tags), found, now)
                if columns:
                    _update(connection, owner, [found.id], columns)
            return _visible(connection, owner, ids)

        return self._database.write(write)

    def delete(self, owner: str, ids: Sequence[str], now: float) -> tuple[list[str], list[str]]:
        """Hide them. Returns the ids of those that are hidden now, and of their answers that are being written."""

        def write(connection: Connection) -> tuple[list[str], list[str]]:
            there = [found.id for found in _visible(connection, owner, ids)]
            _update(connection, owner, there, {"deleted_at": now})
            written = (
                select(generation.c.answer_id)
                .join(message, message.c.id == generation.c.answer_id)
                .where(message.c.conversation_id.in_(there), generation.c.state.in_(RUNNING))
            )
            return there, list(connection.execute(written).scalars())

        return self._database.write(write)

    def restore(self, owner: str, ids: Sequence[str]) -> list[Conversation]:
        def write(connection: Connection) -> list[Conversation]:
            _update(connection, owner, ids, {"deleted_at": None})
            return _visible(connection, owner, ids)

        return self._database.write(write)

    def named(self, owner: str, ids: Sequence[str]) -> list[Conversation]:
        """Those of them that are there, in the order of the ids."""
        found = {each.id: each for each in self._database.read(lambda connection: _visible(connection, owner, ids))}
        return [found[each] for each in dict.fromkeys(ids) if each in found]


def _visible(connection: Connection, owner: str, ids: Sequence[str]) -> list[Conversation]:
    query = select_conversations().where(
        conversation.c.id.in_(ids), conversation.c.owner == owner, conversation.c.deleted_at.is_(None)
    )
    return [to_conversation(row) for row in connection.execute(query)]


def _update(connection: Connection, owner: str, ids: Sequence[str], columns: dict[str, Any]) -> None:
    connection.execute(
        update(conversation)
        .where(conversation.c.id.in_(ids), conversation.c.owner == owner)
        .values(revision=conversation.c.revision + 1, **columns)
    )
