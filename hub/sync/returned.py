"""What was brought back of an order: told by the returns that name it, kept beside the order's own lines, which stay as they were sold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from hub.entities.totals import CENT, money
from hub.storage import directories
from hub.storage import records as record_rows
from hub.storage.records import Record
from hub.sync.merge import STATUS, Merged
from hub.sync.statement import Said

Json = Any
RETURN, ORDER = "return", "order"
RETURNED = "returned"  # the status of an order of which the buyer kept nothing, in shops that have one
LINES, MONEY = "returned", "returned_total"
KEPT = ("sku", "name", "quantity", "sum", "kind", "sold")
MOST = 100  # returns of one order
NOBODYS = ["", "", None]  # provenance of what is derived


@dataclass(slots=True)
class _Rest:
    """What is left of a line."""

    line: Mapping[str, Json]
    quantity: Decimal
    sum: Decimal


def left(lines: Iterable[Mapping[str, Json]], returned: Iterable[Mapping[str, Json]]) -> list[dict[str, Json]]:
    """The lines less what was brought back of them. A piece takes its share of the line's sum along, whatever money was given for it, and
    the last piece all the rest. Raises ArithmeticError, KeyError or TypeError for lines without figures."""
    if not (back := list(returned)):
        return [dict(line) for line in lines]
    rest = [_Rest(line, Decimal(str(line["quantity"])), money(line["sum"])) for line in lines]
    for one in back:
        pieces = Decimal(str(one.get("quantity") or 0))
        for held in _sold(rest, one):
            taken = min(pieces, held.quantity)
            if taken > 0:
                held.sum -= (held.sum * taken / held.quantity).quantize(CENT)
                held.quantity, pieces = held.quantity - taken, pieces - taken
    return [{**x.line, "quantity": f"{x.quantity.normalize():f}", "sum": f"{x.sum:.2f}"} for x in rest if x.quantity > 0]


def _sold(rest: Sequence[_Rest], one: Mapping[str, Json]) -> list[_Rest]:
    """The lines that a returned one may be of, the likeliest first: the one that is named, then those sold at the same price."""
    same = [x for x in rest if _goods(x.line) == _goods(one)]
    named = rest[one["sold"] - 1] if one.get("sold") and one["sold"] <= len(rest) else None
    price = money(one["sum"]) / Decimal(str(one["quantity"])) if one.get("sum") and Decimal(str(one.get("quantity") or 0)) else None

    def unlike(x: _Rest) -> tuple[bool, Decimal]:
        return x is not named, abs(x.sum / x.quantity - price) if price is not None and x.quantity else Decimal(0)

    return sorted(same, key=unlike)


def _goods(line: Mapping[str, Json]) -> tuple[str, str]:
    return str(line.get("kind") or "product"), str(line.get("sku") or line.get("name") or "")


def step(returns: Sequence[Record], data: Mapping[str, Json]) -> Said | None:
    """The step of an order's status that its returns are: none while the buyer has kept any goods. It is taken when the hub hears of the last
    of them: documents are dated to the second or the minute, and nothing that was known before can come after it."""
    if not (back := _lines(returns)):
        return None
    try:
        goods = [line for line in data.get("lines") or () if line.get("kind") != "delivery"]
        if not goods or left(goods, [one for one in back if one.get("kind") != "delivery"]):
            return None
    except (ArithmeticError, KeyError, TypeError):
        return None
    system, link, _ = next(iter(returns[-1].provenance.values()), NOBODYS)
    return Said(str(link), str(system), RETURNED, max(max(one.created_at, _moment(one)) for one in _standing(returns)), False)


def put(merged: Merged, returns: Sequence[Record]) -> None:
    """What came back, in the order's data. An order whose only return was cancelled says so with nothing."""
    if not returns:
        return
    total = sum((money(one.data.get("total") or 0) for one in _standing(returns)), Decimal(0))
    merged.data[LINES], merged.data[MONEY] = _lines(returns) or None, f"{total:.2f}"
    merged.provenance[LINES] = merged.provenance[MONEY] = NOBODYS


def _standing(returns: Iterable[Record]) -> list[Record]:
    return [one for one in returns if not one.data.get("cancelled")]


def _lines(returns: Iterable[Record]) -> list[dict[str, Json]]:
    told = [line for one in _standing(returns) for line in one.data.get("lines") or ()]
    return [{name: line[name] for name in KEPT if line.get(name) is not None} for line in told]


def _moment(record: Record) -> float:
    try:
        return datetime.fromisoformat(str(record.data["created"])).timestamp()
    except (KeyError, ValueError):
        return record.created_at


def of_orders(at: Connection, orders: Iterable[str]) -> dict[str, list[Record]]:
    """Order id -> the returns that name it, in the order of their making."""
    wanted = {(ORDER, one) for one in orders}
    held = record_rows.holders(at, RETURN, wanted, most=MOST) if wanted else {}
    known = record_rows.load(at, {one for found in held.values() for one in found})
    return {order: sorted((known[i] for i in found), key=lambda x: (_moment(x), x.id)) for (_, order), found in held.items()}


def is_status(at: Connection) -> bool:
    """Whether the shop has a status for returned orders."""
    return directories.has(at, "order_status", RETURNED)


__all__ = ["ORDER", "RETURN", "RETURNED", "STATUS", "is_status", "left", "of_orders", "put", "step"]
