"""Objects that wait because they name, by another program's cross-reference, one that nobody has seen yet. A row of ``waiting`` each: the
object's own id and resource stand in it for record and field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


def waiting_for(at: Connection, names: Iterable[str]) -> list[tuple[str, str, str]]:
    """(system, resource, id) of the objects that wait for any of these ("system|name")."""
    w, wanted = waiting.c, sorted(set(names))
    found: list[tuple[str, str, str]] = []
    for start in range(0, len(wanted), CHUNK):
        query = select(w.system, w.field, w.record_id).where(w.kind == NAMES, w.name == "", w.value.in_(wanted[start : start + CHUNK]))
        found += at.execute(query).tuples()
    return sorted(set(found))


def named(at: Connection, system: str, names: Iterable[str]) -> set[str]:
    """Those of the names for which an object of the system waits."""
    w, wanted, found = waiting.c, sorted(set(names)), set[str]()
    for start in range(0, len(wanted), CHUNK):
        within = (w.name == "") & w.value.in_(wanted[start : start + CHUNK])
        found |= set(at.execute(select(w.value).where(w.kind == NAMES, within, w.system == system)).scalars())
    return found


def met(at: Connection, system: str, resource: str, ids: Sequence[str]) -> None:
    """These objects wait no longer."""
    w = waiting.c
    for start in range(0, len(ids), CHUNK):
        chunk = w.record_id.in_(ids[start : start + CHUNK])
        at.execute(delete(waiting).where(chunk, w.kind == NAMES, w.system == system, w.field == resource))
