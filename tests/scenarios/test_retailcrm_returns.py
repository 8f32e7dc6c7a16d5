"""What came back, by RetailCRM and by others: the status of a line is a return of its order, and a return of others is the status of a line."""

from __future__ import annotations

from contextlib import contextmanager

import retailcrm
from sqlalchemy import select

from hub.storage.tables import record
from hub.web.app import create_app
from sandbox.moysklad.app import Moysklad
from sandbox.retailcrm.app import Retailcrm
from sandbox.retailcrm.keys import PEOPLE
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import RETAILCRM, Shop, example
from tests.scenarios.test_order_bonuses import sent_back
from tests.scenarios.test_retailcrm import documents, place, purchases, said


@contextmanager
def opened(folder, giver):
    """The shipped configuration with the status that means a return; ``giver`` tells of returns."""
    vendors = {
        "sklad": Moysklad(allow_loopback_webhooks=True),
        "site": Woocommerce(allow_loopback_webhooks=True),
        "retail": Retailcrm(allow_loopback_webhooks=True),
    }

    def configured(urls):
        raw = example(urls, RETAILCRM) | {"reference_wait": 5.0}
        raw["systems"]["retail"].setdefault("options", {})["returned"] = ["returned"]
        raw["routes"]["return"] = {giver: {"give": True, "take": False}}
        return raw

    with hub_between(vendors, configured, folder) as (hub, urls):
        shop = Shop(hub, urls, vendors)
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        shop.crm = retailcrm.v5(shop.retail_url, PEOPLE)
        shop.orders_of_sklad = lambda: documents(shop)
        yield shop


def settled(shop):
    shop.sync()
    shop.sync()


def marked(shop, order, *items):
    """A person of the account sets the lines."""
    said(shop.crm.order_edit({"id": order["id"], "items": list(items)}, "id"))
    settled(shop)


def lines(shop):
    """(article, pieces, whether it came back) of the lines in RetailCRM."""
    (order,) = purchases(shop)
    return sorted((one["offer"]["article"], one["quantity"], one["status"] == "returned") for one in order["items"])


def returns(shop):
    with shop.hub.store.read() as at:
        return [row for row in at.execute(select(record.c.data).where(record.c.entity == "return")).scalars() if not row.get("cancelled")]


def returned(shop):
    """What the order says came back, and what MoySklad shows of it."""
    with shop.hub.store.read() as at:
        (data,) = at.execute(select(record.c.data).where(record.c.entity == "order")).scalars()
    (document,) = documents(shop)
    shown = next((one["value"] for one in document.get("attributes") or () if one["name"] == "Возвращено"), None)
    pieces = sorted((one["sku"], one["quantity"], one.get("sold")) for one in data.get("returned") or ())
    return pieces, data.get("returned_total"), shown, [line["quantity"] for line in data["lines"] if line["kind"] == "product"]


def test_a_line_whose_status_says_so_came_back_in_whole_or_in_part_and_the_order_stays_as_it_was_sold(tmp_path):
    with opened(tmp_path, "retail") as shop:
        site = place(shop)
        settled(shop)
        (order,) = purchases(shop)
        mugs, shirt = sorted(order["items"], key=lambda one: one["offer"]["article"], reverse=True)
        marked(shop, order, {"id": mugs["id"]}, {"id": shirt["id"], "status": "returned"})
        assert returned(shop) == ([("SV-001", "1", 2)], "3490.00", 3490, ["2", "1"])
        part = {"offer": {"id": mugs["offer"]["id"]}, "quantity": 1, "initialPrice": mugs["initialPrice"], "status": "returned"}
        part["discountManualAmount"] = mugs["discountTotal"]
        marked(shop, order, {"id": mugs["id"], "quantity": 1}, part, {"id": shirt["id"]})
        assert returned(shop) == ([("SV-001", "1", 2), ("SV-007", "1", 1)], "4340.00", 4340, ["2", "1"])
        assert lines(shop) == [("SV-001", 1, True), ("SV-007", 1, False), ("SV-007", 1, True)], "what people split stays split"
        row = shop.site("GET", f"orders/{site['id']}")
        assert [line["quantity"] for line in row["line_items"]] == [2, 1] and row["total"] == "5490.00"
        assert next(one["value"] for one in row["meta_data"] if one["key"] == "returned") == "4340.00"
        marked(
            shop,
            order,
            *({"id": one["id"]} | ({"status": "new"} if one["id"] == shirt["id"] else {}) for one in purchases(shop)[0]["items"]),
        )
        assert returned(shop)[:3] == ([("SV-007", "1", 1)], "850.00", 850), "a status that is taken back was no return"
        assert len(returns(shop)) == 1
        writes = shop.counters()["writes"]
        settled(shop)
        assert shop.counters()["writes"] == writes


def test_a_return_of_the_warehouse_is_the_status_of_a_line_and_of_a_part_of_one(tmp_path):
    with opened(tmp_path, "sklad") as shop:
        site = place(shop)
        settled(shop)
        sold = shop.site("GET", f"orders/{site['id']}")
        sent_back(shop, "SV-007", 1)
        settled(shop)
        assert lines(shop) == [("SV-001", 1, False), ("SV-007", 1, False), ("SV-007", 1, True)]
        sent_back(shop, "SV-007", 1)
        sent_back(shop, "SV-001", 1)
        settled(shop)
        assert sum(pieces for sku, pieces, back in lines(shop) if sku == "SV-007" and back) == 2 and ("SV-001", 1, True) in lines(shop)
        (order,) = purchases(shop)
        assert order["status"] == "client-confirmed" and len(returns(shop)) == 3, "no second return of what the hub wrote itself"
        row, figures = shop.site("GET", f"orders/{site['id']}"), ("total", "line_items", "date_paid")
        assert {name: row[name] for name in figures} == {name: sold[name] for name in figures}, (
            "piece by piece the order stays as it was sold"
        )
        assert returned(shop)[3] == ["2", "1"]
        writes = shop.counters()["writes"]
        settled(shop)
        assert shop.counters()["writes"] == writes


def test_a_check_names_a_status_that_the_account_does_not_have(tmp_path):
    with opened(tmp_path, "retail") as shop:
        connector = shop.hub.connectors["retail"]
        assert "status returned" not in {one.name for one in connector.check().findings}
        shop.retail_app.account.references["product-statuses"].pop("returned")
        connector.lists._kept.clear()
        found = next(one for one in connector.check().findings if one.name == "status returned")
        assert found.warn and "canceled" in found.fix_en


def test_the_trigger_of_an_order_alone_brings_what_came_back_and_takes_it_back(tmp_path):
    with opened(tmp_path, "retail") as shop:
        place(shop)
        settled(shop)
        (order,) = purchases(shop)
        mugs, shirt = sorted(order["items"], key=lambda one: one["offer"]["article"], reverse=True)
        address = f"/webhooks/retail/{shop.hub.settings.systems['retail'].webhook_secret}"
        for status, expected in (("returned", ([("SV-001", "1", 2)], "3490.00")), ("new", ([], "0.00"))):
            said(shop.crm.order_edit({"id": order["id"], "items": [{"id": mugs["id"]}, {"id": shirt["id"], "status": status}]}, "id"))
            answer = create_app(shop.hub).test_client().post(address, data={"entity": "order", "id": str(order["id"])})
            assert answer.status_code == 200
            shop.work()
            assert returned(shop)[:2] == expected
