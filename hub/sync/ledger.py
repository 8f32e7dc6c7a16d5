"""What the loyalty service is owed of an order: its purchase once it is paid in full, and the difference of whatever is changed afterwards.

Pure. Posted facts are never changed: what was bought and is not in the order any more, or was brought back, is a return of those very lines, what came into a paid
order later is a purchase of its own, and an order that is cancelled before it was bought lets go of the points that were held for it. So the same
order, looked at any number of times, owes nothing new.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hub.entities.loyalty_operation import PURCHASE, RELEASE, RETURN
from hub.entities.totals import CENT, money
from hub.sync.returned import left

Json = Any
GOODS = ("product", "service")  # lines that earn and spend; delivery is none


@dataclass(slots=True)
class Bought:
    """A line, or what is left of it. ``key``: by which the loyalty service knows it. ``purchase``: id of the fact that posted it."""

    key: str
    sku: str
    quantity: Decimal
    price: Decimal
    sum: Decimal
    purchase: str = ""

    def less(self, quantity: Decimal, amount: Decimal) -> Bought:
        """A part of it."""
        return replace(self, quantity=min(max(quantity, Decimal(0)), self.quantity), sum=amount)


def paid_in_full(data: Mapping[str, Json]) -> bool:
    """Whether the payments cover the total. Without any told, whether the system says when it was paid."""
    payments = [one for one in data.get("payments") or () if one.get("amount") is not None]
    try:
        total = money(data["total"])
        return sum(money(one["amount"]) for one in payments) + CENT > total if payments else bool(data.get("paid"))
    except (KeyError, TypeError, ArithmeticError):
        return False


def owed(order_id: str, data: Mapping[str, Json], posted: Sequence[Mapping[str, Json]], undone: Collection[str]) -> list[dict[str, Json]]:
    """The facts that are owed now, as canonical data without a customer. ``posted``: those made of this order before, in their order, each with
    its record's ``id``.
    ``undone``: statuses in which nothing of an order is bought. Raises ArithmeticError for lines without sums."""
    cancelled, held, bought = data.get("status") in undone, _held(posted), any(one["kind"] == PURCHASE for one in posted)
    if cancelled and not posted and money(data.get("bonus_spent") or 0):
        return [_fact(RELEASE, order_id, data, [])]
    if not bought and (cancelled or not paid_in_full(data)):
        return []
    kept = left(data.get("lines") or (), data.get("returned") or ())
    wanted = [] if cancelled else [_line(line) for line in kept if line.get("kind", "product") in GOODS]
    gone, added = list[tuple[Bought, bool]](), list[Bought]()
    for sku in dict.fromkeys(line.sku for line in (*held, *wanted)):
        back, more = _difference([one for one in held if one.sku == sku], [one for one in wanted if one.sku == sku])
        gone, added = gone + back, added + more
    facts = [
        _fact(RETURN, order_id, data, [_told(one) | {"last": last}]) | {"purchase": one.purchase} for one, last in gone
    ]  # services take back line by line
    if added and paid_in_full(data):
        number = sum(len(one["lines"]) for one in posted if one["kind"] == PURCHASE)
        lines = [_told(line, f"{order_id}-{number + at}") for at, line in enumerate(added, start=1)]
        points = "0.00" if bought else f"{money(data.get('bonus_spent') or 0):.2f}"
        facts.append(_fact(PURCHASE, order_id, data, lines) | {"points": points})
    return facts


def _difference(held: list[Bought], wanted: list[Bought]) -> tuple[list[tuple[Bought, bool]], list[Bought]]:
    """(what is given back, each with whether that is all of its line; what is bought beside) of one SKU. Lines that stand as they were posted are left alone; of the rest sums decide, so
    that a discount given later gives back what it takes off."""
    held, wanted = list(held), list(wanted)
    for line in list(wanted):
        if same := next((one for one in held if (one.sum, one.quantity) == (line.sum, line.quantity)), None):
            held.remove(same)
            wanted.remove(line)
    stay, pieces = sum((one.sum for one in wanted), Decimal(0)), sum((one.quantity for one in wanted), Decimal(0))
    back = []
    for one in held:
        kept = min(one.sum, stay)
        if one.sum > kept:
            back.append((one.less(one.quantity - pieces if kept else one.quantity, one.sum - kept), not kept))
        stay, pieces = stay - kept, max(pieces - one.quantity, Decimal(0))
    covered = sum((one.sum for one in held), Decimal(0))
    pieces = sum((one.quantity for one in held), Decimal(0))
    more = []
    for line in wanted:
        known = min(line.sum, covered)
        if line.sum > known:
            more.append(line.less(line.quantity - pieces if known else line.quantity, line.sum - known))
        covered, pieces = covered - known, max(pieces - line.quantity, Decimal(0))
    return back, more


def _held(posted: Sequence[Mapping[str, Json]]) -> list[Bought]:
    """What is bought still, by everything that was posted."""
    found: dict[str, Bought] = {}
    for fact in posted:
        for line in fact.get("lines") or ():
            quantity, amount = Decimal(str(line["quantity"])), money(line["sum"])
            if fact["kind"] == PURCHASE:
                sku, price = str(line.get("sku") or line.get("name") or ""), money(line["price"])
                found[line["key"]] = Bought(line["key"], sku, quantity, price, amount, str(fact.get("id", "")))
            elif held := found.get(line["key"]):
                held.quantity, held.sum = held.quantity - quantity, held.sum - amount
    return [one for one in found.values() if one.sum > 0]


def _line(line: Mapping[str, Json]) -> Bought:
    quantity, amount = Decimal(str(line["quantity"])), money(line["sum"])
    price = money(line["price"]) if line.get("price") is not None else (amount / quantity if quantity else amount)
    return Bought("", str(line.get("sku") or line.get("name") or ""), quantity, money(price), amount)


def _told(one: Bought, key: str = "") -> dict[str, Json]:
    return {"key": key or one.key, "sku": one.sku, "quantity": f"{one.quantity:f}", "price": f"{one.price:.2f}", "sum": f"{one.sum:.2f}"}


def _fact(kind: str, order_id: str, data: Mapping[str, Json], lines: list[dict[str, Json]]) -> dict[str, Json]:
    same = {name: data[name] for name in ("number", "channel", "store") if data.get(name)}
    return {"kind": kind, "order": order_id, "lines": lines, **same}
