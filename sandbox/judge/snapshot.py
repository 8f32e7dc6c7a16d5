"""Reading everything that the systems say, through the vendors' APIs alone."""

from __future__ import annotations

from typing import Any

from sandbox.judge.bitrix24 import Crm
from sandbox.judge.bonusplus import Club
from sandbox.judge.fill import Vendors
from sandbox.judge.journal import Journal
from sandbox.judge.moysklad import Sklad
from sandbox.judge.onec import Books
from sandbox.judge.retailcrm import Retail
from sandbox.judge.roster import Roster, roster_of_orders, roster_of_people
from sandbox.judge.verdict import Snapshot, Terms
from sandbox.judge.woocommerce import Site

VENDORS: dict[str, Any] = {"moysklad": Sklad, "bitrix24": Crm, "woocommerce": Site, "retailcrm": Retail, "onec": Books, "bonusplus": Club}
EMPTIED_EVERYWHERE = {"customer": ("comment", "city", "street", "postcode"), "order": ("comment", "address")}
TERMS = Terms(
    takers={"order": ("sklad", "crm", "retail", "uchet"), "receipt": ("crm", "retail"), "call": ("sklad",)},
    clears=frozenset(
        (s, entity, name) for s in ("sklad", "crm", "site", "retail") for entity, names in EMPTIED_EVERYWHERE.items() for name in names
    )
    | {("loyalty", "customer", "comment"), ("uchet", "customer", "comment"), ("uchet", "order", "comment"), ("uchet", "order", "address")},
)
"""The example configuration in the judge's words: orders go to the warehouse, the CRMs and the books, the site is owed only its own."""


def connect(systems: list[str]) -> dict[str, Any]:
    """``["sklad=moysklad=http://...", ...]`` as clients by the system's name."""
    parts = [text.split("=", 2) for text in systems]
    return {name: VENDORS[vendor](name, url) for name, vendor, url in parts}


def take(vendors: Vendors, journal: Journal) -> Snapshot:
    """Everything, with the limits off: the judge comes after hours."""
    for vendor in vendors.values():
        vendor.api.control("limits", {"enforce": False})
    seen = look(vendors, journal)
    for vendor in vendors.values():
        vendor.api.control("limits", {"enforce": True})
    return seen


def look(vendors: Vendors, journal: Journal) -> Snapshot:
    """Everything, as quickly as the limits let."""
    customers = {system: vendor.customers() for system, vendor in vendors.items()}
    orders = {system: vendor.orders() for system, vendor in vendors.items()}
    notes = {}
    if sklad := vendors.get("sklad"):
        orders["sklad"] += sklad.receipts()
        if journal.talks:
            notes = {view.id: sklad.notes(view.id) for view in customers["sklad"]}
    calls = vendors["crm"].calls() if journal.talks and "crm" in vendors else []
    return Snapshot(customers, orders, notes, calls)


def made_by_hub(vendors: Vendors, journal: Journal) -> dict[tuple[str, str, str], list[str]]:
    """(entity, who, system) -> ids of the objects that the hub made there, so that users can work with them."""
    customers = {system: vendor.customers() for system, vendor in vendors.items()}
    orders = {system: getattr(vendor, "numbered", vendor.orders)() for system, vendor in vendors.items()}
    if sklad := vendors.get("sklad"):
        orders["sklad"] += sklad.receipts()
    found: dict[tuple[str, str, str], list[str]] = {}
    rosters: list[tuple[str, Roster]] = [
        ("customer", roster_of_people(journal, customers)),
        ("order", roster_of_orders(journal, orders)),
    ]
    for entity, roster in rosters:
        for who, systems in roster.made.items():
            for system, views in systems.items():
                found[entity, who, system] = [view.id for view in views[:1]]
    return found
