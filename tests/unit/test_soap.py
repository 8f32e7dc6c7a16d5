"""A described web service of 1C, without any base: what the configuration may say, arguments, places in answers, the meaning of faults."""

from __future__ import annotations

import copy
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from lxml import etree

from connectors import registry
from connectors.errors import Exists, Missing, Rejected, Settled, Unauthorized, Unavailable
from connectors.onec.soap import answers, faults, paths
from connectors.onec.soap.arguments import filled, over
from connectors.onec.soap.custom import earlier
from connectors.onec.soap.description import Rule, described
from connectors.onec.soap.shown import Shown, sent
from hub.config.editor import json_schema

EXAMPLE = yaml.safe_load((Path(__file__).parents[2] / "examples" / "onec-soap.yaml").read_text())
SOAP = EXAMPLE["systems"]["uchet"]["options"]["soap"]


def changed(place, value):
    """Options with one thing otherwise; None: without it."""
    options = {"transports": "soap", "soap": copy.deepcopy(SOAP)}
    *parents, last = place
    inner = options
    for name in parents:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return registry.options("onec").validate(options)


def test_the_example_is_a_description_and_editors_know_its_keys():
    assert registry.options("onec").validate({"transports": "soap", "soap": SOAP}) == {}
    assert set(described(SOAP).resources) == {"soap_customers", "soap_orders", "soap_receipts"}
    known = json_schema()["properties"]["systems"]["additionalProperties"]["properties"]["options"]["properties"]["soap"]["properties"]
    assert known["customers"]["properties"]["create"]["properties"]["repeat"]["enum"] == ["safe", "keyed", "findable", "never"]
    assert known["faults"]["items"]["required"] == ["is"]


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("soap", "servise"), "x", "unknown key; did you mean 'service'?"),
        (("soap", "customers", "lists"), {}, "unknown key; did you mean 'list'?"),
        (("soap", "customers", "list", "operaton"), "x", "unknown key; did you mean 'operation'?"),
        (("soap", "customers", "id"), None, "Missing data for required field."),
        (("soap", "customers", "fields", "phones"), "Phone", "phones: no such field; did you mean 'phone'?"),
        (("soap", "customers", "fields", "own.shoe"), 5, "own.shoe: write a path"),
        (("soap", "orders", "fields", "lines"), "Lines.Line", "lines: write {each: path of the rows, sku: path in a row, ...}"),
        (("soap", "orders", "fields", "lines"), {"each": "L", "article": "A"}, "no such part of a row: article"),
        (("soap", "customers", "fields", "phone"), "Phones[", "not a path"),
        (("soap", "customers", "list", "arguments"), {"Since": "$sinse"}, "$sinse: no such value here; did you mean '$since'?"),
        (("soap", "customers", "fetch", "arguments"), {"Id": "$page"}, "$page: no such value here"),
        (("soap", "customers", "list", "arguments"), {"Name": "$.name"}, "only what is written has fields to be sent"),
        (("soap", "customers", "create", "arguments"), {"Phone": "$.telephone"}, "$.telephone: not among `fields`"),
        (("soap", "customers", "create", "arguments"), {"Name": "$.name"}, "repeat: keyed needs $key"),
        (("soap", "customers", "create", "repeat"), "often", "Must be one of"),
        (("soap", "orders", "find"), {}, "repeat: findable needs find.hub"),
        (("soap", "customers", "fetch"), None, "describe the operation that reads one by $id"),
        (("soap", "orders", "create", "id"), None, "say where its answer holds the id"),
        (("soap", "receipts", "create"), {"operation": "X", "id": "return"}, "receipts are only read"),
        (("soap", "faults"), [{"text": "(", "is": "missing"}], "not a regular expression"),
        (("soap", "faults"), [{"text": "x", "is": "gone"}], "Must be one of"),
        (("soap",), None, "transports names soap: describe the service here"),
        (("transports",), None, "no entity goes by it"),
        (("transports",), "odata", "no such way: odata"),
        (("transports",), {"product": "soap"}, "soap carries no product; it carries: customer, order"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place(place, value, said):
    assert said in str(changed(place, value))


def test_an_entity_that_goes_by_soap_has_to_be_described():
    assert changed(("soap", "receipts"), None) == changed(("soap", "orders"), None) == {}
    options = {
        "transports": {"customer": "soap", "order": "soap"},
        "soap": {k: v for k, v in SOAP.items() if k not in ("orders", "receipts")},
    }
    assert "sends order by soap" in str(registry.options("onec").validate(options))


def test_arguments_are_filled_with_values_fields_and_rows():
    template = {
        "Id": "$id",
        "Who": {"Phone": "$.contact.phone", "Source": "sverka"},
        "Lines": {"Line": {"$each": "lines", "A": "$.sku"}},
        "N": 5,
    }
    data = {"contact": {"phone": "+7"}, "lines": [{"sku": "X"}, {"sku": "Y"}]}
    made = filled(template, {"$id": "17"}, data)
    assert made == {"Id": "17", "Who": {"Phone": "+7", "Source": "sverka"}, "Lines": {"Line": [{"A": "X"}, {"A": "Y"}]}, "N": 5}
    assert filled({"A": "$.lines", "B": {"$each": "rows", "C": "$.d"}}, {}, {}) == {"A": None, "B": []}


def test_what_is_written_is_told_whole():
    held = {"names": {"last": "Орлова", "first": "Анна"}, "phone": "1", "lines": [{"sku": "X"}]}
    assert sent(over(held, {"names": {"first": "Яна"}, "lines": []})) == {
        "names": {"last": "Орлова", "first": "Яна"}, "phone": "1", "lines": [], "name": "Орлова Яна"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("return.Rows.Row.Id", ["1", "2", "3"]), ("return.Rows.Row[1].Id", ["2"]), ("return.Rows.Row[Вид='Мобильный'].Id", ["2"]), ("return.None.X", []),
        ("return.One.Id", ["9"]), ("return.Rows.Row[Вид='Нет'].Id", []), ("return.Rows.Row[7].Id", []), ("return.Rows.Row.Вид", ["Рабочий", "Мобильный"]),
    ],
)  # fmt: skip
def test_places_in_an_answer(path, found):
    rows = [{"Id": "1", "Вид": "Рабочий"}, {"Id": "2", "Вид": "Мобильный"}, {"Id": "3", "Вид": None}]
    answer = {"return": {"Rows": {"Row": rows}, "One": {"Id": "9"}, "None": None}}
    assert (paths.several(answer, path), paths.at(answer, path)) == (found, found[0] if found else None)


def test_an_object_shows_every_field_that_is_described_and_no_other():
    of = described(SOAP).resources["soap_orders"]
    row = {
        "Id": 17,
        "Number": "5",
        "Lines": {"Line": [{"Article": "A", "Quantity": "2", "Extra": 1}]},
        "ModifiedAt": "2026-03-04T10:00:00",
        "Extra": 5,
    }
    shown = Shown("soap_orders", of).of(row)
    assert shown["lines"] == [{"sku": "A", "name": None, "quantity": "2", "price": None, "sum": None}]
    assert (shown["id"], shown["changed"], shown["status"], shown["contact"]) == ("17", "2026-03-04T10:00:00", None, {"phone": None})
    assert shown.keys() - {"id", "changed"} == {name.partition(".")[0] for name in of.fields}


def test_values_of_answers():
    value = {"a": Decimal("980.00"), "b": Decimal("1E+3"), "c": datetime(2026, 3, 4, 14, 15, 7, 5), "d": b"x", "e": [Decimal("2.500")], "f": None, "g": True}  # fmt: skip
    assert answers.plain(value) == {"a": "980", "b": "1000", "c": "2026-03-04T14:15:07", "d": "eA==", "e": ["2.5"], "f": None, "g": True}
    element = etree.fromstring(
        '<r xmlns="u" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><A>1</A><A>2</A><B i:nil="true"/><C><D> x </D></C><E/></r>'
    )
    assert answers.told(element) == {"A": ["1", "2"], "B": None, "C": {"D": "x"}, "E": None}
    assert answers.unfolded({"return": '{"Rows": [{"Sum": 10.50}]}'}, "return") == {"return": {"Rows": [{"Sum": "10.5"}]}}
    with pytest.raises(ValueError):
        answers.unfolded({"return": "не JSON"}, "return")


def test_the_empty_date_is_the_beginning_and_a_list_is_asked_from_a_minute_before():
    assert (earlier("0001-01-01T00:00:00"), earlier("2026-03-04T00:00:30")) == ("0001-01-01T00:00:00", "2026-03-03T23:59:30")


RULES = [Rule("missing", text="не найден"), Rule("rejected", code="Client", field="phone"), Rule("exists", text="уже есть"), Rule("unavailable", text="позже", retry_after=60.0)]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "text", "safe", "kind"),
    [
        pytest.param("Server", "{ВебСервис.Shop.Модуль(25)}: Клиент не найден", True, Missing, id="a rule by its text"),
        pytest.param("Client", "не то", False, Rejected, id="a rule by its code"),
        pytest.param("Server", "Такой клиент уже есть", False, Exists, id="what is there already"),
        pytest.param("Server", "Повторите позже", False, Unavailable, id="a rule that says to wait"),
        pytest.param("Server", "Конфликт блокировок при выполнении транзакции", False, Unavailable, id="a lock is rolled back"),
        pytest.param(
            "Server", "Превышено максимальное время ожидания предоставления блокировки", False, Unavailable, id="a lock in other words"
        ),
        pytest.param("Server", "Обмен данными выполняется другим сеансом", False, Unavailable, id="another session exchanges"),
        pytest.param("Server", "Не обнаружено свободной лицензии!", False, Unavailable, id="no licence"),
        pytest.param("Server", "Дата запрета изменения данных 31.01.2026", False, Settled, id="a closed period"),
        pytest.param("Server", "Недостаточно прав для синхронизации данных.", True, Unauthorized, id="rights, of a reading"),
        pytest.param("Server", "Нарушение прав доступа!", False, Rejected, id="rights to one object"),
        pytest.param("Server", "Не заполнено поле Имя", False, Rejected, id="a handler that refuses"),
        pytest.param("Server", "", False, Rejected, id="no words"),
    ],
)
def test_what_a_fault_means(code, text, safe, kind):
    error = faults.meaning(RULES, code, text, safe=safe)
    assert type(error) is kind
    assert (error.field == "phone") == (code == "Client")


def test_a_person_reads_no_places_in_modules():
    text = "Неизвестная ошибка. {ВебСервис.Shop.Модуль(25)}: Ошибка записи\nпо причине:\n{Документ.Заказ.МодульОбъекта(7,3)}: Не заполнен склад"
    assert faults.told(text) == "Неизвестная ошибка. Ошибка записи по причине: Не заполнен склад"


@pytest.mark.parametrize(
    ("value", "said"), [(None, ""), ("", ""), ("0", ""), (0, ""), (False, ""), ("Ошибка", "Ошибка"), (5, "5"), (True, "True")]
)
def test_an_error_in_an_answer(value, said):
    assert faults.refusal(value) == said
