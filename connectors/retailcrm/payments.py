"""Payments of an order that exists: made and changed one by one, never removed. What is there is looked at first: nothing tells repeats apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.retailcrm.returned import amount
from connectors.retailcrm.shape import payment

Json = Any
Row = Mapping[str, Json]


def steps(order: int, wanted: Sequence[Row], there: Sequence[Row], paid: str) -> list[tuple[int | None, dict[str, Json]]]:
    """(payment to change or None to make one, its fields) so that the order has these payments. ``there``: all that it has now, those
    that wait for their money among them: one of the same kind and sum is taken for the wanted one."""
    free = list(there)
    found: list[tuple[int | None, dict[str, Json]]] = []
    for row in wanted:
        body = payment(row, paid)
        held = _same(row, free)
        if held is None:
            found.append((None, {"order": {"id": order}} | body))
            continue
        free.remove(held)
        changed = {name: value for name, value in body.items() if not _alike(name, held.get(name), value)}
        if changed:
            found.append((int(held["id"]), changed))
    return found


def _same(row: Row, free: Sequence[Row]) -> Row | None:
    """The held payment that a wanted one is: by its number, by the number it bears elsewhere, by kind and sum."""
    if row.get("id"):
        return next((one for one in free if one.get("id") == row["id"]), None)
    bears = str(row.get("externalId") or "")
    if bears and (hit := next((one for one in free if str(one.get("externalId") or "") == bears), None)):
        return hit
    nameless = [one for one in free if not one.get("externalId") and one.get("type") == row.get("type")]
    return next((one for one in nameless if amount(one.get("amount")) == amount(row.get("amount"))), None)


def _alike(name: str, held: Json, wanted: Json) -> bool:
    return amount(held) == amount(wanted) if name == "amount" else str(held or "") == str(wanted or "")
