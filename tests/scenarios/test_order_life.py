"""The life of an order: made on the site and in the CRM, owned by 1C once its status has passed the gate, and every step of it everywhere."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.storage.tables import conflict, delivery
from tests.scenarios.onec_shop import EXAMPLE, opened

DEAL = 2
LIFE = EXAMPLE.parent / "order-life.yaml"
CASH = {"status": "on-hold", "payment_method": "cod", "created_via": "checkout"}


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, example=LIFE, reference_wait=5.0) as shop:
        shop.sync()
        yield shop


@pytest.fixture
def twice(tmp_path, database_url):
    """The same on SQLite and on PostgreSQL."""
    with opened(tmp_path, database_url, example=LIFE, reference_wait=5.0) as shop:
        shop.sync()
        yield shop


def settled(shop, times=2):
    for _ in range(times):
        shop.sync()


def place(shop, **more):
    body = {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}}
    anna = shop.site("POST", "customers", body)
    lines = [{"sku": "SV-007", "quantity": 2}, {"sku": "SV-001", "quantity": 1}]
    order = shop.site("POST", "orders", CASH | {"customer_id": anna["id"], "line_items": lines} | more)
    settled(shop)
    return order


def deal(shop):
    (found,) = shop.crm("crm.item.list", entityTypeId=DEAL, select=["*"], useOriginalUfNames="Y")["items"]
    return found


def rows(shop):
    return shop.crm("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": deal(shop)["id"]})["productRows"]


def stage(shop, name):
    shop.crm("crm.item.update", entityTypeId=DEAL, id=deal(shop)["id"], fields={"stageId": name})
    settled(shop)


def pieces(shop, *, crm=0, uchet=0):
    """Somebody changes how many of the first goods there are."""
    if crm:
        shop.crm("crm.item.productrow.update", id=rows(shop)[0]["id"], fields={"quantity": crm})
    if uchet:
        (document,) = shop.documents()
        lines = [dict(line) for line in document["Товары"]]
        lines[0] |= {"Количество": uchet, "Сумма": uchet * lines[0]["Цена"]}
        shop.people("PATCH", f"Document_ЗаказКлиента(guid'{document['Ref_Key']}')", {"Товары": lines})
    settled(shop)


def counted(shop, order):
    """Pieces of the first goods: in the CRM, on the site, in 1C."""
    site = shop.site("GET", f"orders/{order['id']}")["line_items"]
    return (rows(shop)[0]["quantity"], site[0]["quantity"], *(row["Товары"][0]["Количество"] for row in shop.documents()))


def statuses(shop, order):
    return (deal(shop)["stageId"], shop.site("GET", f"orders/{order['id']}")["status"], *(row["Статус"] for row in shop.documents()))


def in_books(shop, **values):
    (document,) = shop.documents()
    shop.people("PATCH", f"Document_ЗаказКлиента(guid'{document['Ref_Key']}')", values)
    settled(shop)


def shipped(shop):
    """A shipment of all: the register of states moves, and the order's version does not."""
    (document,) = shop.documents()
    base = shop.uchet_app.base
    base.add("Document_РеализацияТоваровУслуг", Posted=True, ЗаказКлиента=document["Ref_Key"], СуммаДокумента=document["СуммаДокумента"])
    register = base.sets["InformationRegister_СостоянияЗаказовКлиентов"]
    held = base.tables[register.name][document["Ref_Key"]]
    base.keep(register, held | {"Состояние": "ОжидаетсяОплатаПослеОтгрузки", "ПроцентОтгрузки": 100})
    settled(shop)


def brought_back(shop, *lines):
    """Возврат товаров от клиента of the shipment."""
    base = shop.uchet_app.base
    (shipment,) = base.tables["Document_РеализацияТоваровУслуг"]
    goods = [{"Номенклатура_Key": shop.goods(sku), "Количество": n, "Цена": price, "Сумма": n * price} for sku, n, price in lines]
    kind = {"ДокументРеализации": shipment, "ДокументРеализации_Type": "StandardODATA.Document_РеализацияТоваровУслуг"}
    total = sum(line["Сумма"] for line in goods)
    base.add("Document_ВозвратТоваровОтКлиента", Posted=True, СуммаДокумента=total, ПричинаВозврата="Мало", Товары=goods, **kind)
    settled(shop)


def troubles(shop):
    with shop.hub.store.read() as at:
        dead = at.execute(select(delivery.c.system, delivery.c.error_text).where(delivery.c.state == "dead")).all()
        return [tuple(row) for row in dead], [one["value"] for row in at.execute(select(conflict.c.options)).scalars() for one in row]


def test_an_order_lives_its_whole_life(twice):
    shop = twice
    order = place(shop)
    assert (statuses(shop, order), shop.documents()) == (("NEW", "on-hold"), []), "not confirmed: the warehouse has not heard of it"
    pieces(shop, crm=3)
    assert counted(shop, order) == (3, 3), "the CRM's, before the gate"
    stage(shop, "PREPARATION")
    assert statuses(shop, order) == ("PREPARATION", "processing", "КОбеспечению")
    assert counted(shop, order) == (3, 3, 3) and shop.documents()[0]["Posted"]
    pieces(shop, uchet=2)
    assert counted(shop, order) == (2, 2, 2), "1C's, behind it"
    pieces(shop, crm=9)
    assert counted(shop, order) == (2, 2, 2), "and not the CRM's any more"
    in_books(shop, Статус="КОтгрузке")
    assert statuses(shop, order) == ("EXECUTING", "processing", "КОтгрузке"), "the site has no word for it, and misses none"
    shipped(shop)
    assert statuses(shop, order) == ("FINAL_INVOICE", "processing", "КОтгрузке")
    stage(shop, "WON")
    assert statuses(shop, order) == ("WON", "completed", "Закрыт")
    brought_back(shop, ("SV-007", 1, 890))
    assert (statuses(shop, order)[:2], deal(shop)["UF_CRM_RETURNED"]) == (("WON", "completed"), 890)
    brought_back(shop, ("SV-007", 1, 890), ("SV-001", 1, 3490))
    assert (statuses(shop, order)[:2], deal(shop)["UF_CRM_RETURNED"]) == (("RETURNED", "refunded"), 1780 + 3490)
    assert troubles(shop) == ([], [])
    writes = shop.counters()["writes"]
    settled(shop)
    assert shop.counters()["writes"] == writes, "and then all is quiet"


def test_a_step_that_the_table_lacks_waits_for_a_person_and_nobody_is_overwritten(shop):
    order = place(shop)
    stage(shop, "PREPARATION")
    stage(shop, "WON")
    assert statuses(shop, order) == ("WON", "processing", "КОбеспечению")
    assert troubles(shop) == ([], ["confirmed", "done"])


def test_an_order_cancelled_before_the_gate_never_reaches_1c_and_one_cancelled_behind_it_is_told_to_a_person(shop):
    order = place(shop)
    stage(shop, "LOSE")
    assert (statuses(shop, order), troubles(shop)) == (("LOSE", "cancelled"), ([], []))
    stage(shop, "NEW")
    stage(shop, "PREPARATION")
    stage(shop, "LOSE")
    assert statuses(shop, order) == ("LOSE", "cancelled", "КОбеспечению")
    ((system, text),), _ = troubles(shop)
    assert system == "uchet" and "cancelled" in text


def test_an_order_paid_on_the_site_passes_the_gate_by_itself_and_is_shipped_in_one_go(shop):
    order = place(shop, status="processing", set_paid=True, payment_method="cloudpayments")
    assert statuses(shop, order) == ("PREPARATION", "processing", "КОбеспечению") and deal(shop)["UF_CRM_PAID"]
    (document,) = shop.documents()
    shop.people("PATCH", f"Document_ЗаказКлиента(guid'{document['Ref_Key']}')", {"Статус": "КОтгрузке"})
    shipped(shop)
    assert statuses(shop, order)[0] == "FINAL_INVOICE", "packed and shipped between two looks is one step"
    shop.control("publication", hidden=["InformationRegister_СостоянияЗаказовКлиентов"])
    settled(shop)
    assert statuses(shop, order)[0] == "EXECUTING", "without the register shipments are not seen"


def test_an_order_that_the_hub_moves_to_the_status_of_paid_ones_is_not_paid_and_one_that_the_shop_was_paid_stays_so(shop):
    order = place(shop, payment_method="bacs")
    stage(shop, "PREPARATION")
    row = shop.site("GET", f"orders/{order['id']}")
    assert (row["status"], bool(row["date_paid_gmt"])) == ("processing", True), "the shop dates a payment by itself"
    assert not deal(shop)["UF_CRM_PAID"] and not deal(shop)["UF_CRM_PAID_TOTAL"]
    shop.site("PUT", f"orders/{order['id']}", {"transaction_id": "70410901"})
    settled(shop)
    assert deal(shop)["UF_CRM_PAID"], "a gateway took the money since"


def test_an_order_that_the_shops_people_took_the_money_for_stays_paid_when_the_hub_moves_it_on(shop):
    order = place(shop, payment_method="bacs", status="processing")
    assert deal(shop)["UF_CRM_PAID"]
    for step in ("EXECUTING", "FINAL_INVOICE", "WON"):
        stage(shop, step)
    assert shop.site("GET", f"orders/{order['id']}")["status"] == "completed" and deal(shop)["UF_CRM_PAID"]


def test_faults_on_the_way_to_1c_make_no_second_order(shop):
    for kind in ("reset_after", "html", "late_effect"):
        shop.fault(kind, "POST .*Document_ЗаказКлиента$")
    order = place(shop, status="processing")
    settled(shop)
    assert len(shop.documents()) == 1 and statuses(shop, order) == ("PREPARATION", "processing", "КОбеспечению")


BANK = "Document_ПоступлениеБезналичныхДенежныхСредств"


def paid_in(shop, *sums, kind=BANK, document=None, **more):
    """A document of money in 1C, a row for each of the sums, for this order or the only one."""
    document, base = document or shop.documents()[0], shop.uchet_app.base
    of = base.object_of(document["Ref_Key"])
    rows = [{"ОбъектРасчетов_Key": of, "Сумма": one} for one in sums]
    more = {"ПроведеноБанком": True, "ДатаПроведенияБанком": "2026-03-05T00:00:00"} | more if kind == BANK else more
    return base.add(kind, **{"Posted": True, "ХозяйственнаяОперация": "ПоступлениеОплатыОтКлиента", "РасшифровкаПлатежа": rows} | more)


def money(shop, order):
    """Paid money in the CRM and on the site, and whether the CRM has it as paid in full."""
    deals, row = (
        shop.crm("crm.item.list", entityTypeId=DEAL, select=["*"], useOriginalUfNames="Y")["items"],
        shop.site("GET", f"orders/{order['id']}"),
    )
    found = next(one for one in deals if one["UF_CRM_ORDER_NUMBER"] == str(order["number"]))
    meta = next((one["value"] for one in row["meta_data"] if one["key"] == "paid"), None)
    return found["UF_CRM_PAID_TOTAL"], meta, bool(found["UF_CRM_PAID"])


def test_money_of_the_bank_and_of_the_cash_desk_comes_to_the_crm_and_the_site(twice):
    shop = twice
    order = place(shop)
    stage(shop, "PREPARATION")
    total = 2 * 890 + 3490
    first = paid_in(shop, 1000)
    paid_in(shop, 500, ПроведеноБанком=False)
    paid_in(shop, 700, kind="Document_ПриходныйКассовыйОрдер", ХозяйственнаяОперация="ПрочееПоступлениеДенежныхСредств")
    settled(shop)
    assert money(shop, order) == (1000, "1000.00", False), (
        "what the bank has not carried out is no money yet, and other money is no payment"
    )
    paid_in(shop, total - 1000, kind="Document_ПриходныйКассовыйОрдер")
    settled(shop)
    assert money(shop, order) == (total, f"{total}.00", True)
    assert troubles(shop) == ([], []) and shop.site("GET", f"orders/{order['id']}")["status"] == "processing"
    writes = shop.counters()["writes"]
    settled(shop)
    assert shop.counters()["writes"] == writes, "and then all is quiet"
    base = shop.uchet_app.base
    base.keep(base.sets[BANK], {**base.tables[BANK][first["Ref_Key"]], "Posted": False})
    settled(shop)
    assert money(shop, order) == (total - 1000, f"{total - 1000}.00", False), (
        "a payment that is not posted any more takes back what it said"
    )


def test_one_document_pays_several_orders_and_a_row_that_is_taken_out_was_no_payment(shop):
    order = place(shop)
    stage(shop, "PREPARATION")
    (mine,), base = shop.documents(), shop.uchet_app.base
    other = base.add("Document_ЗаказКлиента", Posted=True, Статус="КОбеспечению", СуммаДокумента=10)
    paid_in(shop, 300, 200, kind="Document_ОперацияПоПлатежнойКарте")
    one = paid_in(shop, 1000, 400, document=other)
    rows = [dict(row) for row in one["РасшифровкаПлатежа"]]
    rows[1]["ОбъектРасчетов_Key"] = base.object_of(mine["Ref_Key"])
    base.keep(base.sets[BANK], {**one, "РасшифровкаПлатежа": rows})
    settled(shop)
    assert money(shop, order) == (900, "900.00", False), "rows of one document, each of its order"
    base.keep(base.sets[BANK], {**base.tables[BANK][one["Ref_Key"]], "РасшифровкаПлатежа": rows[:1]})
    settled(shop)
    assert money(shop, order) == (500, "500.00", False)


def test_a_payment_of_a_shipment_and_one_out_of_an_order_are_of_the_order_and_one_of_an_agreement_of_none(shop):
    order = place(shop)
    stage(shop, "PREPARATION")
    shipped(shop)
    (mine,), base = shop.documents(), shop.uchet_app.base
    base.tables["Document_РеализацияТоваровУслуг"][shipment := next(iter(base.tables["Document_РеализацияТоваровУслуг"]))]["ЗаказКлиента_Type"] = "StandardODATA.Document_ЗаказКлиента"  # fmt: skip
    paid_in(shop, 100, document={"Ref_Key": shipment})
    head = {"ДокументОснование": mine["Ref_Key"], "ДокументОснование_Type": "StandardODATA.Document_ЗаказКлиента"}
    paid_in(shop, kind="Document_ПриходныйКассовыйОрдер", РасшифровкаПлатежа=[{"Сумма": 30}], **head)
    paid_in(shop, kind="Document_ПриходныйКассовыйОрдер", РасшифровкаПлатежа=[{"Сумма": 7}])
    settled(shop)
    assert money(shop, order)[0] == 130
    assert len(shop.crm("crm.item.list", entityTypeId=DEAL)["items"]) == 1, "money alone is no order"


def test_money_that_the_site_took_and_the_books_enter_once_more_is_counted_once(shop):
    order = place(shop, status="processing", set_paid=True, payment_method="cloudpayments", transaction_id="70410901")
    total = 2 * 890 + 3490
    assert money(shop, order) == (total, None, True), "the site knows what it took, and is told nothing"
    paid_in(shop, total, kind="Document_ОперацияПоПлатежнойКарте")
    settled(shop)
    assert money(shop, order) == (total, None, True)


def test_without_the_documents_of_money_in_the_composition_all_else_flows(shop):
    shop.control("publication", hidden=[BANK, "Catalog_ОбъектыРасчетов"])
    order = place(shop)
    stage(shop, "PREPARATION")
    base, (mine,) = shop.uchet_app.base, shop.documents()
    head = {"ДокументОснование": mine["Ref_Key"], "ДокументОснование_Type": "StandardODATA.Document_ЗаказКлиента"}
    paid_in(shop, 100)
    paid_in(shop, 30, kind="Document_ПриходныйКассовыйОрдер", **head)
    settled(shop)
    assert money(shop, order)[0] == 30 and troubles(shop) == ([], [])
    findings = {one.name: one for one in shop.hub.connectors["uchet"].check().findings}
    assert findings[BANK].warn and findings["Catalog_ОбъектыРасчетов"].warn and "payments" in findings[BANK].en
    assert base.tables[BANK]
