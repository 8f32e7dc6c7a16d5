"""The cases that every connector passes, over the stand-in of BonusPlus."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from connectors import bonusplus
from connectors.bonusplus.webhook import authorization
from connectors.contract import WebhookRequest
from connectors.errors import Exists, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.kit.frame import HOOK
from sandbox.bonusplus import customers
from sandbox.bonusplus.app import KEY, Bonusplus
from sandbox.frame.server import running

NOBODY = "6d0f6a58-3b1f-4c2a-9f4e-0b6f2c1e9a77"


class Till(Stand):
    """A till of the account, and its cabinet, past the connector."""

    def __init__(self, url: str, app: Bonusplus) -> None:
        super().__init__(url)
        self.app, self.account, self.numbers = app, app.account, count(1)

    def missing(self, resource):
        return NOBODY if resource == "customer" else self.absent

    def person(self):
        with self.account.lock:
            return customers.create(self.account, {"phone": f"7903{next(self.numbers):07d}", "fn": "Анна"})

    def add(self, resource):
        return self.person().id

    def edit(self, resource, ident):
        with self.account.lock:
            customers.patch(self.account, self.account.by_id[ident], {"ln": "Иная"})

    def count(self, resource):
        return len(self.account.customers if resource == "customer" else self.account.sales)

    def create(self, resource):
        number = next(self.numbers)
        if resource == "customer":
            return {"phone": f"+7903{number:07d}", "person": {"fn": "Борис", "email": f"b{number}@example.ru"}}
        item = {"ext": f"e-{number}", "product": "SV-1", "qnt": 1, "price": "1000.00", "sum": "1000.00"}
        return {
            "kind": "purchase",
            "customer": self.person().id,
            "items": [item],
            "date": self.account.now().isoformat(),
            "desc": f"H-{number}",
        }

    def refused(self, resource):
        return {"phone": "12", "person": {"fn": "Вера"}} if resource == "customer" else self.create(resource) | {"bonusDebit": "900.00"}

    def update(self, resource):
        return {"person": {"ln": "Орлова"}}

    def webhook(self, resource, ident):
        body = json.dumps({"phoneNumber": f"+{self.account.by_id[ident].phone}", "amount": -200.0, "transactionType": "Debit_Manual"})
        return WebhookRequest({"Authorization": authorization(HOOK)}, body.encode())

    def forged(self, request):
        return replace(request, headers={"Authorization": authorization("another-secret")})


def said(code):
    return json.dumps({"code": code, "msg": "Ошибка"})


class TestBonusplus(Suite):
    package = bonusplus
    secrets = {"api_key": KEY}
    zone = "Europe/Moscow"
    many = 1010  # a page has 1000
    writes = (
        r"^(POST /api/customer|POST /api/retail|PUT /api/retail/back|(PUT|PATCH) /api/customer/.*)$"  # lists are asked for by POST, too
    )
    answers = (
        Answer(400, said("JSON"), Rejected, Rejected),
        Answer(401, said("KEY"), Unauthorized, Unauthorized),
        Answer(401, "", Unauthorized, Unauthorized),  # without a word
        Answer(403, said("FORBIDDEN"), Rejected, Rejected),  # no right to one object
        Answer(404, said("CUSTOMER_NOT_FOUND"), Missing, Missing),
        Answer(404, said("NO_METHOD"), Rejected, Rejected),
        Answer(412, said("CUSTOMER_NOT_FOUND"), Missing, Missing),  # by code and not by status
        Answer(412, said("CUSTOMER_ALREADY_EXISTS"), Exists, Exists),
        Answer(412, said("SOMETHING"), Rejected, Rejected),
        Answer(429, "", Unavailable, Unavailable),
        Answer(503, "<html>", Unavailable, Unavailable),  # turned away
        Answer(500, said("ERROR"), Unavailable, Unknown),
        Answer(502, "<html>", Unavailable, Unknown),
        Answer(200, "<html>works</html>", Unavailable, Unknown),
    )

    @pytest.fixture
    def stand(self):
        app = Bonusplus(allow_loopback_webhooks=True)
        app.account.programme.welcome = Decimal(0)
        with running(app) as url:
            yield Till(url, app)

    def test_the_published_limits_are_kept(self, stand, all_fetched):
        """The vendor publishes none: a stand-in that refuses a sixth request of a second never sees one."""
        stand.app.limits.per_second = 5
        super().test_the_published_limits_are_kept(stand, all_fetched)
