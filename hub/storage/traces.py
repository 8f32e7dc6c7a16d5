"""Where a person's values stand: found, and taken out. What is asked by ids costs little; what is asked by words reads whole tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, func, or_, select, update

from hub.storage import inbox as inbox_rows
from hub.storage.tables import (
    Json,
    audit,
    audit_body,
    brake,
    conflict,
    delivery,
    duplicate,
    field_problem,
    inbox,
    match_key,
    parked,
    record,
    stand_in,
    union_step,
    waiting,
    weighed,
)

Value = Any
CHUNK = 400
OWN_ROWS = ((match_key, "record_id"), (conflict, "record_id"), (field_problem, "record_id"), (waiting, "record_id"), (delivery, "record_id"),
            (duplicate, "record_a"), (duplicate, "record_b"), (union_step, "kept"), (union_step, "other"), (record, "id"))  # fmt: skip


def of_one_person(at: Connection, record_id: str) -> list[str]:
    """The record, the one that it was merged into, and all that were merged into that one."""
    top = record_id
    while (above := at.execute(select(record.c.merged_into).where(record.c.id == top)).scalar()) is not None:
        top = above
    ids, below = [top], [top]
    while below := list(at.execute(select(record.c.id).where(record.c.merged_into.in_(below))).scalars()):
        ids += below
    return ids


def holding(at: Connection, kind: str, values: Iterable[str], entities: Sequence[str]) -> list[str]:
    """Ids of records of these entities under any of the keys of one kind."""
    k = match_key.c
    found: list[str] = []
    for chunk in _chunks(values):
        query = select(k.record_id).where(k.entity.in_(entities), k.kind == kind, k.value.in_(chunk))
        found += at.execute(query.distinct().order_by(k.record_id)).scalars()
    return found


def being_written(at: Connection, ids: Sequence[str]) -> bool:
    """Whether a write of any of the records is under way."""
    d = delivery.c
    query = (select(d.id).where(d.record_id.in_(chunk), d.state == "leased").limit(1) for chunk in _chunks(ids))
    return any(at.execute(one).first() for one in query)


def forget(at: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Delete every row of these records but for their links. Returns table -> rows."""
    counts: dict[str, int] = {"audit_body": forget_bodies(at, ids)}
    for table, name in OWN_ROWS:
        counts[str(table.name)] = counts.get(str(table.name), 0) + _delete(at, table, table.c[name], ids)
    return counts


def forget_stand_ins(at: Connection, objects: Iterable[tuple[str, str]]) -> None:
    """Delete proposals that name these objects (system, id)."""
    for system, external_id in objects:
        at.execute(delete(stand_in).where(stand_in.c.system == system, stand_in.c.external_id == external_id))


def forget_bodies(at: Connection, ids: Sequence[str], chosen: Callable[[Value, Value], bool] | None = None) -> int:
    """Delete the values, and the salts of their digests, that stand beside audit rows of these records: all, or those ``chosen``."""
    count = 0
    for chunk in _chunks(ids):
        rows = select(audit_body.c.audit_id, audit_body.c.before, audit_body.c.after)
        rows = rows.join(audit, audit.c.id == audit_body.c.audit_id).where(audit.c.record_id.in_(chunk))
        gone = [number for number, before, after in at.execute(rows) if chosen is None or chosen(before, after)]
        for start in range(0, len(gone), CHUNK):
            count += at.execute(delete(audit_body).where(audit_body.c.audit_id.in_(gone[start : start + CHUNK]))).rowcount
    return count


def forget_fields(at: Connection, ids: Sequence[str], names: Iterable[str]) -> int:
    """Delete conflicts and problems of these fields of the records, and what the vendors said of their deliveries."""
    fields, count = sorted(names), 0
    for chunk in _chunks(ids):
        for table in (conflict, field_problem):
            count += at.execute(delete(table).where(table.c.record_id.in_(chunk), table.c.field.in_(fields))).rowcount
        told = (delivery.c.record_id.in_(chunk), delivery.c.error_text != "")
        count += at.execute(update(delivery).where(*told).values(error_text="")).rowcount
    return count


def forget_samples(at: Connection, ids: Sequence[str]) -> int:
    """Take the records out of the samples of brakes and of counted runs."""
    gone, count = set(ids), 0
    for row in at.execute(select(brake.c.id, brake.c.sample)).all():
        if (left := _without(row.sample, gone)) != row.sample:
            count += at.execute(update(brake).where(brake.c.id == row.id).values(sample=left)).rowcount
    w = weighed.c
    for run, system, entity, counts in at.execute(select(w.run, w.system, w.entity, w.counts)).tuples().all():
        if (left := _without(counts, gone)) != counts:
            here = (w.run == run, w.system == system, w.entity == entity)
            count += at.execute(update(weighed).where(*here).values(counts=left)).rowcount
    return count


def _without(value: Value, gone: set[str]) -> Value:
    """A value without the examples that speak of these records."""
    if isinstance(value, list):
        return [_without(one, gone) for one in value if not (isinstance(one, dict) and one.get("record") in gone)]
    return {name: _without(one, gone) for name, one in value.items()} if isinstance(value, dict) else value


def forget_parked(at: Connection, words: Sequence[str]) -> int:
    """Delete parked objects in which any of the words stands."""
    return at.execute(delete(parked).where(_any_in([parked.c.data, parked.c.reason], words, at))).rowcount if words else 0


def parked_with(at: Connection, words: Sequence[str], *, limit: int = 3) -> list[dict[str, Value]]:
    """Parked objects in which any of the words stands, newest first."""
    if not words:
        return []
    query = select(parked.c.system, parked.c.resource, parked.c.reason).where(_any_in([parked.c.data], words, at))
    return [dict(row) for row in at.execute(query.order_by(parked.c.id.desc()).limit(limit)).mappings()]


def forget_inbox(at: Connection, objects: Iterable[tuple[str, str, str]], words: Sequence[str], *, now: float) -> int:
    """Take these objects (system, resource, id), and all in which any of the words stands, out of the inbox: they become hints."""
    i = inbox.c
    query = select(i.id, i.system, i.resource, i.external_id).where(i.data.is_not(None))
    rows = [row for s, r, e in objects for row in at.execute(query.where(i.system == s, i.resource == r, i.external_id == e))]
    rows += at.execute(query.where(_any_in([i.data], words, at))).all() if words else []
    inbox_rows.done(at, [row.id for row in rows])
    places = sorted({(row.system, row.resource, row.external_id) for row in rows})
    hint = {"kind": "hint", "looked_at": now, "received_at": now, "due_at": now}
    inbox_rows.put(at, [hint | {"system": s, "resource": r, "external_id": e} for s, r, e in places])
    return len(rows)


def found(at: Connection, metadata: MetaData, words: Sequence[str]) -> dict[str, int]:
    """Table -> rows in which any of the words still stands."""
    counts = {}
    for table in metadata.sorted_tables:
        columns = [c for c in table.columns if isinstance(c.type, (Text, Json))]
        if words and columns and (n := at.execute(select(func.count()).select_from(table).where(_any_in(columns, words, at))).scalar_one()):
            counts[str(table.name)] = int(n)
    return counts


def _any_in(columns: Sequence[Column[Any]], words: Sequence[str], at: Connection) -> Any:
    """Any of the words stands in any of the columns. Words are looked for as JSON writes them."""
    place = func.strpos if at.dialect.name == "postgresql" else func.instr
    spelt = sorted({orjson.dumps(word).decode()[1:-1] for word in words})
    return or_(*(place(func.coalesce(column, "", type_=Text), word) > 0 for column in columns for word in spelt))


def _delete(at: Connection, table: Table, column: Column[Any], ids: Sequence[str]) -> int:
    return sum(at.execute(delete(table).where(column.in_(chunk))).rowcount for chunk in _chunks(ids))


def _chunks(values: Iterable[str]) -> Iterable[list[str]]:
    wanted = sorted(set(values))
    return (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))
