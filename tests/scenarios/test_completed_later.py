"""An order that could not wait for its customer goes without, and gets the customer once there is one."""

from __future__ import annotations

import pytest
import requests
from sqlalchemy import func, select

from hub.storage.tables import audit
from tests.scenarios.shop import opened


def test_an_order_that_went_without_its_customer_is_completed_when_the_customer_is_there(tmp_path):
    with opened(tmp_path, reference_wait=0.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        shop.sync()
        ordered(shop)
        shop.sync()
        assert agent(shop)["email"] == "anna@example.ru" and written(shop) == 2
        assert len(shop.sklad("GET", "counterparty")["rows"]) == 2


def test_an_order_of_a_first_load_waits_while_its_customer_stands_in_the_queue(tmp_path):
    """However long: whatever a run brings within a vendor's limits takes hours, and who goes ahead of its customer is written twice."""
    with opened(tmp_path, reference_wait=0.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        ordered(shop)
        shop.sync()
        assert agent(shop)["email"] == "anna@example.ru" and written(shop) == 1


def ordered(shop):
    """Anna and her order on the site, and MoySklad that is away when it is told of her."""
    buyer = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
    shop.site("POST", "orders", {"created_via": "checkout", "customer_id": buyer["id"], "line_items": [{"sku": "SV-007"}]})
    faults(shop, {"kind": "error", "match": "POST .*counterparty$", "count": 1, "status": 503})


def written(shop):
    """How often orders were written to MoySklad."""
    with shop.hub.store.read() as at:
        a = audit.c
        return at.execute(select(func.count()).where(a.action == "write.intent", a.system == "sklad", a.entity == "order")).scalar()


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
