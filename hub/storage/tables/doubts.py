"""What a person is asked about records, and what was decided."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text

from hub.storage.tables.columns import Json, main

OPEN_CONFLICTS = "decided IS NULL"
OPEN_DUPLICATES = "decision IS NULL"

conflict = Table(
    "conflict",
    main,
    Column("id", Text, primary_key=True),
    Column("record_id", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("decided", Json),
    UniqueConstraint("record_id", "field"),
    Index("conflict_open", "opened_at", sqlite_where=text(OPEN_CONFLICTS), postgresql_where=text(OPEN_CONFLICTS)),
)

duplicate = Table(
    "duplicate",
    main,
    Column("id", Text, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("record_a", Text, nullable=False),
    Column("record_b", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("decision", Text),  # same | different | superseded: one of the two was merged into a third record
    Column("decided_at", Double),
    Column("decided_by", Text),
    UniqueConstraint("record_a", "record_b"),
    Index("duplicate_open", "opened_at", sqlite_where=text(OPEN_DUPLICATES), postgresql_where=text(OPEN_DUPLICATES)),
)

union_step = Table(  # one merge or split of records, kept so that it can be undone
    "union_step",
    main,
    Column("id", Text, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("kind", Text, nullable=False),  # merge: ``other`` went into ``kept`` | split: ``other`` was made of a link of ``kept``
    Column("kept", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("links", Json, nullable=False),  # [[link id, record id, role]] of every link that the step changed, as it was
    Column("pairs", Json, nullable=False),  # [[pair id, decision]] of every pair of duplicates that it changed, as it was
    Column("undone_at", Double),
    Index("union_step_at", "at"),
)

stand_in = Table(  # counterparties that mean nobody, proposed or decided; a person's word stands above the configuration
    "stand_in",
    main,
    Column("system", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("state", Text, nullable=False),  # proposed | nobody | person
    Column("why", Text, nullable=False, default=""),  # name | receipts
    Column("receipts", Integer, nullable=False, default=0),
    Column("found_at", Double, nullable=False),
    Column("decided_by", Text, nullable=False, default=""),
    Column("decided_at", Double),
    PrimaryKeyConstraint("system", "external_id"),
)
