"""Objects that wait because they name, by another program's cross-reference, one that nobody has seen yet. A row of ``waiting`` each: the
object's own id and resource stand in it for record and field."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from hub.storage.tables import waiting

NAMES = "names"
CHUNK = 400


def since(at: Connection, system: str, resource: str, external_id: str, named: str, *, now: float) -> float:
    """Since when an object waits for the one that it names ("system|name"): from ``now`` where it did not wait before."""
    w = waiting.c
    which = (w.kind == NAMES) & (w.system == system) & (w.field == resource) & (w.record_id == external_id)
    found = at.execute(select(w.since).where(which)).scalar()
    if found is not None:
        return float(found)
    row = {"kind": NAMES, "name": "", "value": named, "system": system, "record_id": external_id, "field": resource, "since": now}
    at.execute(insert(waiting).values(**row))
    return now


def met(at: Connection, system: str, resource: str, ids: Sequence[str]) -> None:
    """These objects wait no longer."""
    w = waiting.c
    for start in range(0, len(ids), CHUNK):
        chunk = w.record_id.in_(ids[start : start + CHUNK])
        at.execute(delete(waiting).where(chunk, w.kind == NAMES, w.system == system, w.field == resource))
