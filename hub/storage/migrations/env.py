"""Alembic's entry: runs on the connection that the caller already holds."""

from alembic import context

from hub.storage import tables

config = context.config
branch = config.attributes["branch"]
context.configure(
    connection=config.attributes["connection"],
    target_metadata=getattr(tables, branch),
    version_table=f"schema_{branch}",
)
context.run_migrations()
