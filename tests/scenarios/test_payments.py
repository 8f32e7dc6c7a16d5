"""What the acquirer knows of an order comes to it: payments once however they are told, refunds made in the cabinet, and nothing of trials and tests."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Thread

import pytest
import requests
from sqlalchemy import select
from werkzeug.serving import make_server

from hub.storage.tables import link, record
from hub.web.app import create_app
from sandbox.cloudpayments.app import PUBLIC_ID, SECRET, Cloudpayments
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between

KINDS = ("pay", "confirm", "cancel", "refund", "fail")


@pytest.fixture
def shop(tmp_path, database_url, monkeypatch):
    monkeypatch.setenv("CLOUDPAYMENTS_ID", PUBLIC_ID)
    monkeypatch.setenv("CLOUDPAYMENTS_SECRET", SECRET)
    vendors = {
        "sklad": Moysklad(allow_loopback_webhooks=True),
        "site": Woocommerce(allow_loopback_webhooks=True),
        "kassa": Cloudpayments(allow_loopback_webhooks=True),
    }

    def configured(urls):
        raw = scene.example(urls) | {"reference_wait": 1.0}
        pair = {"public_id": {"env": "CLOUDPAYMENTS_ID"}, "api_secret": {"env": "CLOUDPAYMENTS_SECRET"}}
        hook = {"env": "WOO_WEBHOOK_SECRET"}
        raw["systems"]["kassa"] = {
            "connector": "cloudpayments",
            "url": urls["kassa"],
            "mode": "live",
            "secrets": pair,
            "webhook_secret": hook,
        }
        for entity in ("order", "return"):
            raw["routes"].setdefault(entity, {})["kassa"] = {"give": True, "take": False}
        raw["directories"]["payment_kind"]["card"]["kassa"] = ["card"]
        raw["directories"]["payment_kind"]["sbp"]["kassa"] = ["sbp"]
        return raw

    with hub_between(vendors, configured, tmp_path, database_url) as (hub, urls):
        made = scene.Shop(hub, urls, vendors)
        made.kassa_url, made.kassa = urls["kassa"], vendors["kassa"]
        made.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield made


@contextmanager
def notified(shop, **more):
    """The hub listens, and a person has typed its addresses in the cabinet."""
    server = make_server("127.0.0.1", 0, create_app(shop.hub), threaded=True)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    place = f"http://127.0.0.1:{server.server_port}/webhooks/kassa/hook-b"
    shop.kassa.notifier.urls = {kind: f"{place}?kind={kind}" for kind in KINDS}
    shop.kassa.notifier.weather.set(more)
    try:
        yield
        shop.kassa.notifier.post.drain()
    finally:
        server.shutdown()
        server.server_close()


def control(shop, what, **body):
    answer = requests.post(f"{shop.kassa_url}/_sandbox/{what}", json=body, timeout=5)
    answer.raise_for_status()
    return answer.json().get("TransactionId")


def placed(shop):
    body = {"status": "pending", "line_items": [{"sku": "SV-007", "quantity": 2, "total": "1700.00"}], "payment_method": "cloudpayments"}
    return shop.site("POST", "orders", body | {"billing": {"first_name": "Анна", "phone": "+79031234567"}})


def order(shop):
    with shop.hub.store.read() as at:
        (data,) = at.execute(select(record.c.data).where(record.c.entity == "order", record.c.merged_into.is_(None))).scalars()
    return data


def attributes(shop):
    (row,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
    return {one["name"]: one["value"] for one in row["attributes"]}


def test_a_payment_and_a_refund_in_the_cabinet_come_to_the_order_once_and_its_echo_dies(shop):
    site = placed(shop)
    shop.sync()
    with notified(shop, duplicate=1.0):
        control(shop, "pay", invoice=site["number"], amount="1700.00", status="Declined")
        paid = control(shop, "pay", invoice=site["number"], amount="1700.00")
        control(shop, "pay", invoice=site["number"], amount="5.00", test=True)
        back = control(shop, "refund", transaction=paid, amount="850.00")
    assert requests.get(f"{shop.kassa_url}/_sandbox/counters", timeout=5).json()["webhooks_failed"] == 0
    shop.work()
    shop.sync()
    said = order(shop)
    assert [(one["kind"], one["amount"], one["id"]) for one in said["payments"]] == [("card", "1700.00", str(paid))]
    assert (said["returned_total"], len(said["lines"])) == ("850.00", 1) and said["paid"]
    assert "1700.00" in attributes(shop)["Оплаты"] and str(paid) in attributes(shop)["Оплаты"] and attributes(shop)["Возвращено"] == 850.0
    with shop.hub.store.read() as at:
        roles = {one.external_id: one.role for one in at.execute(select(link).where(link.c.system == "kassa"))}
    assert roles[str(paid)] == "fulfilment" and str(back) in roles and len(roles) == 2
    (before,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
    shop.sync()
    (after,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
    assert (order(shop), after["updated"]) == (said, before["updated"])


def test_a_payment_that_comes_before_its_order_waits_and_makes_no_order_of_its_own(shop):
    first = placed(shop)
    shop.sync()
    number = str(int(first["number"]) + 1)
    with notified(shop):
        control(shop, "pay", invoice="bill-7", amount="100.00")  # an invoice by link: no order of the site
        paid = control(shop, "pay", invoice=number, amount="1700.00")
    shop.sync()
    with shop.hub.store.read() as at:
        assert len(at.execute(select(record.c.id).where(record.c.entity == "order")).all()) == 1
    assert len(shop.sklad("GET", "customerorder", limit=100)["rows"]) == 1
    assert placed(shop)["number"] == number
    shop.sync()
    with shop.hub.store.read() as at:
        orders = {data["number"]: data for data in at.execute(select(record.c.data).where(record.c.entity == "order")).scalars()}
    assert [one["id"] for one in orders[number]["payments"]] == [str(paid)] and not orders[first["number"]].get("payments")


def test_without_notifications_polls_bring_the_same(shop):
    site = placed(shop)
    paid = control(shop, "pay", invoice=str(site["id"]), amount="1000.00", status="Authorized", card="")
    shop.sync()
    assert not order(shop).get("payments"), "money that is held is not paid"
    shop.kassa.terminal.confirm(paid, shop.kassa.terminal.all[paid].amount)
    second = control(shop, "pay", invoice=str(site["id"]), amount="700.00")
    shop.clock.skip(60)
    shop.sync()
    assert {(one["kind"], one["amount"], one["id"]) for one in order(shop)["payments"]} == {
        ("sbp", "1000.00", str(paid)),
        ("card", "700.00", str(second)),
    }


def test_a_payment_that_the_site_tells_as_well_counts_once(shop):
    site = placed(shop)
    paid = control(shop, "pay", invoice=site["number"], amount="1700.00")
    shop.site("PUT", f"orders/{site['id']}", {"status": "processing", "set_paid": True, "transaction_id": str(paid)})
    shop.sync()
    assert [(one["amount"], one["id"]) for one in order(shop)["payments"]] == [("1700.00", str(paid))]
