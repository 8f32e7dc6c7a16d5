"""The outbox table. One row for each record and system, for ever: opened again by a change, so at most one can be open."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Double, Index, Integer, MetaData, Table, Text, TextClause, UniqueConstraint, text

# Conditions of the partial indices below. A query that repeats the same words uses the index, so its cost follows what is open and due,
# not the millions of rows that are done. Words, not parameters: a planner cannot see what a parameter will be.
CLAIMABLE_ROWS = "state IN ('pending', 'retrying', 'unknown')"
LEASED_ROWS = "state = 'leased'"
WAITING_ROWS = "state = 'waiting'"
OPEN_ROWS = "state IN ('pending', 'retrying', 'unknown', 'waiting', 'leased')"
FAILING_ROWS = "state IN ('retrying', 'dead', 'unknown')"
UNFINISHED_ROWS = "state IN ('pending', 'retrying', 'unknown', 'waiting', 'leased', 'dead')"


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
        Column("run", Text, nullable=False, default="", server_default=""),  # the run that opened it; empty: a change of the day
        Column("wanted", Integer, nullable=False),
        Column("planned", Integer, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_attempt_at", Double, nullable=False),
        Column("lease", Text),
        Column("lease_until", Double),
        Column("left_at", Double),  # when the request left, for a lease that expires
        Column("waits_for", json),
        Column("waits_on", Text),  # the record inside waits_for, to be woken by
        Column("error_class", Text, nullable=False, default=""),
        Column("error_code", Text, nullable=False, default=""),
        Column("error_field", Text, nullable=False, default=""),
        Column("error_text", Text, nullable=False, default=""),
        Column("reason", Text, nullable=False, default=""),  # why it ended: done, or skipped and by which rule
        Column("opened_at", Double, nullable=False),
        Column("changed_at", Double, nullable=False),
        UniqueConstraint("system", "record_id"),
        Index("delivery_record", "record_id"),
        Index("delivery_cells", "system", "entity", "state", "changed_at"),
        Index("delivery_changed", "changed_at"),
        _partial("delivery_unfinished", UNFINISHED_ROWS, "changed_at"),
        _partial("delivery_due", CLAIMABLE_ROWS, "system", "lane", "next_attempt_at"),
        _partial("delivery_run", OPEN_ROWS, "system", "run", "entity", "id"),
        _partial("delivery_leased", LEASED_ROWS, "lease_until"),
        _partial("delivery_recheck", WAITING_ROWS, "next_attempt_at"),
        _partial("delivery_waits", WAITING_ROWS, "system", "waits_on"),
        _partial("delivery_failing", FAILING_ROWS, "system", "entity", "error_class", "error_code", "error_field"),
    )


def _partial(name: str, rows: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=text(rows), postgresql_where=text(rows))


def which(rows: str) -> TextClause:
    """One of the conditions above, as a query says it."""
    return text(rows)
