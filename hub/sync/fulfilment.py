"""Fulfilment: a receipt or shipment that names an order adds to that order and never becomes a second one, whichever comes first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from connectors.contract import ResourceManifest
from hub.entities.totals import money
from hub.storage import links as link_rows
from hub.storage import naming, receipts, reviews
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync.context import STAND_IN, BatchContext, last_part
from hub.sync.observe import empty
from hub.sync.returned import RETURN
from hub.sync.statement import Said
from mappings import Mapping as CompiledMapping
from mappings import Read

Json = Any
FULFILMENT = "fulfilment"  # role of a link
PAYMENTS = "payments"
ADDS = frozenset(
    {
        "paid", "closed", PAYMENTS, "receipt.number", "receipt.sign", "receipt.drive", "receipt.time", "store", "seller",
        "bonus_spent", "bonus_accrued", "delivery.track", "delivery.status",
    }
)  # fmt: skip
FILLS = frozenset({"customer", "card", "contact.phone"})  # said only where the order itself says nobody


def withdraws(link: Link) -> bool:
    """Whether a document that is deleted or cancelled takes back what it said: a receipt adds nothing any more, a return is none."""
    return link.role == FULFILMENT or link.entity == RETURN


def is_void(link: Link, of: ResourceManifest | None) -> bool:
    """Whether a document is cancelled or deleted. Some programs clear away old documents that stand: there only a cancelled one is void."""
    return link.state == "out_of_scope" or (link.state == "gone" and (of is None or of.gone_is_void))


def add(said: dict[str, list[Said]], of_receipts: Sequence[tuple[Link, dict[str, list[Said]]]], void: Collection[str] = ()) -> None:
    """Put what the receipts of an order say beside what the order says, in place. ``of_receipts``: each link with its own statements;
    ``void``: ids of those links that count no more.

    A receipt is a fact with a time of its own: what it bears since the first look counts from its moment, not as a baseline. Its payments
    are added to the order's. What a cancelled receipt alone had said is nothing again.
    """
    standing = [one for one in of_receipts if one[0].id not in void]
    dated = sorted(((_moment(own), link, own) for link, own in standing), key=lambda one: (one[0] or 0.0, one[1].external_id or ""))
    filled = {name for name in FILLS if any(not empty(s.value) for s in said.get(name, ()))}
    paid: list[Said] = []
    for moment, _, own in dated:
        for name in sorted(own):
            if name not in ADDS and (name not in FILLS or name in filled):
                continue
            mine = [replace(s, at=moment) if s.at is None else s for s in own[name]]
            if name == PAYMENTS:
                paid += mine
            else:
                said.setdefault(name, []).extend(mine)
    _pay(said, paid, _least(said.get("total", ())))
    for link, own in of_receipts:
        if link.id in void:
            _withdraw(said, link, own)


def _moment(own: dict[str, list[Said]]) -> float | None:
    """When the receipt was made, as seconds."""
    for name in ("closed", "created"):
        for s in own.get(name, ()):
            try:
                return datetime.fromisoformat(str(s.value)).timestamp()
            except ValueError:
                continue
    return None


def _least(totals: Sequence[Said]) -> Decimal | None:
    """The least total that anybody has told."""
    return min((money(s.value) for s in totals if not empty(s.value)), default=None)


def _pay(said: dict[str, list[Said]], paid: Sequence[Said], total: Decimal | None) -> None:
    """Every statement of payments, with those of the receipts that it lacks; the receipts' own where the order tells of none."""
    items = [(s.system, item) for s in paid for item in s.value or ()]
    if not items:
        return
    of_order = [s for s in said.get(PAYMENTS, ()) if not empty(s.value)]
    if of_order:
        said[PAYMENTS] = [replace(s, value=_with(s.system, s.value, items, total)) for s in of_order]
    else:
        said[PAYMENTS] = [*said.get(PAYMENTS, ()), replace(paid[-1], value=_with("", (), items, total))]


def _with(system: str, told: Sequence[Json], items: Sequence[tuple[str, Json]], total: Decimal | None) -> list[Json]:
    """The payments that a system tells, and of ``items``, which others tell, those that are not among them: the same in all it says, or under the
    same id of its transaction, which a site may tell too. Books enter what was paid on the site once more, under a number of their own: a sum that
    another system tells is that money, where the order would else be paid beyond its total."""
    found = [(system, one) for one in told]
    for of, item in items:
        same = item in told or bool(item.get("id") and any(item["id"] == one.get("id") for one in told))
        again = any(other != of and _sum(one) == _sum(item) for other, one in found)
        if not same and not (again and total is not None and sum((_sum(one) for _, one in found), _sum(item)) > total):
            found.append((of, item))
    return [one for _, one in found]


def _sum(payment: Json) -> Decimal:
    return money(payment.get("amount") or 0)


def _withdraw(said: dict[str, list[Said]], link: Link, own: dict[str, list[Said]]) -> None:
    for name in sorted(own):
        if name in ADDS | FILLS and not any(not empty(s.value) for s in said.get(name, ())):
            said.setdefault(name, []).append(Said(link.id, link.system, None, link.looked_at, True))


@dataclass(slots=True)
class Moved:
    """``touched``: records to be merged again. ``changed``: links to be saved. ``order``: an order to be asked for."""

    touched: list[str] = field(default_factory=list)
    changed: list[Link] = field(default_factory=list)
    order: str = ""


def named(mapping: CompiledMapping, read: Read) -> str:
    """The id of the order that an object names, or empty."""
    return last_part(read.fulfils) if mapping.fulfils and read.fulfils else ""


def follow_reference(at: Connection, link: Link, order: str, context: BatchContext, *, now: float) -> Moved:
    """A linked receipt names an order, another one, or none any more: joined to it, or a purchase of its own again."""
    if not order:
        return _leave(at, link, now=now) if link.role == FULFILMENT else Moved()
    target = context.ref(link.entity, order)
    if target is None or target == STAND_IN:
        receipts.await_order(at, link.system, link.entity, order, (link.resource, link.external_id or ""), now=now)
        return Moved(order=order)
    if target == link.record_id:
        return Moved()
    receipts.met(at, link.system, link.resource, [link.external_id or ""])
    return join(at, link, target, now=now)


def join(at: Connection, link: Link, target: str, *, now: float) -> Moved:
    """The receipt adds to the order from now on. Where it was a purchase of its own, what stood for that in other systems stands for the
    order there, or beside the order's own object as an alias: the hub deletes nothing."""
    old = link.record_id
    own = link.role != FULFILMENT
    link.record_id, link.role = target, FULFILMENT
    moved = Moved([target, old], [link])
    others = [x for x in link_rows.by_records(at, [old])[old] if x.id != link.id] if own else []
    if not own or any(x.system == link.system for x in others):
        return moved  # the record is another's as well
    held = {x.system for x in link_rows.by_records(at, [target])[target] if x.role == "primary"}
    for other in others:
        other.record_id = target
        other.role = "alias" if other.system in held and other.role == "primary" else other.role
    _merged(at, old, target, link.entity, now=now)
    return Moved([target, *naming.naming(at, link.entity, [old])], [link, *others])


def _merged(at: Connection, old: str, target: str, entity: str, *, now: float) -> None:
    record = record_rows.load(at, [old]).get(old)
    if record is not None:
        record.merged_into = target
        record_rows.save(at, [record])
        record_rows.set_keys(at, entity, {old: set()})
        reviews.set_waiting(at, [old], [], now=now)
        reviews.set_problems(at, [old], [])


def _leave(at: Connection, link: Link, *, now: float) -> Moved:
    """The receipt names no order any more: it is a purchase of its own."""
    record = Record(new_id(), link.entity, created_at=now, updated_at=now)
    record_rows.add(at, [record])
    before, link.record_id, link.role = link.record_id, record.id, "primary"
    return Moved([before, record.id], [link])


__all__ = ["ADDS", "FILLS", "FULFILMENT", "Moved", "add", "follow_reference", "is_void", "join", "named", "withdraws"]
