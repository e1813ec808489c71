"""What a title is made from, and the title that a model made."""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, func, select, update

from server.conversations import Exchange
from server.storage import search
from server.storage.database import Database
from server.storage.prepared import Prepared
from server.storage.statements import NEWEST
from server.storage.tables import conversation, generation, message

_question = message.alias("question")
_FIRST_EXCHANGE = Prepared(
    select(
        conversation.c.title,
        conversation.c.titled_by,
        message.c.id,
        func.substr(_question.c.text, 1, bindparam("characters")).label("question"),
        func.substr(message.c.text, 1, bindparam("characters")).label("answer"),
        generation.c.provider,
        generation.c.model,
    )
    .select_from(
        message.join(conversation, conversation.c.id == message.c.conversation_id)
        .join(_question, _question.c.id == message.c.parent_id)
        .join(generation, and_(generation.c.answer_id == message.c.id, NEWEST))
    )
    .where(
        conversation.c.owner == bindparam("owner"),
        conversation.c.deleted_at.is_(None),
        conversation.c.id == bindparam("conversation_id"),
        generation.c.state == "complete",
        message.c.text != "",
    )
    .order_by(message.c.number)
    .limit(1)
)


class SqlTitles:
    """Implements ``server.generation.titles.Store``."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def first_exchange(self, owner: str, conversation_id: str, characters: int) -> Exchange | None:
        wanted = {"owner": owner, "conversation_id": conversation_id, "characters": characters}
        row = self.database.read(lambda connection: _FIRST_EXCHANGE.first(connection, **wanted))
        if row is None:
            return None
        return Exchange(conversation_id, row.title, row.titled_by, row.id, row.question, row.answer, row.provider, row.model)

    def give_title(self, owner: str, exchange: Exchange, title: str) -> bool:
        """Unless somebody changed the title meanwhile."""
        statement = (
            update(conversation)
            .where(
                conversation.c.owner == owner,
                conversation.c.id == exchange.conversation_id,
                conversation.c.title == exchange.title,
                conversation.c.titled_by == exchange.titled_by,
                conversation.c.deleted_at.is_(None),
            )
            .values(title=title, titled_by="model", revision=conversation.c.revision + 1)
        )

        def write(connection: Connection) -> bool:
            given = connection.execute(statement).rowcount > 0
            if given:
                search.index_title(connection, exchange.conversation_id)
            return given

        return self.database.write(write)
