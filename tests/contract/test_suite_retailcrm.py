"""The cases that every connector passes, over the stand-in of RetailCRM."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from urllib.parse import urlencode

import pytest

from connectors import retailcrm
from connectors.contract import WebhookRequest
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.kit.frame import HOOK
from sandbox.frame.server import running
from sandbox.retailcrm import customers, orders, seed
from sandbox.retailcrm.app import Retailcrm
from sandbox.retailcrm.keys import KEY, PEOPLE

ITEM = {"offer": {"id": 37}, "quantity": 1}
LINE = {"type": "item", "quantity": 1, "initialPrice": 100, "discount": 0, "offer": {"id": 37, "article": "SV-007"}}
CALL = {"type": "in", "date": "2026-03-04 14:16:39", "phone": "+79031234567", "result": "answered"}


class Manager(Stand):
    """Somebody at a screen of the account, past the connector."""

    def __init__(self, url: str, app: Retailcrm) -> None:
        super().__init__(url)
        self.app, self.account, self.numbers = app, app.account, count(1)
        self.person = app.callers[PEOPLE]

    def missing(self, resource):
        return {"inventories": "999999@mega", "segments": "vip:999999"}.get(resource, self.absent)

    def add(self, resource):
        number = next(self.numbers)
        with self.account.lock:
            if resource in ("customers", "segments"):
                ident = customers.save(self.account, {"firstName": f"Анна {number}"}, seed.SITE, self.person)["id"]
                if resource == "customers":
                    return str(ident)
                customers.put_into(self.account, "vip", ident, True)
                return f"vip:{ident}"
            if resource in ("orders", "returns"):
                order = orders.save(self.account, {"firstName": f"Анна {number}", "items": [ITEM]}, seed.SITE, self.person)
                return str(order["id"]) if resource == "orders" else f"{order['id']}/{order['items'][0]['id']}"
            ident = 1000 + number
            self.account.offers[ident] = self.account.offers[31] | {
                "id": ident,
                "externalId": f"x{number}",
                "article": f"X-{number}",
                "updatedAt": self.account.stamp(),
            }
            if resource == "inventories":
                self.account.stocks[ident] = {"mega": 1.0}
            return str(ident) + ("@mega" if resource == "inventories" else "")

    def edit(self, resource, ident):
        with self.account.lock:
            if resource == "customers":
                customers.save(self.account, {"lastName": "Иная"}, "", self.person, int(ident))
            elif resource == "orders":
                orders.save(self.account, {"managerComment": "иное"}, "", self.person, int(ident))
            elif resource == "returns":
                order, _, line = ident.partition("/")
                orders.save(self.account, {"items": [{"id": int(line), "status": "returned"}]}, "", self.person, int(order))
            elif resource == "offers":
                self.account.offers[int(ident)] |= {"name": "Иной", "updatedAt": self.account.stamp()}
            elif resource == "inventories":
                self.account.stocks[int(ident.partition("@")[0])]["mega"] = 5.0

    def remove(self, resource, ident):
        with self.account.lock:
            self.account.delete(resource, int(ident), self.person)

    def count(self, resource):
        if resource == "inventories":
            return sum(map(len, self.account.stocks.values()))
        return len(self.account.calls) if resource == "call" else len(self.account.tables[resource])

    def create(self, resource):
        number = next(self.numbers)
        return {
            "customers": {"firstName": "Борис", "lastName": f"Ким {number}", "email": f"b{number}@example.ru"},
            "orders": {"number": f"H-{number}", "contact_name": "Борис Ким", "lines": [LINE]},
            "call": CALL | {"duration": number},
            "offers": {},
            "inventories": {"offer": str(31 + number % 12), "store": "mega", "available": number},
        }[resource]

    def refused(self, resource):
        return self.create(resource) | {
            "customers": {"email": "не почта"}, "orders": {"status": "nosuch"}, "call": {"result": "perhaps"}, "inventories": {"store": "depot"},
        }[resource]  # fmt: skip

    def update(self, resource):
        return {
            "customers": {"lastName": "Орлова"}, "orders": {"managerComment": "Позвонить"}, "offers": {"prices": [{"priceType": "base", "price": 12}]},
            "inventories": {"available": 7},
        }[resource]  # fmt: skip

    def webhook(self, resource, ident):
        form = {"entity": "customer" if resource == "customers" else "order", "id": ident.partition("/")[0]}
        return WebhookRequest({}, urlencode(form).encode(), {}, HOOK)

    def forged(self, request):
        return replace(request, secret_part="another-secret")


def said(text, **errors):
    return json.dumps({"success": False, "errorMsg": text} | ({"errors": errors} if errors else {}))


class TestRetailcrm(Suite):
    package = retailcrm
    secrets = {"api_key": KEY}
    options = {"segments": ["vip"], "price_types": ["base"], "returned": ["returned"]}
    zone = "Asia/Yekaterinburg"
    many = 260  # a page of the lists has 100, one of stocks 250
    answers = (
        Answer(400, said("Errors in the entity format", firstName="too long"), Rejected, Rejected),
        Answer(400, said('"apiKey" is missing.'), Unauthorized, Unauthorized),
        Answer(403, said('Wrong "apiKey" value.'), Unauthorized, Unauthorized),
        Answer(403, said("Access denied."), Rejected, Rejected),  # one right is missing: not a bad key
        Answer(404, said("Not found"), Missing, Missing),
        Answer(404, said("API method not found"), Rejected, Rejected),
        Answer(404, said("Account does not exist."), Unauthorized, Unauthorized),  # nothing would fare better
        Answer(413, said("too large"), Rejected, Rejected),
        Answer(200, said("Validation error"), Rejected, Rejected),  # a good status that says no
        Answer(429, said("Rate limit exceeded"), Unavailable, Unavailable),
        Answer(503, said("Rate limit exceeded"), Unavailable, Unavailable),  # as the vendor says it: turned away
        Answer(503, "<html>", Unavailable, Unknown),  # a front server
        Answer(502, "<html>", Unavailable, Unknown),
        Answer(500, said("Internal error"), Unavailable, Unknown),
        Answer(200, "<!doctype html>", Unavailable, Unknown),
        Answer(200, "", Unavailable, Unknown),
        Answer(200, "[]", Unavailable, Unknown),
    )

    @pytest.fixture
    def stand(self):
        app = Retailcrm(allow_loopback_webhooks=True)
        with running(app) as url:
            yield Manager(url, app)

    def stored(self, connector, resource, data, ident=None, key=""):
        """Offers are made by a catalogue file alone."""
        if resource == "offers" and ident is None:
            return connector.fetch(resource, ["31"])[0]
        return super().stored(connector, resource, data, ident, key)
