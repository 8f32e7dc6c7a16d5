"""Phones as shops type them: found, said as E.164, and changed without losing the words beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sync.identify import match_keys
from mappings import phones
from mappings.cards import SingleCard
from mappings.codec import BadValue
from mappings.contacts import PhonesText

A, B, C = "+79031234567", "+79267654321", "+79990001122"
UFA = "+73472234567"

SPELLINGS: list[tuple[str, list[str]]] = [
    # Russian mobiles
    ("+79031234567", [A]),
    ("79031234567", [A]),
    ("89031234567", [A]),
    ("9031234567", [A]),
    ("8 903 123 45 67", [A]),
    ("8-903-123-45-67", [A]),
    ("8(903)1234567", [A]),
    ("8 (903) 123-45-67", [A]),
    ("+7 (903) 123-45-67", [A]),
    ("+7(903)123-45-67", [A]),
    ("+7 903 123 4567", [A]),
    ("7 (903) 123 45 67", [A]),
    ("8.903.123.45.67", [A]),
    ("8 903 123–45–67", [A]),
    ("8 903 123—45—67", [A]),
    ("8\u00a0903\u00a0123\u00a045\u00a067", [A]),
    ("  8  903   1234567 ", [A]),
    ("8 90 31 23 45 67", [A]),
    ("(8 903) 123 45 67", [A]),
    ("(903) 123-45-67", [A]),
    ("903-123-45-67", [A]),
    ("8_903_123_45_67", [A]),
    ("тел. 89031234567", [A]),
    ("тел:+79031234567", [A]),
    ("tel:+7-903-123-45-67", [A]),
    ("моб.8(903)123-45-67", [A]),
    ("'+79031234567", [A]),
    ("+8 903 123 45 67", [A]),
    ("+9031234567", [A]),
    ("+7\t903\t1234567", [A]),
    # the letter O for zero
    ("8 9O3 123 45 67", [A]),
    ("8 9О3 123 45 67", [A]),
    ("8 9о3 123-45-67", [A]),
    ("8 926 765 43 2O", ["+79267654320"]),
    ("8 9OO 123 45 67", ["+79001234567"]),
    ("8 903 123 45 67 Ольга", [A]),
    ("Олег о 8 903 123 45 67", [A]),
    # doubled 7 and 8
    ("889031234567", [A]),
    ("8 8 903 123 45 67", [A]),
    ("+7 8 903 123-45-67", [A]),
    ("+789031234567", [A]),
    ("879031234567", [A]),
    ("8 7 903 123 45 67", [A]),
    ("+7 7 903 123 45 67", [A]),
    ("+7+79031234567", [A]),
    ("8+79031234567", [A]),
    ("+7 (8 903) 123-45-67", [A]),
    # two and more in one field
    ("8 903 123-45-67 муж, 8 926 765 43 21 Маша", [A, B]),
    ("муж 8 903 123-45-67, Маша 8 926 765 43 21", [A, B]),
    ("89031234567; 89267654321", [A, B]),
    ("89031234567/89267654321", [A, B]),
    ("89031234567\n89267654321", [A, B]),
    ("89031234567|89267654321", [A, B]),
    ("8 903 123 45 67 8 926 765 43 21", [A, B]),
    ("89031234567 89267654321", [A, B]),
    ("8903123456789267654321", [A, B]),
    ("+79031234567+79267654321", [A, B]),
    ("9031234567 9267654321", [A, B]),
    ("8 903 123 45 67 и 8 926 765 43 21", [A, B]),
    ("8 903 123 45 67 или 926 765 43 21", [A, B]),
    ("89031234567 (муж) 89267654321 (Маша)", [A, B]),
    ("муж 89031234567 Маша 89267654321", [A, B]),
    ("89031234567, 8 (903) 123-45-67", [A]),
    ("89031234567,89267654321,89990001122", [A, B, C]),
    ("8 747 123 45 67 8 926 765 43 21", ["+77471234567", B]),
    # extensions
    ("8 (347) 223-45-67 доб. 12", [UFA]),
    ("8 (347) 223-45-67, доб 123", [UFA]),
    ("8 (347) 223-45-67 (вн. 5)", [UFA]),
    ("+7 347 223 45 67 ext 104", [UFA]),
    ("+73472234567#104", [UFA]),
    ("8 347 223-45-67 добавочный 3, 89031234567", [UFA, A]),
    # landlines
    ("(347) 223-45-67", [UFA]),
    ("3472234567", [UFA]),
    ("8 495 123-45-67", ["+74951234567"]),
    ("8 (34767) 5-12-34", ["+73476751234"]),
    ("8 800 555 35 35", ["+78005553535"]),
    ("88005553535", ["+78005553535"]),
    # neighbours and the world
    ("+375 29 123-45-67", ["+375291234567"]),
    ("375291234567", ["+375291234567"]),
    ("80 29 123 45 67", ["+375291234567"]),
    ("8 029 123-45-67", ["+375291234567"]),
    ("8029-1234567", ["+375291234567"]),
    ("8 10 375 29 123 45 67", ["+375291234567"]),
    ("+7 701 234 56 78", ["+77012345678"]),
    ("8 701 234 56 78", ["+77012345678"]),
    ("87772345678", ["+77772345678"]),
    ("+998 90 123 45 67", ["+998901234567"]),
    ("996555123456", ["+996555123456"]),
    ("+90 532 123 45 67", ["+905321234567"]),
    ("+1 212 555 0123", ["+12125550123"]),
    # as people really write
    ("8 903 123-45-67 (Маша), муж: 8 926 765-43-21", [A, B]),
    ("8903 123 45 67 - муж; 8926 765 43 21 - Маша", [A, B]),
    ("Иван 89031234567; Пётр 89267654321; Анна 9990001122", [A, B, C]),
    ("моб 8-903-123-45-67 раб 8(347)2234567 доб.12", [A, UFA]),
    ("+7 903 123 45 67 / fax 8 347 2234567", [A, UFA]),
    ("8 (347) 223-45-67 вн.12, 8 (347) 223-45-68", [UFA, "+73472234568"]),
    ("+79031234567 звонить после 18:00", [A]),
    ("8 903 123 45 67 до 21", [A]),
    ("мама89031234567", [A]),
    ("89031234567мама", [A]),
    ("«89031234567»", [A]),
    ("8(903)123-45-67доб.12", [A]),
    ("+7(903)1234567;доб 5", [A]),
    ("9 031234567", [A]),
    ("007 903 1234567", [A]),
    ("8 903 123 45 67 / 68", [A]),
    ("номер 8 903 123 45 67 карта 2700000001", [A]),
    ("8 800 2OO O1 23", ["+78002000123"]),
    ("+7 7О1 234 56 78", ["+77012345678"]),
    ("8(3472)23-45-67", [UFA]),
    ("+7 (347) 2-234-567", [UFA]),
    ("8 (7172) 12-34-56", ["+77172123456"]),
    ("375 (29) 123-45-67", ["+375291234567"]),
    ("80291234567", ["+375291234567"]),
    ("+7 (7) 903 123-45-67", [A]),
    ("8 (8) 903-123-45-67", [A]),
    ("т.8(903)1234567,2234567", [A]),
    ("2700000001", []),
    ("+7 000 000 00 00", []),
    # a good one beside a bad one
    ("123-45-67, 8 903 123 45 67", [A]),
    ("8 903 123 45 67 кв. 5", [A]),
    ("8 903 123 45 67 2", [A]),
    ("05.06.1990 89031234567", [A]),
    # nothing possible
    ("", []),
    ("нет", []),
    ("-", []),
    ("0", []),
    ("223-45-67", []),
    ("8 903 123 45", []),
    ("8 903 123 45 672", []),
    ("1234567", []),
    ("1234567890", []),
    ("70000000000", []),
    ("80000000000", []),
    ("05.06.1990", []),
    ("дом 12, кв. 5", []),
    ("7 903 123 45 6", []),
]


@pytest.mark.parametrize(("text", "expected"), SPELLINGS, ids=[repr(text) for text, _ in SPELLINGS])
def test_spelling(text: str, expected: list[str]) -> None:
    """Each spelling gives the numbers a person would read in it."""
    assert phones.numbers(text) == expected


@pytest.mark.parametrize(
    "number",
    [
        "70000000000",
        "+70000000000",
        "+79999999999",
        "79999999999",
        "1234567",
        "1234567890",
        "+71234567890",
        "+79000000000",
        "+79990000000",
        "+71111111111",
        "",
        "12",
    ],
)
def test_dummies(number: str) -> None:
    """What people type to get past a form is never a key."""
    assert phones.is_dummy(number)


@pytest.mark.parametrize("number", [A, B, C, "+78005553535", "+375291234567", "+73472234567", "+79030000001"])
def test_real_numbers_are_no_dummies(number: str) -> None:
    assert not phones.is_dummy(number)


def test_words_and_spans() -> None:
    """Each number knows its own words, wherever they stand, and its place in the text."""
    text = "8 903 123-45-67 муж, 8 926 765 43 21 Маша"
    husband, masha = phones.parse(text)
    assert (husband.words, masha.words) == ("муж", "Маша")
    assert text[husband.start : husband.end] == husband.raw == "8 903 123-45-67"
    assert [p.words for p in phones.parse("муж 89031234567 Маша 89267654321")] == ["муж", "Маша"]
    assert [p.words for p in phones.parse("89031234567 муж 89267654321 Маша")] == ["муж", "Маша"]
    assert [p.words for p in phones.parse("муж (8 903 123 45 67)")] == ["муж"]


def test_extension_is_told_apart() -> None:
    phone, second = phones.parse("8 (347) 223-45-67 доб. 12, 8 903 123-45-67")
    assert (phone.number, phone.extension, second.extension) == (UFA, "12", "")


def test_impossible_runs_are_reported_with_their_text() -> None:
    bad, good = phones.parse("123-45-67 дом, 8 903 123 45 67")
    assert (bad.number, bad.raw, bad.words) == (None, "123-45-67", "дом")
    assert good.number == A


def test_replace_keeps_words_and_the_second_number() -> None:
    text = "8 903 123-45-67 муж, 8 926 765 43 21 Маша"
    assert phones.replace(text, A, C) == "+79990001122 муж, 8 926 765 43 21 Маша"
    assert phones.replace(text, B, C) == "8 903 123-45-67 муж, +79990001122 Маша"
    assert phones.replace(text, C, A) == text


def test_replace_drops_the_extension_of_the_old_number() -> None:
    assert phones.replace("8 (347) 223-45-67 доб. 12 офис", UFA, A) == "+79031234567 офис"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ([A, B], "8 903 123-45-67 муж, 8 926 765 43 21 Маша"),
        ([A], "8 903 123-45-67 муж"),
        ([B], "8 926 765 43 21 Маша"),
        ([C, B], "+79990001122 муж, 8 926 765 43 21 Маша"),
        ([A, B, C], "8 903 123-45-67 муж, 8 926 765 43 21 Маша, +79990001122"),
        ([B, A], "8 926 765 43 21 Маша, 8 903 123-45-67 муж"),
        ([], ""),
    ],
)
def test_rewrite_changes_as_little_as_can_be(wanted: list[str], text: str) -> None:
    assert phones.rewrite("8 903 123-45-67 муж, 8 926 765 43 21 Маша", wanted) == text


def test_rewrite_keeps_the_text_of_an_impossible_number() -> None:
    assert phones.rewrite("123-45-67 дом, 8 903 123 45 67", [C]) == "123-45-67 дом, +79990001122"


def test_another_region() -> None:
    assert phones.numbers("029 123-45-67", region="BY") == ["+375291234567"]


typed = st.text(alphabet="0123456789 +-()/,;ОOo.муждоби\n#x", max_size=60) | st.lists(
    st.sampled_from([text for text, _ in SPELLINGS]), max_size=3
).map(" ".join)
RAW = [
    # (what a person typed, the numbers wanted, what must still stand in the text)
    ("8 903 123-45-67 муж, 8 926 765 43 21 Маша", [C, B], ["муж", "8 926 765 43 21 Маша"]),
    ("8 903 123-45-67 муж, 8 926 765 43 21 Маша", [A, B, C], ["8 903 123-45-67 муж", "8 926 765 43 21 Маша"]),
    ("8 (347) 223-45-67 доб. 12 офис", [UFA, A], ["8 (347) 223-45-67 доб. 12 офис"]),
    ("223-45-67 дом", [A], ["223-45-67 дом"]),
    ("звонить после 18, 89031234567", [C], ["звонить после 18"]),
    ("мама 8 903 123 45 67", [B], ["мама"]),
]


@pytest.mark.parametrize(("typed", "wanted", "kept"), RAW, ids=[repr(row[0]) for row in RAW])
def test_a_write_keeps_the_words_and_the_other_numbers(typed: str, wanted: list[str], kept: list[str]) -> None:
    """The raw text is what the system holds: a write changes the number that changed, and nothing else."""
    written = PhonesText.encode([{"number": number, "invalid": False} for number in wanted], typed, None)
    assert phones.numbers(written) == wanted
    for words in kept:
        assert words in written


@pytest.mark.parametrize("typed", [text for text, _ in SPELLINGS])
def test_reading_and_writing_back_leaves_the_text_as_typed(typed: str) -> None:
    """Whatever was typed, the landline without a code and the words for nothing too."""
    try:
        value = PhonesText.decode(typed, None)
    except BadValue:
        value = None
    assert PhonesText.encode(value, typed, None) == typed


lists = st.lists(st.sampled_from([A, B, C, UFA, "+375291234567", "+77012345678"]), unique=True, max_size=4)


@given(typed, lists)
def test_rewritten_text_says_exactly_what_was_wanted(text: str, wanted: list[str]) -> None:
    """Whatever was typed before, the text afterwards decodes to the wanted list."""
    assert phones.numbers(phones.rewrite(text, wanted)) == wanted


@given(typed)
def test_nothing_changes_when_nothing_changed(text: str) -> None:
    assert phones.rewrite(text, phones.numbers(text)) == text
    for phone in phones.parse(text):
        assert text[phone.start : phone.end] == phone.raw
        assert phone.segment[0] <= phone.start < phone.end <= phone.tail <= phone.segment[1]


@pytest.mark.parametrize("typed", ["8 999 999 99 99", "+7 900 000-00-00", "9999999999", "8 (999) 000-00-00"])
def test_a_dummy_is_never_a_match_key(typed: str) -> None:
    """It is a possible number, kept and shown, but two people who typed it are not one."""
    (number,) = phones.numbers(typed)
    assert match_keys("customer", {"phones": [{"number": number}, {"number": A}]}, ["phone"]) == {("phone", A)}


def test_a_card_is_text_with_its_zeros() -> None:
    read = SingleCard().decode("0001234567", None)
    assert read == [{"number": "0001234567", "type": None}]
    assert SingleCard().encode(read, " 0001234567", None) == " 0001234567"
    assert SingleCard().encode(read, "1234567", None) == "1234567", "a vendor keeps its own spelling of the same card"
    assert SingleCard().encode(read, "7654321", None) == "0001234567"
    assert match_keys("customer", {"cards": read}, ["card"]) == {("card", "0001234567")}
