"""Tables of the hub, as SQLAlchemy Core, a file an idea. All are here by name, so that whoever imports one knows the whole schema."""

from __future__ import annotations

from hub.storage.tables.arrivals import cursor, inbox, upload, upload_piece
from hub.storage.tables.columns import Json, dump, intake, load, main
from hub.storage.tables.doubts import OPEN_CONFLICTS, OPEN_DUPLICATES, conflict, duplicate, stand_in, union_step
from hub.storage.tables.erased import past_key, tombstone
from hub.storage.tables.history import OPERATOR_ROWS, audit, audit_block, audit_body
from hub.storage.tables.lists import directory, directory_twin
from hub.storage.tables.runs import brake, restoration, run, tally, weighed
from hub.storage.tables.shelf import goods_name, offer
from hub.storage.tables.state import delivery, field_problem, link, lookup, match_key, parked, record, revision, waiting
from hub.storage.tables.systems import audience, system_state, user
from hub.storage.tables.watch import alert, alert_message, counter, drift, seen, store_seen, verification

__all__ = [
    "Json",
    "OPEN_CONFLICTS",
    "OPEN_DUPLICATES",
    "OPERATOR_ROWS",
    "alert",
    "alert_message",
    "audience",
    "audit",
    "audit_block",
    "audit_body",
    "brake",
    "conflict",
    "counter",
    "cursor",
    "delivery",
    "directory",
    "directory_twin",
    "drift",
    "dump",
    "duplicate",
    "field_problem",
    "goods_name",
    "inbox",
    "intake",
    "link",
    "load",
    "lookup",
    "main",
    "match_key",
    "offer",
    "parked",
    "past_key",
    "record",
    "restoration",
    "revision",
    "run",
    "seen",
    "stand_in",
    "store_seen",
    "system_state",
    "tally",
    "tombstone",
    "union_step",
    "upload",
    "upload_piece",
    "user",
    "verification",
    "waiting",
    "weighed",
]
