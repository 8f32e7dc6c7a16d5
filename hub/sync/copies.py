"""Copies: documents that a base holds of another's (`replica_of`). They are read for their links alone: what refers to one leads to the record
of the original, and an order that one names is the original's. A copy without an original waits for it, and never is a purchase of its own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from hub.storage import awaited, receipts
from hub.storage import links as link_rows
from hub.storage.links import Link
from hub.sync.context import STAND_IN, BatchContext
from hub.sync.fulfilment import FULFILMENT, Moved, join

COPY = "copy"  # role of a link
COPIES = "copies"  # kind of the rows of what waits for its original
Document = tuple[str, str, str]  # system, resource, external id


def await_original(at: Connection, source: str, entity: str, copy: Document, *, now: float) -> None:
    """Remember that a copy waits for the document of ``source`` that it is of, which has the same id there."""
    system, resource, ident = copy
    row = {"kind": COPIES, "name": entity, "value": f"{source}|{ident}", "system": system, "record_id": ident, "field": resource}
    awaited.put(at, row | {"since": now})


def waiting_for(at: Connection, system: str, entity: str, originals: Sequence[str]) -> list[Document]:
    """Copies that wait for any of these documents of a system."""
    return [one[:3] for one in awaited.of(at, COPIES, entity, [f"{system}|{ident}" for ident in originals])]


def met(at: Connection, system: str, resource: str, copies: Sequence[str]) -> None:
    """These copies wait no longer."""
    awaited.met(at, COPIES, system, resource, copies)


def follow(at: Connection, copy: Link, source: str, order: str, context: BatchContext, *, now: float) -> Moved:
    """A copy names an order: then its original is a document of that order, though it may not say so itself."""
    original = link_rows.by_external(at, source, copy.resource, [copy.external_id or ""]).get(copy.external_id or "")
    if not order or original is None or original.role == FULFILMENT:
        return Moved()
    target = context.ref(copy.entity, order)
    if target is None or target == STAND_IN:
        receipts.await_order(at, copy.system, copy.entity, order, (copy.resource, copy.external_id or ""), now=now)
        return Moved(order=order)
    receipts.met(at, copy.system, copy.resource, [copy.external_id or ""])
    if target == original.record_id:
        return Moved()
    moved = join(at, original, target, now=now)
    copy.record_id = target
    return Moved(moved.touched, [*moved.changed, copy])
