"""Writing by the 1C connector: orders from a template, repeats, and what a base refuses."""

from __future__ import annotations

import uuid

import pytest

from connectors.contract import WebhookRefused, WebhookRequest, Write
from connectors.errors import Missing, Rejected, Settled, Unavailable, Unknown
from sandbox.onec.seed import FIRM, STORES
from tests.contract.onec_place import PHONE, customer, goods, key


def test_a_customer_is_created_under_the_hubs_guid_and_a_repeat_makes_no_second_one(place):
    write = Write(key(), None, customer())
    for _ in range(2):
        (made,) = place.write("customers", write)
        assert (made.remote.id, made.remote.data["hub_key"], made.remote.data["Клиент"]) == (write.key, write.key, True)
    stored = place.app.base.tables["Catalog_Партнеры"][write.key]
    assert (stored["Description"], stored["НаименованиеПолное"], stored["ЮрФизЛицо"]) == ("Орлова Мария", "Орлова Мария", "ЧастноеЛицо")
    (contact,) = stored["КонтактнаяИнформация"]
    kinds = place.app.base.tables["Catalog_ВидыКонтактнойИнформации"]
    assert contact["LineNumber"] == "1" and kinds[contact["Вид_Key"]]["PredefinedDataName"] == "ТелефонПартнера"


def test_a_base_that_makes_its_own_guids_is_searched_for_what_was_written(place):
    place.control("base", own_keys=False)
    write = Write(key(), None, customer())
    place.faults({"kind": "reset_after", "match": "^POST", "count": 1})
    (lost,) = place.write("customers", write)
    assert isinstance(lost.error, Unknown)
    (found,) = place.connector.find_created("customers", [write])
    assert found.id != write.key and found.data["hub_key"] == write.key
    assert place.connector.find_created("customers", [Write(key(), None, customer("Анна"))]) == [], "another person with the same phone"


def order_of(place, number="5012", **more):
    line = {"goods": goods(place, "SV-007"), "Количество": 2, "Цена": 890, "Сумма": 1700, "СуммаРучнойСкидки": 80}
    return {"number": number, "Партнер_Key": place.person(), "Организация": {"Description": FIRM}, "Товары": [line], **more}


def test_an_order_takes_what_a_person_would_fill_in_from_the_template_is_reckoned_and_posted(place):
    write = Write(key(), None, order_of(place, Склад={"Description": STORES[1]}, Date="2026-03-04T14:15:00"))
    (made,) = place.write("orders", write)
    assert made.error is None
    stored = place.app.base.tables["Document_ЗаказКлиента"][write.key]
    assert (stored["Posted"], stored["СуммаДокумента"], stored["Date"]) == (True, 1700, "2026-03-04T14:15:00")
    assert (stored["ХозяйственнаяОперация"], stored["ЦенаВключаетНДС"], stored["Статус"]) == ("РеализацияКлиенту", True, "НеСогласован")
    assert stored["Склад_Key"] == place.app.base.named("Catalog_Склады", STORES[1])
    (line,) = stored["Товары"]
    assert (line["СуммаНДС"], line["СуммаСНДС"], line["КоличествоУпаковок"]) == (283.33, 1700, 2), "20 % of it are in the price"
    (firm,) = [row for row in place.app.base.tables["Catalog_Контрагенты"].values() if row["Партнер_Key"] == stored["Партнер_Key"]]
    assert stored["Контрагент_Key"] == firm["Ref_Key"] and firm["ЮрФизЛицо"] == "ФизЛицо"
    assert made.remote.data["DataVersion"] == stored["DataVersion"], "the version is that after the last step"


def test_an_order_whose_answer_was_lost_between_its_steps_is_completed(place):
    write = Write(key(), None, order_of(place))
    place.faults({"kind": "reset_before", "match": "/Post$", "count": 1})
    (lost,) = place.write("orders", write)
    assert isinstance(lost.error, Unknown) and not place.app.base.tables["Document_ЗаказКлиента"][write.key]["Posted"]
    (found,) = place.connector.find_created("orders", [write])
    assert found.id == write.key and found.data["Posted"]
    (again,) = place.write("orders", write)
    assert again.remote.id == write.key and len(place.app.base.tables["Document_ЗаказКлиента"]) == 2


@pytest.mark.parametrize("number", ["5012", ""], ids=["by its number", "by its customer and second"])
def test_a_lost_order_is_found_in_a_base_that_makes_its_own_guids(place, number):
    place.control("base", own_keys=False)
    write = Write(key(), None, order_of(place, number, Date="2026-03-04T14:15:07"))
    place.faults({"kind": "reset_after", "match": "^POST .*ЗаказКлиента$", "count": 1})
    (lost,) = place.write("orders", write)
    (found,) = place.connector.find_created("orders", [write])
    assert isinstance(lost.error, Unknown) and (found.data["hub_key"], found.data["Posted"]) == (write.key, True)
    other = Write(key(), None, order_of(place, number, Date="2026-03-04T14:15:07"))
    assert place.connector.find_created("orders", [other]) == [], "of another customer"


def test_an_order_that_cannot_be_posted_says_why_and_is_there(place):
    place.control("base", unpostable="не заполнено поле Соглашение")
    write = Write(key(), None, order_of(place))
    (outcome,) = place.write("orders", write)
    assert (type(outcome.error), outcome.error.code) == (Rejected, "post") and "Соглашение" in outcome.error.message
    assert [one.id for one in place.connector.fetch("orders", [write.key])] == [write.key]


def test_without_a_template_no_order_is_made_and_the_check_says_how_to_make_one(place):
    place.app.base.tables["Document_ЗаказКлиента"].clear()
    (outcome,) = place.write("orders", Write(key(), None, order_of(place)))
    assert (type(outcome.error), outcome.error.code) == (Rejected, "template") and "SVERKA" in outcome.error.message


def test_lines_change_and_what_no_mapping_names_stays(place):
    write = Write(key(), None, order_of(place))
    (made,) = place.write("orders", write)
    stored = place.app.base.tables["Document_ЗаказКлиента"][write.key]
    stored["Товары"][0]["ИдентификаторСтроки"] = "row-1"
    shown = made.remote.data
    held = {"Товары": [{name: line[name] for name in ("LineNumber", "goods", "Количество", "Цена", "Сумма")} for line in shown["Товары"]]}
    lines = [
        held["Товары"][0] | {"Количество": 3, "Сумма": 2590},
        {"goods": goods(place, "SV-001"), "Количество": 1, "Цена": 3490, "Сумма": 3490},
    ]
    (changed,) = place.write("orders", Write(write.key, write.key, {"Товары": lines}, held))
    stored = place.app.base.tables["Document_ЗаказКлиента"][write.key]
    assert [(line["LineNumber"], line["Сумма"], line["ИдентификаторСтроки"]) for line in stored["Товары"]] == [
        ("1", 2590, "row-1"),
        ("2", 3490, ""),
    ]
    assert (stored["СуммаДокумента"], stored["Posted"], changed.error) == (6080, True, None)


def test_a_write_whose_object_changed_a_moment_ago_is_put_off_even_where_if_match_is_not_heeded(place):
    place.control("base", if_match=False)
    ident = place.person()
    (held,) = place.connector.fetch("customers", [ident])
    place.people("PATCH", f"Catalog_Партнеры(guid'{ident}')", {"КонтактнаяИнформация": []})
    wanted = {"КонтактнаяИнформация": [PHONE, {"Тип": "Skype", "Представление": "orlova"}]}
    (outcome,) = place.write("customers", Write("k", ident, wanted, held.data))
    assert (type(outcome.error), outcome.error.code) == (Unavailable, "412")
    assert place.app.base.tables["Catalog_Партнеры"][ident]["КонтактнаяИнформация"] == []


def test_a_part_of_a_name_is_written_into_the_whole_and_an_empty_date_is_a_date(place):
    ident = place.person("Орлова Мария Петровна", ДатаРождения="1988-04-12T00:00:00")
    (held,) = place.connector.fetch("customers", [ident])
    (outcome,) = place.write("customers", Write("k", ident, {"names": {"last": "Соколова"}, "ДатаРождения": None}, held.data))
    assert (outcome.remote.data["Description"], outcome.remote.data["ДатаРождения"]) == ("Соколова Мария Петровна", "0001-01-01T00:00:00")


def test_what_the_base_cut_is_what_it_stored(place):
    (outcome,) = place.write("orders", Write(key(), None, order_of(place, АдресДоставки="я" * 600)))
    assert len(outcome.remote.data["АдресДоставки"]) == 500


def test_a_closed_period_is_settled_and_a_missing_object_missing(place):
    write = Write(key(), None, order_of(place, Date="2026-01-15T10:00:00"))
    (made,) = place.write("orders", write)
    place.control("base", closed_before="2026-01-31")
    closed, gone = place.write(
        "orders", Write("k", write.key, {"Комментарий": "А"}, made.remote.data), Write("k", str(uuid.uuid4()), {"Комментарий": "А"})
    )
    assert (type(closed.error), type(gone.error)) == (Settled, Missing) and "31.01.2026" in closed.error.message


def test_a_name_that_the_base_does_not_have_names_its_field(place):
    (outcome,) = place.write("orders", Write(key(), None, order_of(place, Склад={"Description": "Склад на Луне"})))
    assert (type(outcome.error), outcome.error.field) == (Rejected, "Склад.Description")


def test_nothing_of_a_receipt_is_written_and_nobody_calls_back(place):
    assert not place.connector.manifest.resources["receipts"].writable
    with pytest.raises(WebhookRefused):
        place.connector.receive(WebhookRequest({}, b"{}"))
    assert place.connector.subscribe("http://x").active == ()
