"""The judge's word on the day a connected shop goes live: what was made, what was overwritten, what was owed."""

from __future__ import annotations

import random

import pytest

from sandbox.judge.connected import TRUST, aged, aged_order, everywhere
from sandbox.judge.golive import go_live, owed_creates
from sandbox.judge.journal import Journal
from sandbox.judge.people import Person, Shares, person
from sandbox.judge.purchases import Purchase
from sandbox.judge.snapshot import TERMS
from sandbox.judge.verdict import Snapshot
from sandbox.judge.views import Many, View


def anna(**more):
    return Person(1, "Орлова", "Анна", "", "9031234567", "anna@example.ru", "female", "", "27", "", "Уфа", "", "", **more)


def card(ident, city="Уфа", phones=("9031234567",)):
    return View(ident, {"first_name": "Анна", "city": city, "card": "27", "phones": Many(frozenset(phones)), "emails": Many(frozenset())})


def journal(**before):
    return Journal(1, [anna(homes={"sklad": ["a"], "crm": ["b"]})], before={f"customer {place}": said for place, said in before.items()})


def day(before, **now):
    told = Journal(1, [anna(homes={"sklad": ["a"], "crm": ["b"]})], before=before)
    return go_live(told, Snapshot(now, {}))


BEFORE = {"customer sklad a": {"city": "Уфа"}, "customer crm b": {"city": "Бирск", "phones": ["9031234567"]}}


@pytest.mark.parametrize(
    ("sklad", "crm", "overwritten", "corrected"),
    [
        pytest.param(card("a"), card("b", "Бирск"), 0, 0, id="nothing moved"),
        pytest.param(card("a"), card("b", "Уфа"), 0, 1, id="the more trusted one's value"),
        pytest.param(card("a", "Бирск"), card("b", "Бирск"), 1, 0, id="the less trusted one's value"),
        pytest.param(card("a"), card("b", "Пермь"), 1, 0, id="nobody's value"),
        pytest.param(card("a"), card("b", ""), 1, 0, id="emptied"),
        pytest.param(card("a"), card("b", "Бирск", ("9031234567", "9171234567")), 0, 0, id="a phone more"),
        pytest.param(card("a"), card("b", "Бирск", ("9171234567",)), 1, 0, id="a phone lost"),
    ],
)
def test_a_filled_field_follows_only_a_more_trusted_one(sklad, crm, overwritten, corrected):
    found = day(BEFORE, sklad=[sklad], crm=[crm])
    assert (len(found.overwritten), found.corrected) == (overwritten, corrected)


def test_an_object_made_beside_one_that_stood_there_is_told_and_one_that_was_owed_is_not():
    found = day(BEFORE, sklad=[card("a"), card("new")], crm=[card("b", "Бирск")], site=[card("owed")])
    assert len(found.created_for_known) == 1
    assert dict(found.created) == {"site customer": 1}


def test_what_is_owed_is_what_stands_nowhere_yet():
    told = journal()
    told.purchases = [
        Purchase("17", "sklad", "receipt", None, []),
        Purchase("5001", "site", "order", None, [], copies={"sklad": "x", "crm": "y"}),
    ]
    assert owed_creates(told, TERMS, dict.fromkeys(TRUST)) == {"site customer": 1, "crm order": 1}


def test_the_journal_expects_the_most_trusted_filled_value():
    rng = random.Random(4)
    for number in range(1, 60):
        one = everywhere(person(rng, number, list(TRUST), Shares()))
        held = aged(rng, one)
        for name in ("last_name", "city", "comment", "card"):
            assert getattr(one, name) == next((v for s in TRUST if s in held and (v := getattr(held[s], name))), "")


def test_an_order_expects_the_copy_of_the_warehouse_where_it_says_anything():
    rng = random.Random(4)
    for _ in range(60):
        one = Purchase("5001", "site", "order", None, [], "new", "Позвонить", "Ленина, 1")
        held = aged_order(rng, one)
        assert one.status == held["sklad"].status
        assert one.comment == held["sklad"].comment or not held["sklad"].comment
