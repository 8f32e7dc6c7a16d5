"""Over the vendors' own protocols: a total that does not add up, fields that a person empties, lines that change their owner, consents."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.explain.record import explain
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import views
from hub.storage.tables import conflict, field_problem, record
from tests.scenarios.shop import opened
from tests.scenarios.test_three_systems import CONTACT, DEAL, change, items, orders, people, place, rows, users

LINES = {"kind": "owner", "systems": ["crm", "site"], "until": ["packed", "done", "cancelled"], "then": ["sklad"]}
STEPS = {"new": ["confirmed"], "confirmed": ["new", "packed"], "packed": ["confirmed", "done"], "done": ["packed"], "cancelled": []}


@pytest.fixture
def opened_with(tmp_path):
    shops = []

    def make(**changes):
        whole = opened(tmp_path, crm=True, reference_wait=5.0, **changes)
        shop = whole.__enter__()
        shops.append(whole)
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        return shop

    yield make
    for whole in shops:
        whole.__exit__(None, None, None)


def problems(shop):
    with shop.hub.store.read() as at:
        return at.execute(select(field_problem.c.system, field_problem.c.field, field_problem.c.code, field_problem.c.en)).all()


def data_of(shop, entity):
    with shop.hub.store.read() as at:
        (data,) = at.execute(select(record.c.data).where(record.c.entity == entity)).scalars()
    return data


def quiet(shop):
    writes = shop.counters().get("writes")
    shop.sync()
    assert shop.counters().get("writes") == writes


def test_a_total_that_does_not_add_up_is_told_line_by_line_and_one_that_is_rounded_is_not(opened_with):
    shop = opened_with()
    deal = shop.crm("crm.item.add", entityTypeId=DEAL, fields={"title": "Заказ по телефону"})["item"]["id"]
    lines = [{"productName": "NEW-9 | Новинка", "price": 333.37, "quantity": 3}]
    shop.crm("crm.item.productrow.set", ownerType="D", ownerId=deal, productRows=lines)
    change(shop, DEAL, deal, isManualOpportunity="Y", opportunity=1000)
    shop.sync()
    order = data_of(shop, "order")
    assert (order["total"], order["rounding"], problems(shop)) == ("1000.00", "-0.11", []), "rounded to roubles"
    change(shop, DEAL, deal, opportunity=900)
    shop.sync()
    ((system, field, code, text),) = problems(shop)
    assert (system, field, code) == ("crm", "total", "total_differs")
    assert "lines 1000.11" in text and "difference -100.11" in text and "NEW-9: 3 × 333.37 − 0.00 = 1000.11" in text
    assert data_of(shop, "order").get("rounding") is None
    quiet(shop)
    change(shop, DEAL, deal, isManualOpportunity="N", opportunity=1000.11)
    shop.sync()
    assert problems(shop) == []


PEOPLE = {"sklad": ("Анна", "+79031234561"), "crm": ("Ольга", "+79031234562"), "site": ("Мария", "+79031234563")}  # who is emptied where


def person(shop, name, phone):
    own = [{"key": k, "value": v} for k, v in {"note": "Любит лён", "responsible": "maria", "tags": ["опт"]}.items()]
    billing = {"phone": phone, "city": "Уфа", "address_1": "Ленина, 1"}
    shop.site("POST", "customers", {"email": f"{phone[1:]}@example.ru", "first_name": name, "billing": billing, "meta_data": own})


def cards(shop, name):
    """One person's objects: counterparty, contact, user."""
    return (
        next(row for row in people(shop) if row["legalFirstName"] == name),
        next(row for row in items(shop, CONTACT) if row["name"] == name),
        next(row for row in users(shop) if row["first_name"] == name),
    )


def emptied(shop, system, name):
    """Somebody empties comment, city and tags there, and on the site that anybody is responsible."""
    client, card, user = cards(shop, name)
    if system == "crm":
        change(shop, CONTACT, card["id"], comments="", UF_CRM_CITY="", UF_CRM_TAGS=[])
    elif system == "sklad":
        address = {**client["actualAddressFull"], "city": ""}
        shop.sklad("PUT", f"counterparty/{client['id']}", {"description": "", "actualAddressFull": address, "tags": []})
    else:
        own = [{"key": key, "value": ""} for key in ("note", "responsible", "tags")]
        shop.site("PUT", f"customers/{user['id']}", {"billing": {"city": ""}, "meta_data": own})


def test_what_a_person_empties_is_empty_everywhere_and_a_phone_is_not(opened_with):
    shop = opened_with()
    for name, phone in PEOPLE.values():
        person(shop, name, phone)
    shop.sync()
    for system, (name, _) in PEOPLE.items():
        emptied(shop, system, name)
    shop.sync()
    for name, _ in PEOPLE.values():
        client, card, user = cards(shop, name)
        assert (client.get("description") or "", client["actualAddressFull"].get("city") or "", client.get("tags") or []) == ("", "", [])
        assert (card["comments"] or "", card["UF_CRM_CITY"] or "", card["UF_CRM_TAGS"] or []) == ("", "", [])
        assert (user["billing"]["city"], user["billing"]["address_1"]) == ("", "Ленина, 1"), "and nothing beside"
        assert [m["value"] for m in user["meta_data"] if m["key"] in ("note", "tags") and m["value"]] == []
    client, card, user = cards(shop, PEOPLE["site"][0])  # nobody is responsible: there the integration itself, which means nobody
    assert client["owner"]["meta"]["href"].endswith(shop.hub.connectors["sklad"].shapes.lists.itself())
    assert card["assignedById"] == shop.hub.connectors["crm"].lists.own_user()
    shop.site("PUT", f"customers/{user['id']}", {"billing": {"phone": ""}})
    shop.sync()
    assert shop.site("GET", f"customers/{user['id']}")["billing"]["phone"] == PEOPLE["site"][1], "nobody is without a phone by a slip"
    quiet(shop)


def test_lines_change_their_owner_with_the_status_and_a_step_of_none_waits(opened_with):
    policies = {"order": {"lines": LINES, "total": {"kind": "priority", "systems": ["site", "crm", "sklad"]}}}
    shop = opened_with(policies=policies, status_steps=STEPS)
    place(shop, status="pending")
    shop.sync()
    (deal,) = items(shop, DEAL)
    first = rows(shop, deal["id"])[0]["id"]
    shop.crm("crm.item.productrow.update", id=first, fields={"quantity": 5})
    shop.sync()
    assert orders(shop)[0]["positions"]["rows"][0]["quantity"] == 5, "the CRM's until packed"
    for stage in ("PREPARATION", "EXECUTING"):
        change(shop, DEAL, deal["id"], stageId=stage)
        shop.sync()
    shop.crm("crm.item.productrow.update", id=rows(shop, deal["id"])[0]["id"], fields={"quantity": 7})
    shop.sync()
    assert (orders(shop)[0]["positions"]["rows"][0]["quantity"], rows(shop, deal["id"])[0]["quantity"]) == (5, 5), "not any more"
    order = orders(shop)[0]
    kept = [{"id": p["id"], "quantity": 4 if i == 0 else p["quantity"]} for i, p in enumerate(order["positions"]["rows"])]
    shop.sklad("PUT", f"customerorder/{order['id']}", {"positions": kept})
    shop.sync()
    assert rows(shop, deal["id"])[0]["quantity"] == 4, "the stock's from then on"
    change(shop, DEAL, deal["id"], stageId="NEW")
    shop.sync()
    with shop.hub.store.read() as at:
        ((name, options),) = at.execute(select(conflict.c.field, conflict.c.options)).all()
    assert (name, [one["value"] for one in options]) == ("status", ["packed", "new"])
    assert (orders(shop)[0]["state"]["name"], items(shop, DEAL)[0]["stageId"].split(":")[-1]) == ("Собран", "NEW"), "nobody is overwritten"
    quiet(shop)
    with shop.hub.store.read() as at:
        page = views.record_page(at, at.execute(select(record.c.id).where(record.c.entity == "order")).scalar())
        told = {one.system: one for one in explain(shop.hub, at, page, Shown(Speech("en"), views.titles(at)))}
    assert told["crm"].state == "waits" and "disagree in Status" in told["crm"].text and told["sklad"].state == "agrees"


def test_consents_of_two_systems_are_one_list_and_the_stricter_wins(opened_with):
    shop = opened_with()
    yes = {"purpose": "marketing", "channel": "sms", "value": True, "source": "сайт", "time": "2026-08-03T09:40:00Z", "text": "v2"}
    nobody = {"purpose": "marketing", "channel": "email", "value": True, "default": True}
    body = {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}}
    shop.site("POST", "customers", body | {"meta_data": [{"key": "consents", "value": [yes, nobody]}]})
    shop.sync()
    (client,) = people(shop)
    field = next(a for a in client["attributes"] if a["name"] == "Согласия")
    assert field["value"] == "marketing/email: неизвестно\nmarketing/sms: да; сайт; 2026-08-03T09:40:00Z; v2"
    said = "marketing/email: нет; касса\nmarketing/sms: нет; касса; 2026-07-01T10:00:00Z"
    shop.sklad("PUT", f"counterparty/{client['id']}", {"attributes": [{"meta": field["meta"], "value": said}]})
    shop.sync()
    (card,) = items(shop, CONTACT)
    email, sms = card["UF_CRM_CONSENTS"].split("\n")
    assert email.startswith("marketing/email: нет; касса; 20"), "an answer without a time is as old as the edit"
    assert sms == "marketing/sms: да; сайт; 2026-08-03T09:40:00Z; v2"
    customer = data_of(shop, "customer")
    assert [(one["channel"], one["value"]) for one in customer["consents"]] == [("email", False), ("sms", True)], "the yes is newer"
    assert [(one["value"], one["system"]) for one in customer["consent_history"] if one["channel"] == "sms"] == [
        (False, "sklad"),
        (True, "site"),
    ]
    quiet(shop)
