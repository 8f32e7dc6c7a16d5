"""УТ is the configuration that the other tests speak of; these speak of the others."""

from __future__ import annotations

import pytest

from connectors.contract import ONLY_READ, Write
from connectors.errors import Rejected
from sandbox.frame.server import running
from sandbox.onec.app import Onec
from tests.contract.onec_place import Place, customer, goods, key


@pytest.mark.parametrize("profile", ["unf", "retail"])
def test_other_configurations_are_recognised_and_speak_by_the_names_of_the_first(profile):
    app = Onec(profile=profile)
    with running(app) as url:
        place = Place(app, url)
        assert place.connector.profile.name == profile
        (made,) = place.write("customers", Write(key(), None, customer()))
        assert made.error is None and made.remote.data["names"]["first"] == "Мария" and not made.remote.data["firm"]
        of = place.connector.profile.places["receipts"]
        owner = {of.names["Партнер_Key"]: made.remote.id}
        if profile == "retail":
            owner |= {
                "ВладелецДисконтнойКарты_Type": "StandardODATA.Catalog_ФизическиеЛица",
                "ВидОперации": "Продажа",
                "СтатусЧекаККМ": "Пробитый",
            }
        ident = place.add("Document_ЧекККМ", СуммаДокумента=490, ПолученоНаличными=490, Posted=True, **owner, **{of.lines: [{"Номенклатура_Key": goods(place, "SV-005"), "Количество": 1, "Цена": 490, "Сумма": 490}]})["Ref_Key"]  # fmt: skip
        (shown,) = place.connector.fetch("receipts", [ident])
        assert shown.data["Партнер_Key"] == made.remote.id and shown.data["Товары"][0]["goods"] == goods(place, "SV-005")
        assert {"customers", "orders", "receipts"} <= set(place.connector.profile.places) and place.connector.directory("store")


def test_an_order_of_unf_has_its_own_names_its_state_by_name_and_goods_that_say_what_they_are():
    app = Onec(profile="unf")
    with running(app) as url:
        place = Place(app, url)
        (buyer,) = place.write("customers", Write(key(), None, customer()))
        stored = app.base.tables["Catalog_Контрагенты"][buyer.remote.id]
        assert (stored["ФИО"], stored["НомерТелефонаДляПоиска"]) == ("Орлова Мария", "79123456789")
        line = {"goods": goods(place, "SV-007"), "Количество": 2, "Цена": 890, "Сумма": 1700, "СуммаРучнойСкидки": 80}
        order = {"number": "5012", "Партнер_Key": buyer.remote.id, "Статус": "В работе", "Товары": [line]}
        (made,) = place.write("orders", Write(key(), None, order))
        assert made.error is None
        stored = app.base.tables["Document_ЗаказПокупателя"][made.remote.id]
        assert (stored["НомерВходящегоДокумента"], stored["Контрагент_Key"], stored["СуммаДокумента"], stored["Posted"]) == (
            "5012",
            buyer.remote.id,
            1700,
            True,
        )
        assert stored["СостояниеЗаказа"] == app.base.named("Catalog_СостоянияЗаказовПокупателей", "В работе")
        assert stored["СостояниеЗаказа_Type"] == "StandardODATA.Catalog_СостоянияЗаказовПокупателей"
        (line,) = stored["Запасы"]
        assert (line["Номенклатура_Type"], line["Всего"], line["СуммаСкидкиНаценки"]) == ("StandardODATA.Catalog_Номенклатура", 1700, 80)
        shown = made.remote.data
        assert (shown["Статус"], shown["Товары"][0]["goods"], bool(shown["changed"])) == ("В работе", goods(place, "SV-007"), True)
        (changed,) = place.write("orders", Write("k", made.remote.id, {"Статус": "Завершен"}, {"Статус": "В работе"}))
        assert changed.remote.data["Статус"] == "Завершен"


def test_orders_of_retail_are_only_read_and_the_check_says_what_to_configure():
    app = Onec(profile="retail")
    with running(app) as url:
        place = Place(app, url)
        (outcome,) = place.write("orders", Write(key(), None, {"Комментарий": "А"}))
        assert (type(outcome.error), outcome.error.code) == (Rejected, "written") and app.writes == 0
        health = place.connector.check()
        (orders,) = [one for one in health.findings if one.name == f"{ONLY_READ}order"]
        assert health.ok and orders.warn and "routes.order.uchet" in orders.fix_ru
