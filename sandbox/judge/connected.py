"""A shop that another program connected years ago: everybody and every order of the site stand in all three systems, told apart by that
program's own cross-references or by nothing but their keys, with fields of differing age and with gaps.

What must come of it is written into the journal: of two filled values the more trusted system's, and no gap where anybody knows better.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from decimal import Decimal
from typing import Any

from sandbox.judge.fill import Vendors, add_purchases, new_order, new_receipt
from sandbox.judge.journal import Journal
from sandbox.judge.people import CITIES, COMMENTS, LAST, STREETS, Person, Shares, person, spelled
from sandbox.judge.purchases import STATUSES, Origin, Purchase
from sandbox.judge.snapshot import take
from sandbox.judge.views import Many, View, shown

TRUST = ("sklad", "crm", "site")  # the first of them that says anything is right
TYPED = ("last_name", "middle_name", "birthday", "postcode", "city", "street", "comment", "card")
OLDER, GAP = 0.06, 0.10  # how often a system has another value in a field; how often it has none
REFERENCES = 0.6  # how often the other program left its cross-reference on a person
STYLES = (("attribute", 50), ("name", 30), ("bare", 20))
Prices = Mapping[str, dict[str, Decimal]]


def fill_connected(vendors: Vendors, *, seed: int, customers: int, orders: int, shares: Shares) -> Journal:
    """The shop, its journal, and what every field said before the hub came."""
    rng, journal = random.Random(seed), Journal(seed)
    for vendor in vendors.values():
        vendor.api.control("limits", {"enforce": False})
    journal.people = [everywhere(person(rng, n, list(vendors), shares)) for n in range(1, customers + 1)]
    journal.nobody["sklad"] = vendors["sklad"].add_nobody()
    connect_people(vendors, rng, journal)
    prices: Prices = {system: vendor.prices() for system, vendor in vendors.items()}
    add_purchases(vendors, journal, [new_order(rng, journal, "site", prices, shares) for _ in range(orders)], 0)
    copy_orders(vendors, rng, journal)
    add_purchases(vendors, journal, [new_receipt(rng, journal, prices, shares) for _ in range(max(2, orders // 10))], 0)
    traps(vendors, rng, journal, prices, shares)
    remember(vendors, journal)
    for vendor in vendors.values():
        vendor.api.control("limits", {"enforce": True})
    return journal


def everywhere(one: Person) -> Person:
    """Known to every system; without an e-mail the site cannot know them. Nobody was typed in twice by a program."""
    one.where = ["sklad", "crm"] if not one.email else list(TRUST)
    one.dirt = [kind for kind in one.dirt if kind not in ("twin", "family")]
    one.twin_in = one.other_email = ""
    return one


def aged(rng: random.Random, one: Person) -> dict[str, Person]:
    """The person as each system has them; ``one`` becomes what must come of that."""
    held = {system: Person(**{f.name: getattr(one, f.name) for f in dataclass_fields(Person)}) for system in one.where}
    for name in TYPED:
        for version in held.values():
            drawn = rng.random()
            if drawn < OLDER and name != "card":
                setattr(version, name, other(rng, name))
            elif drawn < OLDER + GAP and not (name == "card" and "phone_impossible" in one.dirt):
                setattr(version, name, "")
        setattr(one, name, next((value for system in TRUST if system in held and (value := getattr(held[system], name))), ""))
    if one.email and rng.random() < OLDER:
        held["crm"].phone = f"951{one.number % 10_000_000:07d}"
    return held


def other(rng: random.Random, name: str) -> str:
    """What a field said years ago."""
    if name == "birthday":
        return f"{rng.randrange(1950, 2006)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    if name == "postcode":
        return f"{rng.randrange(454000, 459000)}"
    base = {"last_name": LAST, "city": [city for _, city in CITIES], "street": STREETS, "comment": [c for c in COMMENTS if c]}
    return f"{rng.choice(base.get(name, ['Прежнее']))} {rng.randrange(1, 999)}"


def connect_people(vendors: Vendors, rng: random.Random, journal: Journal) -> None:
    """Type everybody in, on the site first: its number is the cross-reference of the others."""
    versions = {one.number: aged(rng, one) for one in journal.people}
    for system in reversed(TRUST):
        there = [one for one in journal.people if system in one.where]
        cards = [(card, spelled(rng, card, system)) for card in (versions[one.number][system] for one in there)]
        origins = [one.homes["site"][0] if "site" in one.homes and rng.random() < REFERENCES else "" for one in there]
        for one, ident in zip(there, vendors[system].add_people(cards, origins), strict=True):
            one.homes[system] = [ident]
    for one in journal.people:
        journal.typed_person(one, "sklad", 0)
        if one.store == "unknown":
            for system in one.where[1:]:
                journal.typed("customer", one.number, system, "store", one.store, 0, new=True)
        if versions[one.number]["crm"].phone != one.phone:
            journal.typed("customer", one.number, "crm", "phone", versions[one.number]["crm"].phone, 0, new=True)


def copy_orders(vendors: Vendors, rng: random.Random, journal: Journal) -> None:
    """Each order of the site into the other two, as the other program copied them: some were changed since, in one system or another."""
    placed, made = vendors["site"].created(), list(journal.purchases)
    versions = {one.number: aged_order(rng, one) for one in made}
    for system in ("crm", "sklad"):
        rows = []
        for one in made:
            buyer = journal.person(one.buyer).homes[system][0] if one.buyer else journal.nobody.get(system, "")
            style = rng.choices([s for s, _ in STYLES], [w for _, w in STYLES])[0]
            rows.append((versions[one.number][system], buyer, Origin(one.number, style, placed[one.id])))
        for one, ident in zip(made, vendors[system].add_copies(rows), strict=True):
            one.copies[system] = ident
    journal.edits = [edit for edit in journal.edits if edit.entity != "order"]
    for one in made:
        journal.typed_purchase(one, 0)


def aged_order(rng: random.Random, one: Purchase) -> dict[str, Purchase]:
    """The copies in the warehouse and the CRM; ``one`` becomes what must come of them and of the site's."""
    held = {s: Purchase(**{f.name: getattr(one, f.name) for f in dataclass_fields(Purchase)}) for s in ("sklad", "crm")}
    for copy in held.values():
        copy.payment, copy.copies = "", {}
        for name, base in (("comment", "comment"), ("address", "street")):
            drawn = rng.random()
            if drawn < OLDER + GAP:
                setattr(copy, name, "" if drawn < GAP else other(rng, base))
        if "unknown_store" in one.dirt or rng.random() < GAP:
            copy.store = ""
        if rng.random() < OLDER:
            copy.status = rng.choice(STATUSES)
    for name in ("comment", "address", "store", "status"):
        setattr(one, name, next((value for copy in (held["sklad"], held["crm"], one) if (value := getattr(copy, name))), ""))
    return held


def traps(vendors: Vendors, rng: random.Random, journal: Journal, prices: Prices, shares: Shares) -> None:
    """Orders of the warehouse itself that bear the number of an order of the site and are other orders."""
    numbers = [one.number for one in journal.purchases if one.system == "site"]
    made = [new_order(rng, journal, "sklad", prices, shares) for _ in numbers[: max(1, len(numbers) // 50)]]
    add_purchases(vendors, journal, made, 0)
    for one, number in zip(made, rng.sample(numbers, len(made)), strict=True):
        one.dirt.append("foreign_number")
        vendors["sklad"].rename(one.id, number)


def remember(vendors: Vendors, journal: Journal) -> None:
    """Keep what every field says: nobody may overwrite it with what a less trusted system says."""
    seen = take(vendors, journal)
    for entity, objects in (("customer", seen.customers), ("order", seen.orders)):
        for system, views in objects.items():
            journal.before |= {f"{entity} {system} {view.id}": said(view) for view in views}


def said(view: View) -> dict[str, Any]:
    """Filled fields as text; of those that hold several values a list."""
    found = {name: sorted(value.values) if isinstance(value, Many) else shown(value) for name, value in view.fields.items()}
    return {name: value for name, value in found.items() if value}
