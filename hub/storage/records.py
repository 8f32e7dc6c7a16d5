"""Records and their match keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from hub.storage.tables import match_key, record
from retry_queue.many import execute_many

CHUNK = 400


@dataclass(slots=True)
class Record:
    """One canonical object. ``data``: field -> value; ``provenance``: field -> [system, link id, time or None]."""

    id: str
    entity: str
    version: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, list[Any]] = field(default_factory=dict)
    merged_into: str | None = None
    created_at: float = 0.0
    updated_at: float = 0.0


class Moved(NamedTuple):
    """(record id, kind, value) of the match keys that records gained, and of those that they lost."""

    gained: set[tuple[str, str, str]]
    lost: set[tuple[str, str, str]]


COLUMNS = tuple(f.name for f in fields(Record))
MOVING = ("version", "data", "provenance", "merged_into", "updated_at")
WHOLE = select(*(record.c[name] for name in COLUMNS))  # a row is a Record's arguments, in order
BY_ID = WHOLE.where(record.c.id.in_(bindparam("some", expanding=True)))
KEYS_OF = select(match_key.c.record_id, match_key.c.kind, match_key.c.value).where(
    match_key.c.record_id.in_(bindparam("some", expanding=True))
)
LOSE_KEY = delete(match_key).where(
    match_key.c.entity == bindparam("e"),
    match_key.c.kind == bindparam("k"),
    match_key.c.value == bindparam("v"),
    match_key.c.record_id == bindparam("r"),
)
ADD = insert(record)
SAVE = update(record).where(record.c.id == bindparam("key")).values({name: bindparam(name) for name in MOVING})
ADD_KEYS = insert(match_key)


def load(at: Connection, ids: Iterable[str]) -> dict[str, Record]:
    wanted = sorted(set(ids))
    found: dict[str, Record] = {}
    for start in range(0, len(wanted), CHUNK):
        for row in at.execute(BY_ID, {"some": wanted[start : start + CHUNK]}).all():
            found[row.id] = Record(*row)
    return found


def living(at: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Of these records, those that were merged into another -> the one that is left of them."""
    heirs: dict[str, str] = {}
    wanted, asked = set(ids), set[str]()
    while wanted:
        asked |= wanted
        found = {one.id: one.merged_into for one in load(at, wanted).values() if one.merged_into}
        heirs |= found
        wanted = set(found.values()) - asked
    ends = {}
    for ident in set(heirs) & set(ids):
        end = heirs[ident]
        while end in heirs:
            end = heirs[end]
        ends[ident] = end
    return ends


def add(at: Connection, records: Sequence[Record]) -> None:
    execute_many(at, ADD, [_row(r) for r in records])


def save(at: Connection, records: Sequence[Record]) -> None:
    execute_many(at, SAVE, [{"key": r.id} | {n: getattr(r, n) for n in MOVING} for r in records])


def _row(r: Record) -> dict[str, Any]:
    return {name: getattr(r, name) for name in COLUMNS}


def holders(at: Connection, entity: str, keys: Iterable[tuple[str, str]], *, most: int) -> dict[tuple[str, str], list[str]]:
    """(kind, value) -> ids of the records that hold this match key; of a key that many share, one more than ``most`` and no further."""
    wanted: dict[str, list[str]] = {}
    for kind, value in sorted(set(keys)):
        wanted.setdefault(kind, []).append(value)
    found: dict[tuple[str, str], list[str]] = {}
    for kind, values in wanted.items():  # kind by kind: for pairs SQLite would read all keys of the entity
        for start in range(0, len(values), CHUNK):
            for value, record_id in at.execute(_held(entity, kind, values[start : start + CHUNK], most)).tuples():
                found.setdefault((kind, value), []).append(record_id)
    return found


def _held(entity: str, kind: str, values: Sequence[str], most: int) -> Select[Any]:
    k = match_key.c
    place = func.row_number().over(partition_by=k.value, order_by=k.record_id).label("place")
    held = select(k.value, k.record_id, place).where(k.entity == entity, k.kind == kind, k.value.in_(values)).subquery()
    return select(held.c.value, held.c.record_id).where(held.c.place <= most + 1).order_by(held.c.record_id)


def held_twice(at: Connection, entity: str, kind: str, *, limit: int) -> list[str]:
    """Values of match keys of this kind that more than one record holds."""
    k = match_key.c
    query = select(k.value).where(k.entity == entity, k.kind == kind).group_by(k.value).having(func.count() > 1)
    return list(at.execute(query.limit(limit)).scalars())


def gone_into(at: Connection, ids: Iterable[str]) -> list[Record]:
    """The records that were merged into these."""
    query = WHOLE.where(record.c.merged_into.in_(sorted(ids))).order_by(record.c.id)
    return [Record(*row) for row in at.execute(query)]


def set_keys(at: Connection, entity: str, keys: Mapping[str, set[tuple[str, str]]]) -> Moved:
    """Replace the match keys of records: record id -> {(kind, value)}."""
    ids = sorted(keys)
    held: dict[str, set[tuple[str, str]]] = {record_id: set() for record_id in ids}
    for start in range(0, len(ids), CHUNK):
        for record_id, kind, value in at.execute(KEYS_OF, {"some": ids[start : start + CHUNK]}).all():
            held[record_id].add((kind, value))
    moved = Moved({(r, *key) for r in ids for key in keys[r] - held[r]}, {(r, *key) for r in ids for key in held[r] - keys[r]})
    execute_many(at, LOSE_KEY, [{"e": entity, "k": k, "v": v, "r": r} for r, k, v in sorted(moved.lost)])
    execute_many(at, ADD_KEYS, [{"entity": entity, "kind": k, "value": v, "record_id": r} for r, k, v in sorted(moved.gained)])
    return moved


def keys_of(at: Connection, record_ids: Iterable[str], kind: str) -> dict[str, set[str]]:
    """Record id -> its keys of this kind; those without any are left out."""
    k, found, ids = match_key.c, dict[str, set[str]](), sorted(record_ids)
    for start in range(0, len(ids), CHUNK):
        query = select(k.record_id, k.value).where(k.record_id.in_(ids[start : start + CHUNK]), k.kind == kind)
        for record_id, value in at.execute(query):
            found.setdefault(record_id, set()).add(value)
    return found
