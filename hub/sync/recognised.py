"""Receipts, calls and messages that name nobody, recognised by what they bear: the card or the phone of exactly one customer. Nobody is created for
them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from hub.storage import records as record_rows
from hub.storage.records import Record
from hub.sync.search_keys import FORMER_CARD, folded
from mappings.cards import folded_card
from mappings.phones import is_dummy

Json = Any
Key = tuple[str, str]
RETAIL = "retail"
ORDER, CALL, MESSAGE = "order", "call", "message"
BEARS: dict[str, dict[str, str]] = {  # entity -> kind of a customer's key -> of its own that bears it
    ORDER: {"card": "card", FORMER_CARD: "card", "phone": "phone"},
    CALL: {"phone": "phone"},
    MESSAGE: {"phone": "phone"},
}
MOST = {ORDER: 200, CALL: 1000, MESSAGE: 1000}  # that one card or phone is looked up for; a key of more is nobody's own


def keys(entity: str, data: Mapping[str, Json], phone_is_person: bool) -> list[Key]:
    """What a receipt, call or message without a customer may be recognised by, the surest first. Empty for any other order: an order of the
    site is its buyer's own to claim."""
    if data.get("customer") or (entity == ORDER and data.get("channel") != RETAIL):
        return []
    card, phone = folded_card(data.get("card")), str(data.get("contact.phone" if entity == ORDER else "phone") or "")
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


def whose(at: Connection, nameless: Mapping[str, tuple[str, Mapping[str, Json]]], phone_is_person: bool) -> dict[str, str]:
    """Record id -> the customer who is recognised in it. ``nameless``: record id -> its entity and data."""
    asked = {ident: found for ident, (entity, data) in nameless.items() if (found := keys(entity, data, phone_is_person))}
    if not asked:
        return {}
    hits = record_rows.holders(at, "customer", {key for found in asked.values() for key in found}, most=1)
    people = record_rows.load(at, {one for held in hits.values() for one in held})
    owners = {ident: recognise(nameless[ident][1], wanted, hits, people) for ident, wanted in asked.items()}
    return {ident: person for ident, person in owners.items() if person}


def bearing(at: Connection, moved: Iterable[Key], entities: Iterable[str]) -> set[str]:
    """What of these entities bears any of these cards and phones, which a customer has gained or lost."""
    found = set[str]()
    for entity in entities:
        kinds = BEARS.get(entity, {})
        wanted = {(kinds[kind], value) for kind, value in moved if kind in kinds}
        held = record_rows.holders(at, entity, wanted, most=MOST[entity]) if wanted else {}
        found |= {one for ids in held.values() if len(ids) <= MOST[entity] for one in ids}
    return found
