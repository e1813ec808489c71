"""The store of the account: its password hash, sessions and failed logins. Statements only; the rules are in server/auth.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from server.storage.database import Database
from server.storage.tables import account, login_failure, session


class Session(NamedTuple):
    """A signed-in browser. Times are Unix seconds, UTC."""

    owner: str
    created_at: float
    seen_at: float
    expires_at: float


class Failure(NamedTuple):
    """A wrong password, or one that is being checked."""

    address: str
    at: float


class Accounts:
    """What server/auth.py remembers. Tokens come here only as their SHA-256."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # The password

    def password_hash(self, owner: str) -> str | None:
        query = select(account.c.password_hash).where(account.c.owner == owner)
        return self.database.read(lambda connection: connection.execute(query).scalar())

    def set_password_hash(self, owner: str, password_hash: str | None, now: float) -> None:
        """A new password, or none. Whoever is signed in with the old one is signed out in the same transaction (A-027)."""

        def job(connection: Connection) -> None:
            connection.execute(delete(account).where(account.c.owner == owner))
            connection.execute(delete(session).where(session.c.owner == owner))
            connection.execute(delete(login_failure).where(login_failure.c.owner == owner))
            if password_hash is not None:
                connection.execute(insert(account).values(owner=owner, password_hash=password_hash, changed_at=now))

        self.database.write(job)

    def replace_hash(self, owner: str, old: str, new: str) -> None:
        """The same password, hashed with newer parameters."""
        statement = update(account).where(account.c.owner == owner, account.c.password_hash == old).values(password_hash=new)
        self.database.write(lambda connection: connection.execute(statement))

    # Sessions

    def open_session(self, token_sha256: str, opened: Session, user_agent: str, replaced: str | None, idle_since: float) -> None:
        """Keep a new session, drop the one it replaces and all that have expired."""
        gone = or_(session.c.token_sha256 == replaced, session.c.expires_at <= opened.created_at, session.c.seen_at <= idle_since)

        def job(connection: Connection) -> None:
            connection.execute(delete(session).where(gone))
            connection.execute(insert(session).values(token_sha256=token_sha256, user_agent=user_agent, **opened._asdict()))

        self.database.write(job)

    def session(self, token_sha256: str) -> Session | None:
        columns = (session.c.owner, session.c.created_at, session.c.seen_at, session.c.expires_at)
        query = select(*columns).where(session.c.token_sha256 == token_sha256)
        row = self.database.read(lambda connection: connection.execute(query).first())
        return Session(*row) if row is not None else None

    def touch(self, token_sha256: str, now: float) -> None:
        """Note that the session is in use. Nobody waits for it: when it cannot be written, the next request tries again."""
        statement = update(session).where(session.c.token_sha256 == token_sha256).values(seen_at=now)
        self.database.submit(lambda connection: connection.execute(statement))

    def end_session(self, token_sha256: str) -> None:
        statement = delete(session).where(session.c.token_sha256 == token_sha256)
        self.database.write(lambda connection: connection.execute(statement))

    def end_sessions(self, owner: str) -> None:
        statement = delete(session).where(session.c.owner == owner)
        self.database.write(lambda connection: connection.execute(statement))

    # Failed logins

    def failures(self, owner: str) -> Sequence[Failure]:
        """Oldest first."""
        return self.database.read(lambda connection: _failures(connection, owner))

    def begin_attempt(self, owner: str, attempt: Failure, forget: float, check: Callable[[Sequence[Failure]], None]) -> None:
        """Count an attempt as failed before its password is looked at, so that none escapes: not one of a hundred at the same
        moment, not one during which the process is killed. ``check`` sees the failures so far; if it raises, nothing is written.
        """

        def job(connection: Connection) -> None:
            check(_failures(connection, owner))
            connection.execute(delete(login_failure).where(login_failure.c.at < forget))
            connection.execute(insert(login_failure).values(owner=owner, address=attempt.address, at=attempt.at))

        self.database.write(job)

    def forgive(self, owner: str, address: str) -> None:
        """The right password came from ``address``."""
        statement = delete(login_failure).where(login_failure.c.owner == owner, login_failure.c.address == address)
        self.database.write(lambda connection: connection.execute(statement))


def _failures(connection: Connection, owner: str) -> Sequence[Failure]:
    query = select(login_failure.c.address, login_failure.c.at).where(login_failure.c.owner == owner)
    return [Failure(*row) for row in connection.execute(query.order_by(login_failure.c.at, login_failure.c.number))]
