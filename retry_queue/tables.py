"""The outbox table. One row for each record and system, for ever: opened again by a change, so at most one can be open."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Double, Index, Integer, MetaData, Table, Text, UniqueConstraint


def define(metadata: MetaData, json: Any) -> Table:
    """The ``delivery`` table in ``metadata``; ``json`` is the column type for JSON values."""
    return Table(
        "delivery",
        metadata,
        Column("id", Text, primary_key=True),
        Column("system", Text, nullable=False),
        Column("entity", Text, nullable=False),
        Column("record_id", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("lane", Text, nullable=False),
        Column("wanted", Integer, nullable=False),
        Column("planned", Integer, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_attempt_at", Double, nullable=False),
        Column("lease", Text),
        Column("lease_until", Double),
        Column("left_at", Double),  # when the request left, for a lease that expires
        Column("waits_for", json),
        Column("error_class", Text, nullable=False, default=""),
        Column("error_code", Text, nullable=False, default=""),
        Column("error_field", Text, nullable=False, default=""),
        Column("error_text", Text, nullable=False, default=""),
        Column("reason", Text, nullable=False, default=""),  # why it ended: done, or skipped and by which rule
        Column("opened_at", Double, nullable=False),
        Column("changed_at", Double, nullable=False),
        UniqueConstraint("system", "record_id"),
        Index("delivery_due", "system", "state", "lane", "next_attempt_at"),
        Index("delivery_record", "record_id"),
    )
