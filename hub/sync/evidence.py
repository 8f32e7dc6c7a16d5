"""Does what two objects say bear out that one of them names the other? Pure: table-tested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.entities.totals import CENT
from hub.sync.context import STAND_IN
from hub.sync.identify import same_name
from hub.sync.search_keys import folded
from mappings.adopt import BARE, STRENGTHS, SURE
from mappings.cards import folded_card

Json = Any
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of two objects: what it says, and what is known of the customer that it names."""

    data: Mapping[str, Json]
    person: Mapping[str, Json] | None = None


def facts(entity: str, a: Side, b: Side) -> dict[str, bool]:
    """What can be compared of two objects, and whether it agrees."""
    pairs: dict[str, bool | None] = {
        "phone": _meet(_phones(a), _phones(b)),
        "email": _meet(_emails(a), _emails(b)),
    }
    if entity == "customer":
        pairs |= {"card": _meet(_cards(a), _cards(b)), "name": _same_person(a.data, b.data)}
    else:
        pairs["customer"] = _meet(_customer(a), _customer(b))
        pairs |= {"sum": _same_sum(a.data, b.data), "lines": _same_lines(a.data, b.data), "date": _same_date(a.data, b.data)}
    return {name: found for name, found in pairs.items() if found is not None}


def counts(strength: str, found: Mapping[str, bool]) -> bool:
    """Whether a cross-reference of this strength counts, given the facts: a sure one unless everything speaks against it; a number in a
    field of its own where anything but the date agrees; a bare number in a common field with the person agreeing, or sum and date."""
    if strength == SURE:
        return len(found) < 2 or any(found.values())
    if any(found.get(name) for name in ("phone", "email", "card", "customer")):
        return True
    if strength == BARE:
        return found.get("sum", False) and found.get("date", False)
    return any(found.get(name) for name in ("name", "sum", "lines"))


def strongest(strengths: Iterable[str]) -> str:
    return min(strengths, key=STRENGTHS.index)


def weaker(a: str, b: str) -> str:
    return max(a, b, key=STRENGTHS.index)


def _meet(a: set[str], b: set[str]) -> bool | None:
    return bool(a & b) if a and b else None


def _phones(x: Side) -> set[str]:
    found = {str(x.data["contact.phone"])} if x.data.get("contact.phone") else set()
    return found | {str(p["number"]) for data in (x.data, x.person or {}) for p in data.get("phones") or () if p.get("number")}


def _emails(x: Side) -> set[str]:
    found = {str(x.data["contact.email"]).casefold()} if x.data.get("contact.email") else set()
    return found | {str(e["address"]).casefold() for data in (x.data, x.person or {}) for e in data.get("emails") or () if e.get("address")}


def _customer(x: Side) -> set[str]:
    found = x.data.get("customer")
    return {str(found)} if found and found != STAND_IN else set()


def _cards(x: Side) -> set[str]:
    return {folded_card(c["number"]) for c in x.data.get("cards") or () if c.get("number")}


def _same_person(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
    """First and last name; None where one of the four is not known and the others do not speak against it."""
    first, x, y = same_name(a, b), folded(a.get("last_name")), folded(b.get("last_name"))
    last = x == y if x and y else None
    return False if first is False else True if first and last else None


def _same_sum(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
    """Totals alike but for a kopeck a line."""
    try:
        x, y = (Decimal(str(data["total"])) if data.get("total") else None for data in (a, b))
    except InvalidOperation:
        return None
    lines = max((len(data.get("lines") or ()) for data in (a, b)), default=0)
    return None if x is None or y is None else abs(x - y) <= CENT * max(1, lines)


def _same_lines(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
    """The same goods in the same quantities; None where either has a line without an article."""
    x, y = (_goods(data) for data in (a, b))
    return None if x is None or y is None else x == y


def _goods(data: Mapping[str, Json]) -> dict[str, Decimal] | None:
    found: dict[str, Decimal] = {}
    for line in data.get("lines") or ():
        if not line.get("sku") or not line.get("quantity"):
            return None
        found[line["sku"]] = found.get(line["sku"], Decimal(0)) + Decimal(str(line["quantity"]))
    return found or None


def _same_date(a: Mapping[str, Json], b: Mapping[str, Json]) -> bool | None:
    """Made within a day of each other: programs that copy orders round to the day, and zones differ."""
    try:
        x, y = (datetime.fromisoformat(str(data["created"])) if data.get("created") else None for data in (a, b))
        return None if x is None or y is None else abs((x - y).total_seconds()) <= DAY
    except (ValueError, TypeError):
        return None
