"""Fields whose policy asks a person: what the systems say, side by side, until somebody decides."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hub.storage.tables import conflict

Json = Any


def keep(at: Connection, record_id: str, found: Mapping[str, Sequence[Json]], *, now: float) -> None:
    """Make the open conflicts of a record these: field -> [{"system", "value", "at"}]. A decided one that flares up is open again."""
    rows = {r["field"]: r for r in at.execute(select(conflict).where(conflict.c.record_id == record_id)).mappings()}
    for name, options in found.items():
        if name not in rows:
            at.execute(insert(conflict).values(id=uuid.uuid4().hex, record_id=record_id, field=name, options=list(options), opened_at=now))
        elif rows[name]["options"] != list(options) or rows[name]["decided"] is not None:
            at.execute(update(conflict).where(conflict.c.id == rows[name]["id"]).values(options=list(options), decided=None, opened_at=now))
    over = [r["id"] for name, r in rows.items() if name not in found and r["decided"] is None]
    if over:  # the systems agree again
        at.execute(delete(conflict).where(conflict.c.id.in_(over)))


def decided(at: Connection, record_id: str, name: str, decision: Json) -> None:
    """Remember who decided what."""
    at.execute(update(conflict).where(conflict.c.record_id == record_id, conflict.c.field == name).values(decided=decision))


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
