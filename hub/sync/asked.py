"""Call tasks made of requests in the transaction that merged them: that somebody is to be called, and the task to do it, are one commit. What
becomes of the task says :mod:`hub.calling`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from hub.entities.call_task import OPEN
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync.statement import HUB

Json = Any
REQUEST, TASK = "call_request", "call_task"
SPACE = uuid.UUID(
    "2b0f8a64-5d0c-5c0a-8f6a-6b7d1c5e9f30"
)  # under which the id of a task follows from its request, and of a request from who asked
SAME = ("customer", "campaign", "reason", "phone", "store", "comment", "not_before")


def ident_of(*parts: str) -> str:
    """The id of what was asked for in these words: asked again it is the same."""
    return str(uuid.uuid5(SPACE, "\x1f".join(parts)))


def tasks_of(at: Connection, records: Iterable[Record], now: float) -> list[str]:
    """Make the tasks of these requests that have none; the ids of their records, which are to be merged next. A request that names a customer
    whom nobody knows yet waits for her."""
    asked = {ident_of(one.id): one for one in records if one.entity == REQUEST and _says_whom(one.data)}
    there = record_rows.load(at, asked)
    new = {ident: one for ident, one in asked.items() if ident not in there}
    record_rows.add(at, [Record(ident, TASK, 0, {}, {}, None, now, now) for ident in new])
    link_rows.add(at, [_word(ident, one, now) for ident, one in new.items()])
    return list(new)


def _says_whom(data: Mapping[str, Json]) -> bool:
    return bool(data.get("customer") or data.get("phone"))


def _word(ident: str, request: Record, now: float) -> Link:
    """The hub's own word: what the request says, and that nobody has called yet."""
    said = {name: request.data[name] for name in SAME if request.data.get(name)}
    said |= {"request": request.id, "asked": request.data.get("start"), "state": OPEN, "marked": False, "tries": 0}
    words = {name: {"v": value, "t": now} for name, value in said.items() if value is not None}
    return Link(new_id(), HUB, TASK, "", ident, ident, role="hand", contribution=words)
