"""What waits for a person or for another object: duplicates, unknown directory values, waiting fields, field problems."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, or_, select

from hub.storage.records import holders
from hub.storage.tables import duplicate, field_problem, lookup, waiting
from hub.storage.upsert import insert_into

SHARED = 20  # records that may share a key and still be asked about


def open_duplicate(at: Connection, entity: str, a: str, b: str, reason: str, *, now: float) -> None:
    """A pair of records that may be one person. A decided pair stays decided."""
    first, second = sorted((a, b))
    row = {"id": uuid.uuid4().hex, "entity": entity, "record_a": first, "record_b": second, "reason": reason, "opened_at": now}
    at.execute(insert_into(at, duplicate).values(**row).on_conflict_do_nothing())


def open_alike(at: Connection, entity: str, keys: Iterable[tuple[str, str]], reason: str, *, now: float) -> bool:
    """Pairs of the records that share any of these match keys; whether there are any. A key of very many is nobody's own."""
    found = False
    for ids in holders(at, entity, keys, most=SHARED).values():
        for one, other in combinations(ids, 2) if len(ids) <= SHARED else ():
            open_duplicate(at, entity, one, other, reason, now=now)
            found = True
    return found


def take_waiting_for(at: Connection, kind: str, name: str, values: Sequence[str], system: str) -> list[str]:
    """Records whose fields waited for these; they are no longer waiting."""
    found: set[str] = set()
    for start in range(0, len(values), 400):
        chunk = waiting.c.value.in_(values[start : start + 400])
        which = (waiting.c.kind == kind) & (waiting.c.name == name) & (waiting.c.system == system) & chunk
        waited = set(at.execute(select(waiting.c.record_id).where(which)).scalars())
        if waited:
            at.execute(delete(waiting).where(which))
        found |= waited
    return sorted(found)


def waiting_longer(at: Connection, kind: str, *, before: float, limit: int = 200) -> list[str]:
    """Records with a field that has waited for something of this kind since before that moment, longest first."""
    query = select(waiting.c.record_id).where(waiting.c.kind == kind, waiting.c.since < before).order_by(waiting.c.since).limit(limit)
    return list(dict.fromkeys(at.execute(query).scalars()))


def set_waiting(at: Connection, record_ids: Sequence[str], rows: Iterable[tuple[str, str, str, str, str, str]], *, now: float) -> None:
    """Replace what the records wait for. Rows: (kind, name, value, system, record id, field)."""
    for start in range(0, len(record_ids), 400):
        at.execute(delete(waiting).where(waiting.c.record_id.in_(record_ids[start : start + 400])))
    names = ("kind", "name", "value", "system", "record_id", "field")
    values = [dict(zip(names, row, strict=True)) | {"since": now} for row in sorted(set(rows))]
    if values:
        at.execute(insert(waiting), values)


def set_problems(at: Connection, record_ids: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace the field problems of records."""
    for start in range(0, len(record_ids), 400):
        at.execute(delete(field_problem).where(field_problem.c.record_id.in_(record_ids[start : start + 400])))
    unique = {(row["link_id"], row["path"]): dict(row) for row in rows}
    if unique:
        at.execute(insert(field_problem), list(unique.values()))


def learn_lookups(at: Connection, system: str, rows: Iterable[tuple[str, str, Any]], *, now: float) -> list[str]:
    """Keep answers of a lookup: (name, key, remote or None). Returns the records that waited for any of them."""
    woken: set[str] = set()
    for name, key, remote in rows:
        text = None if remote is None else orjson.dumps(remote, option=orjson.OPT_SORT_KEYS).decode()
        statement = insert_into(at, lookup).values(system=system, name=name, key=key, remote=text, asked_at=now)
        index = [lookup.c.system, lookup.c.name, lookup.c.key]
        at.execute(statement.on_conflict_do_update(index_elements=index, set_={"remote": text, "asked_at": now}))
        values = [key] if text is None else [key, text]
        which = (waiting.c.kind == "lookup") & (waiting.c.name == name) & or_(*(waiting.c.value == v for v in values))
        woken.update(at.execute(select(waiting.c.record_id).where(which)).scalars())
    return sorted(woken)
