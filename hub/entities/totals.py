"""How an order adds up: total = sums of its lines - bonuses spent + rounding, in roubles to the kopeck. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

Json = Any
CENT = Decimal("0.01")
LINES_TOLD = 20


@dataclass(frozen=True, slots=True)
class Addition:
    """``said``: the rounding that a system told. ``rounding``: that and what was found beside it. ``difference``: what no rounding explains."""

    total: Decimal
    lines: Decimal
    bonus: Decimal
    said: Decimal
    rounding: Decimal
    difference: Decimal

    @property
    def expected(self) -> Decimal:
        return self.lines - self.bonus + self.rounding


def added_up(data: Mapping[str, Json], *, counts_lines: bool = False, largest: Decimal = Decimal(0)) -> Addition | None:
    """An order's addition; None where it has no total, no lines, or a line without a sum. ``counts_lines``: its total came from a system
    that counts the lines alone, so bonuses and the rounding told are still to be taken off. ``largest``: the shop's own rounding; a
    kopeck a line is always one."""
    lines = data.get("lines") or ()
    try:
        said, bonus = money(data.get("rounding") or 0), money(data.get("bonus_spent") or 0)
        total, sums = money(data["total"]), [money(line["sum"]) for line in lines]
    except (KeyError, TypeError, ArithmeticError):
        return None
    if not sums:
        return None
    if counts_lines:
        total += said - bonus
    difference = total - (sum(sums) - bonus + said)
    found = difference if abs(difference) <= max(CENT * len(sums), largest) else Decimal(0)
    return Addition(total, sum(sums, Decimal(0)), bonus, said, said + found, difference - found)


def money(value: Json) -> Decimal:
    """Roubles to the kopeck. Raises ArithmeticError for what is no amount."""
    found = Decimal(str(value)).quantize(CENT)
    if not found.is_finite():
        raise InvalidOperation
    return found


def difference_told(one: Addition, data: Mapping[str, Json]) -> tuple[str, str]:
    """What does not add up, line by line, in Russian and English."""
    rows = [_line(line) for line in (data.get("lines") or ())[:LINES_TOLD]]
    more = len(data.get("lines") or ()) - len(rows)
    listed = "; ".join(rows)
    ru = (
        f"Итого {one.total} не сходится: строки {one.lines} − бонусы {one.bonus} + округление {one.rounding} = {one.expected}, "
        f"разница {one.difference:+}. Строки: {listed}{f'; ещё {more}' if more else ''}"
    )
    en = (
        f"The total {one.total} does not add up: lines {one.lines} - bonuses {one.bonus} + rounding {one.rounding} = {one.expected}, "
        f"difference {one.difference:+}. Lines: {listed}{f'; {more} more' if more else ''}"
    )
    return ru, en


def _line(line: Mapping[str, Json]) -> str:
    """``SV-001: 2 × 500.00 − 100.00 = 900.00``; where price and discount give another sum, the difference in brackets."""
    name = str(line.get("sku") or line.get("name") or line.get("kind") or "?")
    quantity, total = line.get("quantity", "?"), money(line["sum"])
    try:
        price, discount = money(line.get("price")), money(line.get("discount") or 0)
        own = (price * Decimal(str(quantity)) - discount).quantize(CENT)
    except ArithmeticError:
        return f"{name}: {quantity} = {total}"
    off = f" ({total - own:+})" if own != total else ""
    return f"{name}: {quantity} × {price} − {discount} = {total}{off}"
