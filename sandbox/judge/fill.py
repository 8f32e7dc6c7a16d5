"""Filling the shop: everybody and everything that was there before the hub came, in the vendors' batches."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sandbox.judge.journal import Journal
from sandbox.judge.people import Person, Shares, families, person, spelled
from sandbox.judge.purchases import PAYMENTS, Purchase, delivered, purchase

Vendors = Mapping[str, Any]  # system -> Sklad, Crm, Retail, Books or Site
KINDS = {"sklad": "S", "crm": "C", "retail": "R", "uchet": "U"}  # what the numbers begin with of orders that are placed outside the site
BORN = {"site": 70, "crm": 15, "sklad": 15, "retail": 15, "uchet": 8, "loyalty": 0}  # where nobody orders: 0


def fill(vendors: Vendors, *, seed: int, customers: int, orders: int, shares: Shares) -> Journal:
    """The shop and the journal of it. Limits are off meanwhile: a shop was not typed in one minute."""
    rng, journal = random.Random(seed), Journal(seed)
    for vendor in vendors.values():
        vendor.api.control("limits", {"enforce": False})
    journal.people = [person(rng, n, list(vendors), shares) for n in range(1, customers + 1)]
    families(rng, journal.people, shares)
    journal.nobody = {system: vendor.add_nobody() for system, vendor in vendors.items() if hasattr(vendor, "add_nobody")}
    for system, vendor in vendors.items():
        add_people(vendor, rng, journal, [one for one in journal.people if system in one.where], system, 0)
    prices = {system: vendor.prices() for system, vendor in vendors.items()}
    made = [delivered(rng, new_order(rng, journal, born(rng, vendors), prices, shares)) for _ in range(orders)]
    receipts = max(2, orders // 10) if orders else 0
    made += [new_receipt(rng, journal, prices, shares) for _ in range(receipts) if "sklad" in vendors]
    add_purchases(vendors, journal, made, 0)
    for vendor in vendors.values():
        vendor.api.control("limits", {"enforce": True})
    return journal


def add_people(vendor: Any, rng: random.Random, journal: Journal, people: Sequence[Person], system: str, round_: int) -> None:
    """Type people into one system; some of them twice, the second time without card, and with another e-mail or none."""
    for one, ident in zip(people, vendor.add_people([(p, spelled(rng, p, system)) for p in people]), strict=True):
        one.homes.setdefault(system, []).append(ident)
        journal.typed_person(one, system, round_, getattr(vendor, "lacks", ()))
    twins = [p for p in people if p.twin_in == system]
    for one, ident in zip(twins, vendor.add_people([twin(rng, p, system) for p in twins]), strict=True):
        one.homes[system].append(ident)


def twin(rng: random.Random, one: Person, system: str) -> tuple[Person, str]:
    """The same person typed in once more: the phone says who it is, else the card."""
    same = Person(**{name: getattr(one, name) for name in Person.__dataclass_fields__})
    same.email, same.comment = one.other_email, ""
    if "phone_impossible" not in one.dirt:
        same.card = ""
    return same, spelled(rng, one, system)


def born(rng: random.Random, vendors: Vendors) -> str:
    """The system in which an order is placed."""
    return rng.choices(list(vendors), [BORN[s] for s in vendors])[0]


def new_order(rng: random.Random, journal: Journal, system: str, prices: Mapping[str, dict[str, Decimal]], shares: Shares) -> Purchase:
    """An order of somebody known there, one in five of a guest."""
    there = [p.number for p in journal.staying() if p.homes.get(system)]
    buyer = rng.choice(there) if there and rng.random() > 0.2 else None
    made = purchase(rng, system, "order", buyer, prices[system], shares)
    if buyer is None:
        made.dirt.append("guest")
    if system not in ("site", "uchet") and shares.hits(rng, "unknown"):
        made.status = "unknown"
        made.dirt.append("unknown_status")
    if shares.hits(rng, "unknown"):
        made.store = "unknown"
        made.dirt.append("unknown_store")
    if system == "uchet":  # whose lists hold what they hold, and which keeps payments elsewhere
        made.status = made.status if made.status != "cancelled" else "new"
        made.store = made.store if made.store != "unknown" else ""
    if system not in ("crm", "uchet") and made.status in ("confirmed", "done"):
        pay(rng, made, shares)
    return made


def pay(rng: random.Random, made: Purchase, shares: Shares) -> None:
    """How an order was paid; the CRM does not keep that."""
    made.payment = rng.choice(PAYMENTS)
    if shares.hits(rng, "unknown"):
        made.payment = "unknown"
        made.dirt.append("unknown_payment")


def new_receipt(rng: random.Random, journal: Journal, prices: Mapping[str, dict[str, Decimal]], shares: Shares) -> Purchase:
    """A receipt of the till: six in ten name nobody."""
    there = [p.number for p in journal.staying() if p.homes.get("sklad")]
    nobody = shares.hits(rng, "no_customer") or not there
    made = purchase(rng, "sklad", "receipt", None if nobody else rng.choice(there), prices["sklad"], shares)
    if nobody:
        made.dirt.append("no_customer")
    return made


def add_purchases(vendors: Vendors, journal: Journal, made: Sequence[Purchase], round_: int) -> None:
    """Type purchases in where they are born. What is placed outside the site gets a number of its own kind."""
    for system, vendor in vendors.items():
        mine = [one for one in made if one.system == system]
        for one in mine:
            if system != "site" and one.kind == "order":
                one.number = f"{KINDS[system]}-{len(journal.purchases):05d}"
            journal.purchases.append(one)
        buyers = [journal.person(one.buyer).homes[system][0] if one.buyer else journal.nobody.get(system, "") for one in mine]
        for one, (ident, number) in zip(mine, vendor.add_orders(list(zip(mine, buyers, strict=True))), strict=True):
            one.id, one.number = ident, number
            journal.typed_purchase(one, round_)
