"""A shop on InSales and MoySklad: each person and order once, edits travel both ways, echoes die; with webhooks and without, through the limit of
requests and lost answers."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import requests
from sqlalchemy import func, select

from hub.storage import inbox
from hub.storage.tables import delivery
from hub.sync.poll import poll
from hub.verify.reconcile import verify
from sandbox.insales.app import PASSWORD, PEOPLE, Insales
from sandbox.moysklad.app import Moysklad
from tests.listening import listening
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between

INSALES = scene.EXAMPLE.parent / "examples" / "insales.yaml"
SECRET = "hook-f"


class Shop(scene.Shop):
    """With ``site`` as a person of the InSales shop has it."""

    def site(self, method, path, body=None, **params):
        url = f"{self.site_url}/admin/{path}.json"
        answer = requests.request(method, url, json=body, params=params, auth=(PEOPLE, PASSWORD), timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def control(self, what, **body):
        requests.post(f"{self.site_url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def effects(self):
        return requests.get(f"{self.site_url}/_sandbox/effects", timeout=5).json()

    def people(self):
        return [row for row in self.sklad("GET", "counterparty")["rows"] if row["name"] != "Розничный покупатель"]

    def documents(self):
        return self.sklad("GET", "customerorder", limit=100, expand="positions.assortment,agent,state")["rows"]

    def place(self, phone="8 903 123-45-67", **more):
        """A guest's checkout."""
        client = {"name": "Анна", "surname": "Орлова", "phone": phone, "email": "anna@example.ru"}
        lines = [{"variant_id": 7707, "quantity": 2, "sale_price": 890}, {"variant_id": 7701, "quantity": 1}]
        body = {
            "client": client,
            "order_lines_attributes": lines,
            "delivery_variant_id": 21,
            "payment_gateway_id": 31,
            "comment": "Позвонить",
        }
        return self.site("POST", "orders", {"order": body | more})

    @contextmanager
    def accepting(self):
        """The hub's own web server, at which the shop's webhooks arrive; its subscriptions made."""
        with listening(self.hub) as address:
            url = f"{address}/webhooks/site/{SECRET}"
            self.hub.connectors["site"].subscribe(url)
            yield url


@contextmanager
def opened(folder, url=""):
    """``url``: a PostgreSQL database, else SQLite in ``folder``."""
    vendors = {"sklad": Moysklad(allow_loopback_webhooks=True), "site": Insales(allow_loopback_webhooks=True)}
    vendors["site"].limits.enforce = False
    with hub_between(vendors, lambda urls: scene.example(urls, INSALES) | {"reference_wait": 5.0}, folder, url) as (hub, urls):
        made = Shop(hub, urls, vendors)
        made.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield made


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as made:
        yield made


@pytest.mark.postgresql
def test_on_postgresql_it_is_the_same(tmp_path, postgres_url):
    with opened(tmp_path, postgres_url) as shop:
        test_a_guest_s_order_is_known_once_its_edits_come_back_and_the_buyer_is_told_once(shop)


def test_a_guest_s_order_is_known_once_its_edits_come_back_and_the_buyer_is_told_once(shop):
    placed = shop.place(
        shipping_address_attributes={"name": "Пётр", "surname": "Ильин", "phone": "+79260000000", "address": "Уфа, Ленина 1"}
    )
    for _ in range(3):
        shop.sync()
    (person,), (order,) = shop.people(), shop.documents()
    assert (person["legalFirstName"], person["legalLastName"], person["email"]) == ("Анна", "Орлова", "anna@example.ru")
    rows = {one["assortment"]["article" if "article" in one["assortment"] else "code"]: one for one in order["positions"]["rows"]}
    assert order["sum"] / 100 == placed["total_price"] == 890 * 2 + 3490 + 300
    assert len(rows) == 3, "with the service of delivery"
    assert shop.counters()["writes"] == 2, "a counterparty and an order: what comes back is our own"
    before = shop.effects()
    shop.sklad("PUT", f"customerorder/{order['id']}", {"state": {"meta": state(shop, "Собран")}})
    shop.sync()
    shop.sync()
    shown = shop.site("GET", f"orders/{placed['id']}")
    assert (shown["custom_status"]["permalink"], shown["fulfillment_status"]) == ("otgruzhen", "dispatched")
    assert {kind: count - before.get(kind, 0) for kind, count in shop.effects().items() if count != before.get(kind, 0)} == {
        "mail: order status": 1,
        "sms: order status": 1,
    }
    shop.site("PUT", f"orders/{placed['id']}", {"order": {"custom_status_permalink": "otmenen"}})
    shop.sync()
    assert shop.documents()[0]["state"]["name"] == "Отменён"


def state(shop, name):
    states = requests.get(
        f"{shop.sklad_url}/api/remap/1.2/entity/customerorder/metadata",
        headers={"Authorization": "Bearer sandbox-moysklad-token"},
        timeout=5,
    ).json()["states"]
    return next(one["meta"] for one in states if one["name"] == name)


def test_two_guests_with_one_phone_are_one_person(shop):
    shop.place()
    shop.place(phone="+7 (903) 1234567")
    shop.sync()
    shop.sync()
    assert len(shop.people()) == 1
    assert len({one["agent"]["id"] for one in shop.documents()}) == 1 and len(shop.documents()) == 2
    assert len(shop.site("GET", "clients")) == 2, "the hub unites nobody there"


def test_what_is_typed_in_moysklad_for_the_site_is_made_there_with_its_discounts(shop):
    shop.place()
    shop.sync()
    (order,) = shop.documents()
    positions = [{"quantity": 3, "price": 349000.0, "discount": 10.0, "assortment": {"meta": goods(order, 349000.0)}}]
    body = {name: {"meta": order[name]["meta"]} for name in ("organization", "agent")}
    channel = next(one for one in shop.sklad("GET", "saleschannel")["rows"] if one["name"] == "Интернет-магазин")
    shop.sklad("POST", "customerorder", body | {"positions": positions, "salesChannel": {"meta": channel["meta"]}})
    for _ in range(3):
        shop.sync()
    assert [row for row in shop.queue() if row[2] not in ("done", "skipped")] == []
    made = next(one for one in shop.site("GET", "orders") if one["discounts"])
    (line,) = made["order_lines"]
    assert (line["sku"], line["quantity"], line["sale_price"], line["full_total_price"]) == ("SV-001", 3, 3490.0, 9423.0)
    assert made["client"]["name"] == "Анна" and (made["delivery_variant_id"], made["total_price"]) == (21, 9423.0), "no price of its own"
    assert sorted(one["sum"] / 100 for one in shop.documents()) == [5570.0, 9423.0]
    writes = shop.counters()["writes"]
    shop.sync()
    assert shop.counters()["writes"] == writes


def goods(order, price):
    return next(one["assortment"]["meta"] for one in order["positions"]["rows"] if one["price"] == price)


def test_edits_of_either_side_reach_the_other(shop):
    placed = shop.place()
    shop.sync()
    (person,) = shop.people()
    ident = placed["client"]["id"]
    shop.site(
        "PUT",
        f"clients/{ident}",
        {"client": {"middlename": "Ивановна", "fields_values_attributes": [{"handle": "birthday", "value": "1990-06-05"}]}},
    )
    shop.sklad("PUT", f"counterparty/{person['id']}", {"legalLastName": "Соколова"})
    shop.sync()
    shop.sync()
    (person,), client = shop.people(), shop.site("GET", f"clients/{ident}")
    assert (person["legalMiddleName"], person["birthDate"][:10], client["surname"]) == ("Ивановна", "1990-06-05", "Соколова")
    assert client["phone"] == "8 903 123-45-67", "as the buyer typed it"


def test_webhooks_tell_at_once_and_what_they_lose_a_poll_finds(shop):
    shop.sync()
    with shop.accepting() as url:
        shop.control("webhooks", duplicate=1.0)
        placed = shop.place()
        shop.site_app.hooks.drain()
        shop.work()
        assert len(shop.documents()) == len(shop.people()) == 1, "without a poll, and once"
        forged = requests.post(f"{url[:-1]}x?topic=orders/update", json={"id": placed["id"]}, timeout=5)
        assert forged.status_code in (401, 404)
        shop.control("webhooks", loss=1.0)
        shop.site("PUT", f"orders/{placed['id']}", {"order": {"custom_status_permalink": "dostavlen"}})
        shop.site_app.hooks.drain()
        with shop.hub.store.read_intake() as at:
            assert at.execute(select(func.count()).select_from(inbox.inbox)).scalar_one() == 0
        poll(shop.hub, "site", "orders")
        shop.work()
        assert shop.documents()[0]["state"]["name"] == "Доставлен"
        shop.control("webhooks")
        shop.site("DELETE", f"orders/{placed['id']}", {})
        shop.site_app.hooks.drain()
        shop.work()
    assert len(shop.documents()) == 1, "the hub deletes nothing elsewhere"


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_effect", "truncated", "html"])
def test_a_lost_answer_makes_nobody_and_nothing_twice(shop, kind):
    person = {
        "name": "Анна Орлова",
        "companyType": "individual",
        "legalLastName": "Орлова",
        "legalFirstName": "Анна",
        "phone": "+79031234567",
    }
    shop.sklad("POST", "counterparty", person)
    shop.poll()
    rules = [{"kind": kind, "match": "(POST|PUT) /admin/", "rate": 0.7, "count": 3, "seconds": 0.2}]
    requests.post(f"{shop.site_url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()
    shop.busy(10)
    shop.clock.skip(70)  # by then no lost request can act any more
    shop.work(600.0)
    requests.delete(f"{shop.site_url}/_sandbox/faults", timeout=5)
    shop.sync()
    (client,) = shop.site("GET", "clients")
    assert (client["name"], client["surname"], client["phone"]) == ("Анна", "Орлова", "+79031234567")


def test_a_used_up_window_only_delays(shop):
    """503 with a time to wait: nothing is tried against it meanwhile, and nothing is lost."""
    shop.place()
    shop.poll()
    shop.take()
    shop.site_app.limits.seconds = 2.0
    shop.control("limits", enforce=True, used=500)
    shop.sklad(
        "POST", "counterparty", {"name": "Борис Котов", "companyType": "individual", "legalFirstName": "Борис", "phone": "+79261112233"}
    )
    poll(shop.hub, "sklad", "counterparty")
    shop.work(600.0)
    assert 0 < shop.site_app.limits.refused <= 3, "the vendor's time is waited for"
    assert [row["name"] for row in shop.site_app.shop.tables["clients"].values()].count("Борис") == 1
    assert len(shop.documents()) == 1


def test_an_order_whose_customer_people_change_keeps_its_client_in_the_shop_and_nobody_is_asked_to_mend_it(shop):
    placed = shop.place()
    shop.sync()
    (order,) = shop.documents()
    other = shop.sklad("POST", "counterparty", {"name": "Борис Ким", "companyType": "individual", "phone": "+79261112233"})
    shop.sync()
    shop.sklad("PUT", f"customerorder/{order['id']}", {"agent": {"meta": other["meta"]}, "description": "Позвонить вечером"})
    for _ in range(2):
        shop.sync()
    shown = shop.site("GET", f"orders/{placed['id']}")
    assert (shown["client"]["id"], shown["comment"]) == (placed["client"]["id"], "Позвонить вечером"), (
        "the shop's own, and the rest follows"
    )
    assert shop.documents()[0]["agent"]["id"] == other["id"]
    with shop.hub.store.read() as at:
        assert at.execute(select(delivery.c.error_text).where(delivery.c.state == "dead")).all() == []
    report = verify(shop.hub, ["site"])
    assert not report.drift, report.drift
