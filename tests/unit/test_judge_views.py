"""The judge's own words for each vendor's objects, and how it compares them: tables of small facts."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from sandbox.judge import bitrix24, calls, moysklad, woocommerce
from sandbox.judge.edits import account, fate, holds, last_edits
from sandbox.judge.fill import fill
from sandbox.judge.journal import DELETED, Edit, Journal
from sandbox.judge.people import Person, Shares, person
from sandbox.judge.purchases import Purchase, Talk, purchase
from sandbox.judge.roster import roster_of_people
from sandbox.judge.snapshot import TERMS, look
from sandbox.judge.users import Users
from sandbox.judge.verdict import Verdict, order_drift, person_drift
from sandbox.judge.views import CUSTOMER_FIELDS, ORDER_FIELDS, Line, Many, Near, Paid, View, differs, minute, numbers, of_lines


def many(*values, whole=True):
    return Many(frozenset(values), whole)


def near(amount, slack="0"):
    return Near((Decimal(amount),), (Decimal(slack),))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+79031234567", {"9031234567"}),
        ("8 (903) 123-45-67", {"9031234567"}),
        ("+7 903 123 45 67 муж, 89171234567 Маша", {"9031234567", "9171234567"}),
        ("9031234567", {"9031234567"}),
        ("+79031234567, +79171234567", {"9031234567", "9171234567"}),
        ("8 903 12", set()),
        ("доб. 12-34", set()),
        (None, set()),
    ],
)
def test_numbers_in_a_text(text, found):
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("said", "apart"),
    [
        pytest.param({"a": "Уфа", "b": "Уфа"}, False, id="equal"),
        pytest.param({"a": "Уфа", "b": "Уфа", "c": ""}, True, id="one is empty"),
        pytest.param({"a": many("1", "2"), "b": many("1", "2")}, False, id="both hold all"),
        pytest.param({"a": many("1", "2"), "b": many("1")}, True, id="one that holds all lacks one"),
        pytest.param({"a": many("1", "2"), "b": many("2", whole=False)}, False, id="one place, one of them"),
        pytest.param({"a": many("1", "2"), "b": many("3", whole=False)}, True, id="one place, a stranger's"),
        pytest.param({"a": many("1"), "b": many(whole=False)}, True, id="one place, and nothing in it"),
        pytest.param({"a": many(), "b": many(whole=False)}, False, id="nothing anywhere"),
        pytest.param({"a": many("1", whole=False), "b": many("2", whole=False)}, True, id="two single places that disagree"),
        pytest.param({"a": near("10.00"), "b": near("10.01")}, True, id="a kopeck between two that do not round"),
        pytest.param({"a": near("10.00"), "b": near("10.01", "0.02")}, False, id="a kopeck where one of them rounds"),
        pytest.param({"a": near("10.00"), "b": near("10.03", "0.02")}, True, id="more than its rounding explains"),
        pytest.param({"a": Near((), ()), "b": near("1")}, True, id="a line more"),
    ],
)
def test_what_differs(said, apart):
    assert differs(said) is apart


COUNTERPARTY = {
    "id": "a", "name": "Орлова Анна Ивановна", "legalLastName": "Орлова", "legalFirstName": "Анна", "legalMiddleName": "Ивановна",
    "phone": "8 (903) 123-45-67", "email": "Anna@example.ru", "sex": "FEMALE", "birthDate": "1990-06-05 00:00:00.000",
    "discountCardNumber": "2700000001", "description": "Любит лён",
    "actualAddressFull": {"postalCode": "450000", "city": "Уфа", "street": "Ленина, 1"},
    "attributes": [{"name": "Магазин", "value": {"name": "Уфа, Мега"}}],
}  # fmt: skip
CONTACT = {
    "ID": "7", "LAST_NAME": "Орлова", "NAME": "Анна", "SECOND_NAME": "Ивановна", "PHONE": [{"VALUE": "+79031234567"}],
    "EMAIL": [{"VALUE": "anna@example.ru"}], "UF_CRM_SEX": "47", "BIRTHDATE": "1990-06-05T05:00:00+05:00", "UF_CRM_CARD": "2700000001",
    "COMMENTS": "Любит лён", "UF_CRM_POSTCODE": "450000", "UF_CRM_CITY": "Уфа", "UF_CRM_STREET": "Ленина, 1",
    "UF_CRM_STORE": "Уфа, Мега",
}  # fmt: skip
CUSTOMER = {
    "id": 3, "email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова",
    "billing": {"phone": "89031234567", "city": "Уфа", "postcode": "450000", "address_1": "Ленина, 1"},
    "meta_data": [{"key": key, "value": value} for key, value in
                  {"middle_name": "Ивановна", "birthday": "1990-06-05", "sex": "female", "card": "2700000001", "note": "Любит лён", "store": "mega"}.items()],
}  # fmt: skip


def anna(**more):
    return Person(1, "Орлова", "Анна", "Ивановна", "9031234567", "anna@example.ru", "female", "1990-06-05", "2700000001", "450000", "Уфа",
                  "Ленина, 1", "Любит лён", **more)  # fmt: skip


def people():
    return {"sklad": moysklad.customer(COUNTERPARTY), "crm": bitrix24.customer(CONTACT), "site": woocommerce.customer(CUSTOMER)}


def test_three_vendors_say_the_same_of_one_person_on_twelve_fields_and_more():
    views = people()
    assert person_drift(anna(), views) == {}
    assert len(CUSTOMER_FIELDS) >= 12
    assert all(len([v for v in views.values() if name in v.fields]) > 1 for name in CUSTOMER_FIELDS if name != "full_name")


@pytest.mark.parametrize("name", [name for name in CUSTOMER_FIELDS if name != "full_name"])
@pytest.mark.parametrize("system", ["sklad", "crm", "site"])
def test_a_difference_in_any_one_field_of_any_one_system_is_seen(system, name):
    views = people()
    views[system].fields[name] = many("other") if name in ("phones", "emails") else "other"
    assert name in person_drift(anna(), views)


def test_a_display_name_that_is_not_made_of_its_parts_is_seen():
    views = {"sklad": moysklad.customer(COUNTERPARTY | {"name": "Орлова Анна"})}
    assert list(person_drift(anna(), views)) == ["full_name"]


def test_a_phone_that_is_none_explains_itself_and_nothing_else():
    views = people() | {"sklad": moysklad.customer(COUNTERPARTY | {"phone": "8 903 12", "description": "Другое"})}
    assert list(person_drift(anna(dirt=["phone_impossible"]), views)) == ["comment"]


def line(sku="SV-001", quantity=2, price="100", discount="10", slack="0"):
    count, before, off = Decimal(quantity), Decimal(price), Decimal(discount)
    return Line(sku, count, before, off, before * count - off, Decimal(slack))


ORDER = {"number": "5001", "status": "done", "comment": "", "address": "Ленина, 1", "buyer": "1", "total": near("190"), "store": "mega",
         "payments": Paid((("card", Decimal(190)),))}  # fmt: skip


def bought(**more):
    return View("1", ORDER | of_lines([line()]) | more)


def test_equal_lines_stay_apart_and_their_order_does_not_matter():
    a, b = of_lines([line(), line(), line("SV-002")]), of_lines([line("SV-002"), line(), line()])
    assert a == b
    assert a["lines"] == 3
    assert a != of_lines([line(), line("SV-002")])


@pytest.mark.parametrize(
    "more", [{"lines": 2}, {"line_sku": ("SV-002",)}, {"line_sum": near("189")}, {"status": "new"}, {"buyer": "nobody"}]
)
def test_a_difference_of_an_order_is_seen(more):
    assert set(order_drift(Purchase("5001", "site", "order", 1, []), {"site": bought(), "sklad": bought(**more)})) == set(more)


POSITION = {"quantity": 2.0, "price": 9500.0, "discount": 0.0, "assortment": {"code": "SV-001"}}
DOCUMENT = {
    "id": "a", "state": {"name": "Доставлен"}, "description": "Позвонить", "shipmentAddress": "Ленина, 1", "agent": {"id": "x"},
    "sum": 44000.0, "moment": "2026-03-04 12:15:00.000", "store": {"name": "Уфа, Мега"}, "positions": {"rows": [POSITION, {**POSITION, "quantity": 1.0, "price": 25000.0, "assortment": {"code": "DELIVERY"}}]},
    "attributes": [{"name": name, "value": value} for name, value in
                   {"Номер на сайте": "5001", "Контакт": "Анна Орлова", "Телефон": "8 (903) 123-45-67", "Почта": "Anna@example.ru",
                    "Источник": "checkout", "Оплаты": "Карта 440.00 от 04.03.2026 12:16:39 № 7041"}.items()],
}  # fmt: skip
DEAL = {
    "ID": "77", "STAGE_ID": "WON", "COMMENTS": "Позвонить", "CONTACT_ID": "x", "OPPORTUNITY": "440.00", "DATE_CREATE": "2026-04-01T10:00:00+05:00",
    "ORIGINATOR_ID": "sverka", "UF_CRM_ORDER_DATE": "2026-03-04T14:15:30+05:00", "UF_CRM_ORDER_NUMBER": "5001", "UF_CRM_STORE": "Уфа, Мега",
    "UF_CRM_DELIVERY_ADDRESS": "Ленина, 1", "UF_CRM_CONTACT_NAME": "Анна Орлова", "UF_CRM_CONTACT_PHONE": "+79031234567",
    "UF_CRM_CONTACT_EMAIL": "anna@example.ru", "UF_CRM_ORDER_SOURCE": "checkout",
}  # fmt: skip
SITE_ORDER = {
    "id": 5001, "number": "5001", "status": "completed", "customer_note": "Позвонить", "customer_id": "x", "total": "440.00",
    "created_via": "checkout", "date_created_gmt": "2026-03-04T09:15:30", "date_paid_gmt": "2026-03-04T09:16:39",
    "payment_method": "cloudpayments", "shipping": {"address_1": "Ленина, 1"}, "meta_data": [{"key": "store", "value": "mega"}],
    "billing": {"first_name": "Анна", "last_name": "Орлова", "phone": "89031234567", "email": "anna@example.ru"},
    "line_items": [{"sku": "SV-001", "quantity": 2, "subtotal": "190.00", "total": "190.00"}],
    "shipping_lines": [{"method_id": "flat_rate", "method_title": "Курьер", "total": "250.00"}],
}  # fmt: skip
ROW = {"productId": 101, "productName": "Рубашка", "price": 95, "quantity": 2, "discountSum": 0}
COURIER = {"productId": 0, "productName": "Доставка: Курьер", "price": 250, "quantity": 1, "discountSum": 0}


def purchases(document=DOCUMENT, deal=DEAL, order=SITE_ORDER):
    return {
        "sklad": moysklad.order(document),
        "crm": bitrix24.order(deal, [ROW, COURIER], {101: "SV-001"}),
        "site": woocommerce.order(order),
    }


def test_three_vendors_say_the_same_of_one_order_on_fifteen_fields_and_more():
    views = purchases()
    assert order_drift(Purchase("5001", "site", "order", 1, []), views) == {}
    compared = [name for name in ORDER_FIELDS if len([v for v in views.values() if name in v.fields]) > 1]
    assert compared == list(ORDER_FIELDS)
    assert len(compared) >= 15


@pytest.mark.parametrize(
    ("system", "name"), [(system, name) for system, view in purchases().items() for name in ORDER_FIELDS if name in view.fields]
)
def test_a_difference_in_any_one_field_of_an_order_is_seen(system, name):
    views = purchases()
    views[system].fields[name] = near("1") if isinstance(views[system].fields[name], Near) else "other"
    assert name in order_drift(Purchase("5001", "site", "order", 1, []), views)


@pytest.mark.parametrize(
    ("vendor", "more"),
    [
        pytest.param("document", {"store": {"name": "Уфа, Гафури 5"}}, id="a store of MoySklad"),
        pytest.param("deal", {"UF_CRM_STORE": "Уфа, Гафури 5"}, id="a store of the CRM"),
        pytest.param("order", {"payment_method": "dolyame"}, id="a payment of the site"),
        pytest.param("deal", {"STAGE_ID": "FINAL_INVOICE"}, id="a status of the CRM"),
    ],
)
def test_what_the_configuration_does_not_know_may_stand_only_where_it_was_typed(vendor, more):
    raw = {"document": DOCUMENT, "deal": DEAL, "order": SITE_ORDER}
    views = purchases(**{vendor: raw[vendor] | more})
    field = {"store": "store", "UF_CRM_STORE": "store", "payment_method": "payments", "STAGE_ID": "status"}[next(iter(more))]
    system = {"document": "sklad", "deal": "crm", "order": "site"}[vendor]
    one = Purchase("5001", "site", "order", 1, [])
    assert list(order_drift(one, views)) == [field]
    assert order_drift(one, views, {(system, field)}) == {}
    assert list(order_drift(one, views, {(other, field) for other in views if other != system})) == [field]


@pytest.mark.parametrize(
    ("value", "zone", "found"),
    [
        ("2026-03-04T09:15:30", None, "2026-03-04 09:15"),
        ("2026-03-04 12:15:00.000", moysklad.MOSCOW, "2026-03-04 09:15"),
        ("2026-03-04T14:15:30+05:00", None, "2026-03-04 09:15"),
        (None, None, ""),
    ],
)
def test_a_moment_to_the_minute(value, zone, found):
    assert (minute(value, zone) if zone else minute(value)) == found


@pytest.mark.parametrize(
    ("dirt", "system", "said", "drift"),
    [
        pytest.param([], "sklad", {"status": "?"}, {"status"}, id="an unknown status that nobody typed is drift"),
        pytest.param(["rounded"], "crm", {"total": near("189")}, set(), id="a total typed by hand in the CRM stays beside its lines"),
        pytest.param(["rounded"], "site", {"total": near("189")}, {"total"}, id="a total that was computed must agree"),
    ],
)
def test_what_dirt_explains_of_an_order(dirt, system, said, drift):
    one = Purchase("5001", system, "order", 1, [], dirt=dirt)
    assert set(order_drift(one, {"site": bought(), "sklad": bought(**said)})) == drift


@pytest.mark.parametrize(
    ("field", "value", "held"),
    [
        ("comment", "", True),
        ("comment", "Иначе", False),
        ("lines", [["SV-001", 2]], True),
        ("lines", [["SV-001", 3]], False),
        ("status", "done", True),
        ("status", "unknown", False),
    ],
)
def test_whether_an_order_holds_what_was_typed(field, value, held):
    assert holds(bought(), Edit("order", "5001", "site", field, value, 1)) is held


def typed(value, system="sklad", at=0.0, round_=1, ident="a", field="comment"):
    return Edit("order", "5001", system, field, value, round_, at, id=ident)


CLEARS = frozenset({("sklad", "order", "comment")})


@pytest.mark.parametrize(
    ("edits", "held", "clears", "found"),
    [
        pytest.param([typed("a"), typed("b", at=1)], "b", (), "held", id="the last one is there"),
        pytest.param([typed("a"), typed("b", at=1)], "a", (), "lost", id="an older one is there"),
        pytest.param([typed("a", "crm"), typed("b", at=1)], "a", (), "floor", id="two systems in one moment"),
        pytest.param([typed("a", "crm"), typed("b", at=99)], "a", (), "lost", id="two systems, one long after the other"),
        pytest.param([typed("a", "crm"), typed("b", at=1, round_=2)], "a", (), "lost", id="everything was quiet between them"),
        pytest.param([typed("a"), typed("b", at=1, ident="b")], "a", (), "floor", id="both cards of one person in one moment"),
        pytest.param([typed("a"), typed("", at=99)], "a", (), "held", id="emptied where nobody may: filled again"),
        pytest.param([typed("a"), typed("", at=99)], "", (), "lost", id="emptied where nobody may, and it stayed empty"),
        pytest.param([typed("a"), typed("", at=99)], "", CLEARS, "held", id="emptied where one may"),
        pytest.param([typed("a"), typed("", at=99)], "a", CLEARS, "lost", id="emptied where one may, and filled again"),
        pytest.param([typed("a"), typed("", at=1)], "", (), "floor", id="typed and taken away between two looks"),
    ],
)
def test_what_becomes_of_a_last_edit(edits, held, clears, found):
    ((some),) = last_edits(edits, {}, frozenset(clears))
    assert fate(some, [bought(comment=held)], frozenset(clears), set()) == found


def test_an_edit_of_an_object_that_was_deleted_afterwards_is_of_the_floor():
    assert fate([typed("a")], [bought(comment="b")], frozenset(), {"sklad"}) == "floor"


def test_nobody_has_the_last_word_on_a_field_that_was_only_emptied():
    assert last_edits([typed("")], {}, frozenset()) == []
    assert len(last_edits([typed("")], {}, CLEARS)) == 1


def test_emptied_fields_and_deleted_objects_are_counted_with_what_became_of_them():
    edits = [typed("", field="comment"), typed("", field="address"), typed("a", field=DELETED), typed("a", "site", field=DELETED)]
    chosen = {("order", "5001"): {"sklad": bought(), "crm": bought()}}
    assert account(edits, chosen, {("order", "5001", "site")}) == {
        "deleted object": {"met": 2, "became": {"stayed away, the others kept": 1, "made again": 1}},
        "emptied field": {"met": 2, "became": {"empty everywhere": 1, "filled everywhere": 1}},
    }


@pytest.mark.parametrize(
    ("note", "differ", "lost", "extra"),
    [
        pytest.param("Звонок исходящий 25.11.2026 10:15, 2 мин 10 с: поговорили. Анна Ильина. +79031234567", [], 0, 0, id="told"),
        pytest.param("Звонок входящий 25.11.2026 10:15, 2 мин 10 с: поговорили. +79031234567", [{"direction"}], 0, 0, id="the other way"),
        pytest.param("Звонок исходящий 25.11.2026 10:15, 10 с: занято. +79031234567", [{"duration", "outcome"}], 0, 0, id="another end"),
        pytest.param("Постоянный покупатель", [], 1, 0, id="a note of another kind tells no call"),
    ],
)
def test_a_call_against_a_note(note, differ, lost, extra):
    told = Talk("x", 1, "+79031234567", "out", "200", 130, "2026-11-25T12:15:03+05:00")
    found = calls.compare([told], [note])
    assert [set(pair) for pair in found.differ] == differ
    assert (len(found.lost), len(found.extra)) == (lost, extra)


def test_a_note_written_twice_is_extra():
    told = Talk("x", 1, "+79031234567", "in", "304", 0, "2026-11-25T12:15:03+05:00")
    note = "Звонок входящий 25.11.2026 10:15: не дозвонились. +79031234567"
    assert calls.compare([told], [note]).extra == []
    assert len(calls.compare([told], [note, note]).extra) == 1


def test_the_same_seed_makes_the_same_shop_and_shares_of_dirt_are_kept():
    def crowd(times):
        rng = random.Random(7)
        return [person(rng, n, ["sklad", "crm", "site"], Shares(times=times)) for n in range(1, 1501)]

    assert crowd(1.0) == crowd(1.0)
    twins = [p for p in crowd(1.0) if "twin" in p.dirt]
    assert 0.05 < len(twins) / 1500 < 0.11
    assert {p.twin_in for p in twins} == {"sklad", "crm", "site"}
    assert 0.01 < sum(p.store == "unknown" for p in crowd(1.0)) / 1500 < 0.03
    till = [p for p in crowd(1.0) if p.where == ["sklad"]]
    assert 0.14 < sum(not p.email for p in till) / len(till) < 0.26
    assert not any(p.dirt for p in crowd(0.0))


def test_a_tenth_of_orders_repeats_a_sku_and_a_tenth_is_rounded_to_roubles():
    rng, prices = random.Random(7), {f"SV-{n:03d}": Decimal(490 * n) for n in range(1, 13)}
    made = [purchase(rng, "site", "order", None, prices, Shares()) for _ in range(1500)]
    for kind in ("repeated_sku", "rounded"):
        assert 0.07 < sum(kind in one.dirt for one in made) / len(made) < 0.13
    assert all(one.items[0].sum == one.items[0].sum.to_integral() for one in made if "rounded" in one.dirt)


def test_a_journal_comes_back_from_its_file(tmp_path):
    journal = Journal(3, [anna(homes={"sklad": ["a"]})])
    journal.typed_person(journal.people[0], "sklad", 0)
    journal.purchases.append(Purchase("5001", "site", "order", 1, [], "done", dirt=["rounded"], id="5001"))
    journal.save(tmp_path / "journal.json")
    again = Journal.load(tmp_path / "journal.json")
    assert again == journal
    assert json.loads((tmp_path / "journal.json").read_text())["people"][0]["homes"] == {"sklad": ["a"]}


@pytest.mark.parametrize("asked", ["edit", "call"])
def test_users_of_an_empty_shop_begin_with_somebody_new(asked):
    """A shop of no customers and no orders has users, too: there is nobody to edit or to call, until one of them types somebody in."""
    vendors = {"crm": Desk()}
    journal = fill(vendors, seed=1, customers=0, orders=0, shares=Shares(times=0))
    users = Users(vendors, journal, random.Random(3), 1, Shares(times=0), {"crm": {}})
    getattr(users, "edit_person" if asked == "edit" else "call")()
    assert not users.edit_order() and not journal.purchases
    assert len(journal.people) == 1 and len(journal.talks) == (asked == "call")


class Desk:
    """A CRM that takes whatever is typed."""

    def __init__(self):
        self.api = self

    def control(self, *_):
        pass

    def prices(self):
        return {}

    def add_people(self, people):
        return [str(n) for n, _ in enumerate(people, 1)]

    def add_orders(self, orders):
        return []

    def add_call(self, made, ident):
        return "7"


def nameless(**more):
    """Nobody's e-mail, and a phone that is none: sold to at a till."""
    return replace(anna(dirt=["no_email", "phone_impossible"], homes={"sklad": ["a"]}), email="", **more)


def books(name, ident="u1", phones=()):
    return View(ident, {"whole_name": name, "phones": many(*phones), "emails": many()})


@pytest.mark.parametrize(
    ("one", "view", "whose"),
    [
        pytest.param(nameless(), books("Орлова Анна Ивановна"), "1", id="where no card is kept, the name tells it"),
        pytest.param(nameless(), books("Орлова Анна Отметка 7"), "1", id="also one that was typed later"),
        pytest.param(nameless(), books("Орлова Анна Петровна"), "", id="another name is a stranger's"),
        pytest.param(nameless(), books("Орлова Анна Ивановна", phones=["9179999999"]), "", id="a phone that she never had, too"),
        pytest.param(anna(), books("Орлова Анна Ивановна"), "", id="who has an e-mail or a phone must be told by it"),
    ],
)
def test_somebody_without_phone_and_e_mail_is_told_by_the_name_where_no_card_is_kept(one, view, whose):
    journal = Journal(1, people=[one])
    journal.typed("customer", 1, "sklad", "middle_name", "Отметка 7", 1)
    roster = roster_of_people(journal, {"uchet": [view]})
    assert [found.id for found in roster.of("1", "uchet")] == [view.id] * bool(whose)
    assert len(roster.strangers) == (not whose)


class Empty:
    """A vendor in which nothing stands."""

    def nothing(self):
        return []

    customers = orders = receipts = calls = nothing


@pytest.mark.parametrize(
    ("systems", "lost"), [(["site", "crm"], []), (["site", "crm", "sklad"], ["a call of person 1 has no note in sklad"])]
)
def test_a_call_is_owed_a_note_only_where_the_warehouse_takes_part(systems, lost):
    one = person(random.Random(1), 1, ["site"], Shares(times=0))
    talked = Talk("x", 1, "+79031234567", "out", "200", 130, "2026-11-25T12:15:03+05:00")
    journal = Journal(1, people=[one], talks=[talked])
    verdict = Verdict(journal, look({system: Empty() for system in systems}, journal), TERMS).judge()
    assert [text.split(":")[0] for text in verdict.lost if "call" in text] == lost
