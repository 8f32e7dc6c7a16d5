"""Records that name a customer and stand in a system already. One that was written before its customer was there went without; once the
customer is there it is owed again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from hub.storage import links as link_rows
from hub.storage.tables import match_key, record

NAMING = {"customer": ("call", "order")}  # entity -> those that name it, by a key whose kind is its name
CHUNK = 400


def standing(at: Connection, system: str, entity: str, ids: Sequence[str]) -> list[tuple[str, str, str, int]]:
    """(system, entity, record id, version) of what names any of these records and stands in the system."""
    k, r, naming = match_key.c, record.c, list[str]()
    for start in range(0, len(ids) if entity in NAMING else 0, CHUNK):
        these = (k.entity.in_(NAMING[entity]), k.kind == entity, k.value.in_(ids[start : start + CHUNK]))
        naming += at.execute(select(k.record_id).where(*these)).scalars()
    there = sorted(one.record_id for one in link_rows.primaries(at, system, naming).values() if one.external_id)
    found: list[tuple[str, str, str, int]] = []
    for start in range(0, len(there), CHUNK):
        rows = at.execute(select(r.entity, r.id, r.version).where(r.id.in_(there[start : start + CHUNK]))).tuples()
        found += [(system, *row) for row in rows]
    return found
