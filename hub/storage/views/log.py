"""The audit log as it is read and taken out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, TextClause, select, text
from sqlalchemy.sql import ColumnElement

from hub.storage.tables import (
    OPERATOR_ROWS,
    audit,
    audit_block,
    audit_body,
)

Json = Any


def audit_rows(at: Connection, *, before: int = 0, limit: int = 100, **filters: str) -> list[dict[str, Json]]:
    """Rows of the audit log with their values, newest first, those older than id ``before``. ``action`` may be a prefix (``operator.``)."""
    columns = {"actor": audit.c.actor, "system": audit.c.system, "entity": audit.c.entity, "record_id": audit.c.record_id}
    conditions: list[ColumnElement[bool] | TextClause] = [
        columns[name] == value for name, value in filters.items() if value and name in columns
    ]
    if action := filters.get("action"):
        conditions.append(audit.c.action.startswith(action, autoescape=True))
        conditions += [text(OPERATOR_ROWS)] if action.startswith("operator.") else []
    if before:
        conditions.append(audit.c.id < before)
    query = (
        select(audit, audit_body.c.before, audit_body.c.after).outerjoin(audit_body, audit_body.c.audit_id == audit.c.id).where(*conditions)
    )
    return [dict(row) for row in at.execute(query.order_by(audit.c.id.desc()).limit(limit)).mappings()]


def audit_since(at: Connection, after: int, *, limit: int = 1000) -> list[dict[str, Json]]:
    """Rows of the audit log with their values and the salt of these, oldest first from the one after id ``after``: a batch of an export."""
    beside = (audit_body.c.before, audit_body.c.after, audit_body.c.salt.label("values_salt"))
    query = select(audit, *beside).outerjoin(audit_body, audit_body.c.audit_id == audit.c.id)
    return [dict(row) for row in at.execute(query.where(audit.c.id > after).order_by(audit.c.id).limit(limit)).mappings()]


def audit_blocks(at: Connection) -> list[dict[str, Json]]:
    """The sealed blocks, oldest first."""
    return [dict(row) for row in at.execute(select(audit_block).order_by(audit_block.c.id)).mappings()]


def sealed(at: Connection) -> dict[str, Json]:
    """The last sealed block, or an empty mapping."""
    row = at.execute(select(audit_block).order_by(audit_block.c.id.desc()).limit(1)).mappings().first()
    return dict(row) if row else {}
