"""Carts that were left on the site: their owners are called once, unless anything says that they should not be."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import select

from hub.calling import desk
from hub.calling.requests import of_carts
from hub.storage.tables import record
from hub.web.app import create_app
from sandbox.bitrix24.app import Bitrix24
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.calling_shop import CallingShop
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import EXAMPLE, example

CARTS = EXAMPLE.parent / "examples" / "abandoned-cart.yaml"
MINUTE = 60.0


class CartShop(CallingShop):
    """The shop of examples/abandoned-cart.yaml, which has no Mindbox."""

    def buyer(self, number=1, consent=True):
        """An account of the site, whom the CRM then has, too."""
        said = (
            [{"key": "consents", "value": [{"purpose": "marketing", "channel": "call", "value": True, "source": "site"}]}]
            if consent
            else []
        )
        billing = {"phone": f"+7903000{number:04d}"}
        body = {
            "email": f"b{number}@example.ru",
            "first_name": "Анна",
            "last_name": f"Орлова-{number}",
            "billing": billing,
            "meta_data": said,
        }
        return self.site("POST", "customers", body)["id"]

    def cart(self, customer=0, number=1, status="checkout-draft"):
        body = {"customer_id": customer, "status": status, "line_items": [{"sku": "SV-007", "quantity": 2}]}
        return self.site("POST", "orders", body | {"billing": {"phone": f"8 903 000 {number:04d}"}})["id"]

    def later(self, minutes=61):
        self.sync()
        self.clock.skip(minutes * MINUTE)
        self.turn(2)

    def turn(self, times=1):
        for _ in range(times):
            self.sync()
            of_carts(self.hub)
            while desk.step(self.hub):
                self.work()


@contextmanager
def opened(folder, **changes):
    vendors = {
        "sklad": Moysklad(allow_loopback_webhooks=True), "crm": Bitrix24(allow_loopback_webhooks=True, allow_http=True),
        "site": Woocommerce(allow_loopback_webhooks=True),
    }  # fmt: skip
    with hub_between(vendors, lambda urls: example(urls, CARTS) | {"reference_wait": 5.0} | changes, folder) as (hub, urls):
        shop = CartShop(hub, urls | {"cdp": ""}, vendors | {"cdp": None})
        shop.at(12)
        yield shop


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as made:
        made.crm_app.limits.enforce = False
        yield made


@pytest.mark.parametrize("status", ["checkout-draft", "pending"])
def test_the_owner_of_a_cart_is_called_about_it_once(shop, status):
    anna = shop.buyer()
    shop.turn()
    shop.cart(anna, status=status)
    shop.later(30)
    assert shop.tasks() == [], "she may come back to it"
    shop.later()
    (task,) = shop.tasks()
    assert task["COMMUNICATIONS"][0]["VALUE"] == "+79030000001" and "В корзине:" in task["DESCRIPTION"] and "× 2" in task["DESCRIPTION"]
    shop.cart(anna, status=status)
    shop.later()
    assert len(shop.tasks()) == 1 and len(shop.records()) == 1, "another cart of that day"
    shop.marks(task, "недозвон")
    shop.later()
    assert [(one["state"], one["closed_reason"]) for one in shop.records()] == [("done", "limit")]


def test_a_guests_cart_is_whose_its_phone_is_and_a_strangers_nobodys(shop):
    shop.buyer(1)
    shop.turn()
    shop.cart(0, 1)
    shop.cart(0, 9)
    shop.later()
    (task,) = shop.tasks()
    assert task["COMMUNICATIONS"][0]["VALUE"] == "+79030000001"


def test_who_orders_as_a_guest_is_not_called_about_the_cart(shop):
    """The order names no account: the phone says whose it is, as it does of a cart."""
    anna, vera = shop.buyer(1), shop.buyer(2)
    shop.turn(2)
    shop.cart(anna, 1)
    shop.cart(vera, 2)
    shop.later()
    assert len(shop.tasks()) == 2
    body = {"status": "processing", "billing": {"phone": "8 (903) 000-00-01"}, "line_items": [{"sku": "SV-001", "quantity": 1}]}
    shop.site("POST", "orders", body)
    shop.later(5)
    assert sorted((one["state"], one.get("closed_reason")) for one in shop.records()) == [("cancelled", "bought"), ("open", None)]
    (left,) = [task for task in shop.tasks() if task["COMPLETED"] == "N"]
    assert left["COMMUNICATIONS"][0]["VALUE"] == "+79030000002"


def test_nobody_is_called_who_ordered_bought_or_gave_no_consent(shop):
    ordered, bought, silent, paid = (shop.buyer(number, consent=number != 3) for number in range(1, 5))
    shop.turn(2)
    kept = [shop.cart(who, number) for number, who in enumerate((ordered, bought, silent, paid), start=1)]
    shop.sync()
    shop.clock.skip(50 * MINUTE)
    shop.site("POST", "orders", {"customer_id": ordered, "status": "processing", "line_items": [{"sku": "SV-001", "quantity": 1}]})
    (person,) = shop.sklad("GET", "counterparty", filter="phone~9030000002")["rows"]
    shift, goods = shop.sklad("GET", "retailshift")["rows"][0], shop.sklad("GET", "product")["rows"][0]
    sold = {"retailShift": {"meta": shift["meta"]}, "agent": {"meta": person["meta"]}}
    shop.sklad("POST", "retaildemand", sold | {"positions": [{"quantity": 1, "price": 100.0, "assortment": {"meta": goods["meta"]}}]})
    shop.site("PUT", f"orders/{kept[3]}", {"status": "processing"})
    shop.later()
    shop.later()
    assert shop.tasks() == []
    assert sorted(one["closed_reason"] for one in shop.records()) == ["bought", "bought", "no_consent"], (
        "and of a paid cart nothing was asked"
    )


def test_a_paid_cart_closes_its_task(shop):
    anna = shop.buyer()
    shop.turn()
    cart = shop.cart(anna)
    shop.later()
    assert len(shop.tasks()) == 1
    shop.site("PUT", f"orders/{cart}", {"status": "processing"})
    shop.turn(2)
    assert shop.tasks() == [] and [one["closed_reason"] for one in shop.records()] == ["bought"]


def test_a_script_of_the_site_tells_of_carts(shop):
    shop.buyer()
    shop.turn()
    client = create_app(shop.hub).test_client()

    def told(**body):
        headers = {"Authorization": "Bearer a key of the checkout"}
        return client.post("/api/v1/carts", json={"lines": [{"name": "Платье", "quantity": 1}], "total": 1990, **body}, headers=headers)

    assert told(phone="8 903 000-00-01").json == {"available": True, "known": True}
    assert told(email="nobody@example.ru").json == {"available": True, "known": False}
    shop.later(40)
    assert told(email="b1@example.ru", lines=[{"name": "Платье"}, {"name": "Шарф", "quantity": "2"}]).status_code == 200
    shop.later(40)
    assert shop.tasks() == [], "she was there half an hour ago"
    shop.later(40)
    (task,) = shop.tasks()
    assert "В корзине: Платье × 1, Шарф × 2, на 1990.00 ₽" in task["DESCRIPTION"]
    assert told(phone="1", lines=[]).status_code == 422 and client.post("/api/v1/carts", json={}).status_code == 401
    with shop.hub.store.read() as at:
        assert len(list(at.execute(select(record.c.id).where(record.c.entity == "call_request")))) == 1
