"""What is watched: figures, alerts, comparisons with the systems, stores that fall silent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from hub.storage.tables.columns import BigId, Json, main

counter = Table(  # figures of the run: changes, writes, echoes, floor edits by cause
    "counter",
    main,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

alert = Table(  # a state that is amiss, from its opening to its close: of each key one is open at most
    "alert",
    main,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),  # paused | breaker | silent | dead | brake | disk
    Column("subject", Text, nullable=False),  # the system or the store; empty: the whole hub
    Column("details", Json, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("closed_at", Double),
    Column("acknowledged_at", Double),
    Column("acknowledged_by", Text, nullable=False, default="", server_default=""),
    Index("alert_open", "key", unique=True, sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")),
    Index("alert_closed", "closed_at"),
)

alert_message = Table(  # what each receiver is owed of an alert; a message is claimed before it is sent, and sent once at most
    "alert_message",
    main,
    Column("alert_id", Text, nullable=False),
    Column("event", Text, nullable=False),  # opened | closed
    Column("receiver", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | sending | sent | failed | dropped | unknown
    Column("due_at", Double, nullable=False),
    Column("claimed_at", Double),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text, nullable=False, default=""),
    PrimaryKeyConstraint("alert_id", "event", "receiver"),
    Index("alert_message_due", "state", "due_at"),
)

store_seen = Table(  # when the last new order or receipt of a store was placed
    "store_seen",
    main,
    Column("store", Text, primary_key=True),
    Column("at", Double, nullable=False),
)

verification = Table(  # the comparison of one resource of one system: how far it is, and what the last one found
    "verification",
    main,
    Column("system", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("cursor", Json),  # None: none is under way
    Column("began_at", Double),
    Column("next_at", Double, nullable=False, default=0.0, server_default="0"),
    Column("ended_at", Double),
    Column("found", Json, nullable=False),  # figures of the one under way
    Column("last", Json, nullable=False),  # figures of the last one that came to its end
    Column("error", Text),
    PrimaryKeyConstraint("system", "resource"),
)

seen = Table(  # ids that the comparison under way was shown
    "seen",
    main,
    Column("system", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    PrimaryKeyConstraint("system", "resource", "external_id"),
)

drift = Table(  # differences that a comparison found, why they were there, and what was done; no values: those are the person's
    "drift",
    main,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("system", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("kind", Text, nullable=False),  # changed | owed | absent | stranger | lost
    Column("why", Text, nullable=False),
    Column("audit_id", BigInteger),  # the row of the audit log that tells
    Column("said", Json),  # who said the value last: [system, time]
    Column("done", Text, nullable=False),  # look | delivery | gone | none
    Column("found_at", Double, nullable=False),
    Index("drift_found", "found_at"),
    Index("drift_record", "record_id"),
)
