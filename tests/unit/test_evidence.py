"""What bears a cross-reference out: tables of two objects, of how much a reference proves, and of whether it counts."""

from __future__ import annotations

import re

import pytest

from hub.sync.evidence import Side, counts, facts
from mappings.adopt import Adopted, Reference, references
from mappings.expressions import expression

PHONE = {"phones": [{"number": "+79031234567"}]}
ORDER = {"total": "1500.00", "created": "2026-03-01T10:00:00+00:00", "customer": "r1", "lines": [{}, {}]}


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({}, {"sum": True, "date": True, "customer": True}),
        ({"total": "1500.02"}, {"sum": True, "date": True, "customer": True}),
        ({"total": "1500.03"}, {"sum": False, "date": True, "customer": True}),
        ({"created": "2026-03-02T09:59:00+00:00"}, {"sum": True, "date": True, "customer": True}),
        ({"created": "2026-03-02T10:01:00+00:00"}, {"sum": True, "date": False, "customer": True}),
        ({"created": "2026-03-01"}, {"sum": True, "customer": True}),
        ({"customer": "r2"}, {"sum": True, "date": True, "customer": False}),
        ({"customer": None, "total": None}, {"date": True}),
    ],
)
def test_orders_are_compared_by_buyer_sum_and_day(other, found):
    assert facts("order", Side(ORDER), Side(ORDER | other)) == found


LINES = [{"sku": "A", "quantity": "2"}, {"sku": "B", "quantity": "1"}, {"sku": "A", "quantity": "1"}]


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ([{"sku": "B", "quantity": "1.00"}, {"sku": "A", "quantity": "3"}], {"lines": True}),
        ([{"sku": "A", "quantity": "3"}], {"lines": False}),
        ([{"sku": "A", "quantity": "3"}, {"name": "delivery"}], {}),
        ([], {}),
    ],
)
def test_the_same_goods_speak_for_an_order_whatever_its_sum(other, found):
    assert facts("order", Side({"lines": LINES}), Side({"lines": other})) == found


def test_a_phone_on_the_order_agrees_with_that_of_the_customer():
    assert facts("order", Side({"contact.phone": "+79031234567"}), Side({}, PHONE)) == {"phone": True}


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ({"first_name": "Алёна", "last_name": "Орлова"}, {"first_name": "Алена", "last_name": "орлова"}, {"name": True}),
        ({"first_name": "Алёна"}, {"first_name": "Иван"}, {"name": False}),
        ({"first_name": "Алёна"}, {"first_name": "Алёна"}, {}),
        ({"cards": [{"number": "А-1"}]}, {"cards": [{"number": "а-1"}]}, {"card": True}),
        ({"emails": [{"address": "A@x.ru"}]}, {"emails": [{"address": "a@x.ru"}]}, {"email": True}),
        (PHONE, {"phones": [{"number": "+79030000000"}]}, {"phone": False}),
    ],
)
def test_people_are_compared_by_their_keys_and_full_names(a, b, found):
    assert facts("customer", Side(a), Side(b)) == found


@pytest.mark.parametrize(
    ("strength", "found", "expected"),
    [
        ("sure", {}, True),
        ("sure", {"name": False}, True),
        ("sure", {"name": False, "phone": False}, False),
        ("sure", {"name": False, "phone": False, "sum": True}, True),
        ("named", {}, False),
        ("named", {"sum": True}, True),
        ("named", {"date": True}, False),
        ("named", {"lines": True, "sum": False}, True),
        ("named", {"name": True}, True),
        ("bare", {"sum": True}, False),
        ("bare", {"date": True}, False),
        ("bare", {"sum": True, "date": True}, True),
        ("bare", {"phone": True}, True),
        ("bare", {"name": True}, False),
    ],
)
def test_how_much_is_needed_depends_on_how_much_the_reference_proves(strength, found, expected):
    assert counts(strength, found) is expected


@pytest.mark.parametrize(
    ("rule", "remote", "found"),
    [
        ({"path": "code"}, {"code": "5001"}, [("5001", "named")]),
        ({"path": "code"}, {"code": 5001.0}, [("5001", "named")]),
        ({"path": "code"}, {"code": "№ 005001"}, [("5001", "named")]),
        ({"path": "code", "sure": True}, {"code": "5001"}, [("5001", "sure")]),
        ({"path": "code", "when": "by == 'exchange'"}, {"code": "5001", "by": "exchange"}, [("5001", "sure")]),
        ({"path": "code", "when": "by == 'exchange'"}, {"code": "5001", "by": "other"}, []),
        ({"path": "name", "pattern": r"^WC-(\d+)$"}, {"name": "WC-5001"}, [("5001", "sure")]),
        ({"path": "name", "pattern": r"^(\d{4,})$"}, {"name": "5001"}, [("5001", "bare")]),
        ({"path": "name", "pattern": r"^(\d{4,})$"}, {"name": "17"}, []),
        ({"path": "code", "pattern": r"\d+"}, {"code": "n. 5001"}, [("5001", "named")]),
        ({"path": "code"}, {"code": "0F2826A0-08b5-47f8-ab9f-bea4eed3f6f8"}, [("0f2826a0-08b5-47f8-ab9f-bea4eed3f6f8", "sure")]),
        ({"path": "code"}, {"code": ""}, []),
        ({"path": "code"}, {"code": True}, []),
        ({"path": "code"}, {}, []),
    ],
)
def test_a_reference_is_read_with_how_much_it_proves(rule, remote, found):
    when, pattern = rule.get("when"), rule.get("pattern")
    one = Adopted(
        rule["path"], "site", re.compile(pattern) if pattern else None, expression(when) if when else None, rule.get("sure", False)
    )
    assert references([one, one], remote) == [Reference("site", value, strength) for value, strength in found]
