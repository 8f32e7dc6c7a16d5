"""What an object says, in the judge's own words: a field name -> value, the same for every vendor; and how two such words compare. Pure.

A field that a vendor does not hold is absent from its view.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from itertools import combinations
from typing import Any

CENT = Decimal("0.01")
NUMBER = re.compile(r"(?:\+7|[78])?[ \-(]*\d{3}[ \-)]*\d{3}[ \-]*\d{2}[ \-]*\d{2}(?!\d)")
CUSTOMER_FIELDS = ("last_name", "first_name", "middle_name", "full_name", "phones", "emails", "card", "sex", "birthday", "postcode", "city",
                   "street", "comment", "store")  # fmt: skip
LINE_FIELDS = ("sku", "quantity", "price", "discount", "sum")
ORDER_FIELDS = ("number", "status", "comment", "address", "buyer", "contact_name", "contact_phone", "contact_email", "total", "delivery", "created",
                "store", "source", "payments", "lines", *(f"line_{name}" for name in LINE_FIELDS))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Many:
    """Values of which a vendor holds all (``whole``) or only one."""

    values: frozenset[str]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A line in roubles: ``price`` of one before discount, ``discount`` and ``sum`` of the line. ``slack``: by how much the vendor's
    own rounding may move them."""

    sku: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    sum: Decimal
    slack: Decimal = Decimal(0)

    def key(self) -> tuple[Any, ...]:
        return self.sku, self.quantity, round(self.price), round(self.sum)


@dataclass(frozen=True, slots=True)
class Near:
    """Amounts that agree with others not further away than ``slack``, theirs or ours."""

    amounts: tuple[Decimal, ...]
    slack: tuple[Decimal, ...]

    def agrees(self, other: Near) -> bool:
        pairs = zip(self.amounts, other.amounts, self.slack, other.slack, strict=False)
        return len(self.amounts) == len(other.amounts) and all(abs(a - b) <= max(x, y) for a, b, x, y in pairs)


@dataclass(frozen=True, slots=True)
class Paid:
    """Payments as (kind, amount); "?" for a kind that the configuration does not know."""

    each: tuple[tuple[str, Decimal], ...]


@dataclass(slots=True)
class View:
    """One object. ``id``: the vendor's. ``more``: words of the vendor outside of any pair (a whole text of phones)."""

    id: str
    fields: dict[str, Any]
    more: dict[str, Any] = field(default_factory=dict)


def numbers(text: Any) -> frozenset[str]:
    """The Russian numbers in a text, by their ten last digits."""
    return frozenset(re.sub(r"\D", "", found)[-10:] for found in NUMBER.findall(str(text or "")))


def the_numbers(text: Any) -> str:
    """The Russian numbers in a text, one after the other."""
    return ", ".join(sorted(numbers(text)))


def money(value: Any) -> Decimal:
    return Decimal(str(value or 0)).quantize(CENT)


def quantity(value: Any) -> Decimal:
    return Decimal(str(value or 0)).normalize()


def words(value: Any) -> str:
    return " ".join(str(value or "").split())


def minute(value: Any, zone: tzinfo = UTC) -> str:
    """A moment to the minute in UTC; ``zone``: of vendors that send none. Some of them keep no seconds."""
    if not value:
        return ""
    moment = datetime.fromisoformat(str(value))
    return f"{(moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC):%Y-%m-%d %H:%M}"


def exactly(amount: Decimal) -> Near:
    """An amount that the vendor does not round."""
    return Near((amount,), (Decimal(0),))


def of_lines(lines: list[Line]) -> dict[str, Any]:
    """Lines as fields of an order: their count, and each column in the order of goods, quantity and price."""
    ordered = sorted(lines, key=Line.key)
    slack = tuple(x.slack for x in ordered)
    columns = {f"line_{name}": tuple(getattr(x, name) for x in ordered) for name in LINE_FIELDS}
    money_columns = {f"line_{name}": Near(columns[f"line_{name}"], slack) for name in ("price", "discount", "sum")}
    return {"lines": len(ordered)} | columns | money_columns


def differs(said: Mapping[str, Any]) -> bool:
    """Whether systems disagree on one field. ``said``: system -> value."""
    values = list(said.values())
    if any(isinstance(value, Many) for value in values):
        return _many_differ([value for value in values if isinstance(value, Many)])
    if any(isinstance(value, Near) for value in values):
        return any(not a.agrees(b) for a, b in combinations(values, 2))
    return len(set(values)) > 1


def _many_differ(said: list[Many]) -> bool:
    """Those that hold all must hold the same; those that hold one must hold one of these, and none only where there is none."""
    wholes = {m.values for m in said if m.whole}
    everything = frozenset().union(*(m.values for m in said if m.whole or not wholes))
    if len(wholes) > 1 or any(not m.values <= everything for m in said):
        return True
    if not wholes:
        return False if len(said) < 2 else len({bool(m.values) for m in said}) > 1 or not frozenset.intersection(*(m.values for m in said))
    return bool(everything) and any(not m.values for m in said)


def shown(value: Any) -> str:
    """A value as the report prints it."""
    if isinstance(value, Many):
        return ", ".join(sorted(value.values))
    if isinstance(value, Near):
        value = value.amounts
    if isinstance(value, Paid):
        value = tuple(f"{kind} {amount}" for kind, amount in value.each)
    return ", ".join(str(x) for x in value) if isinstance(value, tuple) else str(value)
