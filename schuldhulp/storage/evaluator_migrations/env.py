"""Runs the migrations of the evaluator's database on the connection that storage.evaluation hands over."""

from __future__ import annotations

from alembic import context

from schuldhulp.storage.message_tables import metadata

connection = context.config.attributes["connection"]
# A version table of its own: the tables may stand in the main database too.
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, version_table="evaluator_version"
)
with context.begin_transaction():
    context.run_migrations()
