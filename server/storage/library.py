"""The library in the database: roles and prompts of one's own. Every statement carries the owner (A-030)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from server.errors import ApiError, Conflict, NotFound
from server.library import MOST_ITEMS, Item, by_name
from server.storage.database import Database
from server.storage.tables import library_item

DETAILS = ("icon", "description", "model", "provider", "options")
SAID = ("kind", "name", "text", *DETAILS)  # what its owner writes; the rest is ours


class SqlLibrary:
    """One method a question or a deed. What is deleted can be brought back until it is purged."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def items(self, owner: str) -> list[Item]:
        """All that are not deleted, by name."""
        query = select(library_item).where(library_item.c.owner == owner, library_item.c.deleted_at.is_(None))
        return self._database.read(lambda connection: by_name(map(_to_item, connection.execute(query))))

    def find(self, owner: str, item_id: str) -> Item | None:
        return self._database.read(lambda connection: _find(connection, owner, item_id))

    def add(self, owner: str, item: Item) -> Item:
        """The same id with the same content again is the same item. Raises ``Conflict`` for another content."""

        def write(connection: Connection) -> Item:
            there = _read(connection, item.id)
            if there is None:
                _check_room(connection, owner)
                _insert(connection, owner, item)
                return item
            if there.owner != owner:
                raise NotFound
            known = _to_item(there)
            if there.deleted_at is not None or any(getattr(known, name) != getattr(item, name) for name in SAID):
                raise Conflict("This id was used for something else")
            return known

        return self._database.write(write)

    def change(self, owner: str, item_id: str, change: Mapping[str, Any], now: float) -> Item:
        """New values for some of ``SAID``. Raises ``NotFound``."""

        def write(connection: Connection) -> Item:
            found = _find(connection, owner, item_id)
            if found is None:
                raise NotFound
            changed = Item(**{**vars(found), **change, "updated_at": now})
            connection.execute(update(library_item).where(*_of(owner, item_id)).values(_columns(changed)))
            return changed

        return self._database.write(write)

    def delete(self, owner: str, item_id: str, now: float) -> None:
        statement = (
            update(library_item).where(*_of(owner, item_id), library_item.c.deleted_at.is_(None)).values(deleted_at=now)
        )
        if not self._database.write(lambda connection: connection.execute(statement).rowcount):
            raise NotFound

    def restore(self, owner: str, item_id: str) -> Item:
        def write(connection: Connection) -> Item:
            connection.execute(update(library_item).where(*_of(owner, item_id)).values(deleted_at=None))
            found = _find(connection, owner, item_id)
            if found is None:
                raise NotFound
            return found

        return self._database.write(write)

    def check_room(self, owner: str, items: Sequence[Item]) -> None:
        """Raises ``library_full`` unless ``bring`` can take all of these in."""
        ids = {item.id for item in items}

        def read(connection: Connection) -> None:
            there = connection.execute(select(library_item.c.id).where(library_item.c.owner == owner)).scalars()
            if len(ids.union(there)) > MOST_ITEMS:
                raise _full()

        if ids:
            self._database.read(read)

    def bring(self, owner: str, items: Sequence[Item]) -> list[str]:
        """Take in what an export holds; returns the ids of what is new. What is there stays, what was deleted comes back."""

        def write(connection: Connection) -> list[str]:
            new: list[str] = []
            for item in items:
                there = _read(connection, item.id)
                if there is None:
                    _check_room(connection, owner)
                    _insert(connection, owner, item)
                elif there.owner == owner and there.deleted_at is not None:
                    connection.execute(update(library_item).where(*_of(owner, item.id)).values(deleted_at=None))
                else:
                    continue
                new.append(item.id)
            return new

        return self._database.write(write)


def purge(connection: Connection, deleted_before: float) -> None:
    """Remove for good what everybody deleted before this time."""
    connection.execute(delete(library_item).where(library_item.c.deleted_at < deleted_before))


def _of(owner: str, item_id: str) -> tuple[Any, ...]:
    return library_item.c.id == item_id, library_item.c.owner == owner


def _find(connection: Connection, owner: str, item_id: str) -> Item | None:
    query = select(library_item).where(*_of(owner, item_id), library_item.c.deleted_at.is_(None))
    row = connection.execute(query).first()
    return _to_item(row) if row else None


def _read(connection: Connection, item_id: str) -> Row[Any] | None:
    """Whoever owns it, deleted or not: ids are given once."""
    return connection.execute(select(library_item).where(library_item.c.id == item_id)).first()


def _check_room(connection: Connection, owner: str) -> None:
    query = select(func.count()).select_from(library_item).where(library_item.c.owner == owner)
    if connection.execute(query).scalar_one() >= MOST_ITEMS:
        raise _full()


def _full() -> ApiError:
    return ApiError("library_full", 409, "The library is full", values={"count": MOST_ITEMS})


def _insert(connection: Connection, owner: str, item: Item) -> None:
    connection.execute(insert(library_item).values(id=item.id, owner=owner, created_at=item.created_at, **_columns(item)))


def _columns(item: Item) -> dict[str, Any]:
    details = {name: getattr(item, name) for name in DETAILS}
    return {
        "kind": item.kind,
        "name": item.name,
        "text": item.text,
        "details": json.dumps(details, ensure_ascii=False, default=dict),
        "updated_at": item.updated_at,
    }


def _to_item(row: Row[Any]) -> Item:
    times = {"created_at": row.created_at, "updated_at": row.updated_at}
    return Item(row.id, row.kind, row.name, row.text, **times, **json.loads(row.details))
