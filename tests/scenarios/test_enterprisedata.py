"""A base in which the hub is a node of the universal format, and the site: customers and orders in messages both ways, numbers on both sides, every kind
of lost answer."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.storage import inbox
from hub.storage.tables import delivery
from tests.scenarios.soap_shop import MESSAGES, opened


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, example=MESSAGES, reference_wait=5.0) as shop:
        work(shop, 1)
        yield shop


def work(shop, rounds=2):
    """The site is asked, messages go, and what follows from both is done."""
    for _ in range(rounds):
        shop.poll()
        shop.settle()
        shop.round()
        shop.settle()


def open_deliveries(shop):
    with shop.hub.store.read() as at:
        query = select(delivery.c.state, delivery.c.error_text).where(
            delivery.c.system == "uchet", delivery.c.state.not_in(("done", "skipped"))
        )
        return [tuple(row) for row in at.execute(query)]


def numbers(shop):
    with shop.hub.store.read_intake() as at:
        return inbox.get_cursor(at, "uchet", "messages")["cursor"]


def exchange(shop):
    return shop.base.services.exchange


def test_orders_and_customers_go_in_a_message_and_what_people_change_in_the_base_comes_back(shop):
    user = shop.buyer()
    shop.place(user)
    work(shop, 3)
    (order,), (person,) = shop.table("orders"), shop.table("customers")
    assert (order["CustomerId"], order["ClientNumber"], order["Comment"], order["Total"]) == (person["Id"], "5001", "Позвонить", 5190)
    assert [(one["Article"], int(one["Quantity"])) for one in order["Lines"]["Line"]] == [("SV-007", 2), ("SV-001", 1)]
    assert (person["Name"], person["Phone"], person["Email"]) == ("Орлова Анна", "+7 (903) 123-45-67", "anna@example.ru")
    assert open_deliveries(shop) == []
    shop.put("customers", Id=person["Id"], Name="Соколова Анна", Comment="Любит лён")
    work(shop)
    assert shop.site("GET", f"customers/{user['id']}")["last_name"] == "Соколова"
    shop.site("PUT", f"customers/{user['id']}", {"first_name": "Яна"})
    work(shop, 3)
    (person,) = shop.table("customers")
    assert (person["Name"], person["Comment"], person["Phone"]) == ("Соколова Яна", "Любит лён", "+7 (903) 123-45-67")
    loaded = len(exchange(shop).loaded)
    work(shop, 3)
    assert len(exchange(shop).loaded) == loaded and exchange(shop).registered == {}, "silence, once everything is said to be received"


def test_what_is_not_said_to_be_received_comes_again_and_is_no_news(shop):
    shop.put("customers", Name="Ильин Пётр", Phone="+7 912 345-67-89")
    work(shop, 1)
    assert [one["last_name"] for one in shop.records("customer")] == ["Ильин"]
    sent = exchange(shop).sent
    exchange(shop).registered[("customers", next(iter(shop.base.services.shop.tables["customers"])))] = (
        0  # as if its acknowledgement were lost
    )
    work(shop, 2)
    assert exchange(shop).sent > sent and len(shop.records("customer")) == 1 and open_deliveries(shop) == []


def test_a_message_is_said_to_be_received_after_all_of_it_is_kept_and_not_before(shop):
    for number in range(250):
        shop.put("customers", Name=f"Ильин Пётр {number}", Phone=f"+7912{number:07d}")
    turns = iter([True, False])
    from hub.sync import rounds

    rounds.work(shop.hub, "uchet", lambda: next(turns, False))  # the process is asked to end after the first batch
    taken = numbers(shop)
    assert taken["taken"] > taken["told"] and len(exchange(shop).registered) == 250, "half a message is kept: nothing is said of it"
    work(shop, 2)
    assert numbers(shop)["told"] == numbers(shop)["taken"] and exchange(shop).registered == {}
    assert len(shop.records("customer")) == 250


@pytest.mark.parametrize("kind", ["reset_after", "late_effect", "truncated", "html"])
def test_whatever_becomes_of_the_answers_everything_is_there_once(shop, kind):
    shop.put("customers", Name="Ильин Пётр", Phone="+7 912 345-67-89")
    shop.place(shop.buyer())
    shop.fault(kind, count=8, rate=0.4, seconds=1.0)
    work(shop, 5)
    assert shop.faulted(kind) > 0
    shop.fault("latency", count=0)
    shop.clock.skip(600.0)
    work(shop, 4)
    assert sorted(one["Name"] for one in shop.table("customers")) == ["Ильин Пётр", "Орлова Анна"]
    assert (len(shop.table("orders")), open_deliveries(shop), exchange(shop).registered) == (1, [], {})
    said = [one["number"] for one in exchange(shop).loaded]
    assert said == sorted(set(said)), "no number twice"


def test_an_order_that_the_base_cannot_load_keeps_back_no_other_and_is_told(shop):
    user = shop.buyer()
    exchange(shop).unloadable = ["SV-001"]
    shop.place(user)
    for _ in range(3):
        shop.place(user, line_items=[{"sku": "SV-007", "quantity": 1}])
    work(shop, 14)
    assert len(shop.table("orders")) == 3
    ((state, text),) = open_deliveries(shop)
    assert state == "dead" and "loaded" in text
    exchange(shop).unloadable = []
    shop.place(user, line_items=[{"sku": "SV-005", "quantity": 1}])
    work(shop, 6)
    assert len(shop.table("orders")) == 5


def test_a_job_that_is_not_known_any_more_is_settled_by_the_head_of_the_next_message(shop):
    shop.place(shop.buyer())
    shop.control(exchange={"forget": ["put"]})
    work(shop, 1)
    assert len(shop.table("orders")) == 1 and open_deliveries(shop), "loaded, and nobody said so"
    shop.control(exchange={"forget": []})
    work(shop, 4)
    assert (len(shop.table("customers")), len(shop.table("orders")), open_deliveries(shop)) == (1, 1, [])


def test_what_is_deleted_or_a_firm_is_left_alone_and_receipts_come_in(shop):
    gone = shop.put("customers", Name="Ильин Пётр", Phone="+7 912 345-67-89")
    shop.put("customers", Name="ООО Ромашка", Kind="ЮридическоеЛицо")
    goods = exchange(shop).goods[4]
    line = {"Goods": goods["Id"], "Article": goods["Article"], "Quantity": 2, "Price": 490, "Sum": 980}
    shop.put("receipts", Receipt="182", Total=980, Lines={"Line": [line]}, Payments={"Payment": [{"Kind": "Наличные", "Sum": 980}]})
    work(shop, 1)
    assert [one["last_name"] for one in shop.records("customer")] == ["Ильин"]
    (receipt,) = shop.records("order")
    assert (receipt["total"], receipt["channel"], receipt["lines"][0]["sku"], receipt["payments"][0]["kind"]) == (
        "980.00",
        "retail",
        goods["Article"],
        "cash",
    )
    shop.put("customers", Id=gone["Id"], Deleted=True)
    work(shop, 2)
    assert open_deliveries(shop) == [] and exchange(shop).registered == {}


def test_in_observe_nothing_is_handed_over_and_nothing_is_said_to_be_received(tmp_path):
    with opened(tmp_path, example=MESSAGES) as shop:
        from hub.storage import states

        with shop.hub.store.write() as at:
            states.set_values(at, "uchet", mode="observe")
        shop.put("customers", Name="Ильин Пётр", Phone="+7 912 345-67-89")
        shop.place(shop.buyer())
        work(shop, 3)
        assert {one["last_name"] for one in shop.records("customer")} == {"Ильин", "Орлова"}
        assert exchange(shop).loaded == [] and exchange(shop).registered and numbers(shop)["told"] == 0
