"""Conversations can be pinned, archived, put into a folder and tagged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("pinned", sa.Integer, nullable=False, server_default="0"))
    op.add_column("conversation", sa.Column("archived_at", sa.Float))
    op.add_column("conversation", sa.Column("folder", sa.Text, nullable=False, server_default=""))
    op.add_column("conversation", sa.Column("tags", sa.Text, nullable=False, server_default="[]"))
