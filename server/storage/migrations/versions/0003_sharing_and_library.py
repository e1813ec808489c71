"""Conversations keep options and who named them, messages can be pinned, branches shared, roles and prompts of one's own kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("options", sa.Text, nullable=False, server_default="{}"))
    op.add_column("conversation", sa.Column("titled_by", sa.Text, nullable=False, server_default=""))
    op.create_index("conversation_pinned", "conversation", ["owner", "updated_at", "id"], sqlite_where=sa.text("pinned = 1"))
    op.create_index("conversation_filed", "conversation", ["owner", "folder"], sqlite_where=sa.text("folder != ''"))
    op.create_index("conversation_tagged", "conversation", ["owner", "updated_at", "id"], sqlite_where=sa.text("tags != '[]'"))
    op.add_column("message", sa.Column("pinned_at", sa.Float))
    op.create_table(
        "share",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False, unique=True),
        sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
        sa.Column("leaf_id", sa.Text, sa.ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float),
    )
    op.create_index("share_by_conversation", "share", ["conversation_id"])
    op.create_table(
        "library_item",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.Column("deleted_at", sa.Float),
    )
    op.create_index("library_item_by_owner", "library_item", ["owner", "kind"])
