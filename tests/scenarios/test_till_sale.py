"""A sale at a till becomes a purchase of the CRM, once, whoever bought and in however many bases it stands."""

from __future__ import annotations

import pytest

from hub.storage.tables import record
from tests.scenarios.shop import opened as moysklad
from tests.scenarios.till_shop import opened

ANNA = "+7 903 123-45-67"


@pytest.fixture
def shop(tmp_path):
    """Every system was read for the first time; Anna has an account of the site, a card and welcome points."""
    with opened(tmp_path) as shop:
        shop.sync()
        welcome(shop)
        yield shop


def welcome(shop):
    shop.anna = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": ANNA}})
    settled(shop)


def settled(shop, times=2):
    for _ in range(times):
        shop.sync()


def orders(shop):
    with shop.hub.store.read() as at:
        rows = at.execute(record.select().where(record.c.entity == "order", record.c.merged_into.is_(None))).mappings()
        return [dict(row) for row in rows]


def sales(shop):
    """Sum of each sale and return that the programme has on its books."""
    return [(bool(s["parentId"]), sum(p["totalSum"] for p in s["positions"])) for s in shop.sales()]


def contact_of(shop, deal):
    return next((row["name"] for row in shop.contacts() if row["id"] == deal["contactId"]), None)


def place(shop, pieces=2):
    body = {"customer_id": shop.anna["id"], "status": "processing", "payment_method": "cod", "created_via": "checkout"}
    return shop.site("POST", "orders", body | {"line_items": [{"sku": "SV-005", "quantity": pieces}]})


def test_a_receipt_is_a_purchase_of_its_buyer_told_by_phone_or_card_or_of_nobody(shop):
    (member,) = shop.members()
    shop.rung_up(buyer=shop.buyer("Анна", "8 (903) 123-45-67"))
    shop.rung_up("SV-007", 1, 890, Телефон="9031234567")
    shop.rung_up("SV-006", 1, 2790, ДисконтнаяКарта_Key=shop.card(member["discountCardNumber"]))
    shop.rung_up("SV-010", 1, 990)
    settled(shop)
    deals = shop.deals()
    assert [deal["UF_CRM_CHANNEL"] for deal in deals] == ["retail"] * 4
    assert {(contact_of(shop, deal), deal["opportunity"]) for deal in deals} == {("Анна", 980), ("Анна", 890), ("Анна", 2790), (None, 990)}
    assert {deal["UF_CRM_STORE"] for deal in deals} == {"Уфа, Мега"} and len(shop.contacts()) == 1
    assert sorted(sales(shop)) == [(False, 890.0), (False, 980.0), (False, 2790.0)], "nobody earns nothing"
    assert [row["НомерПоДаннымКлиента"] for row in shop.uchet.tables["Document_ЗаказКлиента"].values()] == ["SVERKA"], "no sale is an order"


@pytest.fixture
def twice(tmp_path, database_url):
    """The same on SQLite and on PostgreSQL."""
    with opened(tmp_path, database_url) as shop:
        shop.sync()
        welcome(shop)
        yield shop


def test_one_order_of_the_site_paid_at_a_till_and_seen_in_both_bases_is_one_purchase(twice):
    shop = twice
    order = place(shop)
    settled(shop)
    (document,) = [row for row in shop.uchet.tables["Document_ЗаказКлиента"].values() if row["НомерПоДаннымКлиента"] == order["number"]]
    shop.exchange()
    settled(shop)
    shop.rung_up(order=document["Ref_Key"])
    settled(shop)
    shop.exchange()
    settled(shop)
    (purchase,) = orders(shop)
    (deal,) = shop.deals()
    assert (purchase["data"]["channel"], deal["UF_CRM_ORDER_NUMBER"], deal["UF_CRM_RECEIPT_NUMBER"]) == ("online", order["number"], "0")
    assert sales(shop) == [(False, 980.0)], "one accrual"
    shop.shift_closed()
    settled(shop)
    assert (len(orders(shop)), len(shop.deals()), sales(shop)) == (1, 1, [(False, 980.0)]), "reports of a shift are no sales"


@pytest.mark.parametrize("first", ["kassa", "uchet"])
def test_whichever_base_shows_a_receipt_first_it_is_the_tills(shop, first):
    shop.rung_up(Телефон="9031234567")
    shop.exchange()
    for system in (first, "uchet", "kassa"):
        for resource in ("receipts", "returns"):
            shop.poll_only(system, resource)
        shop.work()
    settled(shop)
    (purchase,) = orders(shop)
    assert purchase["provenance"]["created"][0] == "kassa" and sales(shop) == [(False, 980.0)] and len(shop.deals()) == 1


def test_what_only_the_books_have_is_no_sale(shop):
    base = shop.uchet
    line = {"Номенклатура_Key": shop.goods(base, "SV-005"), "Количество": 1, "Цена": 490, "Сумма": 490}
    base.add("Document_ЧекККМ", Статус="Пробит", Posted=True, СуммаДокумента=490, ПолученоНаличными=490, Товары=[line])
    settled(shop, 3)
    assert (orders(shop), shop.deals(), sales(shop)) == ([], [], [])


def test_a_return_in_another_store_takes_back_what_its_lines_earned_once(shop):
    sold = shop.rung_up("SV-007", 2, 890, Телефон="9031234567")
    settled(shop)
    shop.rung_up("SV-007", 1, 890, sold=sold["Ref_Key"], store="Уфа, Ленина 10")
    settled(shop)
    shop.exchange()
    settled(shop)
    (deal,) = shop.deals()
    assert (deal["UF_CRM_RETURNED"], deal["stageId"]) == (890, "WON")
    assert sales(shop) == [(False, 1780.0), (True, 890.0)]
    shop.rung_up("SV-007", 1, 890, sold=sold["Ref_Key"])
    settled(shop)
    (deal,) = shop.deals()
    assert (deal["UF_CRM_RETURNED"], deal["stageId"]) == (1780, "RETURNED")
    assert sales(shop) == [(False, 1780.0), (True, 890.0), (True, 890.0)]
    assert sum(amount for kind, amount, _ in shop.movements() if kind != "Credit_Registration") == 0


@pytest.mark.parametrize("how", [{"СтатусЧекаККМ": "Аннулированный", "Posted": False}, {"DeletionMark": True, "Posted": False}])
def test_a_receipt_that_was_rung_up_stands_until_a_return_takes_it_back(shop, how):
    sold = shop.rung_up("SV-007", 1, 890, Телефон="9031234567")
    settled(shop)
    stood = shop.deals(), sales(shop)
    shop.kassa.keep(shop.kassa.sets["Document_ЧекККМ"], {**sold, **how})
    settled(shop)
    assert (shop.deals(), sales(shop)) == stood and sales(shop) == [(False, 890.0)]
    shop.rung_up("SV-007", 1, 890, sold=sold["Ref_Key"])
    settled(shop)
    (deal,) = shop.deals()
    assert (deal["stageId"], sales(shop)) == ("RETURNED", [(False, 890.0), (True, 890.0)])


def test_a_return_without_a_receipt_and_one_from_before_the_hub_move_no_points(shop):
    shop.rung_up(sold="00000000-0000-0000-0000-000000000000")
    shop.rung_up(sold="7c1e0000-77aa-11ef-8c35-00155d010203")
    settled(shop)
    assert (orders(shop), shop.deals(), sales(shop)) == ([], [], [])


def test_with_moysklad_a_sale_and_its_return_reach_the_crm(tmp_path):
    with moysklad(tmp_path, crm=True) as shop:
        person = {"companyType": "individual", "name": "Анна", "legalFirstName": "Анна", "phone": ANNA}
        nobody, anna = (shop.sklad("POST", "counterparty", body) for body in ({"name": "Розничный покупатель"}, person))
        shift, mug = (shop.sklad("GET", kind)["rows"][0] for kind in ("retailshift", "product"))
        at_till = {"retailShift": {"meta": shift["meta"]}}
        lines = [{"quantity": 2, "price": 89000, "assortment": {"meta": mug["meta"]}}]
        sale = shop.sklad("POST", "retaildemand", at_till | {"agent": {"meta": anna["meta"]}, "positions": lines})
        shop.sklad("POST", "retaildemand", at_till | {"agent": {"meta": nobody["meta"]}, "positions": lines})
        shop.sync()
        back = at_till | {"agent": {"meta": anna["meta"]}, "demand": {"meta": sale["meta"]}, "positions": [lines[0] | {"quantity": 1}]}
        shop.sklad("POST", "retailsalesreturn", back)
        shop.sync()
        found = shop.crm("crm.item.list", entityTypeId=2, select=["*"], useOriginalUfNames="Y")["items"]
        told = {(bool(deal["contactId"]), deal["UF_CRM_CHANNEL"], deal["opportunity"], deal["UF_CRM_RETURNED"]) for deal in found}
        assert told == {(True, "retail", 1780, 890), (False, "retail", 1780, None)}
