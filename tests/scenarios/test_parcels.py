"""What the carrier does with a parcel comes to the site's order: by webhooks, by looking again where one was lost, and what was paid at the door."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Thread

import pytest
import requests
from sqlalchemy import select
from werkzeug.serving import make_server

from hub.storage.tables import record
from hub.web.app import create_app
from sandbox.cdek.app import ACCOUNT, SECURE, Cdek
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between


@pytest.fixture
def shop(tmp_path, database_url, monkeypatch):
    monkeypatch.setenv("CDEK_ACCOUNT", ACCOUNT)
    monkeypatch.setenv("CDEK_SECURE", SECURE)
    vendors = {
        "sklad": Moysklad(allow_loopback_webhooks=True),
        "site": Woocommerce(allow_loopback_webhooks=True),
        "cdek": Cdek(allow_loopback_webhooks=True),
    }

    def configured(urls):
        raw = scene.example(urls) | {"reference_wait": 1.0}
        pair = {"client_id": {"env": "CDEK_ACCOUNT"}, "client_secret": {"env": "CDEK_SECURE"}}
        raw["systems"]["cdek"] = {"connector": "cdek", "url": urls["cdek"], "mode": "live", "secrets": pair}
        raw["systems"]["cdek"]["webhook_secret"] = {"env": "WOO_WEBHOOK_SECRET"}
        raw["routes"]["order"]["cdek"] = {"give": True, "take": False}
        for kind in ("card", "cash"):
            raw["directories"]["payment_kind"][kind]["cdek"] = [kind]
        return raw

    with hub_between(vendors, configured, tmp_path, database_url) as (hub, urls):
        made = scene.Shop(hub, urls, vendors)
        made.cdek_url, made.cdek = urls["cdek"], vendors["cdek"]
        made.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield made


@contextmanager
def heard(shop):
    """The hub listens, and has subscribed."""
    server = make_server("127.0.0.1", 0, create_app(shop.hub), threaded=True)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    shop.hub.connectors["cdek"].subscribe(f"http://127.0.0.1:{server.server_port}/webhooks/cdek/hook-b")
    try:
        yield
        shop.cdek.hooks.post.drain()
    finally:
        server.shutdown()
        server.server_close()


def control(shop, what, **body):
    answer = requests.post(f"{shop.cdek_url}/_sandbox/{what}", json=body, timeout=5)
    answer.raise_for_status()
    return answer.json()


def placed(shop):
    body = {"status": "processing", "line_items": [{"sku": "SV-007", "quantity": 2, "total": "1700.00"}], "payment_method": "cod"}
    return shop.site("POST", "orders", body | {"billing": {"first_name": "Анна", "phone": "+79031234567"}})


def order(shop):
    with shop.hub.store.read() as at:
        (data,) = at.execute(select(record.c.data).where(record.c.entity == "order", record.c.merged_into.is_(None))).scalars()
    return data


def on_site(shop, ident):
    return {meta["key"]: meta["value"] for meta in shop.site("GET", f"orders/{ident}")["meta_data"]}


def test_a_parcel_adds_its_number_and_its_place_to_the_order_and_never_is_one(shop):
    site = placed(shop)
    shop.sync()
    with heard(shop):
        shop.cdek.hooks.weather.set({"duplicate": 1.0})
        parcel = control(shop, "parcel", number=site["number"])
        control(shop, "parcel", number=site["number"], is_return=True)
        shop.clock.skip(60)
        control(shop, "move", uuid=parcel["uuid"], code="ACCEPTED_AT_PICK_UP_POINT")
    assert requests.get(f"{shop.cdek_url}/_sandbox/counters", timeout=5).json()["webhooks_failed"] == 0
    shop.sync()
    assert (order(shop)["delivery.track"], order(shop)["delivery.status"]) == (parcel["cdek_number"], "ready")
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
        parcel = control(shop, "parcel", number=site["number"])
    shop.sync()
    assert order(shop)["delivery.status"] == "accepted"
    shop.cdek.hooks.weather.set({"off": True})
    detail = {"total_sum": 1700, "payment_info": [{"type": "CASH", "sum": 1700}]}
    shop.clock.skip(60)
    control(shop, "move", uuid=parcel["uuid"], code="DELIVERED", detail=detail)
    shop.sync()
    assert order(shop)["delivery.status"] == "accepted", "looked at a moment ago"
    shop.clock.skip(1900)
    shop.sync()
    assert order(shop)["delivery.status"] == "delivered"
    assert [(one["kind"], one["amount"]) for one in order(shop)["payments"] if one["id"].startswith(parcel["uuid"])] == [
        ("cash", "1700.00")
    ]
    asked = shop.cdek.requests
    for _ in range(2):
        shop.clock.skip(4000)
        shop.sync()
    assert shop.cdek.requests <= asked + 1, "a parcel that has come to an end is let be"


def test_a_parcel_that_is_not_being_looked_at_too_often_and_a_quiet_one_is_asked_for_once_in_half_an_hour(shop):
    site = placed(shop)
    shop.sync()
    with heard(shop):
        control(shop, "parcel", number=site["number"])
    shop.sync()
    asked = shop.cdek.requests
    for _ in range(5):
        shop.sync()
    assert shop.cdek.requests == asked
    for _ in range(3):
        shop.clock.skip(1900)
        shop.sync()
    assert 3 <= shop.cdek.requests - asked <= 5
