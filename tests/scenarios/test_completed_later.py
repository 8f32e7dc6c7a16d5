"""An order that could not wait for its customer goes without, and gets the customer once there is one."""

from __future__ import annotations

import pytest
import requests

from tests.scenarios.shop import opened


def test_an_order_that_went_without_its_customer_is_completed_when_the_customer_is_there(tmp_path):
    with opened(tmp_path, reference_wait=0.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        buyer = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
        shop.site("POST", "orders", {"created_via": "checkout", "customer_id": buyer["id"], "line_items": [{"sku": "SV-007"}]})
        faults(shop, {"kind": "error", "match": "POST .*counterparty$", "count": 1, "status": 503})
        shop.sync()
        assert agent(shop)["email"] == "anna@example.ru"
        assert len(shop.sklad("GET", "counterparty")["rows"]) == 2


@pytest.mark.parametrize("who", ["hub", "a person there"])
def test_an_order_whose_customer_was_refused_gets_the_customer_who_comes_at_last(tmp_path, who):
    """Made by a replay, or typed into MoySklad by somebody and recognised by the phone."""
    with opened(tmp_path) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        faults(shop, {"kind": "error", "match": "POST .*counterparty$", "status": 412})
        anna = {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}}
        buyer = shop.site("POST", "customers", anna)
        shop.site("POST", "orders", {"created_via": "checkout", "customer_id": buyer["id"], "line_items": [{"sku": "SV-007"}]})
        shop.sync()
        assert agent(shop)["name"] == "Розничный покупатель"
        faults(shop)
        if who == "hub":
            with shop.hub.store.write() as at:
                shop.hub.outbox.replay(at, [row["id"] for row in shop.rows() if row["state"] == "dead"], now=shop.hub.clock())
            shop.work()
        else:
            made = {"name": "Анна", "legalFirstName": "Анна", "phone": "8 903 123-45-67", "companyType": "individual"}
            shop.sklad("POST", "counterparty", made)
            shop.sync()
        assert agent(shop)["phone"] in ("+79031234567", "8 903 123-45-67")


def agent(shop):
    (row,) = shop.sklad("GET", "customerorder", limit=10, expand="agent")["rows"]
    return row["agent"]


def faults(shop, *rules):
    requests.post(f"{shop.sklad_url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()
