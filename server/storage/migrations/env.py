"""Alembic's entry: uses the connection it was handed, and its transaction."""

from __future__ import annotations

from alembic import context

from server.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction covers everything
    render_as_batch=True,
)
context.run_migrations()
