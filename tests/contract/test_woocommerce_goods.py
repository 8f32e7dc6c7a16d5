"""Goods of WooCommerce over HTTP: variations under their product, batches of a hundred, one bad item among good ones."""

from __future__ import annotations

import pytest

from connectors.contract import Write
from connectors.errors import Missing, Rejected
from sandbox.frame.server import running
from sandbox.woocommerce.app import Woocommerce
from tests.contract.test_connector_woocommerce import Site


@pytest.fixture
def site():
    app = Woocommerce()
    with running(app) as url:
        yield Site(app, url)


@pytest.fixture
def coat(site):
    """A product in three sizes, made by a user of the shop."""
    made = site.user(
        "POST", "products", {"name": "Куртка", "type": "variable", "sku": "JACKET", "images": [{"id": 9, "src": "https://x/9.jpg"}]}
    )
    for size in "SML":
        attributes = [{"name": "Размер", "option": size}]
        site.user("POST", f"products/{made['id']}/variations", {"sku": f"JACKET-{size}", "regular_price": "5990", "attributes": attributes})
    return str(made["id"])


def swept(site, cursor=None):
    pages = list(site.connector.changes("products", cursor or {}))
    return {one.id: one.data for page in pages for one in page.objects}, pages[-1].cursor


def test_a_product_in_sizes_is_sold_by_its_variations(site, coat):
    found, cursor = swept(site)
    sizes = {ident: row for ident, row in found.items() if ident.startswith(f"{coat}:")}
    assert coat not in found and len(found) == 12 + 3
    assert sorted((row["sku"], row["name"], row["images"][0]["src"]) for row in sizes.values()) == [
        (f"JACKET-{size}", "Куртка", "https://x/9.jpg") for size in "LMS"
    ]
    ident = next(iter(sizes))
    (fetched,) = site.connector.fetch("products", [ident, coat, f"{coat}:999", "nonsense"])
    assert (fetched.id, fetched.data["ref"]) == (ident, ident)
    site.user("PUT", "products/41", {"name": "Рубашка"})
    assert "41" in swept(site, cursor)[0]


def test_price_and_stock_of_products_and_variations_go_in_batches(site, coat):
    variation = next(ident for ident in swept(site)[0] if ident.startswith(f"{coat}:"))
    told = {"regular_price": "2990.00", "manage_stock": True, "stock_quantity": 4}
    before = site.app.requests
    outcomes = site.connector.write("products", [Write("a", "41", told), Write("b", variation, told), Write("c", "42", told)])
    assert site.app.requests - before == 2
    assert [(one.error, one.remote.data["stock_quantity"], one.remote.data["ref"]) for one in outcomes] == [
        (None, 4, "41"),
        (None, 4, variation),
        (None, 4, "42"),
    ]
    assert [one.remote.representation for one in outcomes] == ["answer", "answer_alone", "answer"]
    assert (
        site.app.shop.tables["products"][41]["regular_price"],
        site.app.shop.variations[int(variation.split(":")[1])]["stock_quantity"],
    ) == ("2990.00", 4)


def test_a_hundred_and_more_are_split_and_a_bad_one_stands_alone(site, coat):
    for number in range(120):
        site.app.shop.tables["products"][3000 + number] = dict(site.app.shop.tables["products"][41]) | {"id": 3000 + number, "sku": ""}
    before = site.app.requests
    writes = [Write(str(n), str(3000 + n), {"stock_quantity": n, "manage_stock": True}) for n in range(120)]
    writes += [
        Write("gone", "9999", {"stock_quantity": 1}),
        Write("lost", f"{coat}:999", {"stock_quantity": 1}),
        Write("bad", "41", {"regular_price": "дорого"}),
    ]
    *good, gone, lost, bad = site.connector.write("products", writes)
    assert all(one.error is None for one in good) and site.app.requests - before == 3
    assert (type(gone.error), type(lost.error), type(bad.error), bad.error.field) == (Missing, Missing, Rejected, "regular_price")
