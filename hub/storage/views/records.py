"""Records: looked for, shown with everything around them, and named beside rows of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, union_all

from hub.storage.tables import (
    audit,
    audit_body,
    delivery,
    directory,
    field_problem,
    link,
    match_key,
    record,
    waiting,
)
from hub.storage.views.lists import duplicates

Json = Any


def search(
    at: Connection,
    text: str,
    keys: Sequence[tuple[str, str]],
    *,
    entities: Sequence[str],
    places: Mapping[str, Sequence[str]],
    limit: int = 50,
) -> list[dict[str, Json]]:
    """Records by id, by key (``keys``: kind and value), or by remote id (``places``: system -> its resources), the newest of those that share
    a key. Every part is answered from an index, and reads ``limit`` rows of it at most: the same over a thousand records and over a million."""
    text = text.strip()
    if not text:
        return []
    ids = {text, *at.execute(_holding_any(keys, entities, limit)).scalars()} if keys and entities else {text}
    for system, resources in places.items():
        there = (link.c.system == system, link.c.resource.in_(list(resources)), link.c.external_id == text)
        ids |= {str(found) for found in at.execute(select(link.c.record_id).where(*there).limit(limit)).scalars()}
    query = select(record).where(record.c.id.in_(sorted(ids))).order_by(record.c.entity, record.c.updated_at.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def _holding_any(keys: Sequence[tuple[str, str]], entities: Sequence[str], limit: int) -> Any:
    """Ids of records under any of the keys: one walk of the index for each entity and key, from its newest end, never further than ``limit``."""
    k = match_key.c
    walks = [
        select(k.record_id).where(k.entity == entity, k.kind == kind, k.value == value).order_by(k.record_id.desc()).limit(limit).subquery()
        for entity in entities
        for kind, value in keys
    ]
    return union_all(*(select(walk.c.record_id) for walk in walks))


def days_of(at: Connection, number: str, among: Iterable[date], *, limit: int = 5) -> list[str]:
    """The latest of these days, as 2026-11-25, of which documents of this number are known. ``number``: as in the keys of kind receipt_day."""
    k, values = match_key.c, [f"{number}|{day.isoformat()}" for day in among]
    mine = (k.entity.in_(("order", "return")), k.kind == "receipt_day", k.value.in_(values))
    found = set(at.execute(select(k.value).where(*mine)).scalars())
    return [value.rpartition("|")[2] for value in sorted(found, reverse=True)[:limit]]


def holding(at: Connection, entity: str, kind: str, record_id: str, *, limit: int = 50) -> list[dict[str, Json]]:
    """The newest records of an entity that refer to this customer or product, which is the ``kind``."""
    mine = select(match_key.c.record_id).where(match_key.c.entity == entity, match_key.c.kind == kind, match_key.c.value == record_id)
    query = select(record).where(record.c.id.in_(mine)).order_by(record.c.id.desc()).limit(limit)
    return [dict(row) for row in at.execute(query).mappings()]


def record_page(at: Connection, record_id: str, *, lines: int = 100) -> dict[str, Json] | None:
    """Everything about one record: itself, links, deliveries by system, problems of its fields, what it waits for, time line."""
    row = at.execute(select(record).where(record.c.id == record_id)).mappings().first()
    if row is None:
        return None
    linked = select(link).where(link.c.record_id == record_id).order_by(link.c.system, link.c.role.desc())
    story = (
        select(audit, audit_body.c.before, audit_body.c.after)
        .outerjoin(audit_body, audit_body.c.audit_id == audit.c.id)
        .where(audit.c.record_id == record_id)
        .order_by(audit.c.id.desc())
        .limit(lines)
    )
    return {
        "record": dict(row),
        "links": [dict(x) for x in at.execute(linked).mappings()],
        "deliveries": {x["system"]: dict(x) for x in at.execute(select(delivery).where(delivery.c.record_id == record_id)).mappings()},
        "problems": [dict(x) for x in at.execute(select(field_problem).where(field_problem.c.record_id == record_id)).mappings()],
        "waiting": [dict(x) for x in at.execute(select(waiting).where(waiting.c.record_id == record_id)).mappings()],
        "duplicates": duplicates(at, record_id=record_id),
        "timeline": [dict(x) for x in at.execute(story).mappings()],
    }


def stands_in(at: Connection, record_id: str, system: str) -> bool:
    """Whether a system holds an object of the record."""
    there = (link.c.record_id == record_id, link.c.system == system, link.c.external_id.is_not(None))
    return at.execute(select(link.c.id).where(*there).limit(1)).first() is not None


def data_of(at: Connection, record_ids: Sequence[str]) -> dict[str, dict[str, Json]]:
    """Record id -> its data, for names beside rows of a list."""
    found: dict[str, dict[str, Json]] = {}
    wanted = sorted(set(record_ids))
    for start in range(0, len(wanted), 400):
        query = select(record.c.id, record.c.data).where(record.c.id.in_(wanted[start : start + 400]))
        found |= {row.id: row.data for row in at.execute(query)}
    return found


def entities_of(at: Connection, record_ids: Sequence[str]) -> list[dict[str, Json]]:
    """(id, entity) of records."""
    found: list[dict[str, Json]] = []
    wanted = sorted(set(record_ids))
    for start in range(0, len(wanted), 400):
        query = select(record.c.id, record.c.entity).where(record.c.id.in_(wanted[start : start + 400]))
        found += [dict(row) for row in at.execute(query).mappings()]
    return found


def titles(at: Connection) -> dict[tuple[str, str], tuple[str, str]]:
    """(directory, canonical value) -> its titles in Russian and English."""
    t = directory.c
    return {(name, value): (ru, en) for name, value, ru, en in at.execute(select(t.name, t.value, t.title_ru, t.title_en))}
