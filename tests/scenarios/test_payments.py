"""What the acquirer knows of an order comes to it: payments once however they are told, refunds made in the cabinet, and nothing of trials and tests."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import select

from hub.storage.tables import link, record
from sandbox.cloudpayments.app import PUBLIC_ID, SECRET, Cloudpayments
from tests.scenarios.beside_shop import opened

KINDS = ("pay", "confirm", "cancel", "refund", "fail")


@pytest.fixture
def shop(tmp_path, database_url):
    secrets = {"public_id": PUBLIC_ID, "api_secret": SECRET}
    vendor = Cloudpayments(allow_loopback_webhooks=True)
    with opened(tmp_path, database_url, "kassa", vendor, secrets, tells=["order", "return"], paid_by=["card", "sbp"]) as made:
        yield made


@contextmanager
def notified(shop, **more):
    """The hub listens, and a person has typed its addresses in the cabinet."""
    with shop.heard() as url:
        shop.beside.notifier.urls = {kind: f"{url}?kind={kind}" for kind in KINDS}
        shop.beside.notifier.weather.set(more)
        yield
        shop.beside.notifier.post.drain()


def placed(shop):
    return shop.placed("pending", "cloudpayments")


def happens(shop, what, **body):
    """Something in the acquirer's cabinet; the number of its transaction."""
    return shop.control(what, **body).get("TransactionId")


def attributes(shop):
    (row,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
    return {one["name"]: one["value"] for one in row["attributes"]}


def test_a_payment_and_a_refund_in_the_cabinet_come_to_the_order_once_and_its_echo_dies(shop):
    site = placed(shop)
    shop.sync()
    with notified(shop, duplicate=1.0):
        happens(shop, "pay", invoice=site["number"], amount="1700.00", status="Declined")
        paid = happens(shop, "pay", invoice=site["number"], amount="1700.00")
        happens(shop, "pay", invoice=site["number"], amount="5.00", test=True)
        back = happens(shop, "refund", transaction=paid, amount="850.00")
    assert shop.counted("webhooks_failed") == 0
    shop.work()
    shop.sync()
    said = shop.order()
    assert [(one["kind"], one["amount"], one["id"]) for one in said["payments"]] == [("card", "1700.00", str(paid))]
    assert (said["returned_total"], len(said["lines"])) == ("850.00", 1) and said["paid"]
    assert "1700.00" in attributes(shop)["Оплаты"] and str(paid) in attributes(shop)["Оплаты"] and attributes(shop)["Возвращено"] == 850.0
    with shop.hub.store.read() as at:
        roles = {one.external_id: one.role for one in at.execute(select(link).where(link.c.system == "kassa"))}
    assert roles[str(paid)] == "fulfilment" and str(back) in roles and len(roles) == 2
    (before,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
    shop.sync()
    (after,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
    assert (shop.order(), after["updated"]) == (said, before["updated"])


def test_a_payment_that_comes_before_its_order_waits_and_makes_no_order_of_its_own(shop):
    first = placed(shop)
    shop.sync()
    number = str(int(first["number"]) + 1)
    with notified(shop):
        happens(shop, "pay", invoice="bill-7", amount="100.00")  # an invoice by link: no order of the site
        paid = happens(shop, "pay", invoice=number, amount="1700.00")
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
    paid = happens(shop, "pay", invoice=str(site["id"]), amount="1000.00", status="Authorized", card="")
    shop.sync()
    assert not shop.order().get("payments"), "money that is held is not paid"
    shop.beside.terminal.confirm(paid, shop.beside.terminal.all[paid].amount)
    second = happens(shop, "pay", invoice=str(site["id"]), amount="700.00")
    shop.clock.skip(60)
    shop.sync()
    assert {(one["kind"], one["amount"], one["id"]) for one in shop.order()["payments"]} == {
        ("sbp", "1000.00", str(paid)),
        ("card", "700.00", str(second)),
    }


def test_a_payment_that_the_site_tells_as_well_counts_once(shop):
    site = placed(shop)
    paid = happens(shop, "pay", invoice=site["number"], amount="1700.00")
    shop.site("PUT", f"orders/{site['id']}", {"status": "processing", "set_paid": True, "transaction_id": str(paid)})
    shop.sync()
    assert [(one["amount"], one["id"]) for one in shop.order()["payments"]] == [("1700.00", str(paid))]
