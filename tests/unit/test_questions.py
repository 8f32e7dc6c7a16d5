"""What people type to find a record, and that the answer costs the same over a million records."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from hub.storage import records, views
from hub.storage.records import Record
from hub.storage.views.records import _holding_any
from hub.sync.questions import asked, in_store
from hub.sync.search_keys import search_keys
from mappings.phones import numbers

TODAY = date(2026, 11, 25)
UFA = ZoneInfo("Asia/Yekaterinburg")


@pytest.mark.parametrize("text, expected", [
    ("8 (903) 123-45-67", ("phone", "+79031234567")),
    ("903 123 45 67", ("phone", "+79031234567")),
    ("4567", ("tail", "4567")),
    ("…45 67", None),
    ("*4567", ("tail", "4567")),
    ("тел. 4567", ("tail", "4567")),
    ("Седова", ("surname", "седова")),
    ("Семёнова", ("surname", "семенова")),
    ("Седова Анна", ("surname", "седова анна")),
    ("анна  СЕДОВА", ("surname", "седова анна")),
    ("Петров-Водкин", ("surname", "петров-водкин")),
    ("Седова Анна Ивановна", ("surname", "седова анна")),
    ("Анна Ивановна Седова", ("surname", "седова анна")),
    ("клиент Седова", ("surname", "седова")),
    ("Иванова2", ("surname", "иванова2")),
    ("анна Иванова2", ("surname", "иванова2 анна")),
    ("Иванова2 Анна Петровна", ("surname", "иванова2 анна")),
    ("клиент Иванова-2017", ("surname", "иванова-2017")),
    ("Smith 3rd", ("surname", "smith 3rd")),
    ("3rd Smith", ("surname", "3rd smith")),
    ("Плед 200х220", ("goods", "плед 200х220")),
    ("7 дней", ("goods", "7 дней")),
    ("2700000001", ("card", "2700000001")),
    ("Карта 0001234567", ("card", "0001234567")),
    ("заказ № 5012", ("number", "5012")),
    ("Anna@Example.RU", ("email", "anna@example.ru")),
    ("чек 17", ("receipt", "17")),
])  # fmt: skip
def test_a_text_means_a_key(text, expected):
    keys = asked(text, numbers(text), TODAY).keys
    assert expected in keys if expected else not any(kind == "tail" for kind, _ in keys)


@pytest.mark.parametrize("text", ["8 (903) 123-45-67", "4567", "2700000001", "anna2@example.ru", "заказ № 5012"])
def test_a_phone_a_number_and_an_address_are_nobodys_surname(text):
    assert not {kind for kind, _ in asked(text, numbers(text), TODAY).keys} & {"surname", "goods"}


@pytest.mark.parametrize("text, key, store", [
    ("17 25.11", "17|2026-11-25", ()),
    ("чек 00017 вчера", "17|2026-11-24", ()),
    ("чек 17 от 03.08.2026", "17|2026-08-03", ()),
    ("17 2026-08-03 Ленина", "17|2026-08-03", ("ленина",)),
    ("17 03.08.26, Уфа, Ленина 10", "17|2026-08-03", ("уфа", "ленина", "10")),
    ("Ленина 10 чек 17 за 26.11", "17|2025-11-26", ("ленина", "10")),
    ("receipt 17 today at Mega", "17|2026-11-25", ("mega",)),
    ("заказ № 5012 сегодня", "5012|2026-11-25", ()),
    ("C-00069 вчера", "c-00069|2026-11-24", ()),
    ("Ленина 10 ЛН00-000017 25.11", "лн00-000017|2026-11-25", ("ленина", "10")),
])  # fmt: skip
def test_a_receipt_is_named_by_number_day_and_store(text, key, store):
    """A day without a year is the last such day."""
    question = asked(text, numbers(text), TODAY)
    assert question.keys == (("receipt_day", key),)
    assert question.store == store


@pytest.mark.parametrize("text, ident", [("сделка 160", "160"), ("Заказ № 0a2F-Cc", "0a2F-Cc"), ("заказ", "заказ")])
def test_an_id_is_asked_for_without_the_words_before_it_and_as_it_was_typed(text, ident):
    assert asked(text, numbers(text), TODAY).ident == ident


def test_a_day_that_is_none_makes_no_receipt():
    assert ("receipt_day" not in dict(asked("17 31.02", (), TODAY).keys)) and asked("", (), TODAY).keys


def test_a_store_is_named_by_words_of_its_title():
    assert in_store(("ленина",), "lenina", "Уфа, Ленина 10", "Ufa, Lenina 10")
    assert in_store(("lenina", "10"), "lenina", "Уфа, Ленина 10", "Ufa, Lenina 10")
    assert not in_store(("мега",), "lenina", "Уфа, Ленина 10", "Ufa, Lenina 10")


@pytest.mark.parametrize("entity, data, expected", [
    pytest.param("customer", {"last_name": "Семёнова", "first_name": "Анна", "phones": [{"number": "+79031234567"}]},
                 {("surname", "семенова"), ("surname", "семенова анна"), ("tail", "4567")}, id="a person"),
    pytest.param("customer", {"first_name": "Анна", "phones": [{"number": "123"}]}, set(), id="no surname, no whole phone"),
    pytest.param("order", {"number": "00017", "receipt.number": "182", "receipt.time": "2026-08-03T20:30:00Z", "customer": "c1"},
                 {("number", "00017"), ("receipt", "182"), ("customer", "c1"), ("receipt_day", "17|2026-08-04"), ("receipt_day", "182|2026-08-04")},
                 id="a receipt after midnight of the shop"),
    pytest.param("return", {"number": "ЛН00-000017", "created": "2026-08-03T12:00:00Z"},
                 {("number", "лн00-000017"), ("receipt_day", "лн00-000017|2026-08-03"), ("receipt_day", "17|2026-08-03")}, id="1C's number, read aloud as 17"),
    pytest.param("order", {"number": "7", "contact.name": "Анна Седова", "contact.phone": "+79031234567"},
                 {("number", "7"), ("phone", "+79031234567"), ("tail", "4567"), ("surname", "анна"), ("surname", "седова")}, id="a guest's order"),
])  # fmt: skip
def test_what_a_record_is_found_by(entity, data, expected):
    assert search_keys(entity, data, UFA) == expected


def test_a_common_surname_reads_no_more_than_is_shown_and_shows_the_newest(store):
    """300 people of one name: 50 of them, the newest, by an index and nothing else."""
    people = [Record(f"r{n:04}", "customer", 1, {"last_name": "Иванов"}) for n in range(300)]
    with store.write() as at:
        records.add(at, people)
        records.set_keys(at, "customer", {r.id: search_keys("customer", r.data, UFA) for r in people})
    question = asked("иванов", (), TODAY)
    with store.read() as at:
        found = views.search(at, "иванов", question.keys, entities=["customer", "order"], places={})
        assert {row["id"] for row in found} == {f"r{n:04}" for n in range(250, 300)}
        if at.dialect.name == "sqlite":
            query = _holding_any(question.keys, ["customer", "order"], 50).compile(at, compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in at.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
            walks = [line for line in plan if "match_key" in line]
            assert walks
            assert all("SEARCH match_key USING" in line for line in walks)
            assert not any("TEMP B-TREE" in line for line in plan)
