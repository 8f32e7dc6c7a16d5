"""ICML and YML: what stands in them, that they are well formed whatever goods are called, and that their memory does not grow with the goods."""

from __future__ import annotations

import tracemalloc
from xml.etree import ElementTree

import pytest

from hub.config.sections.catalogue import Feed
from hub.feeds import number, written

ITEM, GUID = "0d5f3c1e-77aa-11ef-8c35-00155d010203", "0d5f3c1e-77aa-11ef-8c35-00155d010203#1b5f3c1e-77aa-11ef-8c35-00155d010204"
SHIRT = {
    "guid": GUID, "name": 'Рубашка <"льняная"> & Ко\x07', "size": "M", "colour": "белый", "article": "SV-001", "category": "Рубашки",
    "barcodes": ["4600000000017"], "prices": [{"kind": "wholesale", "value": "2000.00"}, {"kind": "retail", "value": "3490.00"}], "for_sale": "3",
}  # fmt: skip
PLAID = {"name": "Плед", "prices": [{"kind": "retail", "value": "2790.00"}], "archived": True}
GIFT = {"name": "Без цены", "prices": [{"kind": "wholesale", "value": "1.00"}]}


def feed(kind):
    return Feed("crm", kind, "s" * 16, "retail", "Лавка", "ООО Лавка", "https://lavka.example.ru")


def parsed(kind, *goods):
    pages = [[(f"r{i}", data)] for i, data in enumerate(goods)]
    return ElementTree.fromstring(b"".join(written(feed(kind), lambda: iter(pages), "2026-12-01 10:00")))


def test_icml_names_each_variant_by_its_identifier_and_tells_what_is_archived():
    shop = parsed("icml", SHIRT, PLAID, GIFT).find("shop")
    shirt, plaid = shop.findall("offers/offer")
    assert shirt.attrib == {"id": GUID, "productId": ITEM, "quantity": "3"}
    texts = {one.tag: one.text for one in shirt if one.tag != "param"}
    assert texts == {
        "price": "3490.00", "categoryId": str(number("Рубашки")), "name": 'Рубашка <"льняная"> & Ко, M, белый', "xmlId": GUID,
        "productName": 'Рубашка <"льняная"> & Ко', "productActivity": "Y", "barcode": "4600000000017",
    }  # fmt: skip
    assert {one.get("code"): one.text for one in shirt.findall("param")} == {"article": "SV-001", "size": "M", "color": "белый"}
    assert (plaid.get("id"), plaid.findtext("productActivity"), plaid.get("quantity")) == ("r1", "N", None)
    assert {one.text for one in shop.findall("categories/category")} == {"Рубашки", "Товары"}


def test_yml_leaves_archived_goods_out_and_says_what_is_there():
    shop = parsed("yml", SHIRT, PLAID, SHIRT | {"for_sale": "0"}).find("shop")
    there, gone = shop.findall("offers/offer")
    assert (there.get("id"), there.get("available"), there.findtext("count"), there.findtext("vendorCode")) == ("r0", "true", "3", "SV-001")
    assert (gone.get("available"), gone.findtext("count"), gone.get("group_id")) == ("false", "0", there.get("group_id"))
    assert shop.find("currencies/currency").get("id") == "RUB"


@pytest.mark.parametrize("kind", ["icml", "yml"])
def test_a_price_of_another_type_stands_in_no_feed(kind):
    assert b"2000.00" not in b"".join(written(feed(kind), lambda: iter([[("r", SHIRT)]]), "2026-12-01 10:00"))
    assert parsed(kind, GIFT).findall("shop/offers/offer") == []


def test_memory_does_not_grow_with_the_goods():
    def most(pages):
        tracemalloc.start()
        for _ in written(
            feed("icml"), lambda: ([(f"r{n}-{i}", dict(SHIRT)) for i in range(100)] for n in range(pages)), "2026-12-01 10:00"
        ):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(1)
    assert most(60) < most(3) * 1.5
