"""Payments as УНФ and Розница tell them: which order each row of a document pays, in each way in which it may be named. УТ's are in the scenarios."""

from __future__ import annotations

import pytest

from mappings import SHIPPED, load
from sandbox.frame.server import running
from sandbox.onec.app import Onec
from tests.contract.onec_place import Place

ORDER = "Document_ЗаказПокупателя"
KINDS = {
    "unf": ("Document_ПоступлениеНаСчет", "Document_ПоступлениеВКассу", "Document_ОперацияПоПлатежнымКартам"),
    "retail": ("Document_РегистрацияБезналичнойОплаты", "Document_ПриходныйКассовыйОрдер", "Document_ОплатаОтПокупателяПлатежнойКартой"),
}


def opened(profile):
    app = Onec(profile=profile)
    with running(app) as url:
        yield Place(app, url)


@pytest.fixture(params=["unf", "retail"])
def place(request):
    yield from opened(request.param)


@pytest.fixture
def unf():
    yield from opened("unf")


@pytest.fixture
def retail():
    yield from opened("retail")


def to(name, ident):
    """A composite field that leads to a document."""
    return lambda field: {field: ident, f"{field}_Type": f"StandardODATA.{name}"}


def paid(place):
    """Order -> (kind, sum) of the payments that count, as the mapping takes them; all kinds of documents are read by one poll."""
    mapping = load([SHIPPED]).by("onec", "payments")
    found: dict[str, list] = {}
    for page in place.connector.changes("payments", {}):
        for one in page.objects:
            if mapping.applies(one.data):
                found.setdefault(one.data["order"], []).extend((p["kind"], p["sum"]) for p in one.data["payments"])
    return found


def bought(operation):
    return {"ВидОперации": operation, "Posted": True}


def test_rows_of_unf_name_the_order_its_shipment_or_nothing(unf):
    one, other = (unf.add(ORDER, СуммаДокумента=100, Posted=True)["Ref_Key"] for _ in range(2))
    shipment = unf.add("Document_РасходнаяНакладная", **to(ORDER, other)("Заказ"))["Ref_Key"]
    given_back = unf.add("Document_РасходнаяНакладная", **to("Document_ЗаказПоставщику", one)("Заказ"))["Ref_Key"]
    bank, desk, card = KINDS["unf"]
    rows = [
        {"СуммаРасчетов": 70, "СуммаПлатежа": 70, **to(ORDER, one)("Заказ")},
        {"СуммаПлатежа": 30, **to("Document_РасходнаяНакладная", shipment)("Документ")},
        {"СуммаПлатежа": 5, **to("Document_РасходнаяНакладная", given_back)("Документ")},
        {"СуммаПлатежа": 9},
    ]
    unf.add(bank, РасшифровкаПлатежа=rows, **bought("ОтПокупателя"))
    unf.add(desk, РасшифровкаПлатежа=[{"СуммаПлатежа": 11}], **bought("ОтПокупателя"), **to(ORDER, one)("ДокументОснование"))
    unf.add(card, РасшифровкаПлатежа=[{"СуммаПлатежа": 13, **to(ORDER, one)("Документ")}], **bought("ПоступлениеОплатыОтПокупателя"))
    assert paid(unf) == {one: [("Безналичная", 70), ("Наличные", 11), ("Платежная карта", 13)], other: [("Безналичная", 30)]}


@pytest.mark.parametrize(
    ("kind", "operation", "posted"),
    [
        pytest.param(0, "ПоступлениеОплатыПоКартам", True, id="the acquirer's transfer: the card operation was the payment"),
        pytest.param(0, "ОтКурьерскойКомпанииПочты", True, id="the courier's transfer"),
        pytest.param(1, "РозничнаяВыручка", True, id="a till's takings"),
        pytest.param(2, "ВозвратОплатыПокупателю", True, id="money given back"),
        pytest.param(1, "ОтПокупателя", False, id="not posted"),
    ],
)
def test_other_money_of_unf_is_no_payment(unf, kind, operation, posted):
    order = unf.add(ORDER, СуммаДокумента=100, Posted=True)["Ref_Key"]
    rows = [{"СуммаПлатежа": 70, **to(ORDER, order)("Заказ")}]
    unf.add(KINDS["unf"][kind], РасшифровкаПлатежа=rows, ВидОперации=operation, Posted=posted)
    assert paid(unf) == {}


def test_a_document_of_retail_names_the_order_for_all_its_rows_and_how_it_was_paid(retail):
    one, other = (retail.add(ORDER, СуммаДокумента=100, Posted=True)["Ref_Key"] for _ in range(2))
    sale = retail.add("Document_РеализацияТоваров", ЗаказПокупателя_Key=other)["Ref_Key"]
    receipt = retail.add("Document_ЧекККМ", СуммаДокумента=100)["Ref_Key"]
    bank, desk, card = KINDS["retail"]
    taken = {"ХозяйственнаяОперация": "ПоступлениеОплатыОтКлиента", "Posted": True}
    retail.add(desk, РасшифровкаПлатежа=[{"Сумма": 40}, {"Сумма": 2}], ЗаказПокупателя_Key=one, **taken)
    retail.add(bank, РасшифровкаПлатежа=[{"Сумма": 30, **to("Document_РеализацияТоваров", sale)("ДокументРасчетовСКонтрагентом")}], **taken)
    retail.add(bank, РасшифровкаПлатежа=[{"Сумма": 17}], **taken, **to(ORDER, one)("ДокументОснование"))
    named = retail.app.base.named("Catalog_ВидыОплатЧекаККМ", "Карта")
    retail.add(card, РасшифровкаПлатежа=[{"Сумма": 13}], ЗаказПокупателя_Key=one, ВидОплаты_Key=named, **taken)
    retail.add(card, РасшифровкаПлатежа=[{"Сумма": 8, **to("Document_ЧекККМ", receipt)("ДокументРасчетовСКонтрагентом")}], **taken)
    given_back = taken | {"ХозяйственнаяОперация": "ВозвратОплатыКлиенту"}
    retail.add(desk, РасшифровкаПлатежа=[{"Сумма": 40}], ЗаказПокупателя_Key=one, **given_back)
    assert paid(retail) == {
        one: [("Безналичная", 17), ("Наличные", 40), ("Наличные", 2), ("Карта", 13)],
        other: [("Безналичная", 30)],
    }


def test_kinds_of_payment_are_offered_and_documents_that_are_not_published_are_told(place):
    kinds, name = {one.value for one in place.connector.directory("payment_kind")}, place.app.base.profile.name
    assert {"Наличные", "Безналичная", "Карта" if name == "retail" else "Платежная карта"} <= kinds
    assert [f.name for f in place.connector.check().findings if f.warn and f.name in KINDS[name]] == []
    place.control("publication", hidden=[KINDS[name][0]])
    assert [f.name for f in place.connector.check().findings if f.warn and f.name in KINDS[name]] == [KINDS[name][0]]
    order = place.add(ORDER, СуммаДокумента=100, Posted=True)["Ref_Key"]
    operation = {"ХозяйственнаяОперация": "ПоступлениеОплатыОтКлиента"} if name == "retail" else {"ВидОперации": "ОтПокупателя"}
    place.add(
        KINDS[name][1],
        РасшифровкаПлатежа=[{"Сумма": 5, "СуммаПлатежа": 5}],
        Posted=True,
        **operation,
        **to(ORDER, order)("ДокументОснование"),
    )
    assert paid(place) == {order: [("Наличные", 5)]}


def test_a_row_that_is_taken_out_was_no_payment_and_a_payment_is_read_again_by_its_id(place):
    order, name = place.add(ORDER, СуммаДокумента=100, Posted=True)["Ref_Key"], place.app.base.profile.name
    operation = {"ХозяйственнаяОперация": "ПоступлениеОплатыОтКлиента"} if name == "retail" else {"ВидОперации": "ОтПокупателя"}
    field, value = ("ЗаказПокупателя_Key", {"ЗаказПокупателя_Key": order}) if name == "retail" else ("Заказ", to(ORDER, order)("Заказ"))
    rows = [{"Сумма": n, "СуммаПлатежа": n, **({} if name == "retail" else value)} for n in (5, 6)]
    head = value if name == "retail" else {}
    made = place.add(KINDS[name][1], РасшифровкаПлатежа=rows, Posted=True, **operation, **head)
    first, second, cursor = [], [], {}
    for page in place.connector.changes("payments", {}):
        cursor = page.cursor
        first += [one.id for one in page.objects]
    assert field and first == [f"{made['Ref_Key']}#1", f"{made['Ref_Key']}#2"]
    assert [one.data["payments"][0]["sum"] for one in place.connector.fetch("payments", first)] == [5, 6]
    base = place.app.base
    base.keep(
        base.sets[KINDS[name][1]], {**base.tables[KINDS[name][1]][made["Ref_Key"]], "РасшифровкаПлатежа": made["РасшифровкаПлатежа"][:1]}
    )
    for page in place.connector.changes("payments", cursor):
        second += [(one.id, one.data["order"]) for one in page.objects]
    assert second == [(first[0], order), (first[1], None)]
