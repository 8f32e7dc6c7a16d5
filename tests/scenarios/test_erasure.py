"""A person is erased: the values stand nowhere any more, the rest goes on, and nobody brings her back but a person who says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from hub import audit
from hub.keeping import backup, erasure, restoring
from hub.language.refused import Refused
from hub.storage import links as link_rows
from hub.storage import views
from hub.storage.archive import Archive
from hub.storage.tables import audit as audit_table
from hub.storage.tables import audit_body, inbox, link, record
from hub.sync import manual
from hub.sync.poll import poll
from hub.verify import reconcile
from sandbox.judge.bitrix24 import Exchange
from sandbox.judge.purchases import Talk
from tests.faces.shop import place
from tests.scenarios.shop import opened
from tests.servers import postgres_folders

PHONE, EMAIL, CARD = "+79031234567", "anna.erased@example.ru", "2700000777"
VALUES = ("9031234567", "903) 123-45-67", EMAIL, CARD, "Стирайкина", "Тихий переулок", "2-й этаж")


@pytest.fixture
def shop(tmp_path, database_url):
    """Anna on the site and in the warehouse, with an order; Ivan beside her."""
    with opened(tmp_path, database_url) as shop:
        shop.folder, shop.url = tmp_path, database_url
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        anna = {"email": EMAIL, "first_name": "Анна", "last_name": "Стирайкина", "billing": {"phone": "8 (903) 123-45-67", "address_1": "Тихий переулок, 5"}, "meta_data": [{"key": "card", "value": CARD}]}  # fmt: skip
        shop.anna = shop.site("POST", "customers", anna)["id"]
        ivan = {"name": "Иван Петров", "legalFirstName": "Иван", "legalLastName": "Петров", "phone": "8 (905) 111-22-33"}
        shop.ivan = shop.sklad("POST", "counterparty", ivan | {"companyType": "individual"})["id"]
        shop.order = place(shop, shop.anna, "SV-001")
        shop.site("PUT", f"orders/{shop.order}", {"customer_note": "2-й этаж", "billing": {"email": EMAIL, "phone": PHONE, "last_name": "Стирайкина"}})  # fmt: skip
        shop.sync()
        shop.site("PUT", f"customers/{shop.anna}", {"first_name": "Аннушка"})
        shop.sync()
        yield shop


def customer(shop, external_id, system="site"):
    with shop.hub.store.read() as at:
        return at.execute(select(link.c.record_id).where(link.c.system == system, link.c.external_id == str(external_id))).scalar_one()


def order_of(shop):
    with shop.hub.store.read() as at:
        return views.search(at, str(shop.order), [("number", str(shop.order))], entities=["order"], places={})[0]


def stored(shop):
    """Everything that the databases keep, as bytes: the files themselves, or a dump."""
    if not shop.url:
        return b"".join(file.read_bytes() for file in sorted(shop.folder.glob("*.sqlite*")))
    dump = next((f for folder in [*postgres_folders(), Path("/usr/bin")] if os.access(f := folder / "pg_dump", os.X_OK)), None)
    return subprocess.run([dump, shop.url], check=True, stdout=subprocess.PIPE).stdout


def standing(shop):
    kept = stored(shop)
    return [value for value in VALUES if value.encode() in kept]


def sealed(shop):
    with shop.hub.store.state() as at:
        while audit.seal(at, now=shop.clock()):
            pass
        return audit.prove(at)


def test_what_was_erased_stands_nowhere_and_the_audit_log_is_proven(shop):
    anna, keepers = customer(shop, shop.anna), customer(shop, shop.ivan, "sklad")
    manual.set_field(shop.hub, anna, "comment", "2-й этаж", actor="test")
    shop.work()
    assert {"9031234567", EMAIL, CARD, "Стирайкина", "2-й этаж"} <= set(standing(shop))
    with pytest.raises(Refused, match="a customer is erased"):
        erasure.erase(shop.hub, order_of(shop)["id"], actor="test")
    told = erasure.erase(shop.hub, anna, actor="test", reason="request 14")
    assert standing(shop) == []
    assert told["still_found"] == {} and told["files_settled"]
    assert {(o["system"], o["id"]) for o in told["objects"]} >= {("site", str(shop.anna)), ("site", str(shop.order))}
    proof = sealed(shop)
    assert proof.faults == [] and proof.erased > 0
    with shop.hub.store.read() as at:
        assert at.execute(select(record.c.id).where(record.c.id == anna)).first() is None
        assert at.execute(select(record.c.data).where(record.c.id == keepers)).scalar_one()["last_name"] == "Петров"
        assert views.audit_rows(at, action=erasure.ERASE)[0]["cause"] == told["certificate"]
    with shop.hub.store.write() as at:  # what is left of a row without values is held as before
        written = (audit_table.c.record_id == anna, audit_table.c.action == "write.intent")
        bare = at.execute(select(audit_table.c.id).where(*written)).scalars().first()
        assert at.execute(select(func.count()).select_from(audit_body).where(audit_body.c.audit_id == bare)).scalar() == 0
        at.execute(update(audit_table).where(audit_table.c.id == bare).values(actor="somebody else"))
    assert [fault.split(":")[0] for fault in sealed(shop).faults] == [f"row {bare}"]


def test_polls_and_edits_bring_nobody_back_and_the_order_goes_on(shop):
    anna = customer(shop, shop.anna)
    erasure.erase(shop.hub, anna, actor="test")
    before = len(shop.sklad("GET", "counterparty")["rows"])
    shop.site("PUT", f"customers/{shop.anna}", {"last_name": "Стирайкина-Новая"})
    shop.site("PUT", f"orders/{shop.order}", {"status": "completed", "customer_note": "2-й этаж, налево"})
    poll(shop.hub, "site", "customers"), poll(shop.hub, "site", "orders")
    with shop.hub.store.read_intake() as at:
        assert not [d for d in at.execute(select(inbox.c.data)).scalars() if d], "nothing of hers waits in the inbox"
    shop.sync()
    shop.sync()
    assert standing(shop) == []
    order = order_of(shop)
    assert order["data"]["status"] == "done"
    assert not {"customer", "contact.phone", "contact.name", "comment"} & {name for name, value in order["data"].items() if value}
    there = shop.sklad("GET", "customerorder")["rows"][0]
    buyer = shop.sklad("GET", "counterparty/" + there["agent"]["meta"]["href"].rsplit("/", 1)[-1])
    assert buyer["phone"], "the system's own objects are left"
    assert reconcile.verify(shop.hub).agrees
    assert len(shop.sklad("GET", "counterparty")["rows"]) == before, "and nothing is created for her"


def test_a_copy_with_her_phone_is_kept_out_until_somebody_lets_her_in(shop):
    told = erasure.erase(shop.hub, customer(shop, shop.anna), actor="test")
    copy = {"name": "Стирайкина Анна", "legalLastName": "Стирайкина", "phone": "8 903 123 45 67", "companyType": "individual"}
    made = shop.sklad("POST", "counterparty", copy)
    shop.sync()
    assert standing(shop) == []
    with shop.hub.store.read() as at:
        assert link_rows.by_external(at, "sklad", "counterparty", [made["id"]])[made["id"]].state == "erased"
        assert erasure.erased(at)[0]["kept_out"] == 1
    assert erasure.readmit(shop.hub, told["certificate"], actor="test")
    shop.sync()
    again = customer(shop, shop.anna)
    with shop.hub.store.read() as at:
        assert at.execute(select(record.c.data).where(record.c.id == again)).scalar_one()["phones"][0]["number"] == PHONE
        assert erasure.erased(at)[0]["readmitted"]
    assert order_of(shop)["data"]["contact.phone"] == PHONE and order_of(shop)["data"]["customer"] == again
    with pytest.raises(Refused, match="nobody is kept out by it"):
        erasure.readmit(shop.hub, told["certificate"], actor="test")


def test_a_phone_that_somebody_else_has_too_keeps_nobody_out(tmp_path):
    """A family's phone: the son stays, and the certificate names him."""
    with opened(tmp_path, phone_is_person=False) as shop:
        people = [shop.site("POST", "customers", {"email": f"{name}@example.ru", "first_name": name, "billing": {"phone": PHONE}})["id"] for name in ("Anna", "Pyotr")]  # fmt: skip
        shop.sync()
        anna, son = (customer(shop, one) for one in people)
        told = erasure.erase(shop.hub, anna, actor="test")
        assert told["related"] == [son] and {"record", "link"} <= set(told["still_found"])
        shop.site("PUT", f"customers/{people[1]}", {"last_name": "Сын"})
        shop.sync()
        with shop.hub.store.read() as at:
            assert at.execute(select(record.c.data).where(record.c.id == son)).scalar_one()["last_name"] == "Сын"


def test_a_backup_from_before_does_not_bring_her_back(shop):
    anna = customer(shop, shop.anna)
    file, _ = backup.take(shop.hub)
    told = erasure.erase(shop.hub, anna, actor="test")
    assert told["backups"] == [file.name]
    shutil.move(file, shop.folder / "elsewhere.zip")
    restoring.restore(shop.hub, Archive(shop.folder / "elsewhere.zip"), actor="test", force=True, keep=False)
    shop.hub.store.settle_files()
    assert standing(shop) == []
    shop.sync()
    shop.hub.store.settle_files()
    assert standing(shop) == []
    with shop.hub.store.read() as at:
        assert [row["certificate"] for row in erasure.erased(at)] == [told["certificate"]]


def test_orders_of_a_person_who_is_erased_in_the_systems_too_are_left_as_they_are(tmp_path):
    """The contact is deleted in the CRM, which takes it out of its deals: the hub does not write back what is not there any more, and a new
    order of hers goes on without her."""
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        shop.anna = shop.site("POST", "customers", {"email": EMAIL, "first_name": "Анна", "billing": {"phone": PHONE}})["id"]
        shop.order = place(shop, shop.anna, "SV-001")
        shop.sync(), shop.sync()
        contact = shop.crm("crm.item.list", entityTypeId=3)["items"][0]["id"]
        erasure.erase(shop.hub, customer(shop, shop.anna), actor="test", prove=False)
        shop.crm("crm.item.delete", entityTypeId=3, id=contact)
        shop.site("PUT", f"orders/{shop.order}", {"status": "completed"})
        later = place(shop, shop.anna, "SV-002")
        shop.sync(), shop.sync()
        assert [row for row in shop.rows() if row["state"] == "dead"] == []
        assert len(shop.crm("crm.item.list", entityTypeId=3)["items"]) == 0
        deals = {d["id"]: d for d in shop.crm("crm.item.list", entityTypeId=2, select=["*"])["items"]}
        assert len(deals) == 2 and all(d["contactId"] in (0, None) for d in deals.values())
        assert reconcile.verify(shop.hub).drift == []
        shop.order = later
        assert not order_of(shop)["data"].get("contact.phone") and not order_of(shop)["data"].get("customer")


def test_her_calls_lose_phone_and_recording_and_later_ones_are_not_passed_on(tmp_path):
    with opened(tmp_path, crm=True) as shop:
        shop.folder, shop.url = tmp_path, ""
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        shop.anna = shop.site("POST", "customers", {"email": EMAIL, "first_name": "Анна", "billing": {"phone": PHONE}})["id"]
        shop.sync(), shop.sync()
        contact = shop.crm("crm.item.list", entityTypeId=3)["items"][0]["id"]
        exchange = Exchange(shop.crm_url)
        exchange.ended(Talk("call-1", 1, PHONE, "out", "200", 60, "2026-03-12T16:05:00+05:00"), str(contact))
        shop.sync()
        counterparty = next(r["id"] for r in shop.sklad("GET", "counterparty")["rows"] if r.get("phone"))
        assert len(shop.sklad("GET", f"counterparty/{counterparty}/notes")["rows"]) == 1
        erasure.erase(shop.hub, customer(shop, shop.anna), actor="test")
        assert standing(shop) == []
        exchange.ended(Talk("call-2", 1, PHONE, "out", "200", 60, "2026-03-12T17:05:00+05:00"), str(contact))
        shop.sync()
        shop.hub.store.settle_files()
        assert standing(shop) == []
        with shop.hub.store.read() as at:
            calls = at.execute(select(record.c.data).where(record.c.entity == "call")).scalars().all()
        assert len(calls) == 2 and not any({"phone", "recording", "customer"} & {k for k, v in data.items() if v} for data in calls)
        assert len(shop.sklad("GET", f"counterparty/{counterparty}/notes")["rows"]) == 1
