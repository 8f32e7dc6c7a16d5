"""Who posts the receipts of a store: the hub looks for sales of others before its first, and asks a person where it finds some."""

from __future__ import annotations

import pytest
import yaml
from click.testing import CliRunner

from hub.cli import main
from hub.storage.accounts import set_user
from hub.systems.checks import check
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD
from tests.scenarios.points_shop import EXAMPLE, opened

MUG, SHIRT = "SV-007", "SV-001"  # 890 and 3490 roubles
MALL, CENTRE = "Уфа, Мега", "Уфа, Ленина 10"
STORES = {"mall": {"ru": MALL, "en": MALL, "site": ["mall"], "loyalty": [MALL]}, "centre": {"ru": CENTRE, "en": CENTRE, "site": ["centre"], "loyalty": [CENTRE]}}  # fmt: skip


@pytest.fixture
def shop(tmp_path):
    """Anna has an account. Orders of the site are collected in two stores."""
    with opened(tmp_path, directories=yaml.safe_load(EXAMPLE.read_text())["directories"] | {"store": STORES}) as shop:
        shop.sync()
        shop.anna = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}})
        shop.sync()
        yield shop


def collects(shop, sku, store):
    body = {"customer_id": shop.anna["id"], "status": "processing", "payment_method": "bacs", "set_paid": True}
    return shop.site(
        "POST", "orders", body | {"line_items": [{"sku": sku, "quantity": 1}], "meta_data": [{"key": "store", "value": store}]}
    )


def module(shop, roubles, store):
    """The till's own module tells the programme of a receipt."""
    item = {"ext": f"till-{roubles}-{store}", "sum": roubles, "qnt": 1, "price": roubles}
    return shop.loyalty("POST", "retail", {"phone": "79031234567", "items": [item], "bonusDebit": 0, "store": store})["id"]


def settled(shop):
    shop.poll()
    shop.busy(60)


def posted(shop):
    """Stores of the sales that the hub posted."""
    return [sale["storeName"] for sale in shop.sales() if not sale["positions"][0]["ext"].startswith("till-")]


def test_a_store_whose_receipts_somebody_posts_waits_for_a_person_and_its_neighbour_does_not(shop, tmp_path):
    number = module(shop, 890, MALL)
    order = collects(shop, MUG, "mall")
    collects(shop, SHIRT, "centre")
    settled(shop)
    assert posted(shop) == [CENTRE]
    (row,) = [row for row in shop.rows() if row["error_class"]]
    assert (row["error_class"], row["error_code"], row["state"]) == ("Foreign", "posted_elsewhere", "retrying")
    line = next(line for line in check(shop.hub, "loyalty", actor="olga").lines if line.name == "posts")
    assert f"№ {order['number']} → № {number}, 890" in line.ru and "sverka brake approve" in line.fix_ru and line.ru.startswith(MALL)
    listed = CliRunner().invoke(main, ["brake", "list", "--config", str(tmp_path / "config.yaml")]).output
    assert "1" in listed and MALL in listed
    with shop.hub.store.write() as at:
        set_user(at, "support", PASSWORD, "support")
    page = Reader(create_app(shop.hub), "support").get("/problems").text
    assert MALL in page and f"№ {number}" in page and "Эти же чеки" in page
    assert f"№ {order['number']}" in page and "без времени" not in page, "the sample names the order, and not a fact without a time"
    assert "somebody else" not in page and "эти же чеки проводит кто-то ещё" in page


@pytest.mark.parametrize(("decision", "sold"), [("approve", [MALL, MALL]), ("refuse", [])])
def test_a_person_decides_who_posts(shop, decision, sold):
    module(shop, 890, MALL)
    collects(shop, MUG, "mall")
    settled(shop)
    assert posted(shop) == []
    shop.approve(decision)
    order = collects(shop, SHIRT, "mall")
    settled(shop)
    assert posted(shop) == sold
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    settled(shop)
    assert [bool(sale["parentId"]) for sale in shop.sales()].count(True) == len(sold) / 2, "what is not posted is not returned"
    assert {row["state"] for row in shop.rows() if row["entity"] == "loyalty_operation"} == {"done" if sold else "skipped"}


@pytest.mark.parametrize(
    ("roubles", "store"),
    [
        pytest.param(891.5, MALL, id="another sum"),
        pytest.param(890, CENTRE, id="another store"),
    ],
)
def test_what_others_sell_is_no_hindrance(shop, roubles, store):
    module(shop, roubles, store)
    collects(shop, MUG, "mall")
    settled(shop)
    assert posted(shop) == [MALL]


def test_an_order_cancelled_unpaid_is_no_receipt_to_look_for(shop):
    body = {"customer_id": shop.anna["id"], "status": "cancelled", "line_items": [{"sku": SHIRT, "quantity": 1}]}
    shop.site(
        "POST",
        "orders",
        body | {"meta_data": [{"key": "store", "value": "mall"}], "fee_lines": [{"name": "Оплата бонусами", "total": "-100.00"}]},
    )
    collects(shop, MUG, "mall")
    settled(shop)
    assert posted(shop) == [MALL]


def test_earlier_receipts_of_the_store_tell_who_posts(shop):
    """The first that the hub would post is not there yet: its module is slow."""
    module(shop, 890, MALL)
    collects(shop, MUG, "mall")
    collects(shop, SHIRT, "mall")
    settled(shop)
    assert posted(shop) == []
