"""Who a receipt that names nobody belongs to, and who is nobody."""

from __future__ import annotations

import pytest

from hub.storage.records import Record
from hub.sync.nobody import is_named, is_standard
from hub.sync.recognised import keys, recognise

CARD, FORMER, PHONE = ("card", "2700000001"), ("former_card", "2700000001"), ("phone", "+79031234567")
SOLD = {"channel": "retail", "card": "27 0000 0001", "contact.phone": "+79031234567"}


def people(**of):
    return {ident: Record(ident, "customer", 1, data) for ident, data in of.items()}


@pytest.mark.parametrize(
    ("data", "phone_is_person", "expected"),
    [
        (SOLD, True, [CARD, FORMER, PHONE]),
        (SOLD, False, [CARD, FORMER]),
        (SOLD | {"customer": "anna"}, True, []),
        (SOLD | {"channel": "online"}, True, []),
        ({"channel": "retail", "contact.phone": "+79999999999"}, True, []),  # a dummy
        ({"channel": "retail"}, True, []),
    ],
)
def test_what_a_receipt_is_recognised_by(data, phone_is_person, expected):
    assert keys("order", data, phone_is_person) == expected


def test_a_call_or_message_of_nobody_is_recognised_by_its_phone_alone():
    assert keys("call", {"phone": "+79031234567", "direction": "in"}, True) == [PHONE]
    assert keys("message", {"phone": "+79031234567", "customer": "anna"}, True) == []
    assert keys("message", {"phone": "+79031234567"}, False) == [], "where a phone is a family's"


@pytest.mark.parametrize(
    ("hits", "data", "expected"),
    [
        ({CARD: ["anna"], PHONE: ["oleg"]}, {}, "anna"),  # the card is surer than the phone
        ({CARD: ["anna"], FORMER: ["oleg"]}, {}, "anna"),  # who has it now
        ({FORMER: ["oleg"], PHONE: ["anna"]}, {}, "oleg"),
        ({PHONE: ["oleg"]}, {}, "oleg"),
        ({PHONE: ["anna", "oleg"]}, {}, None),
        ({CARD: ["anna", "oleg"], PHONE: ["oleg"]}, {}, None),  # what is doubted is not decided by less
        ({PHONE: ["oleg"]}, {"contact.name": "Анна Седова"}, None),  # another first name
        ({PHONE: ["oleg"]}, {"contact.name": "Седов Олег"}, "oleg"),
        ({CARD: ["oleg"]}, {"contact.name": "Анна"}, "oleg"),  # a card is lent
        ({PHONE: ["gone"]}, {}, None),
        ({}, {}, None),
    ],
)
def test_whose_a_receipt_is(hits, data, expected):
    known = people(anna={"first_name": "Анна"}, oleg={"first_name": "Олег"}, gone={})
    known["gone"].merged_into = "oleg"
    assert recognise(data, [CARD, FORMER, PHONE], hits, known) == expected


@pytest.mark.parametrize(
    ("called", "data", "expected"),
    [
        ("Розничный покупатель", {}, True),
        ("РОЗНИЧНЫЙ  ПОКУПАТЕЛЬ", {}, True),
        ("физ. лицо", {}, True),
        ("Покупатель Розничный", {}, True),  # a CRM keeps the words apart
        ("Розничный покупатель", {"phones": [{"number": "+79031234567"}]}, False),  # somebody can be reached
        ("Розничный покупатель Мега", {}, False),
        ("Анна Седова", {}, False),
        ("", {}, False),
    ],
)
def test_a_usual_name_of_nobody(called, data, expected):
    assert is_standard(called, data) is expected


def test_the_configuration_names_by_id_or_by_name_as_people_write_it():
    assert is_named("розничный покупатель", "c-1", ["Розничный покупатель"])
    assert is_named("Покупатель Розничный", "c-1", ["Розничный покупатель"])
    assert is_named("Анна", "c-1", ["c-1"])
    assert not is_named("", "c-1", ["Розничный покупатель"])
    assert not is_named("Анна", "c-2", ["c-1", "Розничный покупатель"])
