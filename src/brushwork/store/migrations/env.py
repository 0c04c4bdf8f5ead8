"""Alembic runs this for every command; the connection comes from `store.migrate`."""

from alembic import context

from brushwork.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
