"""An independent client, pyinsales, against the stand-in: its code unchanged, its connections led to another host. It speaks XML alone."""

from __future__ import annotations

from datetime import datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from sandbox.frame.server import running
from sandbox.insales.app import PASSWORD, PEOPLE, Insales

client = pytest.importorskip("insales", reason="requirements/clients.lock is not installed")
connection = pytest.importorskip("insales.connection")


@pytest.fixture
def connected(monkeypatch):
    """The client of a shop, whose host it makes up of the shop's name."""
    app = Insales()
    with running(app) as url:
        port = urlsplit(url).port
        monkeypatch.setattr(connection, "HTTPConnection", lambda host, timeout: HTTPConnection("127.0.0.1", port, timeout=timeout))
        yield app, lambda password=PASSWORD, **more: client.InSalesApi.from_credentials("lavka", PEOPLE, password, **more)


def test_orders_are_made_changed_read_and_deleted(connected):
    app, login = connected
    api = login()
    buyer = {"name": "Анна", "phone": "+79031234567"}
    made = api.create_order({"order-lines-attributes": [{"variant-id": 7701, "quantity": 2}], "client": buyer})
    assert (made["client"]["name"], made["client"]["registered"], made["client"]["email"]) == ("Анна", False, None)
    assert (made["order-lines"][0]["sku"], float(made["total-price"])) == ("SV-001", 6980.0)
    api.update_order(made["id"], {"custom-status-permalink": "otgruzhen", "fields-values-attributes": [{"handle": "track", "value": "12"}]})
    assert api.get_order(made["id"])["client"]["name"] == "Анна"
    (order,) = api.get_orders(updated_since=datetime(2020, 1, 1))
    assert (order["fulfillment-status"], order["fields-values"][0]["value"]) == ("dispatched", "12")
    assert order["updated-at"].utcoffset().total_seconds() == 3 * 3600
    api.delete_order(made["id"])
    assert api.get_orders() == [] and list(app.shop.bin["orders"]) == [made["id"]]


def test_variants_and_webhooks(connected):
    app, login = connected
    api = login()
    row = api.update_product_variant(4401, 7701, {"price": 10, "quantity": 3})
    assert (row["price"], row["quantity"], row["quantity-at-warehouse0"], row["barcode"]) == ("10.0", 3, "3.0", None)
    assert api.get_product(4401)["variants"][0]["price"] == "10.0"
    assert api.update_product(4401, {"title": "Скатерть"})["title"] == api.get_product(4401)["title"] == "Скатерть"
    hook = api.add_webhook({"address": "https://hub.example.ru/in/7f31", "topic": "orders/update", "format-type": "json"})
    assert [one["topic"] for one in api.get_webhooks()] == ["orders/update"]
    assert api.get_webhook(hook["id"])["address"] == hook["address"]
    assert api.update_webhook(hook["id"], {"topic": "orders/create"})["topic"] == api.get_webhook(hook["id"])["topic"] == "orders/create"
    api.delete_webhook(hook["id"])
    assert app.hooks.of(PEOPLE) == []


def test_everything_is_met_once_whatever_moves_while_it_is_read(connected):
    _, login = connected
    api = login()
    seen = []
    for product in api.iterate_over_all(api.get_products, per_page=10):
        seen.append(product["id"])
    assert len(seen) == len(set(seen)) == 12


def test_a_refused_request_waits_as_long_as_the_shop_says(connected):
    app, login = connected
    app.limits.most, app.limits.seconds = 2, 1.0
    api = login(retry_on_503=True)
    assert [len(api.get_products(per_page=10)) for _ in range(3)] == [10, 10, 10]
    assert app.limits.refused >= 1
    with pytest.raises(connection.ApiError) as caught:
        login("wrong").get_products()
    assert caught.value.code == 401
