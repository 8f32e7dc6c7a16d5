"""How systems write one card: marks of a scanner, check digits, and what is wrong of them."""

from __future__ import annotations

import pytest

from mappings.bonusplus.codecs import Card
from mappings.cards import OneCard, SingleCard, ean13, luhn, one_card
from mappings.codec import CODECS, BadValue

STRIPE = {"strip": [";", "?", "]C0"]}
BAR = {"strip": ["]E0"], "check": "ean13", "drop": True}
PAID = {"check": "luhn"}


@pytest.mark.parametrize(
    ("arguments", "held", "number"),
    [
        ({}, "0001234", "0001234"),
        ({}, " СК-17 ", "СК-17"),
        (STRIPE, ";0001234?", "0001234"),
        (STRIPE, "]C0;0001234", "0001234"),
        (STRIPE, "0001234", "0001234"),
        (STRIPE, ";?", None),
        (BAR, "4006381333931", "400638133393"),  # GS1's own example of a check digit
        (BAR, "]E04006381333931", "400638133393"),
        (PAID, "79927398713", "79927398713"),  # the example of ISO/IEC 7812-1, annex B
    ],
)
def test_a_card_is_read(arguments, held, number):
    assert CODECS["card"](**arguments).decode(held, None) == number
    found = CODECS["single_card"](**arguments).decode(held, None)
    assert found == ([{"number": number, "type": None}] if number else None)


@pytest.mark.parametrize(("arguments", "held"), [(BAR, "4006381333932"), (BAR, "400638133393"), (BAR, "СК-17"), (PAID, "79927398710"), (PAID, "7")])  # fmt: skip
def test_a_wrong_check_digit_is_a_problem_of_its_field_and_stays_where_it_stands(arguments, held):
    for name in ("card", "single_card"):
        with pytest.raises(BadValue, match="check digit"):
            CODECS[name](**arguments).decode(held, None)
        assert CODECS[name](**arguments).encode(None, held, None) == held


def test_what_another_system_keeps_without_the_check_digit_is_written_with_it_here():
    assert CODECS["card"](**BAR).encode("400638133393", "", None) == "4006381333931"
    assert CODECS["card"](**BAR).encode("400638133393", "]E04006381333931", None) == "]E04006381333931", "it names the same card"
    one = [{"number": "400638133393", "type": None}]
    assert CODECS["single_card"](**BAR).encode(one, "4006381333932", None) == "4006381333931", "the misread one is put right"
    with pytest.raises(BadValue, match="no check digit"):
        CODECS["card"](**BAR).encode("СК-17", "", None)


@pytest.mark.parametrize("arguments", [{"check": "crc"}, {"drop": True}])
def test_arguments_that_say_nothing_sensible_are_refused(arguments):
    with pytest.raises(ValueError, match="check"):
        CODECS["card"](**arguments)


def test_every_digit_changed_changes_the_check_digit():
    for make, digits in ((luhn, "7992739871"), (ean13, "400638133393")):
        others = {make(digits[:at] + str((int(digits[at]) + 1) % 10) + digits[at + 1 :]) for at in range(len(digits))}
        assert make(digits) not in others


@pytest.mark.parametrize("other", ["1234", "0001 234", "0001-234", "АВ-1234"])
def test_a_card_stays_in_the_spelling_of_its_system(other):
    """A table of figures loses zeros, a till splits numbers, a keyboard types Cyrillic letters."""
    said, held = ("ab1234", "АВ-1234") if other.startswith("А") else ("0001234", other)
    for codec, value in (
        (SingleCard, [{"number": said, "type": None}]),
        (OneCard, said),
        (Card, [{"number": said, "type": None}]),
    ):
        assert codec().encode(value, held, None) == held
        assert codec().encode(value, "99990000", None) != held


def test_letters_count_and_so_do_cards_of_zeros_alone():
    assert {one_card(text) for text in ("СК-17", "ck 17", "ск17")} == {"ck17"}
    assert one_card("СК-18") != one_card("СК-17") and one_card("000") == "000"
