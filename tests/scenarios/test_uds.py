"""A site and UDS: points are earned once and only when an order is paid, given back with what is returned, spent once; whatever answer is lost, and whoever
is not a member yet."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import requests
from sqlalchemy import select

from hub.storage.tables import link, record
from hub.web.app import create_app
from sandbox.uds.app import Uds
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between

UDS = scene.EXAMPLE.parent / "examples" / "uds.yaml"
MUG, SHIRT = "SV-007", "SV-001"  # 890 and 3490 roubles
PHONE = "+79031234567"


class Shop(scene.Shop):
    """With ``company``: what UDS has on its books."""

    def operations(self):
        return [(row["state"], row["total"], row["points"]) for row in self.company.operations.values()]

    def place(self, *lines, paid=True, **more):
        body = {"customer_id": self.anna["id"], "status": "processing" if paid else "pending", "payment_method": "bacs", "set_paid": paid}
        return self.site("POST", "orders", body | {"line_items": [{"sku": sku, "quantity": n} for sku, n in lines]} | more)

    def settled(self, seconds=600.0):
        for _ in range(2):
            self.poll()
            self.work(seconds)


@contextmanager
def opened(folder, url=""):
    """Anna has an account of the site, and is a member with 300 points. ``url``: a PostgreSQL database, else SQLite in ``folder``."""
    vendors = {"site": Woocommerce(allow_loopback_webhooks=True), "loyalty": Uds(allow_loopback_webhooks=True)}
    with hub_between(vendors, lambda urls: scene.example(urls, UDS), folder, url) as (hub, urls):
        made = Shop(hub, urls, vendors)
        made.company, made.uds_url = vendors["loyalty"].company, urls["loyalty"]
        made.member = made.company.join(PHONE, "Анна Орлова", points=300)
        made.anna = made.site(
            "POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "8 903 123-45-67"}}
        )
        made.sync()
        yield made


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as made:
        yield made


@pytest.mark.postgresql
def test_on_postgresql_it_is_the_same(tmp_path, postgres_url):
    with opened(tmp_path, postgres_url) as shop:
        test_points_come_with_the_money_go_with_the_goods_and_stand_in_the_account(shop)


def test_points_come_with_the_money_go_with_the_goods_and_stand_in_the_account(shop):
    order = shop.place((MUG, 2), (SHIRT, 1), paid=False)
    shop.settled()
    assert shop.operations() == []
    shop.site("PUT", f"orders/{order['id']}", {"set_paid": True, "status": "processing"})
    shop.settled()
    shop.settled()
    assert shop.operations() == [("NORMAL", 5270.0, 263.5)]
    account = shop.site("GET", f"customers/{shop.anna['id']}")
    assert {one["key"]: one["value"] for one in account["meta_data"]}["points_active"] == "563.50"
    mug = next(line for line in order["line_items"] if line["sku"] == MUG)
    shop.site("PUT", f"orders/{order['id']}", {"line_items": [{"id": mug["id"], "quantity": 1, "subtotal": "890.00", "total": "890.00"}]})
    shop.settled()
    assert shop.operations()[1:] == [("REVERSAL", -890.0, -44.5)]
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    shop.settled()
    assert sorted(total for _, total, _ in shop.operations()) == [-3490.0, -890.0, -890.0, 5270.0]
    assert shop.member.points == 300
    assert {row["state"] for row in shop.rows() if row["entity"] == "loyalty_operation"} == {"done"}


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_effect", "truncated"])
def test_a_lost_answer_posts_nothing_twice(shop, kind):
    order = shop.place((MUG, 2))
    shop.poll()
    rules = [{"kind": kind, "match": "POST /partner/v2/operations(/[0-9]+/refund)?$", "count": 1, "seconds": 0.2}]
    requests.post(f"{shop.uds_url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()
    shop.busy(10)
    shop.clock.skip(40)
    shop.work(600.0)
    assert shop.operations() == [("NORMAL", 1780.0, 89.0)]
    requests.post(f"{shop.uds_url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()
    shop.site("PUT", f"orders/{order['id']}", {"status": "cancelled"})
    shop.poll()
    shop.busy(10)
    shop.clock.skip(40)
    shop.work(600.0)
    assert sorted(total for _, total, _ in shop.operations()) == [-1780.0, 1780.0] and shop.member.points == 300


def test_who_is_no_member_becomes_one_by_the_first_purchase_and_is_one_person(shop):
    boris = shop.site("POST", "customers", {"email": "boris@example.ru", "first_name": "Борис", "billing": {"phone": "+79261112233"}})
    shop.place((MUG, 1), customer_id=boris["id"])
    shop.settled()
    shop.settled()
    (member,) = [one for one in shop.company.members.values() if one.phone == "+79261112233"]
    assert member.points == 44.5
    with shop.hub.store.read() as at:
        rows = at.execute(select(link.c.record_id, link.c.external_id).where(link.c.entity == "customer", link.c.state == "live")).all()
        people = at.execute(select(record.c.id).where(record.c.entity == "customer", record.c.merged_into.is_(None))).all()
    mine = {row.external_id: row.record_id for row in rows}
    assert len(people) == 2 and mine[str(member.number)] == mine[str(boris["id"])]


def test_points_are_asked_for_at_the_checkout_and_spent_by_the_paid_order(shop):
    client = create_app(shop.hub).test_client()

    def api(path, body, status=200):
        answer = client.post(f"/api/v1/points/{path}", json=body, headers={"Authorization": "Bearer a key of the checkout"})
        assert answer.status_code == status, answer.text
        return answer.json

    assert api("balance", {"phone": PHONE})["active"] == "300.00"
    lines = [{"sku": MUG, "quantity": "1", "price": "890.00", "sum": "890.00"}]
    assert api("quote", {"phone": PHONE, "lines": lines, "points": "200"})["most"] == "300.00"
    api("reserve", {"phone": PHONE, "order": "5001", "points": "200"})
    api("reserve", {"phone": PHONE, "order": "5001", "points": "301"}, 409)
    shop.place((MUG, 1), fee_lines=[{"name": "Оплата бонусами", "total": "-200.00"}])
    shop.settled()
    assert shop.operations() == [("NORMAL", 890.0, 34.5 - 200.0)]
    assert float(shop.member.points) == 134.5


def test_a_purchase_that_the_programme_refuses_waits_for_a_person_and_is_said_again_by_a_replay(shop):
    """The company wants the code of the app, which only the buyer has."""
    shop.company.programme.points_by_phone = False
    shop.place((MUG, 1), fee_lines=[{"name": "Оплата бонусами", "total": "-200.00"}])
    shop.settled()
    (row,) = [row for row in shop.rows() if row["entity"] == "loyalty_operation"]
    assert (row["state"], row["error_class"], row["error_code"]) == ("dead", "Rejected", "withdrawNotPermitted")
    assert shop.operations() == []
    shop.company.programme.points_by_phone = True
    with shop.hub.store.state() as at:
        shop.hub.outbox.replay(at, [row["id"]], now=shop.hub.clock())
    shop.work()
    assert len(shop.operations()) == 1
