"""Goods and stocks of MoySklad over HTTP: variants under their product, prices of named types in a list that is replaced whole, stocks."""

from __future__ import annotations

import pytest

from connectors.contract import Write
from connectors.errors import Missing, Rejected
from connectors.moysklad.connector import Moysklad as Connector
from connectors.moysklad.goods import barcode_kind
from sandbox.frame.server import running
from sandbox.moysklad.app import Moysklad
from tests.contract.given import Penalties
from tests.contract.test_connector_moysklad import Account, now, settings

ITEM = "0d5f3c1e-77aa-11ef-8c35-00155d010203"
M, L = (f"{ITEM}#1b5f3c1e-77aa-11ef-8c35-00155d01020{n}" for n in (4, 5))
KEY = "01890a5d-ac96-774b-bcce-b302099a80{:02d}"
PRICE, DEALERS = "Цена продажи", "Цена для дилеров"


@pytest.fixture
def account():
    app = Moysklad()
    app.limits.enforce = False
    with running(app) as url:
        account = Account(app, url)
        account.connector = Connector(settings(url, price_types=[PRICE]), Penalties(), now)
        yield account


def shirt(number, guid, **more):
    data = {
        "guid": guid,
        "title": "Рубашка",
        "article": "SV-1",
        "barcodes": ["4600000000008"],
        "prices": [{"kind": PRICE, "value": 349000}],
    }
    return Write(KEY.format(number), None, data | more)


def made(account, *writes):
    outcomes = account.connector.write("assortment", list(writes))
    assert [one.error for one in outcomes] == [None] * len(writes)
    return [one.remote for one in outcomes]


def test_variants_are_made_under_one_product_with_the_identifiers_of_1c(account):
    first, second = made(account, shirt(1, M, size="M", colour="белый"), shirt(2, L, size="L", colour="белый"))
    tables = account.app.store.tables
    (product,) = [row for row in tables["product"].values() if row["externalCode"] == ITEM]
    assert (len(tables["variant"]), product["variantsCount"], product["article"]) == (2, 2, "SV-1")
    assert (first.data["title"], first.data["size"], first.data["colour"], first.data["guid"], first.data["article"]) == (
        "Рубашка",
        "M",
        "белый",
        M,
        "SV-1",
    )
    assert tables["variant"][second.id]["name"] == "Рубашка (L, белый)"
    assert [one["name"] for one in account.app.store.characteristics] == ["Размер", "Цвет"]
    (found,) = account.connector.find_created("assortment", [shirt(2, L)])
    assert (found.id, found.data["hub_key"]) == (second.id, KEY.format(2))


def test_a_product_alone_is_made_once_under_the_hubs_key(account):
    (one,), (two,) = (made(account, shirt(3, ITEM)) for _ in range(2))
    assert (one.id, one.data["hub_key"], one.data["guid"]) == (two.id, KEY.format(3), ITEM)


def test_other_price_types_and_characteristics_go_back_as_they_were(account):
    (remote,) = made(account, shirt(1, M, size="M"))
    row = account.app.store.tables["variant"][remote.id]
    account.user(
        "PUT",
        f"variant/{remote.id}",
        {"salePrices": [*row["salePrices"], {"value": 200000.0, "priceType": {"meta": account.app.store.price_types[1]["meta"]}}]},
    )
    (seen,) = account.connector.fetch("assortment", [remote.id])
    assert seen.data["prices"] == [{"kind": PRICE, "value": 349000}]
    (outcome,) = account.connector.write(
        "assortment", [Write("k", remote.id, {"prices": [{"kind": PRICE, "value": 299000}], "size": "XL", "title": "Другая"})]
    )
    assert outcome.error is None and outcome.remote.data["title"] == "Рубашка"
    held = account.app.store.tables["variant"][remote.id]
    assert {one["priceType"]["name"]: one["value"] for one in held["salePrices"]} == {PRICE: 299000, DEALERS: 200000}
    assert [(one["name"], one["value"]) for one in held["characteristics"]] == [("Размер", "XL")]


def test_products_and_variants_are_written_apart_and_what_is_refused_is_one(account):
    (variant,) = made(account, shirt(1, M, size="M"))
    product = next(iter(account.app.store.tables["product"]))
    told = {"prices": [{"kind": PRICE, "value": 100}], "archived": True}
    bad = {"prices": [{"kind": "Закупочная", "value": 1}]}
    one, two, gone, wrong = account.connector.write(
        "assortment", [Write("a", product, told), Write("b", variant.id, told), Write("c", KEY.format(9), told), Write("d", product, bad)]
    )
    assert (one.error, two.error, type(gone.error), type(wrong.error)) == (None, None, Missing, Rejected)
    assert account.app.store.tables["product"][product]["archived"] and account.app.store.tables["variant"][variant.id]["archived"]
    (outcome,) = account.connector.write("assortment", [shirt(5, L)])
    assert (type(outcome.error), outcome.error.field) == (Rejected, "size")


def test_the_assortment_is_swept_with_archived_goods_and_the_products_of_variants(account):
    made(account, shirt(1, M, size="M"))
    rows = {one.id: one.data for page in account.connector.changes("assortment", {}) for one in page.objects}
    assert len(rows) == 12 + 3 + 2 and sum(row["meta"]["type"] == "variant" for row in rows.values()) == 1
    assert next(row for row in rows.values() if row["meta"]["type"] == "variant")["title"] == "Рубашка"


def test_stocks_are_told_by_store_and_one_of_nothing_is_read_as_zero(account):
    goods, (first, second) = next(iter(account.app.store.tables["product"])), list(account.app.store.tables["store"])
    account.app.stocks.put(goods, first, 5, 2)
    account.app.stocks.put(goods, second, 0)
    (page,) = account.connector.changes("stock", {})
    assert [(one.id, one.data["store"]["name"], one.data["stock"], one.data["reserve"]) for one in page.objects] == [
        (f"{goods}@{first}", "Уфа, Ленина 10", 5, 2)
    ]
    shown = account.connector.fetch("stock", [f"{goods}@{second}", f"{goods}@{first}"])
    assert [(one.data["stock"], one.data["reserve"]) for one in shown] == [(0, 0), (5, 2)]


@pytest.mark.parametrize(("code", "kind"), [("4600000000008", "ean13"), ("4600000000009", "code128"), ("46000009", "code128"), ("96385074", "ean8"), ("JACKET-M", "code128")])  # fmt: skip
def test_a_barcode_is_called_by_its_kind(code, kind):
    assert barcode_kind(code) == kind
