"""Tables of the hub, as SQLAlchemy Core. Hub times are seconds since the epoch (UTC) as floats; values are JSON text.

``main`` holds the truth. ``intake`` (inbox and cursors) lives in a file of its own on SQLite, so that accepting a webhook
never waits for a merge; on PostgreSQL both are one database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.types import TypeDecorator

from retry_queue.tables import define as define_queue


class Json(TypeDecorator[Any]):
    """A JSON value kept as compact text with sorted keys, the same on both databases."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        return dump

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return load


def dump(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def load(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


OPERATOR_ROWS = "action >= 'operator.' AND action < 'operator/'"  # what people did; a query that repeats the words uses the index
OPEN_CONFLICTS = "decided IS NULL"
OPEN_DUPLICATES = "decision IS NULL"

BigId = BigInteger().with_variant(Integer(), "sqlite")

main = MetaData()
intake = MetaData()

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
    Index("inbox_due", "priority", "due_at", "id"),
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

offer = Table(  # documents that a vendor fetches by itself, and what it showed of them last
    "offer",
    main,
    Column("system", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("record_id", Text),  # null: made by the vendor
    Column("document", Json),
    Column("revision", Integer, nullable=False, default=0),  # of the document; the two below: which was given last, and which was taken
    Column("given", Integer, nullable=False, default=0),
    Column("taken", Integer, nullable=False, default=0),
    Column("tries", Integer, nullable=False, default=0),  # how often this revision was given and not taken
    Column("session", Text, nullable=False, default="", server_default=""),  # in which it was given last
    Column("laid_at", Double, nullable=False, default=0.0),
    Column("given_at", Double),
    Column("taken_at", Double),
    Column("seen", Json),
    Column("seen_at", Double),
    PrimaryKeyConstraint("system", "resource", "number"),
    Index("offer_record", "system", "resource", "record_id", unique=True),
    Index("offer_owed", "system", "tries", "laid_at", sqlite_where=text("taken < revision"), postgresql_where=text("taken < revision")),
)

goods_name = Table(  # by what lines name the goods that a vendor brings by itself and cannot be asked for
    "goods_name",
    main,
    Column("system", Text, nullable=False),
    Column("goods", Text, nullable=False),  # the vendor's id
    Column("name", Text, nullable=False),  # an article or a barcode
    Column("place", Integer, nullable=False),  # the first is what the goods are called
    PrimaryKeyConstraint("system", "goods", "name"),
    Index("goods_by_name", "system", "name"),
)

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

directory = Table(
    "directory",
    main,
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("title_ru", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column(
        "decided_by", Text, nullable=False, default="", server_default=""
    ),  # config | hand: a person's word stands above the configuration
    Column("about", Json),  # what people said of it beside its titles: of an employee the store, the calls a day, the days away
    PrimaryKeyConstraint("name", "value"),
)

directory_twin = Table(
    "directory_twin",
    main,
    Column("name", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("remote", Text, nullable=False),  # the remote value, as JSON text
    Column("title", Text, nullable=False, default=""),
    Column("value", Text),  # None: seen, not mapped yet
    Column("preferred", Boolean, nullable=False, default=False),  # of several that mean one value, the one that is written
    Column("seen_at", Double, nullable=False),
    Column(
        "active", Boolean, nullable=False, default=True, server_default=true()
    ),  # False: it means what it meant, and is written nowhere anew
    Column("decided_by", Text, nullable=False, default="", server_default=""),  # config | hand; empty: nobody has said what it means
    Column("listed_at", Double),  # when the vendor's own list last named it; None: met in an object, or only configured
    Column("keys", Json),  # of a person: digests of e-mail addresses and phones
    PrimaryKeyConstraint("name", "system", "remote"),
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

system_state = Table(
    "system_state",
    main,
    Column("system", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("paused", Text, nullable=False, default=""),  # the reason, empty: not paused
    Column("breaker_until", Double, nullable=False, default=0.0),
    Column("breaker_failures", Integer, nullable=False, default=0),
    Column("breaker_reason", Text, nullable=False, default=""),
    Column("breaker_by", Text, nullable=False, default=""),  # what failed last: read | write
    Column("brake", Json),
    Column("pilot", Json),  # {"stores", "phones"} as a person chose them; null: those of the configuration
    Column("fingerprint", Json),  # what tells this base from a copy, and marks that never go back
    Column("alarm", Json),  # why the hub itself put the system into observe: {"code", "ru", "en", "at"}
    Column("hushed", Text, nullable=False, default="", server_default=""),  # who said that the side effects are switched off there by hand
    Column("lease", Text),
    Column("lease_until", Double, nullable=False, default=0.0),
    Column("last_success", Double),
    Column("clock_skew", Double, nullable=False, default=0.0, server_default="0"),  # seconds that the vendor's clock is ahead
    Column("verified", Json, nullable=False),
    Column("tokens", Json),
    Column("webhooks", Json),  # what came of subscribing last: {} or the vendor's error and its code
    Column("checked", Json),  # what the last check found
    Column("setup", Json),  # connector, time zone and trust as last configured: contributions outlive their system
)

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
    Column("decision", Text, nullable=False, default=""),  # approve | refuse
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

revision = Table(
    "revision",
    main,
    Column("id", Text, primary_key=True),
    Column("activated_at", Double, nullable=False),
    Column("summary", Text, nullable=False),
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

tombstone = Table(  # of erased persons: what is never read in again, as keyed digests
    "tombstone",
    main,
    Column("digest", Text, nullable=False),  # of an entity with a record id, an external id, or a key
    Column("certificate", Text, nullable=False),
    Column("erased_at", Double, nullable=False),
    PrimaryKeyConstraint("digest", "certificate"),
    Index("tombstone_certificate", "certificate"),
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

audience = Table(  # what became of a segment in an advertising system; of the people in it nothing is kept here
    "audience",
    main,
    Column("name", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("place", Json, nullable=False),  # the connector's own: ids, the version that is there, what was begun
    Column("state", Text, nullable=False),
    Column("figures", Json, nullable=False),  # of the last list: members, people uploaded, left out by reason
    Column("size", Integer),  # rows and people, as the system counts them
    Column("matched", Integer),
    Column("error", Text),
    Column("uploaded_at", Double),  # when the list was sent that is there in full
    Column("due_at", Double, nullable=False),  # when a list is made again
    Column("next_at", Double, nullable=False),  # when it is looked at again
    PrimaryKeyConstraint("name", "system"),
)

user = Table(
    "user",
    main,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),  # viewer | support | admin
    Column("language", Text, nullable=False, default="ru"),
    Column("active", Boolean, nullable=False, default=True),
)

delivery = define_queue(main, Json)
