"""Receipts of nobody: no customer is made, matched or written to for them; a card or phone that is added later makes them somebody's."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from hub.decisions import stand_ins
from hub.explain.record import explain
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import views
from hub.storage.tables import link, record
from hub.sync import revisions
from hub.sync.questions import asked
from hub.verify.reconcile import verify
from tests.scenarios.shop import opened

DEAL, CONTACT = 2, 3


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        shop.nobody = shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        revisions.activate(shop.hub)  # as the scheduler does when it starts
        yield shop


def items(shop, kind):
    return shop.crm("crm.item.list", entityTypeId=kind, select=["*"], order={"id": "ASC"}, useOriginalUfNames="Y")["items"]


def person(first, **more):
    return {"name": first, "companyType": "individual", "legalFirstName": first, **more}


def receipt(shop, agent, **attributes):
    """A receipt of one thing; ``attributes``: additional fields by name, as the till's own program fills them."""
    shift, goods = shop.sklad("GET", "retailshift")["rows"][0], shop.sklad("GET", "product")["rows"][0]
    body = {"retailShift": {"meta": shift["meta"]}, "agent": {"meta": agent["meta"]}}
    position = {"quantity": 1, "price": 100.0, "assortment": {"meta": goods["meta"]}}
    return shop.sklad("POST", "retaildemand", body | {"positions": [position], "attributes": filled(shop, attributes)})


def filled(shop, attributes):
    rows = shop.sklad("GET", "retaildemand/metadata/attributes")["rows"]
    return [{"meta": row["meta"], "value": attributes[row["name"]]} for row in rows if row["name"] in attributes]


def test_a_receipt_of_nobody_is_a_deal_without_a_contact_until_its_card_is_told(shop):
    anna = shop.sklad("POST", "counterparty", person("Анна", discountCardNumber="2700000001"))
    sold = receipt(shop, shop.nobody)
    shop.sync()
    (contact,), (deal,) = items(shop, CONTACT), items(shop, DEAL)
    assert (contact["name"], deal["contactId"] or 0) == ("Анна", 0), "nobody is no contact, and the deal has none"
    shop.sklad("PUT", f"retaildemand/{sold['id']}", {"attributes": filled(shop, {"Карта": "27 0000 0001"})})
    shop.sync()
    (deal,) = items(shop, DEAL)
    assert deal["contactId"] == contact["id"], "the card is Anna's"
    assert {row["id"] for row in shop.sklad("GET", "counterparty")["rows"]} == {anna["id"], shop.nobody["id"]}


def test_a_receipt_with_a_phone_is_its_owners_once_the_owner_registers(shop):
    receipt(shop, shop.nobody, Телефон="8 903 123-45-67")
    receipt(shop, shop.nobody, Телефон="8 905 000-11-22")
    shop.sync()
    assert items(shop, CONTACT) == [], "a phone of nobody known makes nobody"
    shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}})
    shop.sync()
    (contact,) = items(shop, CONTACT)
    assert [deal["contactId"] or 0 for deal in items(shop, DEAL)] == [contact["id"], 0]


def test_a_phone_of_two_people_is_nobodys(shop):
    for first in ("Анна", "Олег"):
        shop.sklad("POST", "counterparty", person(first, phone="+79031234567"))
    receipt(shop, shop.nobody, Телефон="+79031234567")
    shop.sync()
    assert len(items(shop, CONTACT)) == 2
    (deal,) = items(shop, DEAL)
    assert not deal["contactId"]


def test_a_receipt_that_is_given_its_buyer_later_is_the_buyers(shop):
    sold = receipt(shop, shop.nobody)
    shop.sync()
    anna = shop.sklad("POST", "counterparty", person("Анна", phone="+79031234567"))
    shop.sklad("PUT", f"retaildemand/{sold['id']}", {"agent": {"meta": anna["meta"]}})
    shop.sync()
    (contact,), (deal,) = items(shop, CONTACT), items(shop, DEAL)
    assert deal["contactId"] == contact["id"]


def proposed(shop, *states):
    with shop.hub.store.read() as at:
        return stand_ins.listing(at, *(states or (stand_ins.PROPOSED,)))


def answer(shop, one, decision):
    stand_ins.decide(shop.hub, *one.objects[0], decision, actor="olga")
    revisions.advance(shop.hub)
    shop.work()


def why(shop, record_id):
    """System -> what is said of the record there."""
    with shop.hub.store.read() as at:
        return {one.system: one.text for one in explain(shop.hub, at, views.record_page(at, record_id), Shown(Speech("ru"), {}))}


def data_of(shop, entity):
    with shop.hub.store.read() as at:
        rows = at.execute(select(record.c.data).where(record.c.entity == entity).order_by(record.c.id)).scalars()
        return [data for data in rows if data]


def test_one_with_a_usual_name_is_asked_about_and_decided_with_its_receipts_both_ways(shop):
    guest = shop.sklad("POST", "counterparty", person("Частное лицо"))
    olga = shop.sklad("POST", "counterparty", person("Ольга", phone="+79031234567"))
    receipt(shop, guest)
    shop.sync()
    (one,) = proposed(shop)
    assert (one.name, one.why, one.objects) == ("Частное лицо", "name", (("sklad", guest["id"]),))
    assert {c["name"] for c in items(shop, CONTACT)} == {"Ольга"}, "until it is answered nobody is made of it elsewhere"
    assert "Скажите" in why(shop, one.record_id)["crm"] and verify(shop.hub).agrees
    assert [order["customer"] for order in data_of(shop, "order")] == [one.record_id]
    answer(shop, one, stand_ins.NOBODY)
    (order,), people = data_of(shop, "order"), data_of(shop, "customer")
    assert order.get("customer") is None and [p["first_name"] for p in people] == ["Ольга"]
    receipt(shop, guest)
    shop.sync()
    assert [order.get("customer") for order in data_of(shop, "order")] == [None, None]
    assert len(items(shop, CONTACT)) == 1 and len(items(shop, DEAL)) == 2, "nobody is deleted and nobody is made for it"
    (done,) = proposed(shop, stand_ins.NOBODY)
    assert done.objects == (("sklad", guest["id"]),) and done.decided_by == "olga"
    answer(shop, done, stand_ins.PERSON)
    assert {c["name"] for c in items(shop, CONTACT)} == {"Частное лицо", "Ольга"}, "a person is a customer like any other"
    contact = next(c["id"] for c in items(shop, CONTACT) if c["name"] == "Частное лицо")
    assert [deal["contactId"] for deal in items(shop, DEAL)] == [contact] * 2
    assert [order["customer"] for order in data_of(shop, "order")] == [one.record_id] * 2, "its receipts are its own again"
    assert stand_ins.discover(shop.hub) == 0 and not proposed(shop), "a refused proposal is remembered"
    assert {row["id"] for row in shop.sklad("GET", "counterparty")["rows"]} == {guest["id"], olga["id"], shop.nobody["id"]}


def test_one_who_is_asked_about_goes_to_the_others_when_told_to_be_a_person_or_given_a_phone(shop):
    guest, buyer = (shop.sklad("POST", "counterparty", person(name)) for name in ("Гость", "Покупатель"))
    shop.sync()
    assert items(shop, CONTACT) == [] and {one.name for one in proposed(shop)} == {"Гость", "Покупатель"}
    answer(shop, next(one for one in proposed(shop) if one.name == "Гость"), stand_ins.PERSON)
    assert [c["name"] for c in items(shop, CONTACT)] == ["Гость"]
    shop.sklad("PUT", f"counterparty/{buyer['id']}", {"phone": "+79031234567"})
    shop.sync()
    assert [c["name"] for c in items(shop, CONTACT)] == ["Гость", "Покупатель"], "who can be reached is somebody"
    assert {row["id"] for row in shop.sklad("GET", "counterparty")["rows"]} == {guest["id"], buyer["id"], shop.nobody["id"]}


def test_a_customer_of_more_than_fifty_receipts_is_asked_about(shop):
    till = shop.sklad("POST", "counterparty", person("Касса", phone="+79031234567"))
    regular = shop.sklad("POST", "counterparty", person("Ольга", phone="+79057778899"))
    for _ in range(stand_ins.MANY + 1):
        receipt(shop, till)
    receipt(shop, regular)
    shop.sync()
    assert proposed(shop) == []
    assert stand_ins.discover(shop.hub) == 1
    (one,) = proposed(shop)
    assert (one.name, one.why, one.receipts) == ("Касса", "receipts", stand_ins.MANY + 1)
    answer(shop, one, stand_ins.NOBODY)
    assert sum(order.get("customer") is None for order in data_of(shop, "order")) == stand_ins.MANY + 1
    (left,) = data_of(shop, "customer")
    assert left["first_name"] == "Ольга"


def test_a_persons_word_stands_above_the_configuration(shop):
    receipt(shop, shop.nobody)
    shop.sync()
    assert items(shop, CONTACT) == []
    stand_ins.decide(shop.hub, "sklad", shop.nobody["id"], stand_ins.PERSON, actor="olga")
    revisions.advance(shop.hub)
    shop.sync()
    (order,) = data_of(shop, "order")
    with shop.hub.store.read() as at:
        (known,) = at.execute(select(link).where(link.c.external_id == shop.nobody["id"])).mappings()
    assert (known["state"], known["record_id"]) == ("live", order["customer"])
    shop.sklad("PUT", f"counterparty/{shop.nobody['id']}", {"legalFirstName": "Роза", "phone": "+79031234567"})
    shop.sync()
    (contact,), (deal,) = items(shop, CONTACT), items(shop, DEAL)
    assert (contact["name"], deal["contactId"]) == ("Роза", contact["id"])


def test_a_killed_decision_goes_on_with_the_rest(shop, monkeypatch):
    guest = shop.sklad("POST", "counterparty", {"name": "Частное лицо", "companyType": "individual"})
    receipt(shop, guest)
    shop.sync()
    monkeypatch.setattr(stand_ins, "settle", lambda hub: 0)  # killed right after the decision was committed
    stand_ins.decide(shop.hub, "sklad", guest["id"], stand_ins.NOBODY, actor="olga")
    monkeypatch.undo()
    assert data_of(shop, "order")[0].get("customer") and stand_ins.unsettled(shop.hub)
    assert stand_ins.settle(shop.hub) == 1
    assert not data_of(shop, "order")[0].get("customer") and not stand_ins.unsettled(shop.hub)


def test_a_card_given_anew_keeps_its_history(shop):
    anna = shop.sklad("POST", "counterparty", person("Анна", discountCardNumber="2700000001"))
    shop.sync()
    shop.sklad("PUT", f"counterparty/{anna['id']}", {"discountCardNumber": "2700000002"})
    shop.sync()
    receipt(shop, shop.nobody, Карта="2700000001")
    receipt(shop, shop.nobody, Карта="2700000002")
    shop.sync()
    (contact,) = items(shop, CONTACT)
    assert contact["UF_CRM_CARD"] == "2700000002"
    assert [deal["contactId"] for deal in items(shop, DEAL)] == [contact["id"]] * 2, "the old card on a receipt is hers too"
    with shop.hub.store.read() as at:
        question = asked("27 0000 0001", [], date(2026, 1, 1))
        assert "customer" in {row["entity"] for row in views.search(at, "27 0000 0001", question.keys, entities=["customer"], places={})}, (
            "and it is found by it"
        )


def test_the_order_of_a_guest_agrees_where_it_stands_with_nobody(shop):
    """The hub itself gave it to nobody: that is nothing which stands there alone and that a person would have to empty."""
    shop.site("POST", "orders", {"created_via": "checkout", "line_items": [{"sku": "SV-007"}]})
    shop.sync()
    (order,) = shop.sklad("GET", "customerorder", limit=10, expand="agent")["rows"]
    assert order["agent"]["name"] == "Розничный покупатель"
    report = verify(shop.hub)
    assert report.agrees and report.alone == []
