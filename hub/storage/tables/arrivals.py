"""What came and is not taken in yet, and how far each list was read. On SQLite a file of its own."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, text

from hub.storage.tables.columns import BigId, Json, intake

inbox = Table(
    "inbox",
    intake,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("system", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # hint | look | fact | deleted
    Column("representation", Text, nullable=False, default=""),
    Column("data", Json),
    Column("looked_at", Double, nullable=False),
    Column("since", Double, nullable=False, default=0.0),  # what the row shows was not yet so at this time: the pass before this one
    Column("received_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("priority", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claim", Text),
    Column("claim_until", Double),
    Column("dedup_key", Text),
    Column("run", Text, nullable=False, default="", server_default=""),  # the run that reads it (a first load); empty: a change of the day
    Column("held", Text),  # the brake that holds it back
    Index("inbox_held", "held", sqlite_where=text("held IS NOT NULL"), postgresql_where=text("held IS NOT NULL")),
    Index("inbox_due", "priority", "system", "due_at", "id"),
    Index(
        "inbox_load",
        "priority",
        "system",
        "resource",
        "external_id",
        sqlite_where=text("priority > 0"),
        postgresql_where=text("priority > 0"),
    ),
    Index("inbox_dedup", "dedup_key", unique=True, sqlite_where=text("claim IS NULL"), postgresql_where=text("claim IS NULL")),
)

cursor = Table(
    "cursor",
    intake,
    Column("system", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("cursor", Json, nullable=False),
    Column("loaded_at", Double),  # end of the first whole sweep
    Column("began_at", Double),  # beginning of the pass under way, which may be resumed
    Column("swept_at", Double),  # beginning of the last pass that came to its end
    Column("polled_at", Double),
    Column("moved_at", Double),  # when the last page was committed
    Column("wave", Double),  # the first load that it is part of, by the time at which that began
    Column("identified_at", Double),  # when all that the first load collected was identified
    Column("objects", Integer, nullable=False, default=0),
    Column("total", Integer),
    Column("error", Text),
    PrimaryKeyConstraint("system", "resource"),
)

upload = Table(  # files that vendors bring in pieces, and what was asked to be done with them
    "upload",
    intake,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("system", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),  # open | ready | done
    Column("source", BigInteger),  # the archive that holds it; null: the pieces are its own
    Column("inner", Text, nullable=False, default="", server_default=""),  # its name inside
    Column("pieces", Integer, nullable=False, default=0),
    Column("size", BigInteger, nullable=False, default=0),
    Column("received_at", Double, nullable=False),
    Column("touched_at", Double, nullable=False),
    Column("position", Integer, nullable=False, default=0),  # how many things of it are taken in
    Column("troubles", Integer, nullable=False, default=0),
    Column("claim", Text),
    Column("claim_until", Double),
    Index("upload_of_session", "system", "session", "name"),
    Index("upload_ready", "system", "id", sqlite_where=text("state = 'ready'"), postgresql_where=text("state = 'ready'")),
)

upload_piece = Table(
    "upload_piece",
    intake,
    Column("upload_id", BigId, nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("upload_id", "number"),
)
