"""Receipts of nobody: no customer is made, matched or written to for them; a card or phone that is added later makes them somebody's."""

from __future__ import annotations

import pytest

from tests.scenarios.shop import opened

DEAL, CONTACT = 2, 3


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        shop.nobody = shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
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
