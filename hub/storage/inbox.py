"""The inbox: committed hints and looks that are not merged yet, and the cursors of polls."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.storage.tables import cursor, inbox

PRIORITIES = (0, 1)  # live, then first loads and backfills


@dataclass(frozen=True, slots=True)
class Item:
    """One row. kind: hint | look | fact | deleted."""

    id: int
    system: str
    resource: str
    external_id: str
    kind: str
    representation: str
    data: Mapping[str, Any] | None
    looked_at: float
    since: float
    received_at: float
    attempts: int


def _insert(at: Connection) -> Any:
    return postgresql.insert if at.dialect.name == "postgresql" else sqlite.insert


def put(at: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows {system, resource, external_id, kind, representation, data, looked_at, received_at, due_at, priority}.
    Hints collapse only into unclaimed ones."""
    if not rows:
        return
    full = [
        {"representation": "", "data": None, "priority": 0, "attempts": 0, "since": 0.0}
        | dict(row)
        | {"dedup_key": f"{row['system']}|{row['resource']}|{row['external_id']}" if row["kind"] == "hint" else None}
        for row in rows
    ]
    at.execute(_insert(at)(inbox).on_conflict_do_nothing(), full)


def claim(at: Connection, *, limit: int, lease: float, now: float) -> list[Item]:
    """Claim due rows, live before backfill; a lapsed claim is free again."""
    ids: list[int] = []
    for priority in PRIORITIES:
        if len(ids) < limit:
            query = _due(priority, now).order_by(inbox.c.due_at, inbox.c.id).limit(limit - len(ids))
            if at.dialect.name == "postgresql":
                query = query.with_for_update(skip_locked=True)
            ids += at.execute(query).scalars()
    if not ids:
        return []
    token = uuid.uuid4().hex
    at.execute(update(inbox).where(inbox.c.id.in_(ids)).values(claim=token, claim_until=now + lease))
    claimed = select(*(inbox.c[name] for name in Item.__dataclass_fields__)).where(inbox.c.claim == token)
    return [Item(*row) for row in at.execute(claimed.order_by(inbox.c.id)).all()]


def done(at: Connection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), 500):
        at.execute(delete(inbox).where(inbox.c.id.in_(ids[start : start + 500])))


def postpone(at: Connection, ids: Sequence[int], *, until: float) -> None:
    """Give rows back to be tried later. A hint for which an unclaimed twin has come meanwhile is simply dropped."""
    for row_id in ids:
        row = at.execute(select(inbox.c.dedup_key).where(inbox.c.id == row_id)).scalar()
        twin = row and at.execute(select(inbox.c.id).where(inbox.c.dedup_key == row, inbox.c.claim.is_(None))).first()
        if twin:
            at.execute(delete(inbox).where(inbox.c.id == row_id))
        else:
            values = {"claim": None, "claim_until": None, "due_at": until, "attempts": inbox.c.attempts + 1}
            at.execute(update(inbox).where(inbox.c.id == row_id).values(values))


def depth(at: Connection) -> int:
    return int(at.execute(select(func.count()).select_from(inbox)).scalar_one())


def loading(at: Connection) -> bool:
    """Whether rows of first loads or backfills are not merged yet."""
    return at.execute(select(inbox.c.id).where(inbox.c.priority == PRIORITIES[1]).limit(1)).first() is not None


def due(at: Connection, *, now: float) -> bool:
    """Whether there is a row to take now. As quick over a million rows as over ten."""
    return any(at.execute(_due(priority, now).order_by(inbox.c.due_at).limit(1)).first() for priority in PRIORITIES)


def _due(priority: int, now: float) -> Any:
    """Free rows of one priority that are due: a range of the index, whatever else waits."""
    free = or_(inbox.c.claim.is_(None), inbox.c.claim_until < now)
    return select(inbox.c.id).where(inbox.c.priority == priority, inbox.c.due_at <= now, free)


def oldest(at: Connection) -> float | None:
    """When the row that waits longest was received."""
    first = select(inbox.c.received_at).order_by(inbox.c.id).limit(1)  # ids grow with time
    return at.execute(first).scalar()


# --- cursors ----------------------------------------------------------------------------------------


def get_cursor(at: Connection, system: str, resource: str) -> Mapping[str, Any]:
    """The row of a cursor; an empty one where there is none yet."""
    row = at.execute(select(cursor).where(cursor.c.system == system, cursor.c.resource == resource)).mappings().first()
    return (
        dict(row)
        if row
        else {
            "system": system,
            "resource": resource,
            "cursor": {},
            "loaded_at": None,
            "began_at": None,
            "swept_at": None,
            "polled_at": None,
            "objects": 0,
            "total": None,
            "error": None,
        }
    )


def set_cursor(at: Connection, system: str, resource: str, **values: Any) -> None:
    base = {"cursor": {}, "objects": 0} | values
    statement = _insert(at)(cursor).values(system=system, resource=resource, **base)
    at.execute(statement.on_conflict_do_update(index_elements=[cursor.c.system, cursor.c.resource], set_=values))


def cursors(at: Connection) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(row["system"], row["resource"]): dict(row) for row in at.execute(select(cursor)).mappings()}
