"""What is left of erased persons, and of keys that people had."""

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

past_key = Table(  # of customers: keys that moved, as keyed digests; see hub/storage/past_keys.py
    "past_key",
    main,
    Column("digest", Text, nullable=False),
    Column("record_id", Text, nullable=False),  # who has or had it
    Column("system", Text, nullable=False),  # of an erased person: where she was registered; empty: nowhere in particular
    Column("kind", Text, nullable=False),  # phone | email | card
    Column("since", Double),  # of an erased person: when she was registered there, or first known
    PrimaryKeyConstraint("digest", "record_id", "system"),
    Index("past_key_record", "record_id"),
)
