"""Receipts that name nobody, recognised by what they bear: the card or the phone of exactly one customer. Nobody is created for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from hub.storage import records as record_rows
from hub.storage.records import Record
from hub.sync.identify import folded_card
from hub.sync.search_keys import FORMER_CARD, folded
from mappings.phones import is_dummy

Json = Any
Key = tuple[str, str]
RETAIL = "retail"
BEARS = {"card": "card", FORMER_CARD: "card", "phone": "phone"}  # kind of a customer's key -> of the order's that bears it
MOST = 200  # receipts that one card or phone is looked up for; a key of more is nobody's own


def keys(data: Mapping[str, Json], phone_is_person: bool) -> list[Key]:
    """What a receipt without a customer may be recognised by, the surest first. Empty for any other order: an order of the site is its
    buyer's own to claim."""
    if data.get("channel") != RETAIL or data.get("customer"):
        return []
    card, phone = folded_card(data.get("card")), str(data.get("contact.phone") or "")
    found = [("card", card), (FORMER_CARD, card)] if card else []
    if phone and phone_is_person and not is_dummy(phone):
        found.append(("phone", phone))
    return found


def recognise(data: Mapping[str, Json], wanted: Iterable[Key], hits: Mapping[Key, list[str]], people: Mapping[str, Record]) -> str | None:
    """The one customer who holds the surest key that anybody holds; None where several do, or where the receipt bears another first name."""
    for key in wanted:
        held = [one for one in hits.get(key, ()) if one in people and not people[one].merged_into]
        if held:
            return held[0] if len(held) == 1 and (key[0] != "phone" or _may_be(data, people[held[0]].data)) else None
    return None


def _may_be(data: Mapping[str, Json], person: Mapping[str, Json]) -> bool:
    words, first = folded(data.get("contact.name")).split(), folded(person.get("first_name"))
    return not words or not first or first in words


def buyers(at: Connection, orders: Mapping[str, Mapping[str, Json]], phone_is_person: bool) -> dict[str, str]:
    """Order id -> the customer who is recognised in it. ``orders``: order id -> data."""
    asked = {order_id: found for order_id, data in orders.items() if (found := keys(data, phone_is_person))}
    if not asked:
        return {}
    hits = record_rows.holders(at, "customer", {key for found in asked.values() for key in found}, most=1)
    people = record_rows.load(at, {one for held in hits.values() for one in held})
    whose = {order_id: recognise(orders[order_id], wanted, hits, people) for order_id, wanted in asked.items()}
    return {order_id: person for order_id, person in whose.items() if person}


def receipts_of(at: Connection, moved: Iterable[Key]) -> set[str]:
    """Orders that bear any of these cards and phones, which a customer has gained or lost."""
    wanted = {(BEARS[kind], value) for kind, value in moved if kind in BEARS}
    held = record_rows.holders(at, "order", wanted, most=MOST) if wanted else {}
    return {one for found in held.values() if len(found) <= MOST for one in found}
