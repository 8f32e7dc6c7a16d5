"""What writes many records at once, and the brake that holds it."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from hub.storage.tables.columns import Json, main

run = Table(  # something that writes many records at once: a first load, a replay, a new revision, a system that goes live
    "run",
    main,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # backfill | replay | activation | go-live | sweep | repair | approved
    Column("system", Text, nullable=False, default=""),
    Column("entity", Text, nullable=False, default=""),
    Column("started_at", Double, nullable=False),
    Column("actor", Text, nullable=False, default=""),
    Column("counts", Json, nullable=False),
    Column("state", Text, nullable=False),  # building | open | done
    Index("run_state", "state", "started_at"),
)

weighed = Table(  # what a run would do to one system and entity, counted before the first write
    "weighed",
    main,
    Column("run", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("state", Text, nullable=False),  # counting | passed | asked
    Column("after", Text, nullable=False, default=""),  # the last delivery that was counted
    Column("counts", Json, nullable=False),
    PrimaryKeyConstraint("run", "system", "entity"),
)

brake = Table(  # a question to a person: what is held back, with a sample, and how it was decided
    "brake",
    main,
    Column("id", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column(
        "way", Text, nullable=False
    ),  # in: what the system says; out: what would be written to it; merge: what a revision would change; post: whether purchases of a place are posted
    Column("run", Text, nullable=False, default=""),
    Column("kind", Text, nullable=False),  # created | changed | emptied | lost | backwards | effects | posted
    Column("field", Text, nullable=False, default=""),
    Column("count", Integer, nullable=False),
    Column("most", Integer, nullable=False),  # what would have been let through
    Column("objects", Integer, nullable=False),
    Column("sample", Json, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("decided_at", Double),
    Column("decision", Text, nullable=False, default=""),  # approve | refuse | withdrawn
    Column("actor", Text, nullable=False, default=""),
    Column("until", Double, nullable=False, default=0.0),  # until when an approval lets the like through
    Index("brake_open", "system", "decision"),
    Index("brake_when", "opened_at"),
)

tally = Table(  # how many objects of one system and entity changed alike within one hour
    "tally",
    main,
    Column("system", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("hour", Integer, nullable=False),  # hours since the epoch
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("system", "entity", "way", "hour", "kind", "field"),
    Index("tally_hour", "hour"),
)

restoration = Table(  # a backup that was put back: what it holds until a person agrees
    "restoration",
    main,
    Column("id", Text, primary_key=True),
    Column("restored_at", Double, nullable=False),
    Column("taken_at", Double, nullable=False),
    Column("made_after", Double, nullable=False),
    Column("made_before", Double, nullable=False),
    Column("stage", Text, nullable=False),  # collecting | identifying | waiting | over
    Column("held", Json, nullable=False),
    Column("doubt", Json, nullable=False),
    Column("summary", Json, nullable=False),
    Index("restoration_open", "restored_at", sqlite_where=text("stage <> 'over'"), postgresql_where=text("stage <> 'over'")),
)
