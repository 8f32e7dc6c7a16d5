"""The laws of codecs, for every shipped one: what is written reads back, what says the same already is kept, bad JSON is only a BadValue."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mappings
from mappings.answers import Table
from mappings.codec import CODECS, BadValue, Codec, types_of
from mappings.lists import EachItem, Item, ListOf, Part
from mappings.scalars import Kopecks, Text
from tests.unit import codec_cases as cases
from tests.unit.codec_cases import CASES, CONTEXT, Case

mappings.load([Path(mappings.__file__).parent])  # the vendors' codecs register themselves

TABLE = {"MALE": "male", "FEMALE": "female", "M": {"read": "male"}, "talk": {"read": "talked", "write": ["talked", "promised"]}}
EACH = ListOf(
    EachItem(
        {
            "sku": Part("code", Text()),
            "price": Part("unit.price", Kopecks()),
            "kind": Part("kind", Text(), only="read"),
        }
    ),
    [["sku", "price"], ["sku"], ["position"]],
    ["code", "unit.price", "kind"],
)
item = st.fixed_dictionaries({"sku": st.none() | st.sampled_from("ABC"), "price": cases.cents, "kind": st.none()})
remote_item = st.fixed_dictionaries(
    {}, optional={"id": st.integers(1, 9), "code": st.sampled_from(["A", " B", ""]), "unit": st.fixed_dictionaries({"price": st.integers(0, 500)})}
)  # fmt: skip


def same_items(a, b):
    return len(a or ()) == len(b or ()) and all(cases.same_line(x, y) for x, y in zip(a or (), b or (), strict=True))


OTHERS: dict[str, Case] = {
    "table": Case(st.sampled_from([None, "male", "female", "talked"]), st.sampled_from(["MALE", "M", "talk", "?", None, ""]), lambda: Table(TABLE)),
    "text cut": Case(st.none() | st.text("абв", min_size=1, max_size=5), st.text("абв ", max_size=9), lambda: Text(5)),
    "money as text": Case(st.none() | cases.cents, cases.numbers_held, lambda: CODECS["money"](text=True)),
    "decimal as text": Case(st.none() | cases.decimals, cases.numbers_held, lambda: CODECS["decimal"](text=True)),
    "ref with prefix": Case(st.just("rec-17"), st.sampled_from(["C/17", None]), lambda: CODECS["ref"](entity="customer", prefix="C/")),
    "ref as number": Case(st.just("rec-17"), st.sampled_from([17, "17", None]), lambda: CODECS["ref"](entity="customer", integer=True)),
    "each": Case(st.lists(item, max_size=4).map(lambda found: found or None), st.none() | st.lists(remote_item, max_size=4), lambda: EACH, same_items),
    **{
        f"list of {name}": Case(
            st.lists(CASES[name].canonical, max_size=4).map(lambda found: found or None),
            st.lists(CASES[name].held, max_size=4),
            lambda name=name: ListOf(CODECS[name](), [["sku", "price"], ["sku"]], ["assortment.meta.href", "quantity", "price", "discount"]),
            same_items,
        )
        for name in CASES
        if name.endswith("_line")
    },
}  # fmt: skip
EVERY = CASES | OTHERS


EXAMPLES = int(os.environ.get("SVERKA_EXAMPLES", "20"))  # of each law for each codec; set it to 1000 after touching one


def made(name: str) -> Codec:
    make = EVERY[name].make
    return make() if make else CODECS[name]()


def readable(codec: Codec, held) -> bool:
    try:
        codec.decode(held, CONTEXT)
    except BadValue:
        return False
    return True


def test_every_codec_has_a_case():
    """A codec without one is not proven: add its line to tests/unit/codec_cases.py."""
    assert CODECS.keys() - CASES.keys() == set()
    assert CASES.keys() - CODECS.keys() == set()


def test_every_codec_says_its_types():
    """Lint compares them with the entity's schema and the vendor's field catalogue."""
    assert [name for name in CASES if types_of(made(name)).canonical == "any"] == []


@pytest.mark.parametrize("name", [name for name in EVERY if not isinstance(made(name), Item)])  # an item is never nothing
def test_nothing_is_nothing(name: str):
    """Compiled mappings do not ask a codec about nothing."""
    assert made(name).decode(None, CONTEXT) is None
    assert made(name).encode(None, None, CONTEXT) is None


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_what_is_written_reads_back(name: str, data: st.DataObject):
    """decode(encode(x, held)) == x, whatever is held; a list that cannot be read is not written; nothing never erases what cannot be read."""
    codec, case = made(name), EVERY[name]
    value, held = data.draw(case.canonical), data.draw(case.held | st.none())
    if isinstance(codec, ListOf) and not readable(codec, held):
        with pytest.raises(BadValue):
            codec.encode(value, held, CONTEXT)
        return
    said = codec.encode(value, held, CONTEXT)
    if value is None and not readable(codec, said):  # only what could not be read was left, as it stood
        assert said == held or all(one in held for one in said)
        return
    assert case.same(codec.decode(said, CONTEXT), value), (value, held, said)


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_what_says_the_same_is_kept(name: str, data: st.DataObject):
    """encode(decode(held), held) == held: an echo makes no write."""
    codec = made(name)
    held = data.draw(EVERY[name].held | cases.json)
    try:
        value = codec.decode(held, CONTEXT)
    except BadValue:
        return
    assert repr(codec.encode(value, held, CONTEXT)) == repr(held)


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_bad_json_is_only_a_bad_value(name: str, data: st.DataObject):
    codec = made(name)
    value, held = data.draw(EVERY[name].canonical), data.draw(cases.json | st.lists(cases.json, max_size=2))
    for call in (lambda: codec.decode(held, CONTEXT), lambda: codec.encode(value, held, CONTEXT)):
        try:
            call()
        except BadValue as error:
            assert error.code and error.ru and error.en


@pytest.mark.parametrize(
    "held_price, wanted_sum, written",
    [
        pytest.param(4640.67, "13922.00", False, id="a third of a kopeck cannot be said"),
        pytest.param(4640.67, "13922.03", True, id="a kopeck a unit can"),
        pytest.param(4640.66, "13922.00", True, id="another kopeck is another price"),
    ],
)
def test_a_row_of_bitrix_is_written_where_its_price_can_be_said(held_price, wanted_sum, written):
    row = {
        "id": 148,
        "productId": 0,
        "productName": "SV-1 | Платье",
        "price": held_price,
        "quantity": 3,
        "discountTypeId": 1,
        "discountSum": 0,
    }
    line = {"sku": "SV-1", "name": "Платье", "quantity": "3", "price": "4640.67", "discount": "0.00", "sum": wanted_sum, "kind": "product"}
    line["discount"] = f"{Decimal(line['price']) * 3 - Decimal(wanted_sum):.2f}"
    row["discountSum"] = float(round(Decimal(line["price"]) - Decimal(str(held_price)), 2))
    said = CODECS["bitrix_line"]().encode(line, row, CONTEXT)
    assert (said is not row) == written


@pytest.mark.parametrize(
    ("name", "key", "values"),
    [
        ("single_email", "address", ("old@example.ru", "other@example.ru", "new@example.ru")),
        ("single_phone", "number", ("+79031234567", "+79031234568", "+79031234569")),
        ("single_card", "number", ("0012", "0013", "0014")),
    ],
)
def test_in_a_place_for_one_the_newest_follows_what_was_struck_out(name, key, values):
    """Of several that are left, the oldest may be that of another account, which the vendor would refuse a second time."""
    codec, (old, other, new) = CODECS[name](), values
    left = [{key: value} for value in (other, new)]
    assert codec.encode(left, old, CONTEXT) == new
    assert codec.encode([{key: old}, *left], old, CONTEXT) == old, "what may stay stays"
    assert codec.encode(left, "", CONTEXT) == other, "a first value is the first"


@pytest.mark.parametrize(("form", "said"), [("plus", "+79031234567"), ("digits", "79031234567"), ("ten", "9031234567")])
def test_a_number_is_written_in_the_form_that_its_field_takes(form, said):
    one, wanted = CODECS["single_phone"](form=form), [{"number": "+79031234567", "invalid": False}]
    assert one.encode(wanted, "", CONTEXT) == one.encode(wanted, "8 903 765-43-21", CONTEXT) == said
    assert one.decode(said, CONTEXT) == wanted and one.encode(wanted, "8 903 123-45-67", CONTEXT) == "8 903 123-45-67"
    assert CODECS["phone"](form=form).encode("+79031234567", None, CONTEXT) == said


@pytest.mark.parametrize("number", ["+375291234567", "+77012345678"])
def test_a_foreign_number_has_no_form_of_ten_digits(number):
    with pytest.raises(BadValue, match="Russian numbers alone"):
        CODECS["phone"](form="ten").encode(number, None, CONTEXT)
    assert CODECS["phone"](form="digits").encode(number, None, CONTEXT) == number[1:]


def test_no_other_form_of_a_number_is_known():
    with pytest.raises(TypeError, match="plus, digits, ten"):
        CODECS["single_phone"](form="national")
