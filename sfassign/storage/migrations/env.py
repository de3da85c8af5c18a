"""Run by Alembic for every command; `migrate` hands it the connection, whose transaction it leaves to its owner."""

from __future__ import annotations

from alembic import context

from sfassign.storage.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
context.run_migrations()
