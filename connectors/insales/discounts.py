"""Discounts of an order: which are bonuses, which are the hub's own, and what of them lies on each line. Pure.

A discount is of the whole order or of the lines that it names; only ``full_total_price`` of a line tells what all of them took off it (insales docs:
partial discounts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

Json = Any
Row = Mapping[str, Json]
CENT = Decimal("0.01")
BONUS = "бонус"  # begins the description of what is paid with points, in any case
OURS = "Скидка на товар"  # the description of a discount of one line that the hub made
MONEY = 2  # type_id of a discount in roubles


def amount(value: Json) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)


def number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def is_bonus(discount: Row) -> bool:
    return str(discount.get("description") or "").strip().casefold().startswith(BONUS)


def bonuses(order: Row) -> dict[Json, Decimal]:
    """Line id -> what was paid for it with points: each such discount in proportion to the prices of its lines, the last takes the odd kopeck."""
    found: dict[Json, Decimal] = {}
    lines = order.get("order_lines") or []
    for discount in order.get("discounts") or ():
        if is_bonus(discount):
            named = {str(one) for one in discount.get("discount_order_lines_ids") or ()}
            mine = [line for line in lines if not named or str(line.get("id")) in named]
            for ident, part in _spread(amount(discount.get("amount")), mine):
                found[ident] = found.get(ident, Decimal(0)) + part
    return found


def _spread(whole: Decimal, lines: Sequence[Row]) -> list[tuple[Json, Decimal]]:
    prices = [amount(line.get("total_price")) for line in lines]
    total, left, parts = sum(prices, Decimal(0)), whole, []
    for place, (line, price) in enumerate(zip(lines, prices, strict=True), 1):
        part = left if place == len(lines) or not total else (whole * price / total).quantize(CENT)
        parts.append((line.get("id"), part))
        left -= part
    return parts


def off_lines(wanted: Sequence[tuple[Decimal, Row]], order: Row) -> list[dict[str, Json]]:
    """Changes so that each line has its wanted discount, in roubles, without bonuses. What others took off stays theirs: the hub's own discount
    of a line makes up the difference, and can make no line dearer."""
    shares, said = bonuses(order), []
    for off, line in wanted:
        mine = [one for one in order.get("discounts") or () if _of_line(one, line)]
        own = sum((amount(one.get("amount")) for one in mine), Decimal(0))
        now = (
            amount(line.get("total_price"))
            - amount(line.get("full_total_price", line.get("total_price")))
            - shares.get(line.get("id"), Decimal(0))
        )
        needed = max(Decimal(0), (own + off - now).quantize(CENT))
        if needed != own:
            said += [{"id": one["id"], "_destroy": 1} for one in mine]
            if needed:
                named = {"description": OURS, "discount_order_lines_ids": [line["id"]]}
                said.append({"discount": number(needed), "type_id": MONEY, **named})
    return said


def _of_line(discount: Row, line: Row) -> bool:
    named = [str(one) for one in discount.get("discount_order_lines_ids") or ()]
    return discount.get("description") == OURS and named == [str(line.get("id"))]
