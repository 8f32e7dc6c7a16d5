"""Objects that wait for another one which no link knows yet: a receipt for the order that it names, an object for one that another program's
cross-reference in it names. A row of ``waiting`` each: the object's own id and resource stand in it for record and field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from hub.storage.tables import waiting
from hub.storage.upsert import insert_into

NAMES = "names"  # kind of the rows for cross-references; their value is "system|name", their name is empty
CHUNK = 400


class Waiting(NamedTuple):
    """One object that waits: where it is, its id, and what it waits for."""

    system: str
    resource: str
    external_id: str
    value: str


def of(at: Connection, kind: str, name: str, values: Iterable[str], *, system: str = "") -> list[Waiting]:
    """The objects, of one system where it is named, that wait for any of these values."""
    w, wanted, found = waiting.c, sorted(set(values)), list[Waiting]()
    query = select(w.system, w.field, w.record_id, w.value).where(w.kind == kind, w.name == name)
    query = query.where(w.system == system) if system else query
    for start in range(0, len(wanted), CHUNK):
        found += [Waiting(*row) for row in at.execute(query.where(w.value.in_(wanted[start : start + CHUNK])))]
    return sorted(found)


def met(at: Connection, kind: str, system: str, resource: str, ids: Sequence[str]) -> None:
    """These objects wait no longer."""
    w = waiting.c
    for start in range(0, len(ids), CHUNK):
        chunk = w.record_id.in_(ids[start : start + CHUNK])
        at.execute(delete(waiting).where(chunk, w.kind == kind, w.system == system, w.field == resource))


def put(at: Connection, row: Mapping[str, object]) -> None:
    """Remember that something waits; what waits already goes on waiting."""
    at.execute(insert_into(at, waiting).values(**row).on_conflict_do_nothing())


def add(at: Connection, system: str, resource: str, external_id: str, named: str, *, now: float) -> bool:
    """An object waits for the one that its cross-reference names. Returns whether it did not yet."""
    w = waiting.c
    mine = (w.kind == NAMES) & (w.system == system) & (w.field == resource) & (w.record_id == external_id) & (w.value == named)
    if at.execute(select(w.since).where(mine)).first() is not None:
        return False
    put(at, {"kind": NAMES, "name": "", "value": named, "system": system, "record_id": external_id, "field": resource, "since": now})
    return True


def since(at: Connection, system: str, resource: str, external_id: str, named: str, *, now: float) -> float:
    """Since when an object waits for the one that its cross-reference names: from ``now`` where it did not wait before."""
    w = waiting.c
    which = (w.kind == NAMES) & (w.system == system) & (w.field == resource) & (w.record_id == external_id)
    found = at.execute(select(w.since).where(which)).scalar()
    if found is not None:
        return float(found)
    row = {"kind": NAMES, "name": "", "value": named, "system": system, "record_id": external_id, "field": resource, "since": now}
    at.execute(insert(waiting).values(**row))
    return now
