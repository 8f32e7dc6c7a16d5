"""Goods, prices and stocks of 1C in the CRM, in MoySklad and on the site: once, of named prices alone, within a minute, also after trouble."""

from __future__ import annotations

import re

import pytest
import requests
from sqlalchemy import select

from hub.decisions import duplicates
from hub.explain.in_words import Words
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import inbox, unions, views
from hub.storage import links as link_rows
from hub.storage.accounts import set_user
from hub.storage.tables import link, record
from hub.sync.goods import TWICE_THERE
from hub.sync.late_keys import join
from hub.sync.poll import poll
from hub.sync.uniting import undo
from hub.verify import reconcile
from hub.web.app import create_app
from hub.web.figures import overview_of
from sandbox.onec.seed import BOUGHT, COSTS, DEALERS, PRICE, STORES, price
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD
from tests.scenarios.goods_shop import COAT, FEED_SECRETS, opened


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """One shop for all: each test sells other goods."""
    with opened(tmp_path_factory.mktemp("goods")) as shop:
        shop.sync()
        shop.load_file()
        shop.sync()
        yield shop


def read(shop, *resources):
    """What a poll of 1C finds, passed on; the seconds from the poll to the last write."""
    began = shop.clock()
    for resource in resources:
        poll(shop.hub, "uchet", resource)
    shop.work()
    return shop.clock() - began


def products(shop):
    with shop.hub.store.read() as at:
        return [row.data for row in at.execute(select(record).where(record.c.entity == "product")) if row.data]


@pytest.mark.postgresql
def test_on_postgresql_it_is_the_same(postgres_url, tmp_path):
    with opened(tmp_path, postgres_url) as shop:
        shop.sync()
        shop.load_file()
        shop.sync()
        assert len(products(shop)) == 15 and shop.shelf(41) == ("3490", 2)
        assert shop.offers()[shop.item("Рубашка льняная")]["stocks"] == {"lenina": 1, "mega": 2}
        shop.move("Рубашка льняная", -1)
        read(shop, "stock")
        assert shop.offers()[shop.item("Рубашка льняная")]["stocks"] == {"lenina": 0, "mega": 2}
        assert shop.feed("crm", FEED_SECRETS["ICML_SECRET"]).text.count("<offer ") == 15


def test_a_plan_calls_a_stock_by_its_store_and_its_goods(shop):
    with shop.hub.store.read() as at:
        words = Words(shop.hub, at, Shown(Speech("ru"), views.titles(at)))
        stocks = [row.data for row in at.execute(select(record).where(record.c.entity == "stock"))]
        named = {words.name("stock", data) for data in stocks}
    assert len(named) == len(stocks), "each is told from all others"
    assert "Уфа, Мега, Рубашка льняная" in named


def test_each_variant_is_one_product_everywhere_with_its_price_and_stock(shop):
    assert len(products(shop)) == 12 + 3, "nothing was doubled by article or name"
    offers, coat = shop.offers(), shop.sizes()
    assert len(offers) == 15 and set(coat.values()) <= offers.keys()
    assert {tuple(one["base"]) for ident, one in offers.items() if ident in coat.values()} == {(5990,)}
    shirt = offers[shop.item("Рубашка льняная")]
    assert (shirt["base"], shirt["stocks"], shirt["article"]) == ([3490], {"lenina": 1, "mega": 2}, "SV-001")
    assert [many for name, many in shop.account.uploads if name == "offers"] == [30], "each place was told once, all in one request"
    assert shop.shelf(41) == ("3490", 1 + 2 - 1), "what both stores hold, less the safety stock"
    sizes = [row for row in shop.site_app.shop.variations.values() if row["regular_price"] == "5990.00" and row["stock_quantity"]]
    assert len(sizes) == 3
    variants = shop.sklad("GET", "variant")["rows"]
    assert sorted((row["name"], row["externalCode"], row["salePrices"][0]["value"]) for row in variants) == sorted(
        (f"{COAT} ({size})", ident, 599000) for size, ident in coat.items()
    )
    assert len(shop.sklad("GET", "product")["rows"]) == 12 + 1


def test_an_echo_makes_no_write_and_no_version(shop):
    with shop.hub.store.read() as at:
        before = at.execute(select(record.c.id, record.c.version).order_by(record.c.id)).all()
        writes = at.execute(select(link.c.id, link.c.write_gen).order_by(link.c.id)).all()
    shop.sync()
    with shop.hub.store.read() as at:
        assert at.execute(select(record.c.id, record.c.version).order_by(record.c.id)).all() == before
        assert at.execute(select(link.c.id, link.c.write_gen).order_by(link.c.id)).all() == writes


def test_a_sale_and_a_reserve_are_everywhere_within_a_minute_and_sold_out_is_told(shop):
    shop.move("Плед", 9, promised=4)
    assert read(shop, "stock") < 60
    plaid = shop.item("Плед")
    mine = shop.offers()[plaid]["stocks"]
    held = dict(zip(("lenina", "mega"), shop.held("Плед"), strict=True))
    assert mine == {"lenina": held["lenina"] - 4, "mega": held["mega"]}
    assert shop.shelf(46)[1] == held["lenina"] - 4 + held["mega"] - 1, "less the reserve and the safety stock"
    shop.move("Плед", -held["lenina"], promised=-4)
    shop.move("Плед", -held["mega"], STORES[1])
    assert read(shop, "stock") < 60
    assert shop.offers()[plaid]["stocks"] == {"lenina": 0, "mega": 0}, "a balance of nothing is no row, and is told all the same"
    assert shop.shelf(46)[1] == 0


def test_what_the_site_sells_itself_is_not_taken_back(shop):
    before = shop.shelf(41)[1]
    shop.site("PUT", "products/41", {"stock_quantity": before - 1})
    shop.sync()
    assert shop.shelf(41)[1] == before - 1, "1C does not know yet: the hub says nothing"
    shop.move("Рубашка льняная", 5)
    read(shop, "stock")
    assert shop.shelf(41)[1] == before + 5


def test_a_price_travels_and_no_other_kind_of_price_is_anywhere(shop):
    price(shop.base, shop.item("Свитер"), PRICE, 3333)
    price(shop.base, shop.item("Свитер"), BOUGHT, 1717)
    assert read(shop, "goods") < 60
    assert shop.offers()[shop.item("Свитер")]["base"] == [3333]
    assert shop.shelf(51)[0] == "3333.00"
    (sweater,) = [row for row in shop.sklad("GET", "product")["rows"] if row["article"] == "SV-011"]
    assert [(one["priceType"]["name"], one["value"]) for one in sweater["salePrices"]] == [("Цена продажи", 333300)]
    with shop.hub.store.read() as at:
        kept = " ".join(
            str(row) for row in at.execute(select(record.c.data)).all() + at.execute(select(link.c.base, link.c.contribution)).all()
        )
    told = kept + str(shop.account.offers) + str(shop.site_app.shop.tables["products"]) + str(shop.sklad("GET", "assortment")["rows"])
    assert "3333" in told and PRICE in kept
    for cost in COSTS.values():
        for secret in (cost // 2 + 1, cost * 3 // 4 + 1, 1717):
            assert f"'{secret}.00'" not in told and f": {secret}," not in told and f": {secret * 100}.0" not in told
    assert BOUGHT not in told and DEALERS not in told


def test_prices_typed_elsewhere_go_back_to_those_of_1c(shop):
    (one,) = [row for row in shop.account.offers.values() if row["externalId"] == shop.item("Фартук")]
    one["prices"] = [{"priceType": "base", "price": 1, "ordering": 10}, {"priceType": "vip", "price": 2, "ordering": 20}]
    with shop.hub.store.read() as at:
        ident = at.execute(select(link.c.record_id).where(link.c.external_id == str(one["id"]))).scalar_one()
    price(shop.base, shop.item("Фартук"), PRICE, 1111)
    read(shop, "goods")
    assert {p["priceType"]: p["price"] for p in one["prices"]} == {"base": 1111, "vip": 2} and ident


def test_an_outage_and_a_lost_answer_of_the_crm_end_with_the_numbers_of_1c(shop):
    rules = [
        {"kind": "error", "match": "inventories/upload", "count": 2, "status": 502},
        {"kind": "reset_after", "match": "inventories/upload", "count": 1},
    ]
    requests.post(f"{shop.retail_url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()
    shop.move("Подушка", 3)
    shop.move("Шарф вязаный", 2)
    read(shop, "stock")
    for name in ("Подушка", "Шарф вязаный"):
        first, second = shop.held(name)
        assert shop.offers()[shop.item(name)]["stocks"] == {"lenina": first, "mega": second}
    assert requests.get(f"{shop.retail_url}/_sandbox/faults", timeout=5).json() == {"error": 2, "reset_after": 1}


def test_a_comparison_of_all_agrees_also_on_what_is_sold_out(shop):
    for many, store in zip(shop.held("Фартук"), STORES, strict=True):
        shop.move("Фартук", -many, store)
    read(shop, "stock")
    report = reconcile.verify(shop.hub)
    assert report.agrees, [report.drift, report.lost, report.absent, report.strangers]


def test_feeds_are_at_a_secret_address_and_say_what_is_there(shop):
    assert shop.feed("crm", "wrong").status_code == 404 and shop.feed("other", FEED_SECRETS["ICML_SECRET"]).status_code == 404
    assert shop.feed("crm", FEED_SECRETS["YML_SECRET"]).status_code == 404
    icml, yml = (shop.feed(name, secret) for name, secret in (("crm", FEED_SECRETS["ICML_SECRET"]), ("market", FEED_SECRETS["YML_SECRET"])))
    assert (icml.status_code, icml.headers["Content-Type"].partition(";")[0], "Content-Length" in icml.headers) == (
        200,
        "application/xml",
        False,
    )
    assert icml.text.count("<offer ") == yml.text.count("<offer ") == 15
    left = int(sum(shop.held("Полотенце махровое"))) - 1
    offer = icml.text.partition(f'<offer id="{shop.item("Полотенце махровое")}"')[2].partition("</offer>")[0]
    assert f'quantity="{left}"' in offer and "https://shop.example.ru/product/47/" in offer
    assert f"<count>{left}</count>" in yml.text.partition("product/47/")[2].partition("</offer>")[0]


def test_a_product_is_found_and_its_page_shows_what_each_store_has(shop):
    with shop.hub.store.write() as at:
        set_user(at, "viewer", PASSWORD, "viewer")
    reader = Reader(create_app(shop.hub), "viewer")
    for asked in ("4600000000008", "SV-008", "скатерть льняная", shop.item("Скатерть льняная")):
        place = reader.get(f"/search?q={asked}").headers.get("Location", "")
        page = reader.get(place).text if place else ""
        assert "Скатерть льняная" in page and "Остатки" in page and "Уфа, Мега" in page and "Доступно сайту" in page, asked
    stock = reader.get(re.search(r'href="(/records/[^"]+)">Уфа, Мега', page).group(1)).text
    assert "Остаток" in stock and "Скатерть льняная" in stock and "Свободно" in stock and "₽" not in stock


def test_the_dashboard_says_up_to_when_stocks_are_known(shop):
    with shop.hub.store.read_intake() as at:
        cursors = inbox.cursors(at)
    view = overview_of(shop.hub, {}, [], {}, 0, cursors, shop.clock())
    swept = cursors["uchet", "stock"]["swept_at"]
    stocked = {row.system: (row.squares["product"].stocked, row.squares["stock"].stocked) for row in view.rows}
    assert stocked == {"uchet": (None, swept), "retail": (None, swept), "sklad": (None, None), "site": (swept, None)}


def test_what_1c_does_not_know_keeps_its_price_on_the_site(shop):
    """1C owns prices, and has said nothing of this one: from nothing follows no empty price."""
    made = shop.site("POST", "products", {"name": "Свеча", "type": "simple", "regular_price": "777"})
    poll(shop.hub, "site", "products")
    shop.work()
    with shop.hub.store.read() as at:
        assert at.execute(select(link.c.id).where(link.c.system == "site", link.c.external_id == str(made["id"]))).all(), (
            "the hub has seen it"
        )
    left = shop.site("GET", f"products/{made['id']}")
    assert (left["regular_price"], left["manage_stock"]) == (made["regular_price"], made["manage_stock"]) == ("777", False)


def goods_of_1c(shop, name, code):
    """Something new in 1C: its barcode, its price and five of it."""
    item = shop.base.add("Catalog_Номенклатура", Description=name, ТипНоменклатуры="Товар", Артикул=code[-6:])["Ref_Key"]
    shop.base.add("InformationRegister_ШтрихкодыНоменклатуры", Штрихкод=code, Номенклатура_Key=item)
    price(shop.base, item, PRICE, 350)
    shop.move(name, 5)
    read(shop, "goods", "stock")
    return item


def page_of_site(shop, **about):
    made = shop.site("POST", "products", {"name": "Новинка", "type": "simple"} | about)["id"]
    seen_on_site(shop)
    return made


def seen_on_site(shop):
    poll(shop.hub, "site", "products")
    shop.work()


def record_of(shop, system, ident):
    with shop.hub.store.read() as at:
        found = link_rows.by_external(at, system, {"uchet": "goods", "site": "products"}[system], [str(ident)])
    return found[str(ident)].record_id


def test_a_page_of_the_site_that_gets_its_barcode_later_is_1cs_product_from_then_on(shop):
    """Its page in the dashboard says that it will be found by its barcode: whichever of the two comes first, and whenever it gets one."""
    item = goods_of_1c(shop, "Свеча восковая", "4600000000901")
    page = page_of_site(shop)
    assert record_of(shop, "site", page) != record_of(shop, "uchet", item) and shop.shelf(page) == ("", None)
    shop.site("PUT", f"products/{page}", {"global_unique_id": "4600000000901"})
    seen_on_site(shop)
    assert record_of(shop, "site", page) == record_of(shop, "uchet", item)
    assert shop.shelf(page) == ("350.00", 5 - 1), "the price and stock of 1C, less the safety stock"
    shop.move("Свеча восковая", -2)
    read(shop, "stock")
    assert shop.shelf(page)[1] == 3 - 1, "and so from then on"
    early = page_of_site(shop, global_unique_id="4600000000902")
    assert record_of(shop, "uchet", goods_of_1c(shop, "Свеча чайная", "4600000000902")) == record_of(shop, "site", early)
    assert shop.shelf(early) == ("350.00", 4)


def test_a_barcode_that_a_second_page_gets_too_joins_nothing_and_is_shown_to_a_person(shop):
    item = goods_of_1c(shop, "Свеча столбик", "4600000000903")
    first, second = page_of_site(shop, global_unique_id="4600000000903"), page_of_site(shop)
    shop.site("PUT", f"products/{second}", {"global_unique_id": "4600000000903"})
    seen_on_site(shop)
    mine, other = record_of(shop, "site", first), record_of(shop, "site", second)
    assert mine == record_of(shop, "uchet", item) != other and shop.shelf(second) == ("", None)
    with shop.hub.store.read() as at:
        assert unions.between(at, mine, other)["reason"] == TWICE_THERE


def test_products_that_were_joined_can_be_told_apart_by_a_person_and_stay_so(shop):
    item, page = goods_of_1c(shop, "Свеча витая", "4600000000904"), page_of_site(shop)
    shop.site("PUT", f"products/{page}", {"global_unique_id": "4600000000904"})
    seen_on_site(shop)
    with shop.hub.store.read() as at:
        step = next(s for s in unions.steps(at) if s["entity"] == "product" and s["kept"] == record_of(shop, "uchet", item))
    undo(shop.hub, step["id"], actor="olga")
    shop.work()
    assert join(shop.hub) == 0 and record_of(shop, "uchet", item) != record_of(shop, "site", page)
    with shop.hub.store.read() as at:
        (pair,) = [p for p in unions.open_pairs(at) if {p["record_a"], p["record_b"]} == {step["kept"], step["other"]}]
    duplicates.decide(shop.hub, pair["id"], unions.SAME, actor="olga")
    assert record_of(shop, "uchet", item) == record_of(shop, "site", page)
