"""Records that name a customer, a product or an order, asked for in one way by whoever turns them over: a merge of records, a decision that one is
nobody, and a customer who comes at last, for what was written before the customer was there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from hub.storage import links as link_rows
from hub.storage.tables import match_key, record

# entity -> those that name it, by a key whose kind is its name
NAMING = {
    "customer": ("call", "call_request", "call_task", "message", "order", "segment_membership"),
    "product": ("stock",),
    "order": ("loyalty_operation", "return"),
}
CHUNK = 400


def naming(at: Connection, entity: str, ids: Sequence[str]) -> list[str]:
    """Ids of all records that name any of these, each once, in their order."""
    k, found = match_key.c, set[str]()
    for start in range(0, len(ids) if entity in NAMING else 0, CHUNK):
        these = (*_by(entity), k.value.in_(ids[start : start + CHUNK]))
        found |= set(at.execute(select(k.record_id).where(*these)).scalars())
    return sorted(found)


def page(at: Connection, entity: str, ident: str, *, after: str = "", limit: int = CHUNK) -> list[str]:
    """Like :func:`naming`, of one record that very many may name: the next ``limit`` ids past one."""
    k = match_key.c
    mine = (*_by(entity), k.value == ident, k.record_id > after)
    return list(at.execute(select(k.record_id).where(*mine).order_by(k.record_id).limit(limit)).scalars())


def orders_of(at: Connection, customers: Sequence[str]) -> list[tuple[str, Mapping[str, Any]]]:
    """(customer, data) of the orders of these customers."""
    k, r, found = match_key.c, record.c, list[tuple[str, Mapping[str, Any]]]()
    for start in range(0, len(customers), CHUNK):
        some = [one.casefold() for one in customers[start : start + CHUNK]]
        query = select(k.value, r.data).join(record, r.id == k.record_id)
        found += at.execute(query.where(k.entity == "order", k.kind == "customer", k.value.in_(some), r.merged_into.is_(None))).tuples()
    return found


def _by(entity: str) -> tuple[ColumnElement[bool], ...]:
    k = match_key.c
    return k.entity.in_(NAMING[entity]), k.kind == entity


def owed(at: Connection, system: str, entity: str, ids: Sequence[str]) -> list[tuple[str, str, str, int]]:
    """(system, entity, record id, version) of all that names any of these records, whether it stands in the system or not: a place of stock
    can be told only once its product is there."""
    return _versions(at, system, naming(at, entity, ids))


def standing(at: Connection, system: str, entity: str, ids: Sequence[str]) -> list[tuple[str, str, str, int]]:
    """(system, entity, record id, version) of what names any of these records and stands in the system."""
    named = naming(at, entity, ids)
    there = sorted(one.record_id for one in link_rows.primaries(at, system, named).values() if one.external_id)
    return _versions(at, system, there)


def owed_of(at: Connection, system: str, entity: str, ids: Sequence[str], kinds: Collection[str]) -> list[tuple[str, str, str, int]]:
    """Like :func:`owed`, of these entities alone: facts that could not be told of somebody who was not there yet."""
    return [row for row in owed(at, system, entity, ids) if row[1] in kinds] if kinds else []


def _versions(at: Connection, system: str, ids: Sequence[str]) -> list[tuple[str, str, str, int]]:
    r, found = record.c, list[tuple[str, str, str, int]]()
    for start in range(0, len(ids), CHUNK):
        rows = at.execute(select(r.entity, r.id, r.version).where(r.id.in_(ids[start : start + CHUNK]))).tuples()
        found += [(system, *row) for row in rows]
    return found
