"""What a vendor's answers may hold and should not: one field that cannot be, an object without an id, a reference that leads nowhere, an
edit from the future. Each delays itself alone (I8), and is told where somebody looks."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.storage import views
from hub.storage.tables import field_problem, record
from tests.scenarios.shop import opened

NOBODY = "0d5d0a4e-77c1-4b7e-9a53-2d1b7a8f1f10"


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, reference_wait=5.0) as shop:
        yield shop


def person(shop, name="Анна", **more):
    body = {"name": name, "companyType": "individual", "legalFirstName": name, "email": "anna@example.ru", "phone": "+79031234567"}
    return shop.sklad("POST", "counterparty", body | more)


def problems(shop):
    with shop.hub.store.read() as at:
        return at.execute(select(field_problem.c.system, field_problem.c.field, field_problem.c.code)).all()


def parked(shop):
    with shop.hub.store.read() as at:
        return [(row["system"], row["resource"]) for row in views.parked_objects(at)]


def data_of(shop, entity):
    with shop.hub.store.read() as at:
        return [row.data for row in at.execute(select(record.c.data).where(record.c.entity == entity))]


@pytest.mark.parametrize(
    ("path", "value", "field"), [("phone", {"odd": "shape"}, "phones"), ("birthDate", "вчера", "birthday"), ("sex", "OTHER", "sex")]
)
def test_a_field_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(shop, path, value, field):
    made = person(shop)
    shop.sync()
    row = shop.sklad_app.store.tables["counterparty"][made["id"]]
    row |= {path: value, "description": "Любит лён"}
    shop.sklad_app.store.put("counterparty", row)
    shop.sync()
    (user,) = shop.site("GET", "customers", role="all")
    assert {one["key"]: one["value"] for one in user["meta_data"]}["note"] == "Любит лён"
    assert user["billing"]["phone"] == "+79031234567"
    assert [(system, name) for system, name, _ in problems(shop)] == [("sklad", field)]
    shop.sklad(
        "PUT", f"counterparty/{made['id']}", {path: {"phone": "+79031234568", "birthDate": "1990-06-05 00:00:00", "sex": "MALE"}[path]}
    )
    shop.sync()
    assert problems(shop) == []


def test_an_object_without_an_id_is_parked_once_and_the_others_flow(shop):
    """It is told once, however often it is read."""
    broken = shop.site("POST", "customers", {"email": "broken@example.ru", "first_name": "Никто"})
    shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
    shop.site_app.shop.tables["customers"][broken["id"]]["id"] = None
    for _ in range(3):
        shop.sync()
    assert [row["legalFirstName"] for row in shop.sklad("GET", "counterparty")["rows"]] == ["Анна"]
    assert parked(shop) == [("site", "customers")]


def test_an_order_of_a_customer_who_is_not_there_goes_without_one(tmp_path):
    """It waits for the customer a while, then goes as the order of nobody known."""
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        firm = shop.sklad("GET", "organization")["rows"][0]["meta"]
        agent, goods = person(shop)["meta"], shop.sklad("GET", "product")["rows"][0]["meta"]
        line = {"quantity": 1, "price": 100000, "assortment": {"meta": goods}}
        made = shop.sklad("POST", "customerorder", {"organization": {"meta": firm}, "agent": {"meta": agent}, "positions": [line]})
        held = shop.sklad_app.store.tables["customerorder"][made["id"]]
        held["agent"] = {"meta": agent | {"href": agent["href"].rsplit("/", 1)[0] + f"/{NOBODY}"}}
        shop.sync(), shop.sync()
        (deal,) = shop.crm("crm.item.list", entityTypeId=2)["items"]
        assert (deal["opportunity"], deal["contactId"] or 0) == (1000, 0)
        assert [one.get("customer") for one in data_of(shop, "order")] == [None]


def test_an_edit_from_the_future_does_not_outlive_the_next_one(shop):
    """A counterparty changed "in the year 2099": the time is brought down to when it was seen, and the edit after that one wins."""
    made = person(shop)
    shop.sync()
    row = dict(shop.sklad_app.store.tables["counterparty"][made["id"]])
    shop.sklad_app.store.put("counterparty", row | {"legalFirstName": "Инна", "updated": "2099-01-01 00:00:00.000"}, touch=False)
    shop.sync()
    (user,) = shop.site("GET", "customers", role="all")
    assert user["first_name"] == "Инна"
    shop.site("PUT", f"customers/{user['id']}", {"first_name": "Жанна"})
    shop.sync()
    assert shop.sklad("GET", f"counterparty/{made['id']}")["legalFirstName"] == "Жанна"
