"""A site order paid at a till is one purchase, whichever document comes first: the shipped mappings on the real engine, no vendor called."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.limiter import LocalLimiter
from hub.app import assemble, prepare
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.engine import open_store
from hub.storage.tables import record as record_table
from hub.storage.tables import waiting
from hub.sync.absorb import Absorber
from hub.sync.batch import RawLook
from tests.blank import lay_tables
from tests.scenarios.shop import settings

NOW = 1_795_600_000.0
BASE = "https://api.moysklad.ru/api/remap/1.2/entity"


def meta(kind, ident):
    return {"meta": {"href": f"{BASE}/{kind}/{ident}"}}


ORDER = {
    "id": "order-1", "updated": "2026-11-25 12:00:00.000", "moment": "2026-11-25 11:00:00.000", "store": {"name": "Уфа, Мега"},
    "state": {"name": "Подтверждён"}, "agent": meta("counterparty", "nobody"), "description": "Позвонить",
    "attributes": [{"name": "Оплаты", "value": "Перевод 100.00"}],
}  # fmt: skip
BUYER = {"id": "anna", "companyType": "individual", "name": "Анна", "legalFirstName": "Анна", "updated": "2026-11-25 10:00:00.000", "phone": "+79031234567"}  # fmt: skip


def receipt(number, sum_name, amount, *, order="order-1", agent="nobody", minute=30, **more):
    made = {
        "id": f"receipt-{number}", "name": number, "updated": f"2026-11-25 12:{minute}:00.000", "moment": f"2026-11-25 12:{minute}:00.000",
        "store": {"name": "Уфа, Ленина 10"}, "owner": {"name": "Мария Соколова"}, "agent": meta("counterparty", agent),
        "cheque": {"fiscalDocNumber": number, "fiscalDocSign": f"sign-{number}", "time": f"2026-11-25 12:{minute}:10.000"},
        "payments": [{"kind": sum_name, "sum": amount, "time": f"2026-11-25 12:{minute}:00.000", "id": number}],
    }  # fmt: skip
    return made | ({"customerOrder": meta("customerorder", order)} if order else {}) | more


@cache
def compiled():
    """A hub of the example configuration, made once: its mappings are what takes time."""
    folder = Path(tempfile.mkdtemp())
    chosen = settings(folder, {"sklad": "http://127.0.0.1:1", "crm": "http://127.0.0.1:1"})
    made = assemble(chosen, open_store("", folder), lambda _, __: LocalLimiter(()))
    made.store.dispose()
    shutil.rmtree(folder)
    return made


class Till:
    """One hub without vendors: what its hints ask for comes from ``documents``."""

    def __init__(self, folder):
        lay_tables(folder)
        self.now = NOW
        self.hub = replace(compiled(), store=open_store("", folder, self.clock), clock=self.clock, cache={})
        prepare(self.hub)
        self.documents = {}
        self.there("counterparty", {"id": "nobody", "companyType": "individual", "name": "Розничный покупатель"})

    def clock(self):
        self.now += 0.001
        return self.now

    def there(self, resource, *documents):
        self.documents |= {(resource, document["id"]): document for document in documents}

    def show(self, resource, ident, *, hints=True):
        """Look at a document now, then at what the hub asks for."""
        asked, seen = [(resource, ident)], set()
        while asked:
            place = asked.pop(0)
            if place in seen or place not in self.documents:
                continue
            seen.add(place)
            absorbed = Absorber(self.hub).absorb([RawLook("sklad", *place[:1], dict(self.documents[place]), "fetch", self.clock())])
            again = [(r, i) for _, r, i, _ in absorbed.again]
            seen -= {(r, i) for r, i in again if (r, i) != place and r == "retaildemand"}
            asked += again if hints else []

    def orders(self):
        with self.hub.store.read() as at:
            ids = list(
                at.execute(
                    select(record_table.c.id).where(record_table.c.entity == "order", record_table.c.merged_into.is_(None))
                ).scalars()
            )
            return list(record_rows.load(at, ids).values())

    def links(self, record_id):
        with self.hub.store.read() as at:
            return {x.external_id: x.role for x in link_rows.by_records(at, [record_id])[record_id]}

    def waits(self):
        with self.hub.store.read() as at:
            return [row.record_id for row in at.execute(select(waiting).where(waiting.c.kind == "fulfils"))]

    def named(self, ident):
        with self.hub.store.read() as at:
            return at.execute(
                select(record_table.c.id)
                .join(link_rows.table, link_rows.table.c.record_id == record_table.c.id)
                .where(link_rows.table.c.external_id == ident)
            ).scalar()


@pytest.fixture
def till(tmp_path):
    found = Till(tmp_path)
    yield found
    found.hub.store.dispose()


def merged(till):
    (order,) = till.orders()
    return {name: value for name, value in order.data.items() if value is not None}


CASH, CARD = receipt("17", "cashSum", 50000.0), receipt("18", "noCashSum", 48000.0, minute=40, agent="anna")
DOCUMENTS = (("customerorder", ORDER), ("retaildemand", CASH), ("retaildemand", CARD), ("counterparty", BUYER))


@pytest.mark.parametrize("places", list(itertools.permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_whatever_comes_first_it_is_one_purchase_with_all_that_the_receipts_add(tmp_path, places):
    till = Till(tmp_path)
    for resource, document in DOCUMENTS:
        till.there(resource, document)
    for place in places:
        till.show(DOCUMENTS[place][0], DOCUMENTS[place][1]["id"])
    (order,) = till.orders()
    assert till.links(order.id) == {"order-1": "primary", "receipt-17": "fulfilment", "receipt-18": "fulfilment"}
    said = merged(till)
    assert [(p["kind"], p["amount"], p["id"]) for p in said["payments"]] == [
        ("transfer", "100.00", None),
        ("cash", "500.00", "17"),
        ("card", "480.00", "18"),
    ]
    assert (said["store"], said["seller"], said["status"]) == ("lenina", "maria", "confirmed")
    assert (said["receipt.number"], said["receipt.sign"], said["closed"], said["paid"]) == (
        "18",
        "sign-18",
        "2026-11-25T09:40:00Z",
        "2026-11-25T09:40:00Z",
    )
    assert said["customer"] == till.named("anna"), "the order was nobody's, and the receipt knows the buyer"
    assert (said["comment"], said["created"]) == ("Позвонить", "2026-11-25T08:00:00Z")
    assert till.waits() == []
    till.hub.store.dispose()


def test_a_receipt_whose_order_is_not_there_yet_waits_and_nobody_hears_of_a_second_order(till):
    till.there("retaildemand", CASH)
    till.show("retaildemand", "receipt-17")
    assert (till.orders(), till.waits()) == ([], ["receipt-17"])
    till.there("customerorder", ORDER)
    till.show("customerorder", "order-1")
    assert len(till.orders()) == 1 and till.waits() == []
    with till.hub.store.read() as at:
        assert len(at.execute(till.hub.outbox.table.select()).all()) == 2, "one delivery to each system"


def test_an_order_that_the_system_itself_does_not_know_makes_its_receipt_a_purchase_of_its_own_until_it_comes(till):
    from hub.storage import receipts

    till.there("retaildemand", CASH)
    till.show("retaildemand", "receipt-17")
    with till.hub.store.write() as at:
        assert receipts.overdue(at, before=till.now + 1) == [("sklad", "order", "order-1")]
        receipts.set_absent(at, "sklad", "order", "order-1", now=till.now)
    till.show("retaildemand", "receipt-17")
    assert merged(till)["number"] == "17"
    till.there("customerorder", ORDER)
    till.show("customerorder", "order-1")
    (order,) = till.orders()
    assert till.links(order.id) == {"order-1": "primary", "receipt-17": "fulfilment"} and till.waits() == []


def test_a_receipt_that_is_told_its_order_later_joins_it_and_leaves_it_again(till):
    alone = receipt("17", "cashSum", 50000.0, order=None)
    till.there("retaildemand", alone)
    till.there("customerorder", ORDER)
    till.show("customerorder", "order-1")
    till.show("retaildemand", "receipt-17")
    assert len(till.orders()) == 2
    till.there("retaildemand", CASH)
    till.show("retaildemand", "receipt-17")
    (order,) = till.orders()
    assert order.data["receipt.number"] == "17"
    till.there("retaildemand", alone)
    till.show("retaildemand", "receipt-17")
    apart = {tuple(sorted(till.links(one.id))): one.data for one in till.orders()}
    assert apart["order-1",].get("receipt.number") is None
    assert apart["receipt-17",]["receipt.number"] == "17"


@pytest.mark.parametrize("how", ["cancelled", "deleted"])
def test_a_receipt_that_is_no_more_adds_nothing_any_more(till, how):
    for resource, document in DOCUMENTS:
        till.there(resource, document)
        till.show(resource, document["id"])
    if how == "cancelled":
        till.there("retaildemand", CARD | {"applicable": False})
        till.show("retaildemand", "receipt-18")
    else:
        with till.hub.store.state() as at:
            link = link_rows.by_external(at, "sklad", "retaildemand", ["receipt-18"])["receipt-18"]
            link.state = "gone"
            link_rows.save(at, [link])
        Absorber(till.hub).remerge([link.record_id])
    said = merged(till)
    assert [p["kind"] for p in said["payments"]] == ["transfer", "cash"]
    assert (said["receipt.number"], said["closed"]) == ("17", "2026-11-25T09:30:00Z")
    till.there("retaildemand", CASH | {"applicable": False})
    till.show("retaildemand", "receipt-17")
    (order,) = till.orders()
    assert [order.data[name] for name in ("paid", "closed", "receipt.number", "seller")] == [None] * 4, (
        "said as nothing, so that it is cleared"
    )
    assert (order.data["store"], [p["kind"] for p in order.data["payments"]]) == ("mega", ["transfer"])
    till.there("retaildemand", CASH)
    till.show("retaildemand", "receipt-17")
    assert merged(till)["receipt.number"] == "17"


def test_an_edit_of_the_order_after_the_receipt_counts(till):
    for resource, document in DOCUMENTS[:2]:
        till.there(resource, document)
        till.show(resource, document["id"])
    till.now += 3600
    till.there("customerorder", ORDER | {"store": {"name": "Уфа, Мега"}, "updated": "2026-11-25 13:00:00.000"})
    till.show("customerorder", "order-1")
    assert merged(till)["store"] == "lenina", "nobody edited anything"
    till.there("customerorder", ORDER | {"store": {"name": "Уфа, Ленина 10"}, "updated": "2026-11-25 14:00:00.000"})
    till.show("customerorder", "order-1")
    till.there("customerorder", ORDER | {"store": {"name": "Уфа, Мега"}, "updated": "2026-11-25 15:00:00.000"})
    till.show("customerorder", "order-1")
    assert merged(till)["store"] == "mega"


def test_the_purchase_that_a_receipt_was_gives_way_to_the_order_it_joins(till):
    alone = receipt("17", "cashSum", 50000.0, order=None)
    till.there("retaildemand", alone)
    till.show("retaildemand", "receipt-17")
    (before,) = till.orders()
    till.there("customerorder", ORDER)
    till.there("retaildemand", CASH)
    till.show("retaildemand", "receipt-17")
    (order,) = till.orders()
    assert order.id != before.id
    with till.hub.store.read() as at:
        old = record_rows.load(at, [before.id])[before.id]
        assert (old.merged_into, link_rows.by_records(at, [before.id])[before.id]) == (order.id, [])
