"""The checkout's REST API: keys, requests as described, and what a buyer meets when the loyalty service refuses or is away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.contract import Balance, Quote
from connectors.errors import Rejected, Unavailable
from hub.storage import links as link_rows
from hub.storage.links import Link, new_id
from hub.storage.tables import record
from hub.web.app import create_app
from tests.faces.shop import stocked

KEY = "a key of the checkout"
LINE = {"sku": "SV-001", "quantity": "2", "price": "100", "sum": "190"}


class Service:
    """A loyalty service that knows one customer with 500 points."""

    def __init__(self):
        self.held, self.trouble, self.asked = {}, None, []

    def balance(self, ident):
        return self._said(Balance("500.00", "20.00", "2026-12-01: 100.00"), "balance", ident)

    def quote(self, ident, lines, points):
        return self._said(Quote("95.00", "9.00"), "quote", ident, lines, points)

    def reserve(self, ident, document, points):
        if float(points) > 500:
            raise Rejected("недостаточно бонусов", code="NOT_ENOUGH")
        self._said(None, "reserve", ident)
        self.held[document] = points

    def release(self, ident, document):
        self._said(None, "release", ident)
        self.held.pop(document, None)

    def _said(self, answer, *asked):
        if self.trouble:
            raise self.trouble
        self.asked.append(asked)
        return answer


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with stocked(tmp_path_factory.mktemp("api")) as shop:
        settings = shop.hub.settings
        shop.hub.settings = replace(
            settings, api_key=KEY, systems=settings.systems | {"bonus": replace(settings.systems["site"], name="bonus")}
        )
        with shop.hub.store.write() as at:
            rows = at.execute(record.select().where(record.c.entity == "customer")).mappings()
            anna = next(row["id"] for row in rows if row["data"].get("first_name") == "Анна")
            link_rows.add(at, [Link(new_id(), "bonus", "customer", "customer", "guid-1", anna)])
        yield shop


@pytest.fixture
def service(shop):
    shop.hub.connectors["bonus"] = Service()
    return shop.hub.connectors["bonus"]


@pytest.fixture
def ask(shop, service):
    client = create_app(shop.hub).test_client()

    def call(path, body, key=KEY, status=200):
        answer = client.post(f"/api/v1/points/{path}", json=body, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == status, answer.text
        return answer.json

    return call


def test_a_balance_in_any_spelling_and_of_nobody(ask, service):
    assert ask("balance", {"phone": "8 (903) 123-45-67"}) == {
        "available": True, "known": True, "active": "500.00", "pending": "20.00", "next_burn": "2026-12-01: 100.00"
    }  # fmt: skip
    assert ask("balance", {"phone": "+7 999 000-11-22"}) == {"available": True, "known": False}
    assert ask("balance", {"phone": "привет"}) == {"available": True, "known": False}
    assert service.asked == [("balance", "guid-1")], "who is not known is not asked for"


def test_a_quote_a_reserve_and_a_release(ask, service):
    assert ask("quote", {"phone": "+79031234567", "lines": [LINE], "points": "50"}) == {"available": True, "known": True, "most": "95.00", "accrues": "9.00"}  # fmt: skip
    assert ask("reserve", {"phone": "+79031234567", "order": "5012", "points": "50"}) == {"available": True, "reserved": "50.00"}
    assert service.held == {"5012": "50"}
    ask("release", {"phone": "+79031234567", "order": "5012"})
    assert service.held == {}


def test_more_than_there_is_is_refused_in_the_services_words(ask):
    told = ask("reserve", {"phone": "+79031234567", "order": "5012", "points": "501"}, status=409)
    assert told == {"error": "refused", "message": "недостаточно бонусов"}
    assert ask("reserve", {"phone": "+79990001122", "order": "5012", "points": "5"}, status=409)["error"] == "refused"


def test_a_service_that_is_away_never_stops_an_order(ask, service):
    service.trouble = Unavailable("HTTP 502", code="502")
    for path, body in (("balance", {}), ("quote", {"lines": [LINE]}), ("reserve", {"order": "1", "points": "5"})):
        assert ask(path, {"phone": "+79031234567"} | body) == {"available": False, "reason": "spending points is not possible now"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("balance", {}, "phone"),
        ("balance", [], "phone"),
        ("quote", {"phone": "1", "lines": []}, "lines"),
        ("quote", {"phone": "1", "lines": [LINE | {"quantity": "x"}]}, "lines"),
        ("reserve", {"phone": "1", "order": "../5", "points": "5"}, "order"),
        ("reserve", {"phone": "1", "order": "5", "points": "0"}, "points"),
        ("reserve", {"phone": "1", "order": "5", "points": "NaN"}, "points"),
    ],
)
def test_a_request_that_is_not_as_described_is_told_by_field(ask, path, body, field):
    assert field in ask(path, body, status=422)["details"]


def test_only_the_key_opens_it_and_without_one_it_is_off(ask, shop, service):
    ask("balance", {"phone": "+79031234567"}, key="another", status=401)
    shop.hub.settings = replace(shop.hub.settings, api_key="")
    ask("balance", {"phone": "+79031234567"}, key="", status=404)
    shop.hub.settings = replace(shop.hub.settings, api_key=KEY)
    assert service.asked == []


def test_it_describes_itself(shop):
    told = create_app(shop.hub).test_client().get("/api/v1/openapi.json").json
    assert told["openapi"].startswith("3.1") and set(told["paths"]) == {"/callbacks", "/carts"} | {
        f"/points/{one}" for one in ("balance", "quote", "reserve", "release")
    }
    body = told["paths"]["/points/quote"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["phone", "lines"] and body["properties"]["lines"]["type"] == "array"
