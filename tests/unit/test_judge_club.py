"""The judge of the loyalty programme: whom it can hold, what its people are, and what its books may not say."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest
import yaml

from hub.demo.stage import WIDE, of_systems
from sandbox.judge.bonusplus import customer, figures, unpaid, violations
from sandbox.judge.journal import Edit, Journal
from sandbox.judge.people import Shares, person
from sandbox.judge.snapshot import TERMS
from sandbox.judge.verdict import Snapshot, Verdict, owed_writes
from sandbox.judge.views import Line, Many, Paid, View, exactly, of_lines

MEMBER = {
    "id": "c1", "phone": "79031234567", "discountCardNumber": "2700000000001", "availableBonuses": 420.0, "notActiveBonuses": 10,
    "person": {"ln": "Орлова", "fn": "Анна", "mn": "Львовна", "email": "Anna@example.ru", "birthDay": "1990-06-05T00:00:00+03:00", "desc": "Лён"},
}  # fmt: skip
LINE = {"ext": "o-1", "sum": 1000.0, "totalSum": 950.0}
SALE, BACK = {"id": 1, "parentId": None, "positions": [LINE]}, {"id": 2, "parentId": 1, "positions": [LINE]}
BOOKS = {
    "sales": [SALE, BACK],
    "movements": [{"personId": 7, "amount": 50.0}, {"personId": 7, "amount": -50.0}, {"personId": 7, "amount": 300.0}],
    "balances": {"79031234567": {"person": 7, "available": 250.0, "pending": 50.0, "reserved": 0.0}},
}


def test_a_member_is_a_person_with_points():
    view = customer(MEMBER)
    assert view.fields["phones"] == Many(frozenset({"9031234567"}), whole=False) and view.fields["emails"].values == {"anna@example.ru"}
    assert (view.fields["birthday"], view.fields["points"]) == ("1990-06-05", exactly(Decimal("420.00")))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"sales": [SALE, SALE | {"id": 3}]}, "sold 2 times"),
        ({"sales": [BACK]}, "came back, 0 was sold"),
        ({"movements": BOOKS["movements"][:2]}, "300.0 points on the balance, 0.0 by the movements"),
    ],
    ids=["a line is sold twice", "what was not sold comes back", "points that no movement explains"],
)
def test_books_that_cannot_be_are_told(wrong, text):
    assert violations(BOOKS) == [] and figures(BOOKS) == {"sales": 1, "returns": 1, "movements": 3}
    assert any(text in one for one in violations(BOOKS | wrong))


def test_purchases_beyond_what_was_paid_for_are_told():
    sales = {"sales": [SALE]}
    lines = of_lines([Line("SV-001", Decimal(1), Decimal(1000), Decimal(0), Decimal(1000))])
    paid, bare = View("1", lines | {"payments": Paid((("card", Decimal(1000)),))}), View("2", lines | {"payments": Paid(())})
    assert unpaid(sales, [{"sklad": paid, "crm": View("3", dict(lines))}]) == []
    assert unpaid(sales, [{"sklad": bare}]) == ["the programme holds purchases of 1000.00, orders of 0.00 were paid for"]


def somebody(number, phone):
    one = person(random.Random(number), number, ["sklad"], Shares(times=0))
    one.homes, one.phone = {"sklad": [f"s{number}"]}, phone
    return one


def judged(people, members, points=0):
    """A shop whose warehouse knows these people, with so many points on their cards, and whose programme has these members."""
    cards = []
    for one in people:
        fields = {
            "first_name": one.first_name,
            "phones": Many(frozenset([one.phone])),
            "emails": Many(frozenset()),
            "points": exactly(Decimal(points)),
        }
        names = {
            "last_name": one.last_name,
            "middle_name": one.middle_name,
            "full_name": f"{one.last_name} {one.first_name} {one.middle_name}",
        }
        cards.append(View(f"s{one.number}", fields | names, {"phone": one.phone}))
    journal = Journal(1, people=people)
    return Verdict(journal, Snapshot({"sklad": cards, "loyalty": members}, {"sklad": [], "loyalty": []}), TERMS).judge()


def test_who_has_a_phone_of_their_own_is_owed_to_the_programme_and_two_who_share_one_are_not():
    alone, one, other = somebody(1, "9031234567"), somebody(2, "9037654321"), somebody(3, "9037654321")
    assert judged([alone, one, other], []).lost == ["person 1 is not in loyalty"]


def test_points_that_differ_are_told_with_both_and_a_purchase_owes_each_card_its_points():
    one = somebody(1, "9031234567")
    names = {
        "first_name": one.first_name,
        "last_name": one.last_name,
        "middle_name": one.middle_name,
        "emails": Many(frozenset(), whole=False),
    }
    held = customer(MEMBER)
    member = replace(held, fields={name: held.fields[name] for name in ("phones", "points")} | names)
    found = judged([one], [member], points=400)
    assert found.drift == [{"entity": "customer", "who": "1", "field": "points", "sklad": "400", "loyalty": "420.00"}]
    assert judged([one], [member], points=420).drift == []
    found.journal.edits.append(Edit("order", "S-1", "sklad", "status", "done", 1))
    assert owed_writes(found) == 1 + 2 * 2


def test_a_chain_without_the_programme_is_told_nothing_of_points():
    raw = yaml.safe_load(WIDE.read_text())
    chosen = of_systems(raw, ["sklad", "woocommerce"])
    assert set(chosen["systems"]) == {"sklad", "site"} and "loyalty" not in chosen
    assert of_systems(yaml.safe_load(WIDE.read_text()), ["sklad", "loyalty"])["loyalty"]["posts"] == {
        "online": "hub",
        "retail": "till_module",
    }
