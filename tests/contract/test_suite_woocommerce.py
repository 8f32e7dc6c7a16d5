"""The cases that every connector passes, over the stand-in of WooCommerce."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from itertools import count

import pytest

from connectors import woocommerce
from connectors.contract import WebhookRequest
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.kit.frame import HOOK
from sandbox.frame.server import running
from sandbox.woocommerce.app import Woocommerce

LINE = {"type": "line_item", "sku": "SV-003", "product_id": 43, "quantity": 1, "subtotal": "7990.00", "total": "7990.00"}


class Keeper(Stand):
    """Somebody who keeps the shop, in its own admin pages."""

    def __init__(self, url, app):
        super().__init__(url)
        self.app, self.numbers = app, count(1)

    def save(self, path, given):
        """What the admin pages ask, past the network and its faults."""
        answer = self.app.flask.test_client().post(f"/wp-json/wc/v3/{path}", json=given, auth=("ck_sandbox", "cs_sandbox"))
        assert answer.status_code < 300, answer.text
        return answer.json["id"]

    def add(self, resource):
        if resource == "refunds":
            order = self.save("orders", {"line_items": [{"product_id": 43, "quantity": 1}]})
            return f"{order}/{self.save(f'orders/{order}/refunds', {'amount': '10.00', 'api_refund': False})}"
        number = next(self.numbers)
        given = {
            "customers": {"email": f"p{number}@example.ru"},
            "orders": {"customer_note": "а"},
            "products": {"name": "Товар", "sku": f"T-{number}"},
        }
        return str(self.save(resource, given[resource]))

    def edit(self, resource, ident):
        if resource != "refunds":  # a refund never changes
            change = {"customers": {"last_name": "Иная"}, "orders": {"customer_note": "б"}, "products": {"name": "Иной"}}
            self.save(f"{resource}/{ident}", change[resource])

    def count(self, resource):
        return len(self.app.shop.tables[resource])

    def create(self, resource):
        if resource == "customers":
            return {"email": f"h{next(self.numbers)}@example.ru", "first_name": "Анна"}
        return {"items": [LINE], "customer_note": f"заказ {next(self.numbers)}"}

    def refused(self, resource):
        return {"email": "не почта"} if resource == "customers" else {"status": "nosuch"}

    def update(self, resource):
        return {"customers": {"last_name": "Орлова"}, "orders": {"customer_note": "Позвонить"}, "products": {"regular_price": "12.00"}}[
            resource
        ]

    def keys(self, resource, data):
        return {"email": data["email"]} if resource == "customers" else {}

    def webhook(self, resource, ident):
        kind = {"customers": "customer", "products": "product"}.get(resource, "order")
        order, _, refund = ident.partition("/")
        body = json.dumps({"id": int(order)} | ({"refunds": [{"id": int(refund)}]} if refund else {})).encode()
        signature = base64.b64encode(hmac.new(HOOK.encode(), body, hashlib.sha256).digest()).decode()
        return WebhookRequest({"X-WC-Webhook-Signature": signature, "X-WC-Webhook-Topic": f"{kind}.updated"}, body)

    def forged(self, request):
        return replace(request, body=request.body.replace(b'"id": ', b'"id": 1'))


def error(code, **data):
    return json.dumps({"code": code, "message": "Ошибка", "data": data})


class TestWoocommerce(Suite):
    package = woocommerce
    secrets = {"consumer_key": "ck_sandbox", "consumer_secret": "cs_sandbox"}
    options = {"public_url": "http://127.0.0.1:1"}
    zone = "Asia/Yekaterinburg"
    many = 110  # a page has 100
    stamps = frozenset({"date_modified", "date_modified_gmt"})
    answers = (
        Answer(400, error("rest_invalid_param", params={"per_page": "x"}), Rejected, Rejected),
        Answer(400, error("woocommerce_rest_shop_order_invalid_id"), Missing, Missing),  # no such id, on an update
        Answer(404, error("woocommerce_rest_invalid_id"), Missing, Missing),
        Answer(404, error("rest_no_route"), Unauthorized, Unauthorized),  # the plugin is off: nothing would fare better
        Answer(401, error("woocommerce_rest_authentication_error"), Unauthorized, Unauthorized),
        Answer(401, "", Unauthorized, Unauthorized),
        Answer(403, "<html>blocked", Unavailable, Unavailable),  # a firewall's page
        Answer(413, error("woocommerce_rest_request_entity_too_large"), Rejected, Rejected),
        Answer(429, "<html>", Unavailable, Unavailable),
        Answer(503, "<html>", Unavailable, Unavailable),
        Answer(508, "<html>", Unavailable, Unavailable),  # the host's resources: turned away
        Answer(502, "<html>", Unavailable, Unknown),  # a gateway: it may have taken effect
        Answer(500, error("internal_server_error"), Unavailable, Unknown),  # a plugin's fatal error
        Answer(500, json.dumps({"code": "woocommerce_rest_cannot_create_order_refund", "message": "x", "data": 500}), Rejected, Rejected),
        Answer(200, '<br /><b>Warning</b>: x\n{"id": 5}', Unavailable, Unknown),
        Answer(200, "", Unavailable, Unknown),
    )

    @pytest.fixture
    def stand(self):
        app = Woocommerce(allow_loopback_webhooks=True)
        with running(app) as url:
            yield Keeper(url, app)

    def stored(self, connector, resource, data, ident=None, key=""):
        """Goods are made by people alone."""
        if resource == "products" and ident is None:
            return connector.fetch(resource, ["43"])[0]
        return super().stored(connector, resource, data, ident, key)
