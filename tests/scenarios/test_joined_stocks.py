"""Two products turn out to be one, and what a store holds of both is one stock: the figure of who owns it, for the CRM and the site; told apart again, it is two."""

from __future__ import annotations

import pytest
import yaml
from sqlalchemy import select

from hub.decisions import duplicates
from hub.storage import unions
from hub.storage.tables import link, record
from hub.sync import uniting
from hub.sync.poll import poll
from sandbox.onec.seed import PRICE, STORES, price
from tests.scenarios.goods_shop import EXAMPLE, opened

NAME, CODE = "Свеча восковая", "4600000000901"
HERE, THERE = "lenina", "mega"


def books_of_both():
    """The shipped example, but MoySklad keeps books of its own: it gives products and stocks, and 1C owns the figures."""
    raw = yaml.safe_load(EXAMPLE.read_text())
    raw["routes"]["product"]["sklad"] = {"give": True, "take": False}
    raw["routes"]["stock"]["sklad"] = {"give": True, "take": False}
    owned = {"kind": "owner", "systems": ["uchet"]}
    return {"routes": raw["routes"], "policies": raw["policies"] | {"stock": {"available": owned, "reserved": owned}}}


@pytest.fixture
def shop(tmp_path, database_url):
    """Five in the books of 1C and in the CRM; the same goods in MoySklad, without a barcode: nine there, and three in the other store."""
    with opened(tmp_path, database_url, **books_of_both()) as shop:
        shop.sync()
        sold_by_1c(shop)
        held_by_moysklad(shop, {"Уфа, Ленина 10": 9, "Уфа, Мега": 3})
        seen(shop)
        shop.load_file()
        shop.sync()
        yield shop


def sold_by_1c(shop):
    shop.item_id = shop.base.add("Catalog_Номенклатура", Description=NAME, ТипНоменклатуры="Товар", Артикул="000901")["Ref_Key"]
    shop.base.add("InformationRegister_ШтрихкодыНоменклатуры", Штрихкод=CODE, Номенклатура_Key=shop.item_id)
    price(shop.base, shop.item_id, PRICE, 350)
    shop.move(NAME, 5, STORES[0])


def held_by_moysklad(shop, pieces, **more):
    shop.goods = shop.sklad("POST", "product", {"name": "Свеча"} | more)["id"]
    stores = {row["name"]: ident for ident, row in shop.sklad_app.store.tables["store"].items()}
    shop.books = {(shop.goods, stores[store]): many for store, many in pieces.items()}
    for place, many in shop.books.items():
        shop.sklad_app.stocks.put(*place, many)


def seen(shop):
    for system, resource in (("uchet", "goods"), ("uchet", "stock"), ("sklad", "assortment"), ("sklad", "stock")):
        poll(shop.hub, system, resource)
        shop.work()


def product(shop, system):
    ident = {"uchet": shop.item_id, "sklad": shop.goods}[system]
    with shop.hub.store.read() as at:
        mine = (link.c.system == system, link.c.entity == "product", link.c.external_id == ident)
        return at.execute(select(link.c.record_id).where(*mine)).scalar_one()


def stocks(shop, *products):
    """(product, store, available, systems that tell of it) of every stock of these."""
    with shop.hub.store.read() as at:
        rows = at.execute(select(record.c.id, record.c.data).where(record.c.entity == "stock", record.c.merged_into.is_(None))).tuples()
        of = {ident: data for ident, data in rows if data.get("product") in products}
        told = at.execute(select(link.c.record_id, link.c.system).where(link.c.record_id.in_(of), link.c.system != "retail")).tuples().all()
    return sorted((d["product"], d["store"], d.get("available"), sorted({s for r, s in told if r == ident})) for ident, d in of.items())


def in_the_crm(shop):
    return {store: many for store, many in shop.offers()[shop.item_id]["stocks"].items() if many}


def for_sale(shop, ident):
    with shop.hub.store.read() as at:
        return at.execute(select(record.c.data).where(record.c.id == ident)).scalar_one().get("for_sale")


def gets_its_barcode(shop):
    shop.sklad("PUT", f"product/{shop.goods}", {"barcodes": [{"code128": CODE}]})
    seen(shop)


def test_what_a_store_holds_of_products_that_are_joined_is_one_stock_and_two_when_they_are_told_apart(shop):
    mine, other = product(shop, "uchet"), product(shop, "sklad")
    apart = [(mine, HERE, "5", ["uchet"]), (other, HERE, None, ["sklad"]), (other, THERE, None, ["sklad"])]
    assert stocks(shop, mine, other) == sorted(apart) and in_the_crm(shop) == {HERE: 5}

    gets_its_barcode(shop)
    assert product(shop, "sklad") == product(shop, "uchet") == mine
    together = [(mine, HERE, "5", ["sklad", "uchet"]), (mine, THERE, None, ["sklad"])]
    assert stocks(shop, mine, other) == together
    shop.move(NAME, -2, STORES[0])
    shop.sklad_app.stocks.put(*next(iter(shop.books)), 8)
    seen(shop)
    assert stocks(shop, mine)[0][2] == "3" and in_the_crm(shop) == {HERE: 3} and for_sale(shop, mine) == "2", "1C's, less the safety stock"
    assert shop.sklad_app.stocks.held.keys() >= shop.books.keys() and shop.goods in shop.sklad_app.store.tables["product"]

    with shop.hub.store.read() as at:
        (step,) = [one for one in unions.steps(at) if one["kept"] == mine]
    uniting.undo(shop.hub, step["id"], actor="olga")
    seen(shop)
    assert (product(shop, "uchet"), product(shop, "sklad")) == (mine, other)
    apart[0] = (mine, HERE, "3", ["uchet"])
    assert stocks(shop, mine, other) == sorted(apart) and in_the_crm(shop) == {HERE: 3} and for_sale(shop, other) is None

    with shop.hub.store.read() as at:
        (pair,) = [one for one in unions.open_pairs(at) if {one["record_a"], one["record_b"]} == {mine, other}]
    duplicates.decide(shop.hub, pair["id"], unions.SAME, actor="olga")
    seen(shop)
    left = product(shop, "uchet")
    assert [one[1:] for one in stocks(shop, mine, other) if one[0] == left] == [
        (HERE, "3", ["sklad", "uchet"]),
        (THERE, None, ["sklad"]),
    ]
    assert in_the_crm(shop) == {HERE: 3}


def test_a_stock_that_is_met_before_its_product_finds_its_place_taken_and_joins_it(tmp_path):
    with opened(tmp_path, **books_of_both()) as shop:
        shop.sync()
        sold_by_1c(shop)
        seen(shop)
        held_by_moysklad(shop, {"Уфа, Ленина 10": 9}, barcodes=[{"code128": CODE}])
        poll(shop.hub, "sklad", "stock")
        shop.work()
        mine = product(shop, "uchet")
        assert product(shop, "sklad") == mine and stocks(shop, mine) == [(mine, HERE, "5", ["sklad", "uchet"])]
