"""MoySklad, RetailCRM and the site together, RetailCRM by polling its histories alone: each person and order once everywhere, edits travel,
echoes die, a batch is answered item by item, and what is deleted or combined there is noticed."""

from __future__ import annotations

import pytest
import requests
import retailcrm
from sqlalchemy import select

from hub.storage.tables import link, record
from hub.sync.poll import poll
from hub.verify import reconcile
from hub.web.app import create_app
from sandbox.retailcrm import customers as vendor
from sandbox.retailcrm.keys import OTHER, PEOPLE
from sandbox.retailcrm.wire import invalid
from tests.scenarios.shop import opened


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, retail=True, reference_wait=5.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        shop.crm = retailcrm.v5(shop.retail_url, PEOPLE)
        yield shop


def said(answer):
    assert answer.is_successful(), answer.get_response()
    return answer.get_response()


def clients(shop):
    return said(shop.crm.customers({}, limit=100))["customers"]


def purchases(shop):
    return said(shop.crm.orders({}, limit=100))["orders"]


def people(shop):
    return [row for row in shop.sklad("GET", "counterparty")["rows"] if row["name"] != "Розничный покупатель"]


def users(shop):
    return shop.site("GET", "customers", role="all", per_page=100)


def documents(shop):
    return shop.sklad("GET", "customerorder", limit=100, expand="positions.assortment,agent,state")["rows"]


def buyer(shop, email="anna@example.ru", phone="+79031234567"):
    return shop.site("POST", "customers", {"email": email, "first_name": "Анна", "last_name": "Орлова", "billing": {"phone": phone}})


def place(shop, **more):
    lines = [{"sku": "SV-007", "quantity": 2, "total": "1700.00"}, {"sku": "SV-001", "quantity": 1}]
    delivery = [{"method_id": "flat_rate", "method_title": "Курьер", "total": "300.00"}]
    body = {
        "customer_id": buyer(shop)["id"],
        "status": "processing",
        "customer_note": "Позвонить",
        "line_items": lines,
        "shipping_lines": delivery,
    }
    return shop.site("POST", "orders", body | {"payment_method": "cloudpayments", "set_paid": True} | more)


def fault(shop, kind, match):
    rule = {"kind": kind, "match": match, "count": 1, "seconds": 0.2, "status": 502}
    requests.post(f"{shop.retail_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()


BORN = {
    "site": buyer,
    "retail": lambda shop: said(shop.crm.customer_create({"firstName": "Анна", "lastName": "Орлова", "email": "Anna@Example.ru", "phones": [{"number": "8 903 1234567"}]})),
}  # fmt: skip


@pytest.mark.parametrize("born", BORN)
def test_a_person_of_one_system_is_known_in_all_three_once_and_the_echo_dies(shop, born):
    BORN[born](shop)
    for _ in range(3):
        shop.sync()
    (client,), (counterparty,), (user,) = clients(shop), people(shop), users(shop)
    assert (client["lastName"], counterparty["legalLastName"], user["last_name"]) == ("Орлова",) * 3
    assert shop.counters()["writes"] == 2
    with shop.hub.store.read() as at:
        (version,) = at.execute(select(record.c.version)).scalars()
    said(shop.crm.customer_edit({"id": client["id"], "vip": True}, "id"))  # a record of the history that no mapping reads
    shop.sync()
    with shop.hub.store.read() as at:
        assert at.execute(select(record.c.version)).scalars().all() == [version]
    assert shop.counters()["writes"] == 2
    if born != "retail":
        assert (client["phones"], len(client["externalId"])) == ([{"number": "+79031234567"}], 36)


def test_edits_of_each_system_reach_the_others_and_our_own_writes_hide_none(shop):
    user = buyer(shop)
    shop.sync()
    (client,), (counterparty,) = clients(shop), people(shop)
    news = {"firstName": "Анна-Мария", "address": {"city": "Уфа"}, "birthday": "1990-06-05", "sex": "female", "addTags": ["VIP"]}
    said(shop.crm.customer_edit({"id": client["id"], **news, "phones": [{"number": "8 903 123-45-67"}, {"number": "+79267654321"}]}, "id"))
    called = create_app(shop.hub).test_client().post("/webhooks/retail/hook-d", data={"entity": "customer", "id": client["id"]})
    assert called.status_code == 200, "a trigger that an admin typed"
    shop.work()
    other = retailcrm.v5(shop.retail_url, OTHER)
    said(other.customer_edit({"id": client["id"], "patronymic": "Ивановна"}, "id"))
    shop.sklad("PUT", f"counterparty/{counterparty['id']}", {"legalLastName": "Соколова", "tags": ["vip", "опт"]})
    for resource in shop.hub.resources("sklad"):
        poll(shop.hub, "sklad", resource)
    shop.work()  # what the hub writes now stands in the history behind what the other program wrote
    shop.sync()
    (client,), (counterparty,) = clients(shop), people(shop)
    assert (client["patronymic"], counterparty["legalMiddleName"]) == ("Ивановна", "Ивановна")
    user = shop.site("GET", f"customers/{user['id']}")
    assert (client["firstName"], client["lastName"], [tag["name"] for tag in client["tags"]]) == ("Анна-Мария", "Соколова", ["VIP", "опт"])
    assert client["phones"] == [{"number": "8 903 123-45-67"}, {"number": "+79267654321"}], "as a person typed it"
    assert (counterparty["legalFirstName"], counterparty["sex"], counterparty["birthDate"][:10]) == ("Анна-Мария", "FEMALE", "1990-06-05")
    assert "+79267654321" in counterparty["phone"]
    assert (user["first_name"], user["last_name"], user["billing"]["city"]) == ("Анна-Мария", "Соколова", "Уфа")


def test_a_batch_is_answered_item_by_item(shop, monkeypatch):
    """Thirty people in one upload, one of whom the account refuses: the others are there at once, and his delivery names the field."""
    real = vendor.check

    def check(account, given, site, ident):
        if given.get("lastName") == "Отказова":
            raise invalid("lastName", "This value is not valid.")
        real(account, given, site, ident)

    monkeypatch.setattr(vendor, "check", check)
    batch = [{"email": f"u{n}@example.ru", "first_name": f"Имя{n}", "last_name": "Отказова" if n == 7 else "Орлова"} for n in range(30)]
    shop.site("POST", "customers/batch", {"create": batch})
    shop.poll()
    before = shop.retail_app.limits.requests
    shop.work(600.0)
    found = {row["email"]: row.get("lastName") for row in clients(shop)}
    assert len([email for email, last in found.items() if last == "Орлова"]) == 29
    told = [row for row in shop.rows() if row["system"] == "retail" and row["error_field"]]
    assert {row["error_field"] for row in told} <= {"lastName"}
    assert "u7@example.ru" not in found or found["u7@example.ru"] is None, "the refused field alone is set aside"
    assert shop.retail_app.limits.requests - before < 25, "not one request for each"


@pytest.mark.parametrize("kind", ["reset_after", "late_effect"])
def test_a_lost_answer_makes_nobody_twice(shop, kind):
    for n in range(3):
        buyer(shop, f"u{n}@example.ru", f"+7903123456{n}")
    shop.poll()
    fault(shop, kind, "POST .*upload")
    shop.work(600.0)
    shop.sync()
    assert sorted(row["email"] for row in clients(shop)) == ["u0@example.ru", "u1@example.ru", "u2@example.ru"]


def test_deleted_and_combined_clients_are_noticed_by_polling_alone(shop):
    for first, phone in (("Анна", "+79031234567"), ("Аня", "+79261112233"), ("Олег", "+79057778899")):
        shop.sklad("POST", "counterparty", {"name": first, "companyType": "individual", "legalFirstName": first, "phone": phone})
    shop.sync()
    ids = {row["firstName"]: row["id"] for row in clients(shop)}
    requests.post(f"{shop.retail_url}/_sandbox/delete", json={"kind": "customers", "ids": [ids["Олег"]]}, timeout=5)
    both = [{"number": "+79031234567"}, {"number": "+79261112233"}]
    said(shop.crm.customers_combine([{"id": ids["Аня"]}], {"id": ids["Анна"]}))
    said(shop.crm.customer_edit({"id": ids["Анна"], "phones": both}, "id"))
    shop.sync()
    with shop.hub.store.read() as at:
        rows = at.execute(select(link.c.external_id, link.c.state, link.c.record_id).where(link.c.system == "retail")).all()
    state = {int(row.external_id): row.state for row in rows}
    assert state == {ids["Анна"]: "live", ids["Аня"]: "gone", ids["Олег"]: "gone"}
    records = {int(row.external_id): row.record_id for row in rows}
    assert records[ids["Анна"]] == records[ids["Аня"]] != records[ids["Олег"]]
    assert [row["firstName"] for row in clients(shop)] == ["Анна"], "nobody is made anew"


def test_an_order_of_the_site_lives_in_the_crm(shop):
    """It is there once with its money, echoes die, lines keep ids and comments, a manager's edits go to the site and to MoySklad, and a status
    that nobody mapped delays itself alone."""
    placed = place(shop)
    for _ in range(2):
        shop.sync()
    (order,), (document,), (client,) = purchases(shop), documents(shop), clients(shop)
    assert (order["number"], order["customer"]["id"], order["status"]) == (placed["number"], client["id"], "client-confirmed")
    assert (order["totalSumm"], order["delivery"]["cost"], order["customerComment"]) == (5490, 300, "Позвонить")
    assert [(row["offer"]["article"], row["quantity"], row["discountTotal"]) for row in order["items"]] == [
        ("SV-007", 2, 40),
        ("SV-001", 1, 0),
    ]
    assert [(one["type"], one["status"], one["amount"]) for one in order["payments"].values()] == [("bank-card", "paid", 5490)]
    assert (order["orderMethod"], document["state"]["name"]) == ("shopping-cart", "Подтверждён")
    writes = shop.counters()["writes"]
    shop.sync()
    assert shop.counters()["writes"] == writes, "our own writes and the system's doings in the history are no news"
    first, second = order["items"]
    said(shop.crm.order_edit({"id": order["id"], "items": [{"id": line["id"], "comment": "хрупкое"} for line in order["items"]]}, "id"))
    change = {"id": placed["line_items"][0]["id"], "quantity": 3, "subtotal": "2670.00", "total": "2550.00"}
    shop.site("PUT", f"orders/{placed['id']}", {"line_items": [change]})
    shop.sync()
    (order,) = purchases(shop)
    assert [(line["id"], line["quantity"], line["comment"]) for line in order["items"]] == [
        (first["id"], 3, "хрупкое"),
        (second["id"], 1, "хрупкое"),
    ]
    lines = [{"id": first["id"]}, {"id": second["id"], "quantity": 2}, {"offer": {"id": 32}, "quantity": 1}]
    news = {"status": "complete", "customerComment": "Отдать в руки", "delivery": {"address": {"text": "Уфа, Ленина 1"}}, "items": lines}
    said(shop.crm.order_edit({"id": order["id"], **news}, "id"))
    shop.sync()
    back, (document,) = shop.site("GET", f"orders/{placed['id']}"), documents(shop)
    assert (back["status"], back["customer_note"], back["shipping"]["address_1"]) == ("completed", "Отдать в руки", "Уфа, Ленина 1")
    assert [(x["sku"], x["quantity"], x["total"]) for x in back["line_items"]] == [
        ("SV-007", 3, "2550.00"),
        ("SV-001", 2, "6980.00"),
        ("SV-002", 1, "4990.00"),
    ]
    goods = {p["assortment"]["code"]: p["quantity"] for p in document["positions"]["rows"]}
    assert goods == {"SV-007": 3.0, "SV-001": 2.0, "SV-002": 1.0, "DELIVERY": 1.0}
    assert document["state"]["name"] == "Доставлен"
    assert reconcile.verify(shop.hub).agrees
    shop.retail_app.account.references["statuses"]["waiting"] = {"code": "waiting", "name": "Ждём", "active": True, "group": "approval"}
    said(shop.crm.order_edit({"id": order["id"], "status": "waiting", "customerComment": "Счёт у бухгалтера"}, "id"))
    shop.sync()
    back = shop.site("GET", f"orders/{placed['id']}")
    assert (back["status"], back["customer_note"]) == ("completed", "Счёт у бухгалтера")


def test_an_order_of_the_crm_goes_to_moysklad_with_its_buyer_and_not_to_the_site(shop):
    line = {"offer": {"id": 31}, "quantity": 2, "discountManualAmount": 490}
    order = said(
        shop.crm.order_create({"firstName": "Пётр", "phone": "8 926 765-43-21", "orderMethod": "offline", "items": [line], "managerId": 2})
    )["order"]
    said(shop.crm.order_payment_create({"order": {"id": order["id"]}, "type": "cash", "status": "paid", "amount": 6000}))
    shop.sync()
    shop.sync()
    (document,) = documents(shop)
    assert [(p["assortment"]["code"], p["quantity"], p["price"]) for p in document["positions"]["rows"]] == [("SV-001", 2.0, 349000.0)]
    assert (round(document["sum"]), document["agent"]["phone"]) == (600000, "+79267654321")
    words = {row["name"]: row["value"] for row in document["attributes"]}
    assert words["Номер на сайте"] == order["number"]
    assert words["Оплаты"].startswith("Наличные 6000.00")
    assert shop.site("GET", "orders") == []


def test_a_lost_answer_makes_no_second_order_or_payment(shop):
    place(shop)
    shop.poll()
    fault(shop, "late_effect", "POST .*/orders/(create|upload)")
    shop.work(600.0)
    shop.sync()
    (order,) = purchases(shop)
    assert [(one["type"], one["amount"]) for one in order["payments"].values()] == [("bank-card", 5490)]
    assert [line["quantity"] for line in order["items"]] == [2, 1]
