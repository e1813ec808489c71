"""The store of conversations and event logs: SQLAlchemy Core statements, one method a question or a deed.

Every statement that serves a person carries the owner (A-030). Methods that write run in one transaction on the writing connection.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, not_, or_, select, true, update

from server.conversations import (
    Answer,
    AskedWith,
    Conversation,
    Ended,
    EventRow,
    Imported,
    Message,
    NewAnswer,
    Opened,
    Proceeding,
    State,
)
from server.errors import Conflict
from server.finding import EVERYWHERE, Change, Found, Shelf, Wanted
from server.storage import library, search
from server.storage.database import Database
from server.storage.journal import Written, file_leftovers
from server.storage.prepared import Prepared
from server.storage.rows import StoredEvent, asked_with, find_conversation, first_events, to_conversation, to_message, to_stored
from server.storage.statements import (
    ASKED_WITH,
    LAST_MESSAGES,
    MESSAGE,
    MESSAGES,
    PAGE_BYTES,
    PLACE,
    RUNNING,
    STATE,
    select_conversations,
)
from server.storage.tables import FILED, PINNED, TAGGED, conversation, event, generation, message
from server.storage.writing import find_asked, finish, import_conversation, open_answer, proceed

_ASKED_WITH = Prepared(ASKED_WITH)
_MESSAGES = Prepared(MESSAGES)
_LAST_MESSAGES = Prepared(LAST_MESSAGES)
_MESSAGE = Prepared(MESSAGE)
_STATE = Prepared(STATE)
_PLACE = Prepared(PLACE)


class SqlStore:
    """Implements ``server.conversations.Store`` and keeps the event logs."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._appended: Future[Any] = Future()
        self._appended.set_result(None)
        database.write(search.prepare)
        database.write(file_leftovers)

    # Conversations

    def open_answer(self, new: NewAnswer) -> Opened:
        """Also writes the answer's first event: whatever happens next, its log begins by saying which answer it is."""
        return self.database.write(lambda connection: open_answer(connection, new))

    def proceed(self, owner: str, answer_id: str, provider: str, now: float) -> Proceeding | None:
        """Writes the first event of the continuation too, as ``open_answer`` does."""
        return self.database.write(lambda connection: proceed(connection, owner, answer_id, provider, now))

    def conversation(self, owner: str, conversation_id: str) -> Conversation | None:
        return self.database.read(lambda connection: find_conversation(connection, owner, conversation_id))

    def asked_with(self, owner: str, conversation_id: str) -> AskedWith | None:
        """Without asking whether it is running: SQLite would walk all that is being written."""
        row = self._first(_ASKED_WITH, owner=owner, conversation_id=conversation_id)
        return AskedWith(**asked_with(row.options)) if row else None

    def conversations(
        self, owner: str, limit: int | None, before: tuple[float, str] | None, shelf: Shelf = EVERYWHERE
    ) -> Sequence[Conversation]:
        """The newest first; all of them when there is no ``limit``."""
        gone = conversation.c.deleted_at
        meant = (conversation.c.owner == owner, gone.is_not(None) if shelf.deleted else gone.is_(None))
        query = select_conversations().where(*meant, *_standing_on(shelf))
        if before is not None:
            moment, last_id = before
            query = query.where(
                or_(
                    conversation.c.updated_at < moment,
                    and_(conversation.c.updated_at == moment, conversation.c.id < last_id),
                )
            )
        query = query.order_by(conversation.c.updated_at.desc(), conversation.c.id.desc()).limit(limit)
        return self.database.read(lambda connection: [to_conversation(row) for row in connection.execute(query)])

    def messages(self, owner: str, conversation_id: str) -> Sequence[Message]:
        def read(connection: Connection) -> list[Message]:
            rows = _MESSAGES.all(connection, owner=owner, conversation_id=conversation_id)
            return [to_message(connection, row) for row in rows]

        return self.database.read(read)

    def last_messages(self, owner: str, conversation_id: str, last: int) -> Sequence[Message]:
        def read(connection: Connection) -> list[Message]:
            rows = _LAST_MESSAGES.all(connection, owner=owner, conversation_id=conversation_id, last=last)
            return [to_message(connection, row) for row in reversed(rows)]

        return self.database.read(read)

    def answer(self, owner: str, answer_id: str) -> Answer | None:
        def read(connection: Connection) -> Answer | None:
            row = _MESSAGE.first(connection, owner=owner, message_id=answer_id)
            found = to_message(connection, row) if row else None
            return found if isinstance(found, Answer) else None

        return self.database.read(read)

    def state_of(self, owner: str, answer_id: str) -> State | None:
        """Without reading what it says: that may be megabytes. Also of an answer in a deleted conversation."""
        row = self._first(_STATE, owner=owner, message_id=answer_id)
        return row.state if row else None

    def place_of(self, owner: str, answer_id: str) -> Opened | None:
        row = self._first(_PLACE, owner=owner, message_id=answer_id)
        if row is None or row.author != "assistant":
            return None
        return Opened(row.conversation_id, row.parent_id, row.id, existed=True)

    def asked(self, owner: str, conversation_id: str, question_id: str, text: str) -> Opened | None:
        return self.database.read(lambda connection: find_asked(connection, owner, conversation_id, question_id, text))

    def _first(self, statement: Prepared, **values: Any) -> Any:
        return self.database.read(lambda connection: statement.first(connection, **values))

    def change(
        self, owner: str, conversation_id: str, change: Change, revision: int | None, now: float
    ) -> Conversation | None:
        def write(connection: Connection) -> Conversation | None:
            found = find_conversation(connection, owner, conversation_id)
            if found is None:
                return None
            if revision is not None and revision != found.revision:
                raise Conflict
            connection.execute(
                update(conversation)
                .where(conversation.c.id == conversation_id, conversation.c.owner == owner)
                .values(revision=conversation.c.revision + 1, **changed(change, found, now))
            )
            if change.title is not None:
                search.index_title(connection, conversation_id)
            return find_conversation(connection, owner, conversation_id)

        return self.database.write(write)

    def folders(self, owner: str) -> list[tuple[str, int]]:
        """Names in use and how many conversations each holds, the archive left out."""
        query: Any = (
            select(conversation.c.folder, func.count().filter(conversation.c.archived_at.is_(None)))
            .where(conversation.c.owner == owner, conversation.c.deleted_at.is_(None), FILED)
            .group_by(conversation.c.folder)
        )
        return self.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])

    def tags(self, owner: str) -> list[tuple[str, int]]:
        """Like ``folders``."""
        each = func.json_each(conversation.c.tags).table_valued("value")
        query: Any = (
            select(each.c.value, func.count().filter(conversation.c.archived_at.is_(None)))
            .select_from(conversation.join(each, true()))
            .where(conversation.c.owner == owner, conversation.c.deleted_at.is_(None), TAGGED)
            .group_by(each.c.value)
        )
        return self.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])

    def search(self, owner: str, wanted: Wanted, limit: int, before: int | None) -> tuple[list[Found], int | None]:
        """One page of messages that say what is wanted, and the cursor of the next one."""
        return search.search(self.database, owner, wanted, limit, before)

    def delete(self, owner: str, conversation_id: str, now: float) -> Sequence[str] | None:
        """Hide it; ``purge`` removes it for good later, so that deleting can be undone.

        Returns the ids of its answers that are being written, or ``None`` if there is no such conversation.
        """
        hide = (
            update(conversation)
            .where(
                conversation.c.id == conversation_id,
                conversation.c.owner == owner,
                conversation.c.deleted_at.is_(None),
            )
            .values(deleted_at=now, revision=conversation.c.revision + 1)
        )
        written = (
            select(generation.c.answer_id)
            .join(message, message.c.id == generation.c.answer_id)
            .where(message.c.conversation_id == conversation_id, generation.c.state.in_(RUNNING))
        )

        def write(connection: Connection) -> list[str] | None:
            if not connection.execute(hide).rowcount:
                return None
            return list(connection.execute(written).scalars())

        return self.database.write(write)

    def restore(self, owner: str, conversation_id: str) -> Conversation | None:
        def write(connection: Connection) -> Conversation | None:
            connection.execute(
                update(conversation)
                .where(conversation.c.id == conversation_id, conversation.c.owner == owner)
                .values(deleted_at=None, revision=conversation.c.revision + 1)
            )
            return find_conversation(connection, owner, conversation_id)

        return self.database.write(write)

    # Coming in from elsewhere

    def import_conversations(self, owner: str, batch: Sequence[tuple[Conversation, Sequence[Message]]]) -> list[Imported | None]:
        """Store whole conversations in one transaction; returns what of each was new.

        What is there already stays as it is; a conversation that was deleted comes back. ``None``: the id is somebody else's.
        """
        return self.database.write(
            lambda connection: [import_conversation(connection, owner, conversation, messages) for conversation, messages in batch]
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

    def append(self, rows: Sequence[EventRow], ended: Sequence[tuple[str, Ended, float]]) -> Future[Any]:
        """Commit events (columns of ``event``) and, in the same transaction, the ends of answers: (answer id, end, time).

        One at a time: raises ``RuntimeError`` while the one before is under way.
        """
        if not self._appended.done():
            raise RuntimeError("events are being committed")
        journal = self.database.journal

        def write(connection: Connection) -> Written:
            written = journal.write(connection, rows, [answer_id for answer_id, _, _ in ended])
            for answer_id, end, now in ended:
                finish(connection, answer_id, end, now)
            return written

        self._appended = self.database.submit(write, journal.remember)
        return self._appended

    def events_after(self, answer_id: str, after: int, limit: int) -> list[StoredEvent]:
        """At most ``limit`` events, and no more than ``PAGE_BYTES`` and one event: a reader who stops holds this much in memory."""
        waiting = self.database.journal.held(answer_id)
        return self.database.read(lambda connection: first_events(connection, answer_id, after, limit, PAGE_BYTES, waiting))

    def unfinished(self) -> list[tuple[str, int]]:
        """Every answer that is not in a terminal state: its id and the number of its last event."""
        last = select(func.max(event.c.seq)).where(event.c.answer_id == generation.c.answer_id).scalar_subquery()
        query = select(generation.c.answer_id, func.coalesce(last, generation.c.seq)).where(generation.c.state.in_(RUNNING))
        return self.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(query)])

    def purge(self, *, events_before: float, deleted_before: float) -> None:
        """Remove events of answers that ended, and what was deleted, before these times."""

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
            library.purge(connection, deleted_before)
            search.sweep(connection)

        self.database.write(write)

    def can_write(self) -> bool:
        """Whether a transaction can be committed now (A-008)."""
        self.database.write(lambda connection: connection.execute(select(func.count()).select_from(generation)).scalar())
        return True


def _standing_on(shelf: Shelf) -> list[Any]:
    """The clauses that keep a list to one shelf."""
    clauses: list[Any] = []
    if shelf.archived is not None:
        clauses.append(conversation.c.archived_at.is_not(None) if shelf.archived else conversation.c.archived_at.is_(None))
    if shelf.pinned is not None:
        clauses.append(PINNED if shelf.pinned else not_(PINNED))
    if shelf.folder is not None:
        clauses += [conversation.c.folder == shelf.folder, *([FILED] if shelf.folder else [])]
    if shelf.tag is not None:
        each = func.json_each(conversation.c.tags).table_valued("value")
        clauses += [TAGGED, exists(select(1).select_from(each).where(each.c.value == shelf.tag))]
    return clauses


def changed(change: Change, found: Conversation, now: float) -> dict[str, Any]:
    """The columns that a change writes."""
    columns: dict[str, Any] = {name: value for name, value in vars(change).items() if value is not None}
    if "pinned" in columns:
        columns["pinned"] = int(columns["pinned"])
    if "archived" in columns:
        columns["archived_at"] = (found.archived_at or now) if columns.pop("archived") else None
    if "title" in columns:
        columns["titled_by"] = "person"
    if "options" in columns or "role_values" in columns:
        values = columns.pop("role_values", found.role_values)
        columns["options"] = to_stored(columns.get("options", found.options), values)
    if "tags" in columns:
        columns["tags"] = json.dumps(columns["tags"], ensure_ascii=False)
    return columns
