"""How much of an order is paid, as its payments tell it: derived from them, and kept beside them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hub.entities.totals import money
from hub.storage.links import Link
from hub.sync.fulfilment import FULFILMENT, PAYMENTS
from hub.sync.ledger import paid_in_full
from hub.sync.merge import Merged

Json = Any
ORDER, TOTAL, PAID = "order", "paid_total", "paid"
NOBODYS = ["", "", None]  # provenance of what is derived


def put(entity: str, merged: Merged, links: Sequence[Link]) -> None:
    """The sum of the payments, in the order's data. Where documents of money bring them and no system says when it was paid, it was paid when the
    payment that completed it was made."""
    if entity != ORDER or PAYMENTS not in merged.provenance:
        return
    payments = merged.data.get(PAYMENTS) or ()
    try:
        total = sum((money(one.get("amount") or 0) for one in payments), Decimal(0))
    except (ArithmeticError, ValueError):
        return
    merged.data[TOTAL], merged.provenance[TOTAL] = f"{total:.2f}" if payments else None, NOBODYS
    if merged.data.get(PAID) is None and any(link.role == FULFILMENT for link in links):
        last = max((str(one["time"]) for one in payments if one.get("time")), default=None)
        merged.data[PAID], merged.provenance[PAID] = last if payments and paid_in_full(merged.data) else None, NOBODYS
