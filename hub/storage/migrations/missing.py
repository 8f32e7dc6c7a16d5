"""What a database lacks of the tables as they are declared now: for a schema that is still being built."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.operations import Operations, ops

ADDED = (ops.CreateTableOp, ops.CreateIndexOp, ops.AddColumnOp, ops.CreateUniqueConstraintOp)  # on PostgreSQL others' tables stand beside


def add_missing(op: Operations, metadata: sa.MetaData) -> None:
    """Create the tables, columns and indices that the database has not."""
    for change in produce_migrations(op.get_context(), metadata).upgrade_ops.ops:
        if isinstance(change, ops.ModifyTableOps):
            with op.batch_alter_table(change.table_name) as table:
                for one in change.ops:
                    if isinstance(one, ADDED):
                        table.invoke(_with_default(one))
        elif isinstance(change, ADDED):
            op.invoke(change)


def _with_default(change: Any) -> Any:
    """Rows that exist already need a value in a new column that may not be null."""
    if isinstance(change, ops.AddColumnOp) and not change.column.nullable and change.column.server_default is None:
        change.column.server_default = sa.DefaultClause(_blank(change.column.type))
    return change


def _blank(kind: Any) -> str:
    if isinstance(kind, sa.types.TypeDecorator):
        return "{}"
    if isinstance(kind, sa.Boolean):
        return "0"
    return "0" if isinstance(kind, (sa.Integer, sa.Float, sa.BigInteger)) else ""
