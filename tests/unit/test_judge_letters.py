"""Which dead letters the judge forgives: those that its own dirt explains."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sandbox.judge.dirt import dead_letters


def person(number, phone, *dirt):
    return SimpleNamespace(number=number, phone=phone, dirt=list(dirt))


@pytest.mark.parametrize(
    "who, field, kind",
    [
        pytest.param("2", "phone", "family", id="who was given a relative's phone"),
        pytest.param("1", "phone", "family", id="the relative, where the other was told first"),
        pytest.param("1", "email", "", id="for another reason"),
        pytest.param("3", "phone", "", id="somebody with a phone of her own"),
    ],
)
def test_a_programme_refuses_whoever_of_a_family_comes_second(who, field, kind):
    people = [person(1, "79031234567"), person(2, "79031234567", "family"), person(3, "79037654321")]
    journal = SimpleNamespace(people=people, person=lambda number: people[number - 1])
    verdict = SimpleNamespace(people=SimpleNamespace(owners={("sklad", who): who}), journal=journal)
    letter = {"entity": "customer", "error_field": field, "objects": {"sklad": [who]}}
    assert dead_letters(verdict, [letter]) == (({kind: 1}, []) if kind else ({}, [letter]))
