"""Records that name a customer and stand in a system already. One that was written before its customer was there went without; once the
customer is there it is owed again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from hub.storage.tables import link, match_key, record

NAMING = {"customer": ("call", "order")}  # entity -> those that name it, by a key whose kind is its name
CHUNK = 400


def standing(at: Connection, system: str, entity: str, ids: Sequence[str]) -> list[tuple[str, str, str, int]]:
    """(system, entity, record id, version) of what names any of these records and stands in the system."""
    k, l, r = match_key.c, link.c, record.c  # noqa: E741
    found: list[tuple[str, str, str, int]] = []
    if entity not in NAMING:
        return found
    query = (
        select(l.system, r.entity, r.id, r.version)
        .select_from(match_key.join(link, l.record_id == k.record_id).join(record, r.id == k.record_id))
        .where(k.kind == entity, k.entity.in_(NAMING[entity]), l.system == system, l.role == "primary", l.external_id.is_not(None))
    )
    for start in range(0, len(ids), CHUNK):
        found += [(*row,) for row in at.execute(query.where(k.value.in_(ids[start : start + CHUNK]))).tuples()]
    return found
