"""MoySklad, Bitrix24 and the site together, by polling alone: each person and order once everywhere, edits travel, rows keep their ids."""

from __future__ import annotations

import pytest
import requests
from sqlalchemy import select

from hub.explain import planning
from hub.explain.found import find
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import inbox
from hub.storage.tables import field_problem, record
from hub.verify import reconcile
from sandbox.bitrix24 import product_rows
from sandbox.bitrix24.errors import RestError
from tests.scenarios.cdp_shop import accepting
from tests.scenarios.shop import opened

CONTACT, DEAL = 3, 2


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield shop


def items(shop, kind):
    return shop.crm("crm.item.list", entityTypeId=kind, select=["*"], order={"id": "ASC"}, useOriginalUfNames="Y")["items"]


def rows(shop, deal):
    return shop.crm("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": deal}, order={"id": "ASC"})["productRows"]


def people(shop, *, nobody=False):
    return [row for row in shop.sklad("GET", "counterparty")["rows"] if (row["name"] == "Розничный покупатель") == nobody]


def users(shop):
    return shop.site("GET", "customers", role="all", per_page=100)


def orders(shop):
    return shop.sklad("GET", "customerorder", limit=100, expand="positions.assortment,agent,state")["rows"]


def change(shop, kind, ident, **fields):
    shop.crm("crm.item.update", entityTypeId=kind, id=ident, fields=fields, useOriginalUfNames="Y")


def phones(contact):
    return [entry["value"] for entry in contact["fm"] if entry["typeId"] == "PHONE"]


def buyer(shop):
    return shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": {"phone": "+79031234567"}})  # fmt: skip


def place(shop, **more):
    lines = [{"sku": "SV-007", "quantity": 2, "total": "1700.00"}, {"sku": "SV-001", "quantity": 1}, {"sku": "SV-007", "quantity": 1}]
    body = {"customer_id": buyer(shop)["id"], "status": "processing", "customer_note": "Позвонить", "line_items": lines}
    return shop.site("POST", "orders", body | more)


BORN = {
    "site": lambda shop: buyer(shop),
    "sklad": lambda shop: shop.sklad("POST", "counterparty", {"name": "Орлова Анна", "companyType": "individual", "legalFirstName": "Анна", "legalLastName": "Орлова", "phone": "8 (903) 123-45-67", "email": "anna@example.ru"}),
    "crm": lambda shop: shop.crm("crm.item.add", entityTypeId=CONTACT, fields={"name": "Анна", "lastName": "Орлова", "fm": [{"typeId": "PHONE", "valueType": "MOBILE", "value": "8 903 1234567"}, {"typeId": "EMAIL", "valueType": "HOME", "value": "Anna@Example.ru"}]}),
}  # fmt: skip


@pytest.mark.parametrize("born", BORN)
def test_a_person_of_one_system_is_known_in_all_three_once(shop, born):
    BORN[born](shop)
    for _ in range(3):
        shop.sync()
    (contact,), (counterparty,), (user,) = items(shop, CONTACT), people(shop), users(shop)
    assert (contact["lastName"], counterparty["legalLastName"], user["last_name"]) == ("Орлова",) * 3
    assert shop.counters()["writes"] == 2
    if born != "crm":
        assert phones(contact) == ["+79031234567"]
        assert (contact["originatorId"], len(contact["originId"])) == ("sverka", 36)


@pytest.mark.parametrize("robots", [0, 2])
def test_webhooks_of_our_own_writes_and_of_robots_bring_nothing(shop, robots):
    """Every write of the hub's comes back as a webhook that names no author, and robots save what was written once more: neither is news."""
    requests.post(f"{shop.crm_url}/_sandbox/robots", json={"echoes": robots}, timeout=5).raise_for_status()
    user = buyer(shop)
    shop.sync()
    (contact,) = items(shop, CONTACT)
    with accepting(shop, "crm/hook-c") as crm, accepting(shop, "site/hook-b") as site:
        shop.hub.connectors["crm"].subscribe(crm)
        shop.hub.connectors["site"].subscribe(site)
        change(shop, CONTACT, contact["id"], name="Яна")
        shop.sklad("PUT", f"counterparty/{people(shop)[0]['id']}", {"legalLastName": "Соколова"})
        shop.sync()
        for sender in (shop.crm_app.sender, shop.site_app.hooks):
            sender.drain()
        with shop.hub.store.read_intake() as at:
            assert inbox.depth(at) > 0, "they were heard"
        shop.work()
    told = shop.counters()
    assert shop.site("GET", f"customers/{user['id']}")["first_name"] == "Яна" and items(shop, CONTACT)[0]["lastName"] == "Соколова"
    shop.work()
    shop.sync()
    assert {name: count for name, count in shop.counters().items() if name in ("writes", "changes")} == {
        name: told[name] for name in ("writes", "changes")
    }
    assert [one["name"] for one in items(shop, CONTACT)] == ["Яна"]


def test_edits_of_each_system_reach_the_others(shop):
    user = buyer(shop)
    shop.sync()
    (contact,), (counterparty,) = items(shop, CONTACT), people(shop)
    change(shop, CONTACT, contact["id"], name="Анна-Мария", UF_CRM_CITY="Уфа", birthdate="1990-06-05", UF_CRM_SEX=47)
    shop.sync()
    shop.sklad("PUT", f"counterparty/{counterparty['id']}", {"legalLastName": "Соколова"})
    shop.sync()
    (contact,), (counterparty,) = items(shop, CONTACT), people(shop)
    user = shop.site("GET", f"customers/{user['id']}")
    assert (contact["name"], contact["lastName"]) == ("Анна-Мария", "Соколова")
    assert (counterparty["legalFirstName"], counterparty["sex"], counterparty["birthDate"][:10]) == ("Анна-Мария", "FEMALE", "1990-06-05")
    assert (user["first_name"], user["last_name"], user["billing"]["city"]) == ("Анна-Мария", "Соколова", "Уфа")


def test_two_phones_of_a_contact_stay_with_their_ids_and_spelling(shop):
    fm = [{"typeId": "PHONE", "valueType": "WORK", "value": "8 (903) 123-45-67"}, {"typeId": "PHONE", "valueType": "MOBILE", "value": "+79267654321"}, {"typeId": "WEB", "valueType": "WORK", "value": "https://a.ru"}]  # fmt: skip
    made = shop.crm("crm.item.add", entityTypeId=CONTACT, fields={"name": "Анна", "fm": fm})["item"]
    shop.sync()
    (counterparty,) = people(shop)
    assert counterparty["phone"] == "+79031234567, +79267654321"
    shop.sklad("PUT", f"counterparty/{counterparty['id']}", {"phone": "+79031234567 муж, +79267654321, 89170001122", "email": "a@b.ru"})
    shop.sync()
    (contact,) = items(shop, CONTACT)
    assert phones(contact) == ["8 (903) 123-45-67", "+79267654321", "+79170001122"]
    assert contact["fm"][:3] == made["fm"]
    assert {entry["typeId"] for entry in contact["fm"]} == {"PHONE", "WEB", "EMAIL"}


def test_a_contact_without_any_name_gets_one_that_travels_nowhere(shop):
    shop.sklad("POST", "counterparty", {"name": "+79031234567", "companyType": "individual", "phone": "+79031234567", "email": "x@y.ru"})
    shop.sync()
    shop.sync()
    (contact,), (user,) = items(shop, CONTACT), users(shop)
    assert (contact["name"], user["first_name"]) == ("Без имени", "")


def test_a_foreign_external_id_is_never_overwritten(shop):
    key = {"originatorId": "mango", "originId": "42"}
    made = shop.crm("crm.item.add", entityTypeId=CONTACT, fields={"name": "Анна", **key, "fm": [{"typeId": "PHONE", "value": "+79031234567"}]})  # fmt: skip
    shop.sync()
    shop.sklad("PUT", f"counterparty/{people(shop)[0]['id']}", {"legalLastName": "Орлова"})
    shop.sync()
    (contact,) = items(shop, CONTACT)
    assert {k: contact[k] for k in key} == key
    assert (contact["id"], contact["lastName"]) == (made["item"]["id"], "Орлова")


def test_an_order_of_the_site_is_a_deal_and_a_document_once(shop):
    place(shop)
    for _ in range(3):
        shop.sync()
    (deal,), (document,), (contact,) = items(shop, DEAL), orders(shop), items(shop, CONTACT)
    assert (deal["contactId"], deal["stageId"], deal["comments"], deal["opportunity"]) == (contact["id"], "PREPARATION", "Позвонить", 6080)
    assert (deal["UF_CRM_ORDER_NUMBER"], deal["title"], deal["UF_CRM_CHANNEL"]) == ("5001", "Заказ № 5001", "online")
    assert [(r["productId"], r["quantity"], r["price"], r["discountSum"]) for r in rows(shop, deal["id"])] == [
        (107, 2, 850, 40), (101, 1, 3490, 0), (107, 1, 890, 0),
    ]  # fmt: skip
    assert document["state"]["name"] == "Подтверждён"


def test_an_order_typed_into_the_warehouse_bears_its_number_in_the_title_of_the_deal(shop):
    """Nobody gave it the site's number, and it was paid at a till: people say its own number, not that of the receipt."""
    (goods,), (we,) = (shop.sklad("GET", of, limit=1)["rows"] for of in ("product", "organization"))
    (fiscal,) = [a for a in shop.sklad("GET", "customerorder/metadata/attributes")["rows"] if a["name"] == "Номер чека"]
    line = {"quantity": 1, "price": 349000, "assortment": {"meta": goods["meta"]}}
    body = {"agent": {"meta": people(shop, nobody=True)[0]["meta"]}, "organization": {"meta": we["meta"]}, "positions": [line]}
    shop.sklad("POST", "customerorder", {"name": "ПРЕД-1", **body, "attributes": [{"meta": fiscal["meta"], "value": "375"}]})
    shop.sync()
    assert [(deal["title"], deal["UF_CRM_ORDER_NUMBER"]) for deal in items(shop, DEAL)] == [("Заказ № ПРЕД-1", None)]
    shop.sklad("PUT", f"customerorder/{orders(shop)[0]['id']}", {"name": "ПРЕД-2"})
    shop.sync()
    with shop.hub.store.read() as at:
        (found,) = find(shop.hub, at, "ПРЕД-2", ())
    assert Shown(Speech("en"), {}).name("order", found["data"]) == "No. ПРЕД-2"
    assert [deal["title"] for deal in items(shop, DEAL)] == ["Заказ № ПРЕД-1"], "a title that stands is the portal's own"


def test_lines_change_row_by_row_and_nothing_unmapped_is_lost(shop):
    placed = place(shop)
    shop.sync()
    (deal,) = items(shop, DEAL)
    before = rows(shop, deal["id"])
    shop.crm("crm.item.productrow.update", id=before[0]["id"], fields={"storeId": 7, "measureCode": 778})
    first, _, third = placed["line_items"]
    lines = [{"id": first["id"], "quantity": 3, "subtotal": "2670.00", "total": "2550.00"}, {"id": third["id"], "quantity": 0}, {"sku": "SV-002", "quantity": 1}]  # fmt: skip
    shop.site("PUT", f"orders/{placed['id']}", {"line_items": lines})
    shop.sync()
    after = rows(shop, deal["id"])
    assert [(r["productId"], r["quantity"], r["price"]) for r in after] == [(107, 3, 850), (101, 1, 3490), (102, 1, 4990)]
    assert [r["id"] for r in after[:2]] == [r["id"] for r in before[:2]]
    assert (after[0]["storeId"], after[0]["measureCode"]) == (7, 778)
    assert items(shop, DEAL)[0]["opportunity"] == 3 * 850 + 3490 + 4990


def test_a_manager_moves_the_deal_and_changes_its_rows(shop):
    placed = place(shop)
    shop.sync()
    (deal,) = items(shop, DEAL)
    change(shop, DEAL, deal["id"], stageId="WON", comments="Отдать в руки", UF_CRM_DELIVERY_ADDRESS="Уфа, Ленина 1")
    first, second, third = rows(shop, deal["id"])
    shop.crm("crm.item.productrow.update", id=second["id"], fields={"quantity": 2})
    shop.crm("crm.item.productrow.delete", id=third["id"])
    shop.sync()
    order, (document,) = shop.site("GET", f"orders/{placed['id']}"), orders(shop)
    assert (order["status"], order["customer_note"], order["shipping"]["address_1"]) == ("completed", "Отдать в руки", "Уфа, Ленина 1")
    assert [(x["sku"], x["quantity"], x["total"]) for x in order["line_items"]] == [("SV-007", 2, "1700.00"), ("SV-001", 2, "6980.00")]
    assert [(p["assortment"]["code"], p["quantity"]) for p in document["positions"]["rows"]] == [("SV-007", 2.0), ("SV-001", 2.0)]
    assert document["state"]["name"] == "Доставлен"


def test_a_deal_of_the_portal_goes_to_moysklad_and_not_to_the_site(shop):
    contact = shop.crm("crm.item.add", entityTypeId=CONTACT, fields={"name": "Анна", "fm": [{"typeId": "PHONE", "value": "+79031234567"}]})["item"]  # fmt: skip
    deal = shop.crm("crm.item.add", entityTypeId=DEAL, fields={"contactId": contact["id"], "title": "По телефону"})["item"]
    row = {"productId": 101, "price": 3000, "quantity": 2, "discountTypeId": 1, "discountSum": 490}
    shop.crm("crm.item.productrow.set", ownerType="D", ownerId=deal["id"], productRows=[row])
    shop.sync()
    shop.sync()
    (document,) = orders(shop)
    assert [(p["assortment"]["code"], p["quantity"], p["price"]) for p in document["positions"]["rows"]] == [("SV-001", 2.0, 349000.0)]
    assert round(document["sum"]) == 600000
    assert document["agent"]["phone"] == "+79031234567"
    assert shop.site("GET", "orders") == []
    assert items(shop, DEAL)[0]["title"] == "По телефону"


def test_goods_that_the_portal_does_not_know_are_free_rows_and_come_back_as_they_were(shop):
    number = shop.site_app.shop.next("products")
    shop.site_app.shop.keep("products", {"id": number, "name": "Новинка", "sku": "NEW-1", "price": "100", "type": "simple"})
    placed = shop.site("POST", "orders", {"line_items": [{"sku": "NEW-1", "quantity": 2}, {"sku": "SV-001", "quantity": 1}]})
    shop.sync()
    (deal,) = items(shop, DEAL)
    first, second = rows(shop, deal["id"])
    assert (first["productId"], first["productName"], first["price"]) == (0, "NEW-1 | Новинка", 100)
    assert second["productId"] == 101
    shop.crm("crm.item.productrow.update", id=first["id"], fields={"quantity": 3})
    shop.sync()
    order = shop.site("GET", f"orders/{placed['id']}")
    assert [(x["sku"], x["quantity"], x["name"]) for x in order["line_items"]][0] == ("NEW-1", 3, "Новинка")


def test_a_deal_stays_in_its_funnel(shop):
    placed = place(shop)
    shop.sync()
    (deal,) = items(shop, DEAL)
    change(shop, DEAL, deal["id"], categoryId=1, stageId="C1:PREPARATION")
    shop.sync()
    shop.site("PUT", f"orders/{placed['id']}", {"status": "completed"})
    shop.sync()
    assert items(shop, DEAL)[0]["stageId"] == "C1:WON"


def test_a_stage_that_is_not_mapped_delays_the_status_alone(shop):
    placed = place(shop)
    shop.sync()
    (deal,) = items(shop, DEAL)
    change(shop, DEAL, deal["id"], stageId="FINAL_INVOICE", comments="Счёт у бухгалтера")
    shop.sync()
    order = shop.site("GET", f"orders/{placed['id']}")
    assert (order["status"], order["customer_note"]) == ("processing", "Счёт у бухгалтера")


LOST = ["reset_before", "reset_after", "truncated", "html", "error", "late_effect"]


def fault(shop, kind, match="POST .*batch"):
    rule = {"kind": kind, "match": match, "count": 1, "seconds": 0.2, "status": 502}
    requests.post(f"{shop.crm_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()


@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_makes_no_second_account_on_the_site(shop, kind):
    made = shop.crm("crm.item.add", entityTypeId=CONTACT, useOriginalUfNames="Y", fields={"name": "Анна", "lastName": "Орлова", "fm": [{"typeId": "EMAIL", "value": "anna@example.ru"}, {"typeId": "PHONE", "value": "+79031234567"}]})["item"]  # fmt: skip
    shop.poll()
    rule = {"kind": kind, "match": "POST .*(customers|batch)", "count": 1, "seconds": 0.2, "status": 502}
    requests.post(f"{shop.site_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    shop.work(600.0)
    shop.sync()
    assert sum(requests.get(f"{shop.site_url}/_sandbox/faults", timeout=5).json().values()) == 1, "something was lost"
    assert [row["email"] for row in users(shop)] == ["anna@example.ru"] and [row["id"] for row in items(shop, CONTACT)] == [made["id"]]


@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_creates_no_second_contact_or_deal(shop, kind):
    place(shop)
    shop.poll()
    fault(shop, kind)
    shop.work(600.0)
    shop.sync()
    (contact,), (deal,) = items(shop, CONTACT), items(shop, DEAL)
    assert deal["contactId"] == contact["id"]
    assert [r["quantity"] for r in rows(shop, deal["id"])] == [2, 1, 1]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_effect"])
def test_a_lost_answer_to_a_change_of_rows_repeats_nothing(shop, kind):
    placed = place(shop)
    shop.sync()
    shop.site("PUT", f"orders/{placed['id']}", {"line_items": [{"sku": "SV-002", "quantity": 1}], "customer_note": "Новое"})
    shop.poll()
    fault(shop, kind)
    shop.work(600.0)
    shop.sync()
    (deal,) = items(shop, DEAL)
    assert [(r["productId"], r["quantity"]) for r in rows(shop, deal["id"])] == [(107, 2), (101, 1), (107, 1), (102, 1)]
    assert deal["comments"] == "Новое"
    assert len(shop.site("GET", f"orders/{placed['id']}")["line_items"]) == 4


def test_a_deal_made_without_its_rows_gets_them_later(shop, monkeypatch):
    """A batch is not a transaction: the item is made, its rows are not, once."""
    real, failed = product_rows.make_row, []

    def make_row(*args, **more):
        if not failed:
            failed.append(True)
            raise RestError("INTERNAL_SERVER_ERROR", "Internal server error", 500)
        return real(*args, **more)

    monkeypatch.setattr(product_rows, "make_row", make_row)
    place(shop)
    shop.poll()
    shop.work(600.0)
    shop.sync()
    (deal,) = items(shop, DEAL)
    assert failed
    assert [r["quantity"] for r in rows(shop, deal["id"])] == [2, 1, 1]


def test_expired_tokens_are_renewed_once_and_nobody_notices(shop):
    place(shop)
    shop.sync()
    before = shop.crm_app.portal.tokens.refreshed
    requests.post(f"{shop.crm_url}/_sandbox/tokens", json={"expire": "access"}, timeout=5)
    (contact,) = items(shop, CONTACT)
    change(shop, CONTACT, contact["id"], lastName="Соколова")
    shop.sync()
    assert people(shop)[0]["legalLastName"] == "Соколова"
    assert shop.crm_app.portal.tokens.refreshed == before + 1


def test_the_user_that_the_hub_writes_as_is_nobodys_responsible(shop):
    buyer(shop)
    shop.sync()
    (contact,) = items(shop, CONTACT)
    assert contact["assignedById"] == 4
    with shop.hub.store.read() as at:
        (data,) = at.execute(select(record.c.data)).scalars()
    assert data.get("responsible") in (None, "anna", "ruslan", "maria")
    assert not at_problem(shop)


def at_problem(shop):
    with shop.hub.store.read() as at:
        return at.execute(field_problem.select()).all()


def test_goods_that_could_not_be_asked_for_are_not_taken_for_unknown_ones(shop):
    shop.site("POST", "orders", {"line_items": [{"sku": "SV-007", "quantity": 2}]})
    shop.poll()
    rule = {"kind": "error", "match": "POST .*/batch.json", "count": 3, "status": 503}  # a look-up is tried three times
    requests.post(f"{shop.crm_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    shop.work(600.0)
    (deal,) = items(shop, DEAL)
    assert [r["productId"] for r in rows(shop, deal["id"])] == [107]


def test_goods_added_before_a_delivery_are_no_difference_where_new_rows_come_last(shop):
    """The record has the delivery behind the goods, the portal has the new row behind the delivery, and both say the same."""
    line, courier = {"sku": "SV-001", "quantity": 1}, {"method_id": "flat_rate", "method_title": "Курьер", "total": "250"}
    order = shop.site(
        "POST", "orders", {"status": "processing", "created_via": "checkout", "line_items": [line], "shipping_lines": [courier]}
    )
    shop.sync()
    shop.site("PUT", f"orders/{order['id']}", {"line_items": [{"sku": "SV-004", "quantity": 2}]})
    shop.sync()
    (deal,) = shop.crm("crm.deal.list")
    rows = shop.crm("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": deal["ID"]})["productRows"]
    assert [row["quantity"] for row in rows] == [1, 1, 2] and rows[1]["productName"].startswith("Доставка")
    assert reconcile.verify(shop.hub).agrees
    assert {one.kind for one in planning.plan(shop.hub, ["crm"], ["order"])} == {planning.LINKED}, "the plan says so, too"
    requests.delete(f"{shop.crm_url}/_sandbox/effects")
    with shop.hub.store.write() as at:
        shop.hub.outbox.replay(at, [row["id"] for row in shop.rows() if row["system"] == "crm"], now=shop.hub.clock())
    shop.work()
    assert requests.get(f"{shop.crm_url}/_sandbox/effects").json()["robots"] == 0, "and nothing is written again"
