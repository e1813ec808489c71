"""The tables, as SQLAlchemy Core sees them. They change only by a migration in migrations/versions/.

The search has tables of its own, which can be made anew at any time: server/storage/search.py.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, literal_column

metadata = MetaData()

PINNED = literal_column("pinned") == literal_column("1")
FILED = literal_column("folder") != literal_column("''")
TAGGED = literal_column("tags") != literal_column("'[]'")

conversation = Table(
    "conversation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("deleted_at", Float),
    Column("pinned", Integer, nullable=False, server_default="0"),
    Column("archived_at", Float),
    Column("folder", Text, nullable=False, server_default=""),  # its name; "" is none
    Column("tags", Text, nullable=False, server_default="[]"),  # JSON: a list of names
    Column("options", Text, nullable=False, server_default="{}"),  # JSON: how its next answers are asked for
    Column("titled_by", Text, nullable=False, server_default=""),  # "person", "model", or "": the first words of its first question
    Index("conversation_by_age", "owner", "updated_at", "id"),
    # What few conversations have is found without looking at the many that do not. SQLite takes such an index only for a
    # statement that says the same in the same words: PINNED, FILED and TAGGED.
    Index("conversation_pinned", "owner", "updated_at", "id", sqlite_where=PINNED),
    Index("conversation_filed", "owner", "folder", sqlite_where=FILED),
    Index("conversation_tagged", "owner", "updated_at", "id", sqlite_where=TAGGED),
)

# A question (author "user") or an answer (author "assistant"). What an answer's running generation has said is not in it yet, but
# in the events after generation.seq; it is folded in when the generation ends.
message = Table(
    "message",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    Column("parent_id", Text, ForeignKey("message.id", ondelete="CASCADE")),
    Column("number", Integer, nullable=False),  # order of creation within the conversation
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("details", Text, nullable=False),  # JSON: reasoning, citations, tool calls, seams, usage
    Column("created_at", Float, nullable=False),
    Column("pinned_at", Float),
    UniqueConstraint("conversation_id", "number"),
    Index("message_by_parent", "parent_id"),
)

# One run of one provider chain that writes an answer. Terminal states never change.
generation = Table(
    "generation",
    metadata,
    Column("answer_id", Text, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("options", Text, nullable=False),  # JSON
    Column("reason", Text),
    Column("code", Text),
    Column("seq", Integer, nullable=False),  # of the last event that is folded into the message
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("generation_by_state", "state"),
)

# The event log of an answer: numbered 1..n without a gap. Kept for a day after the end, so that a reader can resume exactly.
event = Table(
    "event",
    metadata,
    Column("answer_id", Text, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", Text, nullable=False),
    Column("data", Text, nullable=False),  # bare text for text and reasoning, JSON for the rest
    sqlite_with_rowid=False,
)

# Events of many answers that were committed together and are not in ``event`` yet: server/storage/journal.py.
journal = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("events", Text, nullable=False),  # JSON: a list of [answer_id, seq, type, data]
)

# One owner, today; many accounts later.
account = Table(
    "account",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("user_agent", Text, nullable=False),
    Index("session_by_owner", "owner"),
)

# A branch that whoever has the link may read: the messages from the beginning down to the leaf. Messages are append-only, so
# what was shared never grows or changes.
share = Table(
    "share",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("conversation_id", Text, ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    Column("leaf_id", Text, ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Index("share_by_conversation", "conversation_id"),
)

# Roles and prompts of one's own.
library_item = Table(
    "library_item",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("kind", Text, nullable=False),  # "role" or "prompt"
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("details", Text, nullable=False),  # JSON: icon, model, provider, options
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("deleted_at", Float),
    Index("library_item_by_owner", "owner", "kind"),
)

# Wrong passwords, so that a restart does not reset the limiter.
login_failure = Table(
    "login_failure",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index("login_failure_by_time", "owner", "at"),
)
