"""A shop of InSales, the hub's connector to it, and people who work in it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import requests

from connectors.contract import SystemSettings, WebhookRequest
from connectors.insales.connector import Insales as Connector
from connectors.limiter import LocalLimiter
from sandbox.frame.server import running
from sandbox.insales.app import KEY, PASSWORD, PEOPLE, Insales

SECRET = "hook-secret-42"


def settings(url, **options):
    pair = {"login": KEY, "password": PASSWORD}
    return SystemSettings(
        "site", "insales", url, secrets=pair, options={"public_url": "http://127.0.0.1:1", **options}, webhook_secret=SECRET
    )


def now():
    return datetime.now(UTC)


class Shop:
    """The stand-in, the hub's connector, and a person of the shop."""

    def __init__(self, app, url):
        self.app, self.url = app, url
        self.connector = Connector(settings(url), LocalLimiter(()), now)

    def user(self, method, path, body=None, **params):
        answer = requests.request(method, f"{self.url}/admin/{path}.json", json=body, params=params, auth=(PEOPLE, PASSWORD), timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def later(self, seconds):
        self.control("clock", offset=seconds)

    def anna(self, **more):
        return self.user("POST", "clients", {"client": {"name": "Анна", "surname": "Орлова", "phone": "8 903 123-45-67"} | more})

    def placed(self, *lines, **more):
        given = {
            "order_lines_attributes": lines or [{"variant_id": 7701, "quantity": 2}],
            "client": {"name": "Анна", "phone": "+79031234567"},
        }
        return self.user("POST", "orders", {"order": given | more})

    def discounted(self, order, off, description="Скидка", **more):
        told = {"discount": off, "type_id": 2, "description": description} | more
        return self.user("PUT", f"orders/{order['id']}", {"order": {"discounts_attributes": [told]}})

    def findings(self):
        return {f.name: f for f in self.connector.check().findings}


def wanted(*lines, **more):
    return {"items": [{"type": "line", **line} for line in lines], **more}


def delivery(body, topic, secret=SECRET):
    return WebhookRequest({}, body, {"topic": topic}, secret)


@contextmanager
def opened():
    app = Insales(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Shop(app, url)
