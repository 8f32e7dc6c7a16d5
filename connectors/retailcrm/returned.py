"""What of an order came back. RetailCRM has no returns: the status of a line says so. Which statuses of the reference ``product-statuses`` mean that goods
came back, ``options.returned`` names, the first is the one that the hub gives. Pure.

A line has one status. Of a line of which a part came back that part is split off, and so do people: here both are shown as the one line that was sold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.contract import Remote

Json = Any
Row = dict[str, Json]
RETURNS, RETURNED = "returns", "returned"
SOLD = "new"  # the status of a line that every account has


def amount(value: Json) -> Decimal:
    return Decimal(str(value or 0))


def number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def came_back(item: Mapping[str, Json], codes: Collection[str]) -> bool:
    return item.get("status") in codes


def goods_of(item: Mapping[str, Json]) -> str:
    """By what a line's goods are told from others: the offer, or the name of what is in no catalogue."""
    offer = item.get("offer") or {}
    return f"offer {offer['id']}" if offer.get("id") else f"name {item.get('productName') or item.get('name') or ''}"


def folded(items: Sequence[Row], codes: Collection[str]) -> list[tuple[Row, list[Row]]]:
    """The lines as they were sold, in their order: each with what was split off it because it came back, also once all of it has."""
    parts: dict[int, list[Row]] = {at: [] for at, one in enumerate(items) if not came_back(one, codes)}
    for at, one in enumerate(items):
        if came_back(one, codes):
            whole = next((n for n in parts if _alike(items[n], one)), None)  # those of which something is left stand first
            parts.setdefault(at if whole is None else whole, []).extend([] if whole is None else [one])
    return [(items[at], parts[at]) for at in sorted(parts)]


def _alike(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    figures = ("initialPrice", "discountTotal")
    return goods_of(one) == goods_of(other) and all(amount(one.get(name)) == amount(other.get(name)) for name in figures)


def counted(items: Sequence[Row], codes: Collection[str]) -> list[Row]:
    """How many pieces of which goods came back."""
    found: dict[str, Row] = {}
    for one in items:
        if came_back(one, codes):
            offer = one.get("offer")
            row = found.setdefault(
                goods_of(one), ({"offer": {"id": offer.get("id")}} if offer else {"name": one.get("productName")}) | {"quantity": 0}
            )
            row["quantity"] += one.get("quantity") or 0
    return [found[key] for key in sorted(found)]


def of_order(order: Remote, codes: Collection[str], line: Any) -> list[Remote]:
    """Each line of an order as a return of it, those that did not come back too: ``back`` says which. ``line``: a line as orders show it."""
    made: list[Remote] = []
    for number, (head, parts) in enumerate(folded(order.data.get("items") or [], codes), 1):
        for one in (head, *parts):
            shown, ident = line(one) | {"sold": number}, f"{order.id}/{one['id']}"
            total = amount(shown["initialPrice"]) * amount(shown["quantity"]) - amount(shown["discount"])
            data = {"ref": ident, "order": int(order.id), "number": order.data.get("number"), "back": came_back(one, codes)}
            made.append(Remote(ident, data | {"lines": [shown], "total": f"{total:.2f}"}, order.representation))
    return made


def marked(items: list[Row], raw: Sequence[Row], wanted: Sequence[Mapping[str, Json]], codes: Sequence[str]) -> list[Row]:
    """``items`` of an edit with the statuses and parts by which so much of each goods came back. ``raw``: the order's lines as they are."""
    made = {one["id"]: one for one in items if one.get("id")}
    due = {goods_of(one): amount(one.get("quantity")) for one in wanted}
    new: list[Row] = []
    for one in sorted((one for one in raw if one["id"] in made), key=lambda one: not came_back(one, codes)):
        edit, left = made[one["id"]], due.get(goods_of(one), Decimal(0))
        pieces = amount(edit.get("quantity", one.get("quantity")))
        back = min(left, pieces)
        due[goods_of(one)] = left - back
        if (back == pieces) != came_back(one, codes):
            edit["status"] = codes[0] if back == pieces else SOLD
        if 0 < back < pieces:
            edit["quantity"] = number(pieces - back)
            new.append(_part(one, back) | {"status": codes[0]})
    return items + new


def _part(item: Mapping[str, Json], pieces: Decimal) -> Row:
    """So many pieces of a line, as a line of its own, at the same price."""
    own = sum((amount(one.get("amount")) for one in item.get("discounts") or () if one.get("type") == "manual_product"), Decimal(0))
    goods = {"offer": {"id": item["offer"]["id"]}} if item.get("offer") else {"productName": item.get("productName")}
    return goods | {"quantity": number(pieces), "initialPrice": item.get("initialPrice"), "discountManualAmount": number(own)}
