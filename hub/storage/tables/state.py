"""The state: records, what each system holds of them, and what they wait for."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text

from hub.storage.tables.columns import BigId, Json, main
from retry_queue.tables import define as define_queue

record = Table(
    "record",
    main,
    Column("id", Text, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("data", Json, nullable=False),
    Column("provenance", Json, nullable=False),
    Column("merged_into", Text),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index("record_entity", "entity", "updated_at"),
)

match_key = Table(
    "match_key",
    main,
    Column("entity", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    PrimaryKeyConstraint("entity", "kind", "value", "record_id"),
    Index("match_key_record", "record_id"),
)

link = Table(
    "link",
    main,
    Column("id", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("external_id", Text),
    Column("record_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("base", Json, nullable=False),
    Column("sent", Json, nullable=False),
    Column("times", Json, nullable=False),
    Column("contribution", Json, nullable=False),
    Column("intent", Json),
    Column("doubt", Json, nullable=False),
    Column("dropped", Json, nullable=False),
    Column("flips", Json, nullable=False),
    Column("frozen", Json, nullable=False),
    Column("set_aside", Json, nullable=False),
    Column("written", Json, nullable=False),
    Column("replaced", Json),  # of our last write: when the object was read before it, and what stood there
    Column("looked_at", Double, nullable=False),
    Column("whole_at", Double, nullable=False),
    Column("wrote_at", Double, nullable=False),
    Column("write_gen", Integer, nullable=False),
    Column("create_key", Text),
    Column("modified", Double),  # the newest time of the object that the vendor told, by the vendor's own clock
    Column("refs", Json),  # [[kind, value]]: the object's own names, and the other systems' objects that it names
    UniqueConstraint("system", "resource", "external_id"),
    Index("link_of_record", "record_id", "system"),
    Index("link_entity", "system", "entity", "external_id"),
    Index("link_stand_in", "system", "entity", sqlite_where=text("state = 'stand_in'"), postgresql_where=text("state = 'stand_in'")),
    Index("link_creating", "system", "create_key", sqlite_where=text("state = 'creating'"), postgresql_where=text("state = 'creating'")),
)

lookup = Table(
    "lookup",
    main,
    Column("system", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("remote", Text),  # JSON text; None: unknown there when last asked
    Column("asked_at", Double, nullable=False),
    PrimaryKeyConstraint("system", "name", "key"),
    Index("lookup_remote", "system", "name", "remote"),
)

waiting = Table(  # fields and objects that wait for something: woken when it appears
    "waiting",
    main,
    Column("kind", Text, nullable=False),  # directory | lookup | ref | fulfils | names; see hub/storage/awaited.py for the last two
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("since", Double, nullable=False),
    PrimaryKeyConstraint("kind", "name", "value", "system", "record_id", "field"),
    Index("waiting_record", "record_id"),
)

field_problem = Table(  # values that a mapping could not use: the field waits, the record flows
    "field_problem",
    main,
    Column("system", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("link_id", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("ru", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("opened_at", Double, nullable=False),
    PrimaryKeyConstraint("link_id", "path"),
    Index("field_problem_record", "record_id"),
    Index("field_problem_group", "system", "entity", "code", "field"),
)

parked = Table(  # objects that cannot even be identified: no id, no shape
    "parked",
    main,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("system", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("data", Json),
    Column("at", Double, nullable=False),
)

revision = Table(
    "revision",
    main,
    Column("id", Text, primary_key=True),
    Column("activated_at", Double, nullable=False),
    Column("summary", Text, nullable=False),
)

delivery = define_queue(main, Json)
