"""What is left of erased persons."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, PrimaryKeyConstraint, Table, Text

from hub.storage.tables.columns import main

tombstone = Table(  # of erased persons: what is never read in again, as keyed digests
    "tombstone",
    main,
    Column("digest", Text, nullable=False),  # of an entity with a record id, an external id, or a key
    Column("certificate", Text, nullable=False),
    Column("erased_at", Double, nullable=False),
    PrimaryKeyConstraint("digest", "certificate"),
    Index("tombstone_certificate", "certificate"),
)
