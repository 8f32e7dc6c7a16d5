"""Fields whose policy asks a person: what the systems say, side by side, until somebody decides."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from hub.storage.tables import OPEN_CONFLICTS, conflict

Json = Any


def keep(at: Connection, found: Mapping[str, Mapping[str, Sequence[Json]]], *, now: float) -> None:
    """Make the open conflicts of records these: record id -> field -> [{"system", "value", "at"}]. A decided one that flares up is open again.
    One question for all records; statements only for what changes."""
    rows: dict[str, dict[str, Any]] = {}
    ids = sorted(found)
    for start in range(0, len(ids), 400):
        for row in at.execute(select(conflict).where(conflict.c.record_id.in_(ids[start : start + 400]))).mappings():
            rows.setdefault(row["record_id"], {})[row["field"]] = row
    over: list[str] = []
    for record_id, fields_found in found.items():
        held = rows.get(record_id, {})
        for name, options in fields_found.items():
            _open(at, record_id, name, list(options), held.get(name), now)
        over += [r["id"] for name, r in held.items() if name not in fields_found and r["decided"] is None]
    if over:  # the systems agree again
        at.execute(delete(conflict).where(conflict.c.id.in_(over)))


def _open(at: Connection, record_id: str, name: str, options: list[Json], held: Mapping[str, Json] | None, now: float) -> None:
    if held is None:
        at.execute(insert(conflict).values(id=uuid.uuid4().hex, record_id=record_id, field=name, options=options, opened_at=now))
    elif held["options"] != options or held["decided"] is not None:
        at.execute(update(conflict).where(conflict.c.id == held["id"]).values(options=options, decided=None, opened_at=now))


def decided(at: Connection, record_id: str, name: str, decision: Json) -> None:
    """Remember who decided what."""
    at.execute(update(conflict).where(conflict.c.record_id == record_id, conflict.c.field == name).values(decided=decision))


def open_ones(at: Connection, *, record_id: str = "", limit: int = 20_000) -> list[dict[str, Json]]:
    """Undecided conflicts, of one record where it is named, the oldest first."""
    query = select(conflict).where(text(OPEN_CONFLICTS)).order_by(conflict.c.opened_at, conflict.c.id).limit(limit)
    query = query.where(conflict.c.record_id == record_id) if record_id else query
    return [dict(row) for row in at.execute(query).mappings()]


def one(at: Connection, ident: str) -> dict[str, Json] | None:
    row = at.execute(select(conflict).where(conflict.c.id == ident)).mappings().first()
    return dict(row) if row else None


def taken_back(at: Connection, record_id: str, name: str, *, now: float) -> None:
    """Note that an answer holds no more, where there is one."""
    for row in decided_of(at, [record_id]):
        if row["field"] == name:
            decided(at, record_id, name, row["decided"] | {"undone": now})


def decided_of(at: Connection, record_ids: Sequence[str]) -> list[dict[str, Json]]:
    """The conflicts of these records that a person has answered."""
    query = select(conflict).where(conflict.c.record_id.in_(list(record_ids)), conflict.c.decided.is_not(None))
    return [dict(row) for row in at.execute(query).mappings() if row["decided"]]


def fields(at: Connection, record_ids: Iterable[str]) -> dict[str, set[str]]:
    """Record id -> its fields in open conflict."""
    found: dict[str, set[str]] = {}
    ids = sorted(set(record_ids))
    for start in range(0, len(ids), 400):
        query = select(conflict.c.record_id, conflict.c.field, conflict.c.decided).where(conflict.c.record_id.in_(ids[start : start + 400]))
        for record_id, name, decision in at.execute(query):
            if decision is None:
                found.setdefault(record_id, set()).add(name)
    return found
