"""Orders of the site reach MoySklad with their lines; statuses come back; receipts are orders without a twin."""

from __future__ import annotations

import pytest

from hub.explain import planning
from hub.sync.context import NOTHING_FOR
from tests.scenarios.shop import opened


@pytest.fixture
def shop(tmp_path, database_url):
    with opened(tmp_path, database_url, reference_wait=5.0) as shop:
        shop.nobody = shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield shop


def place(shop, **more):
    buyer = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}})
    body = {
        "customer_id": buyer["id"],
        "status": "processing",
        "customer_note": "Позвонить",
        "line_items": [
            {"sku": "SV-007", "quantity": 2, "total": "1700.00"},
            {"sku": "SV-001", "quantity": 1},
            {"sku": "SV-007", "quantity": 1},
        ],
    }
    return shop.site("POST", "orders", body | more)


def orders(shop):
    return shop.sklad("GET", "customerorder", limit=100, expand="positions.assortment,agent,state")["rows"]


def lines(row):
    return [
        (p["assortment"]["code"], p["quantity"], p["price"], round(p["price"] * p["quantity"] * (1 - p["discount"] / 100)))
        for p in row["positions"]["rows"]
    ]


def test_an_order_arrives_with_its_buyer_status_and_lines_repeated_skus_apart(shop):
    placed = place(shop)
    shop.sync()
    (row,) = orders(shop)
    assert (row["agent"]["phone"], row["state"]["name"], row["description"]) == ("+79031234567", "Подтверждён", "Позвонить")
    assert {a["name"]: a["value"] for a in row["attributes"]}["Номер на сайте"] == placed["number"]
    assert lines(row) == [("SV-007", 2.0, 89000.0, 170000), ("SV-001", 1.0, 349000.0, 349000), ("SV-007", 1.0, 89000.0, 89000)]
    shop.sync()
    assert len(orders(shop)) == 1
    assert shop.queue() == [] or {row[2] for row in shop.queue()} <= {"done", "skipped"}


def test_lines_changed_on_the_site_change_here_under_the_same_ids(shop):
    placed = place(shop)
    shop.sync()
    before = {p["id"] for p in orders(shop)[0]["positions"]["rows"]}
    first, second, third = placed["line_items"]
    change = [{"id": first["id"], "quantity": 3, "subtotal": "2670.00", "total": "2670.00"}, {"id": third["id"], "quantity": 0}]
    shop.site("PUT", f"orders/{placed['id']}", {"line_items": change})
    shop.sync()
    (row,) = orders(shop)
    assert lines(row) == [("SV-007", 3.0, 89000.0, 267000), ("SV-001", 1.0, 349000.0, 349000)]
    assert {p["id"] for p in row["positions"]["rows"]} < before


def test_a_guests_order_goes_to_the_stand_in(shop):
    shop.site("POST", "orders", {"billing": {"first_name": "Гость"}, "line_items": [{"sku": "SV-002", "quantity": 1}]})
    shop.sync()
    (row,) = orders(shop)
    assert row["agent"]["id"] == shop.nobody["id"]
    assert len(shop.sklad("GET", "counterparty")["rows"]) == 1
    assert shop.site("GET", "customers", role="all") == []


def test_a_guests_order_waits_for_the_stand_in_and_goes_once_it_is_there(tmp_path):
    with opened(tmp_path, reference_wait=5.0) as shop:
        shop.site("POST", "orders", {"billing": {"first_name": "Гость"}, "line_items": [{"sku": "SV-002", "quantity": 1}]})
        shop.sync()
        (dead,) = [row for row in shop.queue() if row[2] == "dead"]
        assert (dead[0], dead[1], dead[4], dead[5]) == ("sklad", "order", "stand_in_missing", "customer")
        assert orders(shop) == []
        nobody = shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        shop.sync()
        (row,) = orders(shop)
        assert row["agent"]["id"] == nobody["id"]


def test_goods_unknown_there_keep_the_order_back_as_one_problem(shop):
    number = shop.site_app.shop.next("products")
    shop.site_app.shop.keep("products", {"id": number, "name": "Новинка", "sku": "NEW-1", "price": "100", "type": "simple"})
    shop.site("POST", "orders", {"line_items": [{"sku": "NEW-1", "quantity": 1}]})
    shop.site("POST", "orders", {"line_items": [{"sku": "SV-001", "quantity": 1}]})
    shop.sync()
    assert len(orders(shop)) == 1
    (dead,) = [row for row in shop.queue() if row[2] == "dead"]
    assert (dead[0], dead[1], dead[4], dead[5]) == ("sklad", "order", "sku_unknown", "lines")
    assert "NEW-1" in dead[6]
    shop.sklad("POST", "product", {"name": "Новинка", "code": "NEW-1"})
    shop.clock.offset += NOTHING_FOR + 1.0
    (row,) = [row for row in shop.rows() if row["state"] == "dead"]
    planning.ask(shop.hub, [row])
    with shop.hub.store.write() as at:
        (told,) = planning.preview(shop.hub, at, [row["id"]])
        shop.hub.outbox.replay(at, [row["id"]], now=shop.hub.clock())
    assert told.kind == "creates", "the preview knows of goods added since"
    shop.work()
    assert len(orders(shop)) == 2


def test_a_receipt_is_an_order_and_one_that_names_an_order_adds_to_it(shop):
    place(shop)
    shop.sync()
    (order,) = orders(shop)
    shift = shop.sklad("GET", "retailshift")["rows"][0]
    goods = shop.sklad("GET", "product")["rows"][0]
    position = {"quantity": 1, "price": 100.0, "assortment": {"meta": goods["meta"]}}
    base = {"retailShift": {"meta": shift["meta"]}, "agent": {"meta": shop.nobody["meta"]}, "positions": [position]}
    shop.sklad("POST", "retaildemand", base)
    shop.sklad("POST", "retaildemand", base | {"customerOrder": {"meta": order["meta"]}})
    shop.sync()
    from hub.storage.tables import link, record

    with shop.hub.store.read() as at:
        assert len(at.execute(record.select().where(record.c.entity == "order")).all()) == 2
        roles = sorted(r.role for r in at.execute(link.select().where(link.c.resource == "retaildemand")))
    assert roles == ["fulfilment", "primary"]
    assert len(orders(shop)) == 1
