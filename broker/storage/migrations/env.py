"""Alembic's entry: runs migrations on the connection that `broker.storage.migrate` hands over."""

from alembic import context

from broker.storage.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
