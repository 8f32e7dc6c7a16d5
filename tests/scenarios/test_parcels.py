"""What the carrier does with a parcel comes to the site's order: by webhooks, by looking again where one was lost, and what was paid at the door."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from sandbox.cdek.app import ACCOUNT, SECURE, Cdek
from tests.scenarios.beside_shop import opened


@pytest.fixture
def shop(tmp_path, database_url):
    secrets = {"client_id": ACCOUNT, "client_secret": SECURE}
    vendor = Cdek(allow_loopback_webhooks=True)
    with opened(tmp_path, database_url, "cdek", vendor, secrets, tells=["order"], paid_by=["card", "cash"]) as made:
        yield made


@contextmanager
def heard(shop):
    """The hub listens, and has subscribed."""
    with shop.heard() as url:
        shop.hub.connectors["cdek"].subscribe(url)
        yield
        shop.beside.hooks.post.drain()


def placed(shop):
    return shop.placed("processing", "cod")


def on_site(shop, ident):
    return {meta["key"]: meta["value"] for meta in shop.site("GET", f"orders/{ident}")["meta_data"]}


def test_a_parcel_adds_its_number_and_its_place_to_the_order_and_never_is_one(shop):
    site = placed(shop)
    shop.sync()
    with heard(shop):
        shop.beside.hooks.weather.set({"duplicate": 1.0})
        parcel = shop.control("parcel", number=site["number"])
        shop.control("parcel", number=site["number"], is_return=True)
        shop.clock.skip(60)
        shop.control("move", uuid=parcel["uuid"], code="ACCEPTED_AT_PICK_UP_POINT")
    assert shop.counted("webhooks_failed") == 0
    shop.sync()
    assert (shop.order()["delivery.track"], shop.order()["delivery.status"]) == (parcel["cdek_number"], "ready")
    assert on_site(shop, site["id"])["track"] == parcel["cdek_number"] and on_site(shop, site["id"])["delivery_status"] == "ready"
    (row,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
    assert {one["name"]: one["value"] for one in row["attributes"]}["Трек-номер"] == parcel["cdek_number"]
    shop.sync()
    (after,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
    assert after["updated"] == row["updated"], "what was written comes back and is equal"


def test_a_lost_webhook_is_made_up_for_by_looking_again_until_the_parcel_has_come_to_an_end(shop):
    site = placed(shop)
    shop.sync()
    with heard(shop):
        parcel = shop.control("parcel", number=site["number"])
    shop.sync()
    assert shop.order()["delivery.status"] == "accepted"
    shop.beside.hooks.weather.set({"off": True})
    detail = {"total_sum": 1700, "payment_info": [{"type": "CASH", "sum": 1700}]}
    shop.clock.skip(60)
    shop.control("move", uuid=parcel["uuid"], code="DELIVERED", detail=detail)
    shop.sync()
    assert shop.order()["delivery.status"] == "accepted", "looked at a moment ago"
    shop.clock.skip(1900)
    shop.sync()
    assert shop.order()["delivery.status"] == "delivered"
    assert [(one["kind"], one["amount"]) for one in shop.order()["payments"] if one["id"].startswith(parcel["uuid"])] == [
        ("cash", "1700.00")
    ]
    asked = shop.beside.requests
    for _ in range(2):
        shop.clock.skip(4000)
        shop.sync()
    assert shop.beside.requests <= asked + 1, "a parcel that has come to an end is let be"


def test_a_parcel_that_is_not_being_looked_at_too_often_and_a_quiet_one_is_asked_for_once_in_half_an_hour(shop):
    site = placed(shop)
    shop.sync()
    with heard(shop):
        shop.control("parcel", number=site["number"])
    shop.sync()
    asked = shop.beside.requests
    for _ in range(5):
        shop.sync()
    assert shop.beside.requests == asked
    for _ in range(3):
        shop.clock.skip(1900)
        shop.sync()
    assert 3 <= shop.beside.requests - asked <= 5
