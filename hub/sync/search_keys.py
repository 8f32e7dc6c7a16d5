"""By what else people look for a record. These stand among the match keys, so that the same index answers, but never identify anybody:
identification asks for the configured kinds of customers alone.

Each need has a kind of key of its own, made when a record changes, so that no question ever walks through the records themselves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.sync.memberships import MEMBERSHIP, segment_keys
from mappings.cards import folded_card

Json = Any
FOUND_BY: dict[str, tuple[tuple[str, str], ...]] = {  # entity -> (kind, field)
    "order": (
        ("number", "number"),
        ("phone", "contact.phone"),
        ("email", "contact.email"),
        ("card", "card"),
        ("receipt", "receipt.number"),
        ("customer", "customer"),
    ),
    "return": (("number", "number"), ("receipt", "receipt.number"), ("order", "order"), ("customer", "customer")),
    "call": (("phone", "phone"), ("customer", "customer")),
    "call_request": (("customer", "customer"),),
    "call_task": (("customer", "customer"), ("request", "request")),
    "message": (("phone", "phone"), ("customer", "customer")),
    "product": (("guid", "guid"), ("article", "article")),
    "stock": (("product", "product"),),
    "loyalty_operation": (("order", "order"), ("number", "number"), ("customer", "customer")),
    "segment_membership": (("customer", "customer"),),
}
FORMER_CARD = "former_card"  # one that was replaced: it finds its owner, and the owner's receipts, but identifies nobody else
SECOND = {kind: f"second_{kind}" for kind in ("phone", "email", "card")}  # what a second object alone bears: it finds its owner, too
KINDS = (
    "phone",
    "email",
    "card",
    FORMER_CARD,
    "number",
    "receipt",
    "barcode",
    "article",
    "guid",
)  # what is typed as it stands; ``customer`` finds the orders and calls of a record, ``product`` its stocks
TAIL = 4  # last digits of a phone by which people ask
MOMENTS = ("receipt.time", "created")


def search_keys(entity: str, data: Mapping[str, Json], zone: ZoneInfo, called: Collection[str] = ()) -> set[tuple[str, str]]:
    """(kind, value) for each thing that the record may be found by, besides its match keys. ``zone``: whose days receipts belong to.
    ``called``: numbers that its objects have in their own systems."""
    found = plain_keys(entity, data) | {("number", _plain("number", name)) for name in called}
    if entity == "customer":
        found |= _person(data.get("last_name"), data.get("first_name"), [p.get("number") for p in data.get("phones") or ()])
        found |= {(FORMER_CARD, folded_card(number)) for number in data.get("cards_before") or ()}
    if entity == "product":
        found |= {("barcode", str(code).casefold()) for code in data.get("barcodes") or ()}
        name = folded(data.get("name"))
        found |= {("goods", word) for word in (name, *name.split()) if len(word) > 1}
    if entity == "call_task":
        found |= _task(data, zone)
    if entity in ("order", "return"):
        found |= _receipt(data, zone, called)
    if entity == MEMBERSHIP:
        found |= segment_keys(data)
    if entity == "order" and not data.get("customer"):  # others are found by their customer
        words = folded(data.get("contact.name")).split()
        found |= {("surname", word) for word in words if len(word) > 1} | _person("", "", [data.get("contact.phone")])
    return found


def plain_keys(entity: str, data: Mapping[str, Json]) -> set[tuple[str, str]]:
    """What stands in single fields of the record: numbers, phone, e-mail, card, customer."""
    return {(kind, _plain(kind, data[name])) for kind, name in FOUND_BY.get(entity, ()) if data.get(name)}


def second_keys(borne: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """What second objects bear and the record does not: their owner is found by it, and nobody is identified."""
    return {(SECOND[kind], value) for kind, value in borne} | _person("", "", [value for kind, value in borne if kind == "phone"])


def _plain(kind: str, value: Json) -> str:
    return folded_card(value) if kind == "card" else str(value).casefold()


def _person(last: Json, first: Json, phones: list[Json]) -> set[tuple[str, str]]:
    """A surname alone, with the first name, and the last digits of each phone."""
    surname, name = folded(last), folded(first)
    found = {("surname", surname)} if surname else set()
    if surname and name:
        found.add(("surname", f"{surname} {name}"))
    return found | {("tail", digits[-TAIL:]) for number in phones if len(digits := re.sub(r"\D", "", str(number or ""))) > TAIL}


def _task(data: Mapping[str, Json], zone: ZoneInfo) -> set[tuple[str, str]]:
    """Open tasks all together; closed ones by who was to call, and the day on the store's clock; those that came to something once more."""
    if data.get("state") == "open":
        return {("task", "open")}
    day = _day(data.get("closed_at"), zone)
    if not day or not data.get("seller"):
        return set()
    return {(kind, f"{data['seller']}|{day}") for kind in ("closed_day", *(["called_day"] if data.get("state") == "done" else []))}


def _receipt(data: Mapping[str, Json], zone: ZoneInfo, called: Collection[str]) -> set[tuple[str, str]]:
    """A receipt's number repeats every day and in every store: with the day it leads to a few."""
    day = next((found for name in MOMENTS if (found := _day(data.get(name), zone))), "")
    numbers = [str(data[name]) for name in ("number", "receipt.number") if data.get(name)] + list(called)
    return {("receipt_day", f"{bare}|{day}") for number in numbers for bare in bare_numbers(number)} if day else set()


def _day(value: Json, zone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(str(value)).astimezone(zone).date().isoformat() if value else ""
    except ValueError:
        return ""


def bare_number(text: str) -> str:
    """A number as people read it aloud: without leading zeros."""
    return text.strip().casefold().lstrip("0")


def bare_numbers(text: str) -> set[str]:
    """A number, and its digits alone where letters stand before them: УТ00-000017 is 17 to people."""
    tail = re.search(r"\d+$", text.strip())
    return {bare_number(text), bare_number(tail[0]) if tail else ""} - {""}


def folded(value: Json) -> str:
    """A name as it is compared: small letters, ё as е, single spaces."""
    return " ".join(str(value or "").casefold().replace("ё", "е").split())
