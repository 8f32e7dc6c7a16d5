"""Call-backs that people order, on the page of a customer and by the REST API: rung once, by whoever may, and never again by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from hub.storage.accounts import set_user
from hub.storage.tables import audit, record
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD
from tests.scenarios.test_mango import ANNA, WANTED, shop_of, state_of

KEY = "a key of the site"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    with shop_of(tmp_path, monkeypatch, **WANTED) as made:
        made.crm("crm.contact.add", fields={"NAME": "Анна", "PHONE": [{"VALUE": f"+{ANNA}", "VALUE_TYPE": "MOBILE"}]})
        made.sync()
        made.hub.settings = replace(made.hub.settings, api_key=KEY)
        with made.hub.store.write() as at:
            for role in ("viewer", "support"):
                set_user(at, role, PASSWORD, role)
        made.app = create_app(made.hub)
        yield made


def anna(shop):
    with shop.hub.store.read() as at:
        return at.execute(select(record.c.id).where(record.c.entity == "customer")).scalar_one()


def asks(shop, **more):
    body = {"phone": "8 903 123-45-67", "agent": "anna", "key": "form-17"} | more
    return shop.app.test_client().post("/api/v1/callbacks", json=body, headers={"Authorization": f"Bearer {KEY}"})


def rung(shop):
    return shop.read("effects").get("call: customer", 0)


def figures(shop):
    with shop.hub.store.read() as at:
        data = at.execute(select(record.c.data).where(record.c.entity == "customer")).scalar_one()
    return data.get("calls_made")


def test_who_may_has_a_customer_rung_from_her_page_and_pressing_twice_rings_once(shop):
    ident, support = anna(shop), Reader(shop.app, "support")
    page = support.get(f"/records/{ident}").text
    assert "Вызвать клиента" in page or "Соединить" in page
    sent = {"key": "of the page", "agent": "anna", "phone": f"+{ANNA}"}
    first = support.post(f"/records/{ident}/callback", **sent)
    again = support.post(f"/records/{ident}/callback", **sent)
    assert first.location == again.location != f"/records/{ident}"
    for _ in range(3):
        shop.work()
        shop.poll()
    assert rung(shop) == 1 and state_of(shop, first.location.rpartition("/")[2]) == "done"
    viewer = Reader(shop.app, "viewer")
    assert viewer.post(f"/records/{ident}/callback", **sent).status_code == 403
    assert f"/records/{ident}/callback" not in viewer.get(f"/records/{ident}").text
    with shop.hub.store.read() as at:
        rows = at.execute(select(audit.c.actor, audit.c.system).where(audit.c.action == "operator.callback")).all()
    assert [tuple(row) for row in rows] == [("support", "ats")]


def test_the_site_has_somebody_rung_once_for_a_form(shop):
    said = [asks(shop).get_json() for _ in range(2)]
    assert [one["ordered"] for one in said] == [True, False] and said[0]["call"] == said[1]["call"]
    shop.work()
    assert asks(shop, key="form-18").get_json()["ordered"]
    shop.work()
    assert rung(shop) == 2 and shop.read("counters")["worst"] == 0
    assert asks(shop, key="form-19", phone="нет").status_code == 422
    assert asks(shop, key="form-19", agent="maria").status_code == 409
    assert shop.app.test_client().post("/api/v1/callbacks", json={}).status_code == 401


def test_what_is_ordered_is_no_contact_and_the_conversation_is_one(shop):
    assert asks(shop).get_json()["ordered"]
    shop.work()
    assert not figures(shop), "nobody has been spoken to by an order"
    for _ in range(3):
        shop.clock.skip(400)
        shop.sync()
    assert figures(shop) == 1 and rung(shop) == 1
    (shown,) = shop.shown()
    assert shown["PHONE_NUMBER"].lstrip("+") == ANNA, "the CRM is told of the conversation, and not of the order"
    assert len(shop.read("actions", shop.cdp_url)) == 1


def test_who_said_no_is_not_rung_unless_she_asks_herself(shop):
    shop.crm("crm.item.update", entityTypeId=3, id=1, fields={"UF_CRM_CONSENTS": "не звонить"}, useOriginalUfNames="Y")
    shop.sync()
    ident, support = anna(shop), Reader(shop.app, "support")
    sent = {"agent": "anna", "phone": f"+{ANNA}"}
    assert support.post(f"/records/{ident}/callback", key="1", **sent).location == f"/records/{ident}"
    assert "отказ" in support.get(f"/records/{ident}").text.casefold()
    assert support.post(f"/records/{ident}/callback", key="2", agent="anna", phone="+79990000000").location == f"/records/{ident}"
    assert asks(shop).get_json()["ordered"]
    shop.work()
    assert rung(shop) == 1


def test_an_order_whose_answer_is_lost_is_for_a_person_and_the_same_form_asks_no_more(shop):
    shop.faults({"kind": "reset_after", "match": "callback", "count": 1})
    ident = asks(shop).get_json()["call"]
    for _ in range(2):
        shop.busy(1)
        shop.clock.skip(300)
        shop.poll()
    assert not asks(shop).get_json()["ordered"]
    shop.busy(1)
    assert rung(shop) == 1 and state_of(shop, ident) in ("unknown", "dead")


def test_a_route_that_would_tell_others_of_it_and_one_that_rings_nobody_are_named(tmp_path, monkeypatch):
    for routes, said in (({"ats": WANTED["ats"], "crm": {"give": False, "take": True}}, "crm"), ({}, "no exchange")):
        (folder := tmp_path / (said[:3])).mkdir()
        with shop_of(folder, monkeypatch, **routes) as made:
            made.hub.settings = replace(made.hub.settings, api_key=KEY)
            made.app = create_app(made.hub)
            answer = asks(made)
            assert answer.status_code == 409 and said in answer.get_json()["message"]
