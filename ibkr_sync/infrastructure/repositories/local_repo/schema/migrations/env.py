"""Run by Alembic for every migration, on a connection whose transaction the caller holds."""

from __future__ import annotations

from alembic import context

from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by rebuilding it
    transactional_ddl=True,  # the engine emits BEGIN itself, so SQLite rolls back DDL too
)
with context.begin_transaction():
    context.run_migrations()
