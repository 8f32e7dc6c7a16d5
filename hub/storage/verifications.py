"""How far comparisons are, what they were shown, and what they found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from hub.storage.tables import audit, delivery, drift, link, record, seen, system_state
from hub.storage.tables import verification as table
from hub.storage.upsert import insert_into

Json = Any
CHUNK = 400
LOOKED_THROUGH = 1000  # records looked through at once for those that a system lacks


def get(at: Connection, system: str, resource: str) -> Mapping[str, Json]:
    """The comparison of a resource; an empty one where there was none yet."""
    row = at.execute(select(table).where(table.c.system == system, table.c.resource == resource)).mappings().first()
    empty = {"system": system, "resource": resource, "entity": "", "cursor": None, "began_at": None, "next_at": 0.0, "ended_at": None}
    return dict(row) if row else empty | {"found": {}, "last": {}, "error": None}


def put(at: Connection, system: str, resource: str, entity: str, **values: Json) -> None:
    base = {"entity": entity, "found": {}, "last": {}} | values
    statement = insert_into(at, table).values(system=system, resource=resource, **base)
    at.execute(statement.on_conflict_do_update(index_elements=[table.c.system, table.c.resource], set_=values))


def every(at: Connection) -> dict[tuple[str, str], Mapping[str, Json]]:
    """(system, resource) -> its comparison."""
    return {(row["system"], row["resource"]): dict(row) for row in at.execute(select(table)).mappings()}


def saw(at: Connection, system: str, resource: str, ids: Sequence[str]) -> None:
    if ids:
        rows = [{"system": system, "resource": resource, "external_id": one} for one in dict.fromkeys(ids)]
        at.execute(insert_into(at, seen).on_conflict_do_nothing(), rows)


def forget(at: Connection, system: str, resource: str, *, limit: int = 5000) -> int:
    """Drop what a comparison was shown, a bounded piece at a time. Returns how many went."""
    mine = (seen.c.system == system) & (seen.c.resource == resource)
    some = select(seen.c.external_id).where(mine).limit(limit)
    return int(at.execute(delete(seen).where(mine, seen.c.external_id.in_(some))).rowcount)


def not_seen(at: Connection, system: str, resource: str, *, after: str, limit: int = CHUNK) -> list[tuple[str, str]]:
    """(external id, record id) of live links that the comparison was not shown, in id order."""
    x = link.c
    shown = exists().where(seen.c.system == system, seen.c.resource == resource, seen.c.external_id == x.external_id)
    query = select(x.external_id, x.record_id).where(
        x.system == system, x.resource == resource, x.external_id > after, x.state == "live", ~shown
    )
    return [(str(i), str(r)) for i, r in at.execute(query.order_by(x.external_id).limit(limit))]


def unheld(at: Connection, system: str, entity: str, *, after: str) -> tuple[list[tuple[str, int]], str, bool]:
    """Of the next records of an entity, in id order, those with neither an object in the system nor a delivery to it: (id, version). And the last id that
    was looked at, and whether more may follow."""
    r = record.c
    some = select(r.id, r.version).where(r.entity == entity, r.merged_into.is_(None), r.id > after).order_by(r.id).limit(LOOKED_THROUGH)
    rows = at.execute(some).tuples().all()
    ids = [record_id for record_id, _ in rows]
    held: set[str] = set()
    for holding in (link, delivery):
        for start in range(0, len(ids), CHUNK):
            mine = (holding.c.system == system, holding.c.record_id.in_(ids[start : start + CHUNK]))
            held |= set(at.execute(select(holding.c.record_id).where(*mine)).scalars())
    return [(i, version) for i, version in rows if i not in held], ids[-1] if ids else after, len(ids) == LOOKED_THROUGH


def note(at: Connection, rows: Sequence[Mapping[str, Json]]) -> None:
    if rows:
        at.execute(insert(drift), [dict(row) for row in rows])


def drifts(at: Connection, *, limit: int = 200, before: int = 0, record_id: str = "", **filters: str) -> list[dict[str, Json]]:
    """Differences found, newest first."""
    query = select(drift).where(*(drift.c[name] == value for name, value in filters.items() if value))
    if before:
        query = query.where(drift.c.id < before)
    if record_id:
        query = query.where(drift.c.record_id == record_id)
    return [dict(row) for row in at.execute(query.order_by(drift.c.id.desc()).limit(limit)).mappings()]


def last_told(at: Connection, system: str, record_ids: Sequence[str]) -> dict[str, Mapping[str, Json]]:
    """Record id -> the newest row of the audit log about it and the system, or about it alone (a person's action)."""
    found: dict[str, Mapping[str, Json]] = {}
    for start in range(0, len(record_ids), CHUNK):
        some = sorted(set(record_ids))[start : start + CHUNK]
        query = select(audit).where(audit.c.record_id.in_(some), audit.c.system.in_((system, "", "hub"))).order_by(audit.c.id)
        found |= {row["record_id"]: dict(row) for row in at.execute(query).mappings()}
    return found


def verified(at: Connection, system: str, entity: str, moment: float | None) -> None:
    """Everything of an entity was compared since that moment, and what differed was taken care of."""
    query = select(system_state.c.verified).where(system_state.c.system == system).with_for_update()
    held = dict(at.execute(query).scalar() or {})
    held = {**held, entity: moment} if moment is not None else {name: at_ for name, at_ in held.items() if name != entity}
    at.execute(update(system_state).where(system_state.c.system == system).values(verified=held))
