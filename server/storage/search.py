"""The search: an FTS5 index of stems beside the messages, and questions to it.

The index is derived: ``prepare`` makes it anew when it is absent or of another version, and the ``Indexer`` fills it in the
background. ``index`` and ``index_later`` keep it true; every job that writes a message or a title calls one of them in its own
transaction. What waits is written down there, so that a kill loses nothing. Entries of messages that are removed leave by
themselves, and ``sweep`` removes their stems. Source: https://sqlite.org/fts5.html
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text

from server.errors import StorageUnavailable
from server.finding import Found, Wanted
from server.storage import words
from server.storage.database import Database
from server.storage.prepared import driver
from server.storage.unmarked import unmarked

logger = logging.getLogger(__name__)

AT_ONCE = 20_000  # characters that are indexed within the transaction that writes them; more is left to the indexer
PORTION = 50  # messages the indexer adds in one transaction
PORTION_CHARACTERS = 100_000
FRESH = 20  # messages that are entered before a search, if they wait
FRESH_CHARACTERS = 20_000
PAUSE = 2.0  # seconds between two looks at whether something waits
RANKED = 1_000  # results that can be seen in the order of rank
RANKED_AMONG = 3_000  # the newest matches; to rank all those of a common word would take half a second

# The number of an entry is its message's time: milliseconds, then 20 bits that tell apart what one millisecond brought.
# So the index itself is in the order of time, and the newest results are found without looking at the others.
SHIFT = 20
LATEST = 2**42  # milliseconds; in the year 2109

_TABLES = (
    "DROP TABLE IF EXISTS search_index",
    "DROP TABLE IF EXISTS search_entry",
    "DROP TABLE IF EXISTS search_waiting",
    "DROP TABLE IF EXISTS search_gone",
    "DROP TABLE IF EXISTS search_state",
    "CREATE TABLE search_state (version TEXT NOT NULL)",
    """CREATE TABLE search_entry (
        number INTEGER PRIMARY KEY,
        message_id TEXT NOT NULL UNIQUE REFERENCES message (id) ON DELETE CASCADE,
        conversation_id TEXT NOT NULL)""",
    """CREATE TABLE search_waiting (
        ticket INTEGER PRIMARY KEY AUTOINCREMENT,
        message_id TEXT NOT NULL UNIQUE REFERENCES message (id) ON DELETE CASCADE)""",
    "INSERT INTO search_waiting (message_id) SELECT id FROM message ORDER BY created_at",
    "CREATE VIRTUAL TABLE search_index USING fts5 (title, body, tokenize = 'ascii', prefix = '2 3')",
    # A trigger may not touch a virtual table while trusted_schema is off; ``sweep`` does it.
    "CREATE TABLE search_gone (number INTEGER PRIMARY KEY)",
    """CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry
        BEGIN INSERT INTO search_gone VALUES (old.number); END""",
)
# The first message of a conversation carries its title.
_TEXTS = """
    SELECT message.id, message.conversation_id, message.text, message.created_at, ticket,
        CASE WHEN message.number = (SELECT min(number) FROM message AS first WHERE first.conversation_id = conversation.id)
            THEN conversation.title ELSE '' END AS title
    FROM message JOIN conversation ON conversation.id = message.conversation_id
        LEFT JOIN search_waiting ON search_waiting.message_id = message.id"""
_NAMED = text(f"{_TEXTS} WHERE message.id IN :ids").bindparams(bindparam("ids", expanding=True))
_FIRST = text("SELECT id FROM message WHERE conversation_id = :id ORDER BY number LIMIT 1")
_WAITING = text(f"{_TEXTS} WHERE message.id IN (SELECT message_id FROM search_waiting ORDER BY ticket DESC LIMIT :limit)")  # noqa: S608
_FORGET = text("DELETE FROM search_entry WHERE message_id IN :ids").bindparams(bindparam("ids", expanding=True))
_WAIT = text("INSERT INTO search_waiting (message_id) VALUES (:id)")
_LEAVE = text("DELETE FROM search_waiting WHERE message_id IN :ids").bindparams(bindparam("ids", expanding=True))
# Run on the driver itself, as in server/storage/prepared.py: each message needs them.
_WAIT_ANEW = "INSERT OR REPLACE INTO search_waiting (message_id) VALUES (?)"
# Their many values are the list that is bound, as JSON.
_STILL_WAITING = "SELECT json_group_array(ticket) FROM search_waiting WHERE ticket IN (SELECT value FROM json_each(?))"
_TAKE = "DELETE FROM search_waiting WHERE ticket IN (SELECT value FROM json_each(?))"
_FORGET_THESE = "DELETE FROM search_entry WHERE message_id IN (SELECT value FROM json_each(?))"
_LAST_NUMBERS = """SELECT json_group_object(value,
        (SELECT max(number) FROM search_entry WHERE number BETWEEN value AND value + 1048575)) FROM json_each(?)"""
# Completed by ``_enter``: a portion has few enough values to be bound one by one, and the texts among them are long.
_ENTER = "INSERT INTO search_entry (number, message_id, conversation_id) VALUES "
_FILL = "INSERT INTO search_index (rowid, title, body) VALUES "


# Keeping it true


def prepare(connection: Connection) -> None:
    """Have an index of this version, be it empty."""
    exists = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'search_state'")).first()
    found = connection.execute(text("SELECT version FROM search_state")).scalar() if exists else None
    if found == words.VERSION:
        return
    for statement in _TABLES:
        connection.execute(text(statement))
    connection.execute(text("INSERT INTO search_state VALUES (:version)"), {"version": words.VERSION})


def index(connection: Connection, message_ids: Sequence[str]) -> None:
    """These messages have a new text or title. Their old entries go at once; much text is entered a little later."""
    left = AT_ONCE
    for start in range(0, len(message_ids), PORTION):
        ids = list(message_ids[start : start + PORTION])
        connection.execute(_FORGET, {"ids": ids})
        connection.execute(_LEAVE, {"ids": ids})
        sweep(connection)
        for row in connection.execute(_NAMED, {"ids": ids}).all():
            left -= len(row.text)
            if left >= 0:
                _enter(connection, [_to_entry(row)])
            else:
                connection.execute(_WAIT, {"id": row.id})


def index_later(connection: Connection, message_id: str) -> None:
    """The same for what people wait for: the mark is in this transaction, the entry is left to the indexer and to who searches."""
    driver(connection).execute(_WAIT_ANEW, (message_id,))


def index_title(connection: Connection, conversation_id: str) -> None:
    """This conversation has a new title."""
    index(connection, list(connection.execute(_FIRST, {"id": conversation_id}).scalars()))


def sweep(connection: Connection) -> None:
    """Remove the stems of messages that were removed."""
    execute = driver(connection).execute
    execute("DELETE FROM search_index WHERE rowid IN (SELECT number FROM search_gone)")
    execute("DELETE FROM search_gone")


@dataclass(frozen=True)
class _Entry:
    id: str
    conversation_id: str
    created_at: float
    title: str
    body: str


def _to_entry(row: Any) -> _Entry:
    return _Entry(row.id, row.conversation_id, row.created_at, words.stems(row.title), words.stems(row.text))


def _enter(connection: Connection, entries: Sequence[_Entry]) -> None:
    if not entries:
        return
    execute = driver(connection).execute
    firsts = [_number(entry.created_at) for entry in entries]
    (found,) = execute(_LAST_NUMBERS, (json.dumps(firsts),)).fetchone()
    following = {int(first): int(first) if last is None else last + 1 for first, last in json.loads(found).items()}
    places: list[Any] = []
    texts: list[Any] = []
    for first, entry in zip(firsts, entries, strict=True):
        places += (following[first], entry.id, entry.conversation_id)
        texts += (following[first], entry.title, entry.body)
        following[first] += 1
    rows = ", ".join(["(?, ?, ?)"] * len(entries))
    execute(_ENTER + rows, places)
    execute(_FILL + rows, texts)


def _number(moment: float) -> int:
    """Dates of imported files may be anything."""
    return int(min(max(moment * 1000, 0), LATEST)) << SHIFT if moment == moment else 0


class Indexer:
    """Enters what waits for it: what was just said, an older database, a large import. A thread that mostly sleeps."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()

    def catch_up(self) -> None:
        """Enter what was said a moment ago: whoever searches looks for that, too. If that fails, the rest is searched."""
        try:
            fill(self._database, FRESH, FRESH_CHARACTERS)
        except StorageUnavailable:
            pass
        except Exception:
            logger.exception("the search index could not be completed")

    def _run(self) -> None:
        """Whatever goes wrong with one message or at one time, the next look comes."""
        while not self._stopped.is_set():
            try:
                while not self._stopped.is_set() and fill(self._database):
                    self._stopped.wait(0.005)  # let others write
            except StorageUnavailable as error:
                logger.warning("the search index could not be completed", extra={"reason": error.message})
            except Exception:
                logger.exception("the search index could not be completed")
            self._stopped.wait(PAUSE)


def fill(database: Database, portion: int = PORTION, characters: int = PORTION_CHARACTERS) -> int:
    """Enter some messages that wait, the newest first; returns how many. The stems are made outside of the transaction."""
    rows = database.read(lambda connection: connection.execute(_WAITING, {"limit": portion}).all())
    entries: list[tuple[int, _Entry]] = []
    left = characters
    for row in rows:
        entries.append((row.ticket, _to_entry(row)))
        left -= len(row.text)
        if left <= 0:
            break
    if entries:
        database.write(lambda connection: _enter_waiting(connection, entries))
    return len(entries)


def _enter_waiting(connection: Connection, entries: Sequence[tuple[int, _Entry]]) -> None:
    """Whose ticket is gone was changed meanwhile, and taken care of by whoever changed it, or removed.

    One statement for all of them at each step: each lets go of the interpreter, and gets it back late on a busy machine.
    """
    execute = driver(connection).execute
    (still,) = execute(_STILL_WAITING, (json.dumps([ticket for ticket, _ in entries]),)).fetchone()
    waiting = set(json.loads(still))
    execute(_TAKE, (still,))
    taken = [entry for ticket, entry in entries if ticket in waiting]
    execute(_FORGET_THESE, (json.dumps([entry.id for entry in taken]),))
    sweep(connection)
    _enter(connection, taken)


# Asking it


def search(database: Database, owner: str, wanted: Wanted, limit: int, before: int | None) -> tuple[list[Found], int | None]:
    """One page of results and the cursor of the next one, if there is one."""
    query = words.parse(wanted.text)
    if not query:
        return [], None
    statement, values = _statement(owner, wanted, limit + 1, before)
    values["expression"] = words.expression(query)
    rows = database.read(lambda connection: connection.execute(text(statement), values).all())
    found = [_to_found(query, row) for row in rows[:limit]]
    if len(rows) <= limit:
        return found, None
    if wanted.by_rank:
        following = (before or 0) + limit
        return found, following if following < RANKED else None
    return found, rows[limit - 1].entry


def _statement(owner: str, wanted: Wanted, limit: int, before: int | None) -> tuple[str, dict[str, Any]]:
    """The index is walked first (CROSS JOIN keeps the order), and the texts are fetched for this page only."""
    clauses = ["search_index MATCH :expression", "conversation.owner = :owner", "conversation.deleted_at IS NULL"]
    values: dict[str, Any] = {"owner": owner, "limit": limit, "offset": 0}
    if wanted.since is not None:
        clauses.append("search_index.rowid >= :since")
        values["since"] = _number(wanted.since)
    if wanted.until is not None:
        clauses.append("search_index.rowid < :until")
        values["until"] = _number(wanted.until)
    shelf = ["owner = :owner"]
    if wanted.model:
        shelf.append("model = :model")
        values["model"] = wanted.model
    if wanted.folder is not None:
        shelf.append("folder = :folder")
        values["folder"] = wanted.folder
    if wanted.tag is not None:
        shelf.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = :tag)")
        values["tag"] = wanted.tag
    if len(shelf) > 1:  # found once, not asked of every match; where nothing stands on it no match is looked at
        clauses += ["EXISTS (SELECT 1 FROM shelf)", "search_entry.conversation_id IN (SELECT id FROM shelf)"]
    if wanted.archived is not None:
        clauses.append(f"conversation.archived_at IS {'NOT ' if wanted.archived else ''}NULL")
    if before is not None and not wanted.by_rank:
        clauses.append("search_index.rowid < :before")
        values["before"] = before
    if wanted.by_rank:
        values["offset"] = before or 0
    rank = "bm25(search_index, 4.0, 1.0)" if wanted.by_rank else "0"
    values["among"] = RANKED_AMONG if wanted.by_rank else limit
    return (
        f"""
        WITH shelf AS MATERIALIZED (SELECT id FROM conversation WHERE {" AND ".join(shelf)}),
        newest AS MATERIALIZED (
            SELECT search_index.rowid AS entry, search_entry.message_id, {rank} AS rank
            FROM search_index CROSS JOIN search_entry ON search_entry.number = search_index.rowid
                CROSS JOIN conversation ON conversation.id = search_entry.conversation_id
            WHERE {" AND ".join(clauses)} ORDER BY search_index.rowid DESC LIMIT :among),
        page AS MATERIALIZED (SELECT * FROM newest ORDER BY rank, entry DESC LIMIT :limit OFFSET :offset)
        SELECT page.entry, message.id, message.conversation_id, message.author, message.text, message.created_at,
            conversation.title, conversation.archived_at
        FROM page CROSS JOIN message ON message.id = page.message_id
            CROSS JOIN conversation ON conversation.id = message.conversation_id
        WHERE conversation.owner = :owner""",  # noqa: S608  (every piece is written above; what people typed is bound)
        values,
    )


def _to_found(query: words.Query, row: Any) -> Found:
    shown, ranges = words.snippet(query, row.text)
    if row.author != "user":  # what a person wrote is shown as it was written
        shown, ranges = unmarked(shown, ranges)
    return Found(
        conversation=row.conversation_id,
        message_id=row.id,
        role="user" if row.author == "user" else "assistant",
        title=row.title,
        title_ranges=words.ranges(query, row.title),
        snippet=shown,
        ranges=ranges,
        created_at=row.created_at,
        archived=row.archived_at is not None,
    )
