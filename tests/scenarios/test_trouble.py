"""Trouble on the line: answers lost before and after the effect, pages of HTML, outages. Nothing lost, nothing twice (I2, I8)."""

from __future__ import annotations

import pytest
import requests
from sqlalchemy import select

from hub.storage import inbox, reviews
from hub.storage.tables import record
from hub.sync.intake import Intake
from hub.sync.poll import poll
from hub.verify import reconcile
from tests.faces.shop import place
from tests.scenarios.shop import opened

WRITE = "POST .*(counterparty|customers/batch)$"


@pytest.fixture
def shop(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        yield shop


def faults(url, *rules):
    requests.post(f"{url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()


def names(shop):
    there = sorted(row.get("legalFirstName", "") for row in shop.sklad("GET", "counterparty")["rows"])
    here = sorted(row["first_name"] for row in shop.site("GET", "customers", role="all", per_page=100))
    return there, here


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncated", "html", "error", "late_effect"])
@pytest.mark.parametrize("direction", ["to sklad", "to site"])
def test_a_create_whose_answer_is_lost_is_made_once(shop, kind, direction):
    if direction == "to sklad":
        shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
        faults(shop.sklad_url, {"kind": kind, "match": WRITE, "count": 1, "seconds": 0.2, "status": 502})
    else:
        shop.sklad("POST", "counterparty", {"name": "А", "companyType": "individual", "legalFirstName": "Анна", "email": "anna@example.ru"})
        faults(shop.site_url, {"kind": kind, "match": WRITE, "count": 1, "seconds": 0.2, "status": 502})
    shop.poll()
    shop.work(600.0)
    shop.sync()
    assert names(shop) == (["Анна"], ["Анна"])


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_effect"])
def test_an_update_whose_answer_is_lost_takes_effect_and_no_edit_is_lost(shop, kind):
    made = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
    shop.sync()
    (row,) = shop.sklad("GET", "counterparty")["rows"]
    shop.site("PUT", f"customers/{made['id']}", {"first_name": "Инна"})
    faults(shop.sklad_url, {"kind": kind, "match": WRITE, "count": 1, "seconds": 0.2})
    shop.poll()
    shop.work(600.0)
    assert names(shop) == (["Инна"], ["Инна"])
    shop.sklad("PUT", f"counterparty/{row['id']}", {"legalFirstName": "Римма"})
    shop.sync()
    assert names(shop) == (["Римма"], ["Римма"])


def test_an_outage_parks_deliveries_without_using_attempts(shop):
    faults(shop.sklad_url, {"kind": "error", "match": WRITE, "count": 3, "status": 503})
    shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
    shop.poll()
    shop.work(600.0)
    assert names(shop) == (["Анна"], ["Анна"])


def test_a_bad_record_delays_only_itself(shop):
    people = [{"name": f"П{i}", "companyType": "individual", "legalFirstName": f"П{i}", "email": f"p{i}@example.ru"} for i in range(5)]
    shop.sklad("POST", "counterparty", people)
    shop.sklad_app.store.tables["counterparty"][shop.sklad("GET", "counterparty")["rows"][2]["id"]]["phone"] = {"odd": "shape"}
    shop.sync()
    assert len(names(shop)[1]) == 5


def test_an_order_of_goods_never_sold_before_waits_while_the_catalogue_does_not_answer(shop):
    """Each pass over the lines may name one more unknown SKU; an outage meanwhile makes no value bad."""
    shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
    faults(shop.sklad_url, {"kind": "error", "match": "assortment", "count": 5, "status": 503})
    skus = [f"SV-0{n:02d}" for n in (3, 5, 8, 11)]
    shop.site("POST", "orders", {"customer_id": 0, "created_via": "checkout", "line_items": [{"sku": sku, "quantity": 1} for sku in skus]})
    shop.sync()
    rows = shop.sklad("GET", "customerorder", limit=100, expand="positions.assortment")["rows"]
    assert [sorted(p["assortment"]["code"] for p in row["positions"]["rows"]) for row in rows] == [skus]


def test_lines_whose_goods_could_not_be_asked_for_are_read_once_the_vendor_answers(shop):
    """Each merge may name one more unknown good; an outage meanwhile leaves the lines waiting, not lost."""
    shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
    goods = shop.sklad("GET", "product")["rows"][3:7]
    firm, nobody = shop.sklad("GET", "organization")["rows"][0]["meta"], shop.sklad("GET", "counterparty")["rows"][0]["meta"]
    lines = [{"quantity": 1, "price": 100000, "assortment": {"meta": row["meta"]}} for row in goods]
    shop.sklad("POST", "customerorder", {"organization": {"meta": firm}, "agent": {"meta": nobody}, "positions": lines})
    faults(shop.sklad_url, {"kind": "error", "match": "assortment", "count": 5, "status": 503})
    shop.sync()
    with shop.hub.store.read() as at:
        assert reviews.waiting_longer(at, "lookup", before=shop.hub.clock())
    faults(shop.sklad_url)
    assert Intake(shop.hub).recheck(after=0.0) == 1
    with shop.hub.store.read() as at:
        assert not reviews.waiting_longer(at, "lookup", before=shop.hub.clock())
        (found,) = at.execute(select(record.c.data).where(record.c.entity == "order")).scalars()
    assert sorted(line["sku"] for line in found["lines"]) == sorted(row["code"] for row in goods)


def test_an_order_is_not_blamed_for_a_customer_who_is_deleted_in_its_system(tmp_path):
    """The portal takes a deleted contact out of its deals. Where the deal is seen first, the contact is written back and refused; once it is
    known to be gone, nothing is owed any more."""
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        buyer = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})["id"]
        place(shop, buyer, "SV-001")
        shop.sync(), shop.sync()
        contact = shop.crm("crm.item.list", entityTypeId=3)["items"][0]["id"]
        shop.crm("crm.item.delete", entityTypeId=3, id=contact)
        poll(shop.hub, "crm", "deal")
        shop.work()
        assert [(row["system"], row["entity"]) for row in shop.rows() if row["state"] == "dead"] == [("crm", "order")]
        hint = {"system": "crm", "resource": "contact", "external_id": str(contact), "kind": "deleted", "due_at": 0.0}
        with shop.hub.store.intake() as at:
            inbox.put(at, [hint | {"looked_at": shop.clock(), "received_at": shop.clock()}])
        shop.work()
        assert [row for row in shop.rows() if row["state"] == "dead"] == []
        assert reconcile.verify(shop.hub).agrees
