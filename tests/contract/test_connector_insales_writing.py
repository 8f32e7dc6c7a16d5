"""Clients, orders and goods written by the InSales connector, against the stand-in over HTTP."""

from __future__ import annotations

import time

import pytest
import requests

from connectors.contract import Write
from connectors.errors import Missing, Rejected, Unknown
from tests.contract.insales_shop import opened, wanted


@pytest.fixture
def shop():
    with opened() as shop:
        yield shop


def test_a_client_is_made_changed_and_found_by_the_hub_s_field(shop):
    data = {
        "name": "Анна",
        "email": "anna@example.ru",
        "fields_values": [{"handle": "birthday", "value": "1985-03-08"}, {"handle": "net", "value": "1"}],
    }
    (made,) = shop.connector.write("clients", [Write("k1", None, data)])
    assert made.error is None
    assert {one["handle"]: one["value"] for one in made.remote.data["fields_values"]} == {
        "birthday": "1985-03-08",
        "sverka_client_id": "k1",
    }
    (changed,) = shop.connector.write("clients", [Write("k1", made.remote.id, {"phone": "+79031234567"}, made.remote.data)])
    assert (changed.remote.data["phone"], changed.remote.data["email"]) == ("+79031234567", "anna@example.ru")
    assert [one.id for one in shop.connector.find("clients", "hub", ["k1", "k2"])] == [made.remote.id]


def test_nothing_is_created_where_the_shop_has_no_field_for_the_hub_s_key(shop):
    shop.control("field", kind="orders", handle="sverka_id", drop=True)
    (refused,) = shop.connector.write("orders", [Write("k", None, {"items": []})])
    assert (type(refused.error), refused.error.code) == (Rejected, "no_hub_field")
    assert "sverka_id" in shop.connector.manifest.cures[refused.error.code][0]
    assert shop.app.shop.tables["orders"] == {}
    assert not shop.findings()["fields"].ok


def test_an_order_is_made_with_discounts_of_its_lines_which_need_their_ids(shop):
    client = shop.anna()
    data = wanted(
        {"variant_id": 7701, "quantity": 2, "sale_price": 3490, "sum": 6880},
        {"variant_id": 7703, "quantity": 1, "sale_price": 7990, "sum": 7990},
        {"type": "delivery", "quantity": 1, "sale_price": 250, "sum": 250},
        client={"id": client["id"]}, contact_name="Пётр Ильин", contact_phone="+79260000000", custom_status={"permalink": "v-rabote"},
        bonus_discount=90, shipping_address={"address": "Ленина, 1"}, delivery_variant_id=22, comment="Позвонить",
    )  # fmt: skip
    (made,) = shop.connector.write("orders", [Write("k1", None, data)])
    assert made.error is None
    shown = made.remote.data
    assert [(one["sku"], one["sum"]) for one in shown["items"][:2]] == [("SV-001", 6880), ("SV-003", 7990)]
    assert (shown["total_price"], shown["bonus_discount"], shown["items"][2]["sum"]) == (6880 + 7990 + 250 - 90, 90, 250)
    assert (shown["client"]["id"], shown["contact_name"], shown["contact_phone"]) == (client["id"], "Пётр Ильин", "+79260000000")
    assert (shown["custom_status"]["permalink"], shown["shipping_address"]["address"], shown["comment"]) == (
        "v-rabote",
        "Ленина, 1",
        "Позвонить",
    )
    assert [one.id for one in shop.connector.find("orders", "hub", ["k1"])] == [made.remote.id]


def test_lines_are_changed_under_their_ids_removed_and_never_doubled(shop):
    order = shop.placed({"variant_id": 7701, "quantity": 1}, {"variant_id": 7702, "quantity": 2}, delivery_variant_id=21)
    (held,) = shop.connector.fetch("orders", [str(order["id"])])
    first, _, delivery = held.data["items"]
    data = wanted(
        first | {"quantity": 2, "sum": 6900},
        {"variant_id": 7703, "quantity": 1, "sale_price": 7990, "sum": 7900},
        delivery | {"sale_price": 400, "sum": 400},
    )
    for _ in range(3):  # said thrice, it is done once: also in the words of before it was done
        (outcome,) = shop.connector.write("orders", [Write("k", held.id, data, held.data)])
        assert outcome.error is None
        shown = outcome.remote.data
        assert [(one["sku"], one["quantity"], one["full_total_price"]) for one in shown["order_lines"]] == [
            ("SV-001", 2, 6900.0),
            ("SV-003", 1, 7900.0),
        ]
        assert (shown["order_lines"][0]["id"], shown["delivery_price"], len(shown["discounts"])) == (first["id"], 400.0, 2)


def test_two_lines_of_the_same_goods_stay_two(shop):
    """A bundle is split into lines that share product and variant: only the id tells them apart."""
    order = shop.placed({"variant_id": 7701, "quantity": 1}, {"variant_id": 7701, "quantity": 5, "sale_price": 10})
    (held,) = shop.connector.fetch("orders", [str(order["id"])])
    first, second = held.data["items"]
    (outcome,) = shop.connector.write("orders", [Write("k", held.id, wanted(first, second | {"quantity": 4, "sum": 40}), held.data)])
    assert [(one["id"], one["quantity"]) for one in outcome.remote.data["order_lines"]] == [(first["id"], 1), (second["id"], 4)]


def test_what_others_took_off_stays_theirs(shop):
    order = shop.placed({"variant_id": 7701, "quantity": 1}, {"variant_id": 7703, "quantity": 1})
    order = shop.discounted(order, 10, "Промокод", type_id=1)
    (held,) = shop.connector.fetch("orders", [str(order["id"])])
    first, second = held.data["items"]
    assert (first["sum"], second["sum"]) == (3141, 7191)
    data = wanted(first | {"sum": 3000}, second)
    for _ in range(2):
        (outcome,) = shop.connector.write("orders", [Write("k", held.id, data, held.data)])
    rows = outcome.remote.data["discounts"]
    assert [(one["description"], one["amount"]) for one in rows] == [("Промокод", 1148.0), ("Скидка на товар", 141.0)]
    (outcome,) = shop.connector.write("orders", [Write("k", held.id, wanted(first, second), held.data)])
    assert [one["description"] for one in outcome.remote.data["discounts"]] == ["Промокод"]


def test_bonuses_beside_a_discount_are_neither_counted_twice_nor_lost(shop):
    order = shop.placed({"variant_id": 7701, "quantity": 1}, {"variant_id": 7703, "quantity": 1})
    (held,) = shop.connector.fetch("orders", [str(order["id"])])
    first, second = held.data["items"]
    data = wanted(first | {"sum": 3400}, second, bonus_discount=500)
    for _ in range(2):
        (outcome,) = shop.connector.write("orders", [Write("k", held.id, data, held.data)])
    shown = outcome.remote.data
    assert ([one["sum"] for one in shown["items"]], shown["bonus_discount"], shown["total_price"]) == ([3400, 7990], 500, 3400 + 7990 - 500)
    (outcome,) = shop.connector.write("orders", [Write("k", held.id, {"bonus_discount": 0}, held.data)])
    assert ([one["sum"] for one in outcome.remote.data["items"]], outcome.remote.data["bonus_discount"]) == ([3400, 7990], None)


def test_an_order_that_was_written_without_its_discounts_is_unknown(shop):
    shop.faults({"kind": "error", "match": "PUT /admin/orders", "status": 422, "count": 1})
    data = wanted({"variant_id": 7701, "quantity": 1, "sale_price": 3490, "sum": 3000}, contact_name="Анна")
    (outcome,) = shop.connector.write("orders", [Write("k1", None, data)])
    assert type(outcome.error) is Unknown
    (found,) = shop.connector.find("orders", "hub", ["k1"])
    assert found.data["items"][0]["sum"] == 3490.0, "what differs is written next"


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "late_effect"])
def test_a_create_whose_answer_is_lost_is_unknown_and_found_again(shop, kind):
    shop.faults({"kind": kind, "match": "POST /admin/clients", "seconds": 0.1, "count": 1})
    (outcome,) = shop.connector.write("clients", [Write("k1", None, {"name": "Анна"})])
    assert type(outcome.error) is Unknown
    deadline = time.monotonic() + 5
    while not (found := shop.connector.find("clients", "hub", ["k1"])):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(found) == 1


def test_an_order_keeps_its_client(shop):
    order, other = shop.placed(), shop.anna()
    (outcome,) = shop.connector.write("orders", [Write("k", str(order["id"]), {"client": {"id": other["id"]}})])
    assert (type(outcome.error), outcome.error.field) == (Rejected, "client.id")


def test_only_a_status_and_money_tell_the_buyer(shop):
    order = shop.placed()
    requests.delete(f"{shop.url}/_sandbox/effects", timeout=5)
    effects = lambda: requests.get(f"{shop.url}/_sandbox/effects", timeout=5).json()  # noqa: E731
    shop.connector.write("orders", [Write("k", str(order["id"]), {"comment": "а", "fields_values": [{"handle": "track", "value": "1"}]})])
    assert effects() == {}
    shop.connector.write(
        "orders", [Write("k", str(order["id"]), {"custom_status": {"permalink": "otgruzhen"}, "financial_status": "paid"})]
    )
    assert effects() == {"mail: order status": 1, "sms: order status": 1}
    update = shop.connector.manifest.resources["orders"].operations["update"]
    assert {kind.partition(":")[0] for kind in effects()} <= {kind.partition(":")[0] for kind in update.side_effects}


def test_goods_are_variants_and_price_and_stock_are_written_one_by_one(shop):
    pages = list(shop.connector.changes("products", {}))
    found = {one.id: one.data for page in pages for one in page.objects}
    assert len(found) == 12
    assert (found["4401:7701"]["name"], found["4401:7701"]["sku"]) == ("Рубашка льняная", "SV-001")
    outcomes = shop.connector.write(
        "products",
        [
            Write("a", "4401:7701", {"price": "2990.00", "quantity": 4}),
            Write("b", "4401:1", {"quantity": 1}),
            Write("c", "4402:7702", {"price": "дорого"}),
        ],
    )
    assert (outcomes[0].remote.data["price"], outcomes[0].remote.data["quantity"], outcomes[0].remote.representation) == (
        "2990.0",
        4,
        "answer_alone",
    )
    assert (type(outcomes[1].error), type(outcomes[2].error), outcomes[2].error.field) == (Missing, Rejected, "price")
    shop.later(600)
    shop.user("DELETE", "products/4403", {})
    (page,) = shop.connector.changes("products", pages[-1].cursor)
    assert page.gone == ["4403:7703"]
    assert [one.id for one in shop.connector.fetch("products", ["4401:7701", "4403:7703", "4404:1", "нет"])] == ["4401:7701"]


def test_a_sku_is_found_in_an_index_that_asks_for_what_changed_alone(shop):
    assert shop.connector.lookup("goods_by_sku", ["SV-001", "NO"]) == {"SV-001": 7701}
    before = shop.app.requests
    assert shop.connector.lookup_back("goods_by_sku", [7701, 7702]) == {"7701": "SV-001", "7702": "SV-002"}
    assert shop.app.requests == before
    shop.user("POST", "products", {"product": {"title": "Новый", "variants_attributes": [{"sku": "NO"}, {"sku": "SV-001"}]}})
    assert shop.connector.lookup("goods_by_sku", ["NO"]) == {}, "asked for a moment ago"
    shop.connector.goods.clock = lambda: 10**9
    assert shop.connector.lookup("goods_by_sku", ["NO", "SV-001"]) == {"NO": 7713, "SV-001": 7701}, "of two with one SKU the oldest"
