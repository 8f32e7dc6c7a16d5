"""A hub that cannot be reached from outside: webhooks off everywhere, and everything arrives all the same."""

from __future__ import annotations

from hub.jobs.kinds import JOBS
from tests.scenarios.shop import opened


def test_without_a_single_webhook_three_systems_stay_equal(tmp_path):
    """A customer of the site, the order, an edit in the CRM and one in MoySklad: each reaches the others by polls."""
    with opened(tmp_path, crm=True) as shop:
        for name, chosen in shop.hub.settings.systems.items():
            object.__setattr__(chosen, "webhooks", False)
            JOBS["subscribe"](shop.hub, name)
        assert shop.sklad("GET", "webhook")["rows"] == []
        assert shop.site("GET", "webhooks") == []
        assert shop.crm_app.portal.events.bindings == []
        anna = {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Седова", "billing": {"phone": "+79031234567"}}
        buyer = shop.site("POST", "customers", anna)
        shop.site("POST", "orders", {"customer_id": buyer["id"], "status": "processing", "line_items": [{"sku": "SV-001", "quantity": 2}]})
        shop.sync()
        (agent,) = [row for row in shop.sklad("GET", "counterparty")["rows"] if row.get("legalLastName") == "Седова"]
        (contact,) = shop.crm("crm.item.list", entityTypeId=3)["items"]
        assert contact["lastName"] == "Седова"
        assert len(shop.sklad("GET", "customerorder")["rows"]) == len(shop.crm("crm.item.list", entityTypeId=2)["items"]) == 1
        shop.crm("crm.item.update", entityTypeId=3, id=contact["id"], fields={"lastName": "Белова"})
        shop.sync()
        assert shop.sklad("GET", f"counterparty/{agent['id']}")["legalLastName"] == "Белова"
        shop.sklad("PUT", f"counterparty/{agent['id']}", {"legalFirstName": "Мария"})
        shop.sync()
        assert shop.site("GET", f"customers/{buyer['id']}")["first_name"] == "Мария"
        assert shop.crm("crm.item.get", entityTypeId=3, id=contact["id"])["item"]["name"] == "Мария"
        assert (shop.sklad_app.hooks.sent, shop.site_app.hooks.sent, shop.crm_app.sender.sent) == (0, 0, 0)
