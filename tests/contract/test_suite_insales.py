"""The cases that every connector passes, over the stand-in of InSales."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

import pytest
import requests

from connectors import insales as package
from connectors.contract import WebhookRequest
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.kit.frame import HOOK as SUITE_SECRET
from sandbox.insales import clients, orders, products
from sandbox.insales.app import KEY, PASSWORD
from tests.contract.insales_shop import opened, wanted


class Person(Stand):
    """A person of the shop, past the connector."""

    def __init__(self, url, app):
        super().__init__(url)
        self.app, self.state, self.numbers = app, app.shop, count(1)

    def add(self, resource):
        with self.state.lock:
            if resource == "clients":
                return str(clients.save(self.state, {"name": f"К{next(self.numbers)}"}, None)["id"])
            if resource == "orders":
                body = {"client": {"name": "Анна"}, "order_lines_attributes": [{"variant_id": 7701, "quantity": 1}]}
                return str(orders.save(self.state, body, None, "Анна")["id"])
            made = products.save(self.state, {"title": f"Т{next(self.numbers)}", "variants_attributes": [{"price": 10}]}, None)
            return f"{made['id']}:{made['variants'][0]['id']}"

    def edit(self, resource, ident):
        with self.state.lock:
            if resource == "clients":
                clients.save(self.state, {"surname": "Иная"}, int(ident))
            elif resource == "orders":
                orders.save(self.state, {"comment": "иное"}, int(ident), "Анна")
            else:
                products.save(self.state, {"title": "Иной"}, int(ident.partition(":")[0]))

    def remove(self, resource, ident):
        requests.delete(
            f"{self.url}/admin/{resource}/{ident.partition(':')[0]}.json", json={}, auth=(KEY, PASSWORD), timeout=5
        ).raise_for_status()

    def count(self, resource):
        return len(self.state.tables[resource])

    def create(self, resource):
        if resource == "clients":
            return {"name": "Анна", "phone": f"+7903{next(self.numbers):07d}"}
        if resource == "products":
            return {}
        return wanted({"variant_id": 7701, "quantity": 1, "sale_price": 3490, "sum": 3400}, contact_name="Анна", bonus_discount=50)

    def refused(self, resource):
        return (
            {"email": "не почта"}
            if resource == "clients"
            else wanted({"variant_id": 1, "quantity": 1, "sale_price": 1, "sum": 1}, contact_name="А")
        )

    def update(self, resource):
        return {"clients": {"surname": "Орлова"}, "orders": {"comment": "Позвонить"}, "products": {"price": "12.00"}}[resource]

    def webhook(self, resource, ident):
        topic = {"clients": "client/update", "orders": "orders/update"}[resource]
        return WebhookRequest({}, json.dumps({"id": int(ident)}).encode(), {"topic": topic}, SUITE_SECRET)

    def forged(self, request):
        return replace(request, secret_part="another-secret")


class TestInsales(Suite):
    package = package
    secrets = {"login": KEY, "password": PASSWORD}
    zone = "Europe/Moscow"
    many = 260  # a page has 250
    answers = (
        Answer(401, "", Unauthorized, Unauthorized),
        Answer(403, '{"message": "нет прав"}', Rejected, Rejected),
        Answer(404, "<html>", Missing, Missing),
        Answer(422, '{"title": ["не может быть пустым"]}', Rejected, Rejected),
        Answer(423, "", Unauthorized, Unauthorized),
        Answer(429, "", Unavailable, Unavailable),
        Answer(500, "", Unavailable, Unknown),
    )

    @pytest.fixture
    def stand(self):
        with opened() as shop:
            yield Person(shop.url, shop.app)

    def stored(self, connector, resource, data, ident=None, key=""):
        """Goods are made by people alone."""
        if resource == "products" and ident is None:
            return connector.fetch(resource, ["4401:7701"])[0]
        return super().stored(connector, resource, data, ident, key)
