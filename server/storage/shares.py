"""The store of shared links. Statements only; the rules are in server/sharing.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from server.shown import KeptShare, Share
from server.storage.database import Database
from server.storage.tables import conversation, generation, message, share

COLUMNS = (share.c.id, share.c.token, share.c.conversation_id, share.c.leaf_id, share.c.created_at, share.c.expires_at)
CONTINUES = generation.c.number > 1  # an answer that was gone on with
VISIBLE = conversation.c.deleted_at.is_(None)  # a deleted conversation takes its links with it, and brings them back


class Shares:
    """What server/sharing.py remembers."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, owner: str, added: Share, ended_before: float) -> Share:
        """Keep a new link, and drop those of its owner that ended before that time. A negative end is when it was revoked.

        Whatever the clock says, it is not older than what it shows: returned with the time it was given.
        """
        ended = (share.c.owner == owner, func.abs(share.c.expires_at) < ended_before)
        last: Any = (
            select(func.max(generation.c.started_at))
            .join(message, message.c.id == generation.c.answer_id)
            .where(message.c.conversation_id == added.conversation_id, CONTINUES)
        )

        def job(connection: Connection) -> Share:
            connection.execute(delete(share).where(*ended))
            made = replace(added, created_at=max(added.created_at, connection.execute(last).scalar() or 0.0))
            connection.execute(insert(share).values(owner=owner, **vars(made)))
            return made

        return self.database.write(job)

    def of_owner(self, owner: str, conversation_id: str | None = None) -> Sequence[KeptShare]:
        """Newest first, also those that have ended."""
        query: Any = (
            select(*COLUMNS, conversation.c.title)
            .join(conversation, conversation.c.id == share.c.conversation_id)
            .where(share.c.owner == owner, conversation.c.owner == owner, VISIBLE)
            .order_by(share.c.created_at.desc(), share.c.id)
        )
        if conversation_id is not None:
            query = query.where(share.c.conversation_id == conversation_id)
        return self.database.read(lambda connection: [KeptShare(_share(row), row.title) for row in connection.execute(query)])

    def set_expiry(self, owner: str, share_id: str, expires_at: float | None) -> bool:
        theirs = select(conversation.c.id).where(conversation.c.owner == owner, VISIBLE)
        statement = (
            update(share)
            .where(share.c.owner == owner, share.c.id == share_id, share.c.conversation_id.in_(theirs))
            .values(expires_at=expires_at)
        )
        return self.database.write(lambda connection: connection.execute(statement).rowcount > 0)

    def by_token(self, token: str) -> tuple[str, Share] | None:
        """Whose link that is, and the link; also one that has ended."""
        query = (
            select(*COLUMNS, share.c.owner)
            .join(conversation, conversation.c.id == share.c.conversation_id)
            .where(share.c.token == token, conversation.c.owner == share.c.owner, VISIBLE)
        )
        row = self.database.read(lambda connection: connection.execute(query).first())
        return (row.owner, _share(row)) if row else None

    def gone_on_with(self, owner: str, shared: Share) -> dict[str, int]:
        """Of the answers for which a generation began after the link was made: how many had begun before.

        The times tell which was first, even when the clock was set: ``add`` and ``proceed`` in server/storage/writing.py see to it.
        """
        later = func.count().filter(CONTINUES, generation.c.started_at > shared.created_at)
        query = (
            select(generation.c.answer_id, func.count() - later)
            .join(message, message.c.id == generation.c.answer_id)
            .join(conversation, conversation.c.id == message.c.conversation_id)
            .where(conversation.c.id == shared.conversation_id, conversation.c.owner == owner)
            .group_by(generation.c.answer_id)
            .having(later > 0)
        )
        return self.database.read(lambda connection: {row[0]: row[1] for row in connection.execute(query)})


def _share(row: Any) -> Share:
    return Share(row.id, row.token, row.conversation_id, row.leaf_id, row.created_at, row.expires_at)
