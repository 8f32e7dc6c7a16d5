"""The audit log: what was done, sealed in blocks, with the values beside it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Table, Text, text

from hub.storage.tables.columns import BigId, Json, main

OPERATOR_ROWS = "action >= 'operator.' AND action < 'operator/'"  # what people did; a query that repeats the words uses the index

audit = Table(
    "audit",
    main,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),  # write.intent, write.outcome, merge, operator.*
    Column("system", Text, nullable=False, default=""),
    Column("entity", Text, nullable=False, default=""),
    Column("record_id", Text, nullable=False, default=""),
    Column("cause", Text, nullable=False, default=""),
    Column("outcome", Text, nullable=False, default=""),
    Column("salt", Text, nullable=False),
    Column("values_digest", Text),  # of what stands in audit_body, with a salt that goes with it; empty: there was nothing
    Column("digest", Text, nullable=False),
    Column("block", BigInteger),
    Index("audit_record", "record_id", "id"),
    Index("audit_operator", "id", sqlite_where=text(OPERATOR_ROWS), postgresql_where=text(OPERATOR_ROWS)),
    Index("audit_unsealed", "id", sqlite_where=text("block IS NULL"), postgresql_where=text("block IS NULL")),
)

audit_body = Table(
    "audit_body",
    main,
    Column("audit_id", BigId, primary_key=True, autoincrement=False),
    Column("before", Json),
    Column("after", Json),
    Column("salt", Text),  # of the digest of these values: erased with them, so that nobody can try values
)

audit_block = Table(
    "audit_block",
    main,
    Column("id", BigId, primary_key=True, autoincrement=False),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    Column("sealed_at", Double, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
