"""The statements that every question and every event needs, built once: building one costs five times what running it does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from server.storage.tables import conversation, event, generation, message

RUNNING = ("queued", "running")
PAGE_BYTES = 32 * 1024  # of events that one read returns
PORTION = 500  # values named in one statement

# The newest generation of an answer decides its state.
_other = generation.alias("other")
NEWEST = generation.c.number == (
    select(func.max(_other.c.number)).where(_other.c.answer_id == generation.c.answer_id).scalar_subquery()
)
MESSAGE_WITH_STATE: Any = select(
    message,
    *(column for column in generation.c if column.name != "number"),
    generation.c.number.label("generation_number"),
).select_from(
    message.join(conversation, conversation.c.id == message.c.conversation_id).outerjoin(
        generation, and_(generation.c.answer_id == message.c.id, NEWEST)
    )
)

VISIBLE = and_(conversation.c.owner == bindparam("owner"), conversation.c.deleted_at.is_(None))
ASKED_WITH = select(conversation.c.options).where(VISIBLE, conversation.c.id == bindparam("conversation_id"))
MESSAGES = MESSAGE_WITH_STATE.where(VISIBLE, message.c.conversation_id == bindparam("conversation_id")).order_by(
    message.c.number
)
LAST_MESSAGES = MESSAGES.order_by(None).order_by(message.c.number.desc()).limit(bindparam("last"))
MESSAGE = MESSAGE_WITH_STATE.where(VISIBLE, message.c.id == bindparam("message_id"))
STATE = (
    select(generation.c.state)
    .join(message, message.c.id == generation.c.answer_id)
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .where(conversation.c.owner == bindparam("owner"), NEWEST, message.c.id == bindparam("message_id"))
)
ANY_MESSAGE = MESSAGE_WITH_STATE.where(message.c.id == bindparam("message_id"))
IDS = select(message.c.id, message.c.author, message.c.parent_id, message.c.conversation_id).join(conversation).where(VISIBLE)
PLACE = IDS.where(message.c.id == bindparam("message_id"))
EVENTS_AFTER = (
    select(event.c.seq, event.c.type, event.c.data)
    .where(event.c.answer_id == bindparam("answer_id"), event.c.seq > bindparam("after"))
    .order_by(event.c.seq)
    .limit(bindparam("limit"))
)
SENT = (
    select(message, conversation.c.owner)
    .join(conversation, conversation.c.id == message.c.conversation_id)
    .where(message.c.id == bindparam("message_id"))
)
CONVERSATION = select(conversation).where(conversation.c.id == bindparam("conversation_id"))
NEWEST_MESSAGE = (
    select(message.c.id, message.c.number)
    .where(message.c.conversation_id == bindparam("conversation_id"))
    .order_by(message.c.number.desc())
    .limit(1)
)
INSERT_CONVERSATION = insert(conversation)
INSERT_MESSAGE = insert(message)
INSERT_GENERATION = insert(generation)
END_MESSAGE = (
    update(message)
    .where(message.c.id == bindparam("answer_id"))
    .values(text=bindparam("new_text"), details=bindparam("new_details"))
)
END_GENERATION = (
    update(generation)
    .where(generation.c.answer_id == bindparam("of_answer"), generation.c.number == bindparam("of_number"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "reason", "code", "provider", "model", "seq", "finished_at")})
)
TOUCH_CONVERSATION = update(conversation).where(conversation.c.id == bindparam("of")).values(updated_at=bindparam("now"))

# Many rows a statement: sqlite3 lets go of the interpreter once a statement, and gets it back late when the loop is busy.
INSERT_EVENTS = {
    size: "INSERT INTO event (answer_id, seq, type, data) VALUES " + ", ".join(["(?, ?, ?, ?)"] * size)  # noqa: S608
    for size in (256, 64, 16, 4, 1)
}


def select_conversations() -> Any:
    # Not a question asked for each conversation: SQLite would walk all that is running for every one of them.
    written = select(message.c.conversation_id).join(generation, generation.c.answer_id == message.c.id)
    running = conversation.c.id.in_(written.where(or_(*(generation.c.state == state for state in RUNNING))))
    return select(conversation, running.label("running"))


def messages_of(owner: str) -> Any:
    return MESSAGE_WITH_STATE.where(conversation.c.owner == owner, conversation.c.deleted_at.is_(None))
