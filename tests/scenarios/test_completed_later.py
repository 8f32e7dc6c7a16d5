"""An order that could not wait for its customer goes without, and gets the customer once there is one."""

from __future__ import annotations

import requests

from tests.scenarios.shop import opened


def test_an_order_that_went_without_its_customer_is_completed_when_the_customer_is_there(tmp_path):
    with opened(tmp_path, reference_wait=0.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        buyer = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
        shop.site("POST", "orders", {"created_via": "checkout", "customer_id": buyer["id"], "line_items": [{"sku": "SV-007"}]})
        rule = {"kind": "error", "match": "POST .*counterparty$", "count": 1, "status": 503}
        requests.post(f"{shop.sklad_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
        shop.sync()
        (row,) = shop.sklad("GET", "customerorder", limit=10, expand="agent")["rows"]
        assert row["agent"]["email"] == "anna@example.ru"
        assert len(shop.sklad("GET", "counterparty")["rows"]) == 2
