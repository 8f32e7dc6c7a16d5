"""1C УТ, Bitrix24 and the site together: orders go in, receipts come out, people are known by phone, an hour of maintenance loses nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.storage.tables import delivery, record
from tests.scenarios.onec_shop import opened

CONTACT, DEAL = 3, 2


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, reference_wait=5.0) as shop:
        shop.sync()
        yield shop


def items(shop, kind):
    return shop.crm("crm.item.list", entityTypeId=kind, select=["*"], order={"id": "ASC"}, useOriginalUfNames="Y")["items"]


def deals(shop):
    return items(shop, DEAL)


def buyer(shop, email="anna@example.ru", phone="+79031234567", first="Анна"):
    return shop.site("POST", "customers", {"email": email, "first_name": first, "last_name": "Орлова", "billing": {"phone": phone}})


def place(shop, user, **more):
    lines = [{"sku": "SV-007", "quantity": 2, "total": "1700.00"}, {"sku": "SV-001", "quantity": 1}]
    return shop.site(
        "POST", "orders", {"customer_id": user["id"], "status": "processing", "customer_note": "Позвонить", "line_items": lines} | more
    )


def work(shop, rounds=2):
    for _ in range(rounds):
        shop.sync()


def test_an_order_of_the_site_reaches_1c_once_posted_and_whole(shop):
    place(shop, buyer(shop), shipping_lines=[{"method_id": "flat_rate", "method_title": "СДЭК", "total": "250.00"}])
    work(shop)
    (document,), (partner,), (firm,) = shop.documents(), shop.partners(), shop.rows("Catalog_Контрагенты")
    assert (document["НомерПоДаннымКлиента"], document["Статус"], document["Комментарий"], document["Posted"]) == (
        "5001",
        "КОбеспечению",
        "Позвонить",
        True,
    )
    assert (document["Партнер_Key"], document["Контрагент_Key"], firm["Партнер_Key"]) == (
        partner["Ref_Key"],
        firm["Ref_Key"],
        partner["Ref_Key"],
    )
    articles = {row["Ref_Key"]: row["Артикул"] for row in shop.rows("Catalog_Номенклатура")}
    lines = [(articles[row["Номенклатура_Key"]], row["Количество"], row["Цена"], row["Сумма"]) for row in document["Товары"]]
    assert lines == [("SV-007", 2, 890, 1700), ("SV-001", 1, 3490, 3490), ("DELIVERY", 1, 250, 250)]
    assert document["СуммаДокумента"] == 5440
    assert (partner["Description"], [row["НомерТелефона"] for row in partner["КонтактнаяИнформация"] if row["Тип"] == "Телефон"]) == (
        "Орлова Анна",
        ["79031234567"],
    )
    written = shop.counters()["writes"]
    work(shop, 3)
    assert shop.counters()["writes"] == written, "its own writes are no news"
    assert (len(deals(shop)), shop.uchet_app.sessions.most) == (1, 1)


def test_what_people_change_in_1c_and_elsewhere_meets(shop):
    placed = place(shop, buyer(shop))
    work(shop)
    (document,), (partner,) = shop.documents(), shop.partners()
    shop.people("PATCH", f"Document_ЗаказКлиента(guid'{document['Ref_Key']}')", {"Статус": "КОтгрузке"})
    shop.people("PATCH", f"Catalog_Партнеры(guid'{partner['Ref_Key']}')", {"Description": "Соколова Анна", "Пол": "Женский"})
    (contact,) = items(shop, CONTACT)
    shop.crm(
        "crm.item.update",
        entityTypeId=CONTACT,
        id=contact["id"],
        fields={"UF_CRM_CITY": "Уфа", "birthdate": "1990-06-05"},
        useOriginalUfNames="Y",
    )
    work(shop)
    (deal,), (contact,) = deals(shop), items(shop, CONTACT)
    assert (deal["stageId"], contact["lastName"]) == ("EXECUTING", "Соколова")
    assert shop.site("GET", f"customers/{placed['customer_id']}")["last_name"] == "Соколова"
    (partner,) = shop.partners()
    assert (partner["ДатаРождения"], partner["Description"]) == ("1990-06-05T00:00:00", "Соколова Анна")
    assert [row["Город"] for row in partner["КонтактнаяИнформация"] if row["Тип"] == "Адрес"] == ["Уфа"]


def test_an_order_made_in_1c_comes_to_the_crm_by_its_own_number_and_never_to_the_site(shop):
    base = shop.uchet_app.base
    template = next(row for row in shop.rows("Document_ЗаказКлиента") if row["НомерПоДаннымКлиента"] == "SVERKA")
    service = {name: template[name] for name in ("Организация_Key", "Валюта_Key", "Соглашение_Key", "Склад_Key", "ЦенаВключаетНДС")}
    line = {"Номенклатура_Key": shop.goods("SV-001"), "Количество": 1, "Цена": 3490, "Сумма": 3490}
    made = base.add("Document_ЗаказКлиента", Партнер_Key=shop.partner("Орлова Мария", "+7 903 123-45-67"), Статус="КОбеспечению", Товары=[line], СуммаДокумента=3490, **service)  # fmt: skip
    work(shop, 3)
    (deal,) = deals(shop)
    assert (deal["UF_CRM_ORDER_NUMBER"], deal["opportunity"], deal["stageId"]) == (made["Number"], 3490, "PREPARATION")
    shop.crm("crm.item.update", entityTypeId=DEAL, id=deal["id"], fields={"comments": "Отдать в руки"}, useOriginalUfNames="Y")
    work(shop)
    (document,) = shop.documents()
    assert (document["Комментарий"], document["НомерПоДаннымКлиента"]) == ("Отдать в руки", "")
    assert shop.site("GET", "orders") == []


def test_a_customer_of_1c_is_known_on_the_site_by_phone(shop):
    known = shop.partner("Орлова Мария", "8 (903) 123-45-67 муж")
    work(shop)
    place(shop, buyer(shop, first="Мария"))
    work(shop)
    (partner,), (document,), (contact,) = shop.partners(), shop.documents(), items(shop, CONTACT)
    assert partner["Ref_Key"] == document["Партнер_Key"] == known
    assert partner["КонтактнаяИнформация"][0]["Представление"] == "8 (903) 123-45-67 муж"
    assert contact["name"] == "Мария"


def test_an_order_with_goods_that_1c_does_not_know_waits_and_says_which(shop):
    number = shop.site_app.shop.next("products")
    shop.site_app.shop.keep("products", {"id": number, "name": "Новинка", "sku": "NEW-1", "price": "100", "type": "simple"})
    shop.site("POST", "orders", {"customer_id": buyer(shop)["id"], "line_items": [{"sku": "NEW-1", "quantity": 1}]})
    work(shop)
    assert shop.documents() == []
    with shop.hub.store.read() as at:
        (waiting,) = at.execute(select(delivery).where(delivery.c.system == "uchet", delivery.c.entity == "order")).mappings()
    assert "NEW-1" in waiting["error_text"]


def test_a_receipt_of_three_days_ago_arrives_today_and_comes_into_the_crm_once(shop):
    known = shop.partner("Орлова Мария", "+7 903 123-45-67")
    work(shop)
    receipt = shop.rung_up(3, known)
    work(shop, 3)
    (deal,), (contact,) = deals(shop), items(shop, CONTACT)
    assert (deal["contactId"], deal["UF_CRM_CHANNEL"], deal["opportunity"], deal["stageId"]) == (contact["id"], "retail", 980, "WON")
    shop.people("PATCH", f"Document_ЧекККМ(guid'{receipt['Ref_Key']}')", {"Архивный": True})
    written = shop.counters()["writes"]
    work(shop, 2)
    assert (len(deals(shop)), shop.counters()["writes"]) == (1, written), "archived at the end of the shift, it is the same receipt"


def test_a_receipt_of_nobody_is_an_order_without_a_customer_and_one_not_rung_up_is_none(shop):
    shop.rung_up(0)
    shop.rung_up(0)["Статус"] = "Отложен"
    work(shop)
    (deal,) = deals(shop)
    assert not deal["contactId"] and shop.partners() == [] and items(shop, CONTACT) == []


def maintained(shop, on):
    shop.control("maintenance", on=on)


def test_an_hour_of_maintenance_loses_nothing(tmp_path, database_url):
    with opened(tmp_path, database_url, reference_wait=5.0) as shop:
        away_for_an_hour(shop)


def away_for_an_hour(shop):
    shop.sync()
    user = buyer(shop)
    known = shop.partner("Соколова Ольга", "+7 917 000-11-22")
    work(shop)
    maintained(shop, True)
    place(shop, user)
    shop.site("PUT", f"customers/{user['id']}", {"last_name": "Белова"})
    shop.rung_up(0, known)
    for _ in range(4):  # a quarter of an hour each
        shop.poll()
        rounds(shop)
        shop.clock.offset += 900
    assert shop.documents() == [] and {row["Description"] for row in shop.partners()} == {"Орлова Анна", "Соколова Ольга"}
    assert {row.attempts for row in waiting(shop)} == {0}, "an outage costs nobody a try"
    maintained(shop, False)
    shop.clock.offset += 400
    work(shop, 3)
    (document,) = shop.documents()
    assert document["Posted"] and {row["Description"] for row in shop.partners()} == {"Белова Анна", "Соколова Ольга"}
    assert sorted(deal["opportunity"] for deal in deals(shop)) == [980, 5190]


def rounds(shop):
    """Work without waiting for a system that is away."""
    from hub.sync.deliver import Deliverer
    from hub.sync.intake import Intake

    while Intake(shop.hub).run():
        pass
    for system in shop.hub.settings.systems:
        Deliverer(shop.hub, system).drain()


def waiting(shop):
    with shop.hub.store.read() as at:
        return at.execute(
            select(delivery).where(delivery.c.system == "uchet", delivery.c.state.in_(("pending", "retrying", "unknown", "waiting")))
        ).all()


@pytest.mark.parametrize(
    ("kind", "own_keys"),
    [
        pytest.param("reset_after", True, id="the line broke"),
        pytest.param("html", True, id="a page with 200, nothing done"),
        pytest.param("late_effect", True, id="done after everybody had given up"),
        pytest.param("reset_after", False, id="the line broke, and the base makes guids of its own"),
    ],
)
def test_a_lost_answer_makes_no_second_customer_or_order(shop, kind, own_keys):
    shop.control("base", own_keys=own_keys)
    place(shop, buyer(shop))
    shop.poll()
    shop.fault(kind, "^POST .*(Партнеры|ЗаказКлиента)$", count=2)
    for _ in range(4):  # first the customer, then the order: each is lost, settles, and is looked for
        rounds(shop)
        shop.clock.offset += 70
    work(shop)
    assert shop.faulted(kind) == 2
    (partner,), (document,) = shop.partners(), shop.documents()
    assert (document["Партнер_Key"], document["Posted"]) == (partner["Ref_Key"], True)


@pytest.mark.parametrize("kind", ["error", "reset_before", "html"])
def test_an_order_whose_posting_broke_off_is_posted_though_a_poll_meets_it_first(shop, kind):
    place(shop, buyer(shop))
    shop.poll()
    shop.fault(kind, "^POST .*ЗаказКлиента.*/Post$", count=3)  # the vendor is asked three times
    while not shop.documents():
        rounds(shop)
        shop.clock.offset += 2
    assert [row["Posted"] for row in shop.documents()] == [False]
    shop.poll()
    for _ in range(3):
        rounds(shop)
        shop.clock.offset += 70
    work(shop)
    assert [row["Posted"] for row in shop.documents()] == [True]
    assert len(deals(shop)) == 1


def test_an_order_of_a_closed_period_is_settled_and_nobody_is_told_to_try_again(shop):
    placed = place(shop, buyer(shop))
    work(shop)
    shop.control("base", closed_before=shop.uchet_app.base.local()[:10])
    shop.site("PUT", f"orders/{placed['id']}", {"customer_note": "Отдать в руки"})
    work(shop)
    assert shop.documents()[0]["Комментарий"] == "Позвонить"
    with shop.hub.store.read() as at:
        (row,) = at.execute(
            select(delivery).where(delivery.c.system == "uchet", delivery.c.entity == "order", delivery.c.reason.like("settled%"))
        ).all()
    assert row.state == "skipped" and "дата запрета" in row.reason


def test_a_name_of_two_words_that_1c_cannot_keep_apart_goes_back_to_nobody_as_an_edit(shop):
    """1C keeps one text: "Гусейн Али" comes back as a first and a middle name. What people edit there is an edit all the same."""
    shop.site(
        "POST",
        "customers",
        {"email": "ali@example.ru", "first_name": "Гусейн Али", "last_name": "Мамедов", "billing": {"phone": "+79031234567"}},
    )
    work(shop)
    (partner,), (contact,) = shop.partners(), items(shop, CONTACT)
    assert partner["Description"] == "Мамедов Гусейн Али"
    assert (contact["name"], contact["secondName"]) == ("Гусейн Али", None)
    shop.people("PATCH", f"Catalog_Партнеры(guid'{partner['Ref_Key']}')", {"Комментарий": "Звонить вечером"})
    work(shop)
    (contact,) = items(shop, CONTACT)
    assert (contact["name"], contact["secondName"], contact["comments"]) == ("Гусейн Али", None, "Звонить вечером")
    shop.people("PATCH", f"Catalog_Партнеры(guid'{partner['Ref_Key']}')", {"Description": "Мамедова Лейла"})
    work(shop)
    (contact,) = items(shop, CONTACT)
    assert (contact["lastName"], contact["name"]) == ("Мамедова", "Лейла")


def test_a_field_that_a_release_renamed_rests_and_the_rest_flows(shop):
    known = shop.partner("Орлова Мария", "+7 903 123-45-67")
    shop.people("PATCH", f"Catalog_Партнеры(guid'{known}')", {"ДатаРождения": "1988-04-12T00:00:00"})
    work(shop)
    (partner,) = shop.partners()
    partner["ДеньРождения"] = partner.pop("ДатаРождения")
    partner["Description"] = "Соколова Мария"
    shop.uchet_app.base.keep(shop.uchet_app.base.sets["Catalog_Партнеры"], partner | {})
    work(shop)
    (contact,) = items(shop, CONTACT)
    assert (contact["lastName"], contact["birthdate"][:10]) == ("Соколова", "1988-04-12")
    with shop.hub.store.read() as at:
        assert len(at.execute(select(record).where(record.c.entity == "customer")).all()) == 1
