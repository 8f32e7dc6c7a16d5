"""Which product an object is: by its 1C identifier, then by a barcode, never by article or name; and which place a stock is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hub.entities import FIELDS
from hub.language import Speech
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.goods import OTHER_GUID, SEVERAL_BARCODES, TWICE_THERE, goods_keys, identify_goods
from hub.sync.questions import asked
from hub.sync.search_keys import search_keys
from hub.sync.shelf import for_sale
from hub.sync.stocks import homes_of
from hub.words.duplicates import why

GUID, OTHER = "0d5f3c1e-77aa-11ef-8c35-00155d010203#a1", "0d5f3c1e-77aa-11ef-8c35-00155d010203#b2"
KEY, CODE, SECOND = ("guid", GUID), ("barcode", "4600000000017"), ("barcode", "4600000000024")
RECORDS = {name: Record(name, "product", 1, {"guid": guid}) for name, guid in {"shirt": GUID, "coat": OTHER, "unnamed": ""}.items()}
BOTH = ("guid", "barcode")


def met(hits, guid="", links=None):
    verdict = identify_goods({"guid": guid}, hits, RECORDS, links or {}, {})
    return verdict.record_id, verdict.role, dict(verdict.review)


@pytest.mark.parametrize(
    ("hits", "guid", "expected"),
    [
        pytest.param({KEY: ["shirt"]}, GUID, ("shirt", "primary", {}), id="by the 1C identifier"),
        pytest.param({KEY: ["shirt"], CODE: ["coat"]}, GUID, ("shirt", "primary", {}), id="the identifier stands above a barcode"),
        pytest.param({CODE: ["shirt"]}, "", ("shirt", "primary", {}), id="by a barcode where one side has no identifier"),
        pytest.param({CODE: ["unnamed"]}, GUID, ("unnamed", "primary", {}), id="by a barcode where the other side has none"),
        pytest.param({CODE: ["shirt"]}, OTHER, (None, "primary", {"shirt": OTHER_GUID}), id="two identifiers are two products"),
        pytest.param({CODE: ["shirt"], SECOND: ["coat"]}, "", (None, "primary", {"shirt": SEVERAL_BARCODES, "coat": SEVERAL_BARCODES}), id="barcodes of two products"),
        pytest.param({CODE: []}, "", (None, "primary", {}), id="nobody has it"),
    ],
)  # fmt: skip
def test_a_product_is_known_by_its_identifier_and_then_by_a_barcode(hits, guid, expected):
    assert met(hits, guid) == expected


@pytest.mark.parametrize(
    ("places", "told", "expected"),
    [
        pytest.param({"1": "a|mega", "2": "a|mega"}, {"one": "a|mega", "two": "b|mega"}, {"a|mega": "one"}, id="joined: that of the product which stays"),
        pytest.param({"1": "a|mega", "2": "a|mega"}, {}, {"a|mega": "one"}, id="else the older"),
        pytest.param({"1": "b|mega", "2": "a|mega", "3": "a|mega"}, {}, {"b|mega": "one", "a|mega": "two"}, id="each keeps what it alone tells of"),
        pytest.param({"2": "a|mega", "3": "b|mega"}, {"two": "a|mega"}, {"a|mega": "two"}, id="told apart: the second has no record yet"),
        pytest.param({"2": "a|mega", "3": "b|mega", "4": "b|mega"}, {"two": "a|mega"}, {"a|mega": "two"}, id="told apart: it stays what it was, though more objects leave"),
    ],
)  # fmt: skip
def test_which_record_keeps_a_place_of_stock(places, told, expected):
    held = {"1": "one", "2": "two", "3": "two", "4": "two"}
    assert homes_of(places, held, told) == expected


def test_the_same_barcode_twice_in_one_system_is_shown_to_a_person_and_the_same_identifier_is_an_alias():
    held = {"shirt": [Link("1", "site", "product", "products", "41", "shirt")]}
    assert met({CODE: ["shirt"]}, "", held) == (None, "primary", {"shirt": TWICE_THERE})
    assert met({KEY: ["shirt"]}, GUID, held) == ("shirt", "alias", {})


def test_an_article_and_a_name_are_no_identity_yet_they_find_the_product():
    shirt = {"guid": GUID.upper(), "barcodes": ["4600000000017"], "article": "SV-001", "name": "Рубашка льняная", "size": "M"}
    assert goods_keys("product", shirt, BOTH) == {KEY, CODE}
    assert goods_keys("product", shirt, ("barcode",)) == {CODE}
    found = search_keys("product", shirt, None)
    for text in ("SV-001", "4600000000017", "рубашка", "Рубашка льняная", GUID):
        assert found & set(asked(text, [], None).keys), text


def test_a_stock_is_its_product_in_its_store():
    assert goods_keys("stock", {"product": "p", "store": "ufa"}, BOTH) == {("place", "p|ufa")}
    assert goods_keys("stock", {"product": None, "store": "ufa"}, BOTH) == set()


@pytest.mark.parametrize("entity", ["product", "stock"])
def test_goods_hold_nothing_personal(entity):
    assert not [name for name, info in FIELDS[entity].items() if info.pii]


@pytest.mark.parametrize("reason", [OTHER_GUID, SEVERAL_BARCODES, TWICE_THERE])
def test_every_reason_has_its_words(reason):
    assert why(Speech("ru"), reason) != reason


@pytest.mark.parametrize(
    ("stocks", "expected"),
    [
        pytest.param([("mega", "5", "0")], "4", id="less the safety stock"),
        pytest.param([("mega", "5", "2"), ("lenina", "1.5", None)], "3.5", id="less what is promised, over the stores"),
        pytest.param([("mega", "1", "3")], "0", id="never below none"),
        pytest.param([("depot", "50", "0")], None, id="a store that does not sell online does not count"),
        pytest.param([("mega", "5", "0"), ("mega", "7", "0")], "4", id="a store counts once"),
        pytest.param([("mega", None, "1")], None, id="unknown is not none"),
        pytest.param([("mega", "11", "0")], "10", id="ten is written as ten"),
    ],
)
def test_what_the_site_may_sell(stocks, expected):
    told = [{"store": store, "available": available, "reserved": reserved} for store, available, reserved in stocks]
    assert for_sale(told, frozenset({"mega", "lenina"}), Decimal(1)) == expected
