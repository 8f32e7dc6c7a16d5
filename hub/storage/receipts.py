"""Receipts that name an order which no link knows yet. A row of ``waiting`` each: the receipt's own id and resource stand in it for record
and field; the row goes once the receipt is linked to its order."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from hub.storage import awaited
from hub.storage.tables import waiting

FULFILS, ABSENT = "fulfils", "absent"
Receipt = tuple[str, str, str]  # system, resource, external id


def await_order(at: Connection, system: str, entity: str, order: str, receipt: tuple[str, str], *, now: float) -> None:
    """Remember that a receipt (resource, id) waits for the order that it names."""
    row = {"kind": FULFILS, "name": entity, "value": order, "system": system, "record_id": receipt[1], "field": receipt[0], "since": now}
    awaited.put(at, row)


def met(at: Connection, system: str, resource: str, receipts: Sequence[str]) -> None:
    """These receipts wait no longer."""
    awaited.met(at, FULFILS, system, resource, receipts)


def waiting_for(at: Connection, system: str, entity: str, orders: Sequence[str]) -> list[Receipt]:
    """Receipts that wait for any of these orders."""
    return sorted({one[:3] for one in awaited.of(at, FULFILS, entity, orders, system=system)})


def overdue(at: Connection, *, before: float, limit: int = 200) -> list[tuple[str, str, str]]:
    """(system, entity, order) that receipts have waited for since before that moment, longest first."""
    w = waiting.c
    query = select(w.system, w.name, w.value).where(w.kind == FULFILS, w.since < before).order_by(w.since).limit(limit)
    return list(dict.fromkeys(at.execute(query).tuples()))


def asked(at: Connection, system: str, entity: str, order: str, *, now: float) -> None:
    """The order was asked for once more: it counts as waited for from ``now`` on, which may lie ahead."""
    w = waiting.c
    which = (w.kind == FULFILS) & (w.name == entity) & (w.value == order) & (w.system == system)
    at.execute(update(waiting).where(which).values(since=now))


def set_absent(at: Connection, system: str, entity: str, order: str, *, now: float) -> None:
    """The system itself does not know the order: what names it is a purchase of its own, until the order should come after all."""
    awaited.put(at, {"kind": ABSENT, "name": entity, "value": order, "system": system, "record_id": "", "field": "", "since": now})


def is_absent(at: Connection, system: str, entity: str, order: str) -> bool:
    w = waiting.c
    which = (w.kind == ABSENT) & (w.name == entity) & (w.value == order) & (w.system == system)
    return at.execute(select(w.since).where(which)).first() is not None
