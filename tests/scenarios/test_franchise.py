"""A franchisee's base beside the shop's own: it gets the card and the balance of a customer who buys there, and nothing of others."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, contextmanager

import pytest

from connectors.limiter import LocalLimiter
from hub.app import assemble, prepare
from hub.config.schema import ConfigSchema
from hub.config.settings import build
from hub.explain.record import explain
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import views
from hub.storage.engine import open_store
from hub.storage.tables import record
from hub.verify.reconcile import verify
from sandbox.bonusplus.app import KEY, Bonusplus
from sandbox.frame.server import running
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.blank import lay_tables
from tests.scenarios.loyalty_shop import EXAMPLE, LoyaltyShop
from tests.scenarios.shop import SECRETS, Clock, example

ANNA, IVAN = "+79031234567", "+79160001122"
MONEY = {"take": True, "give": True}


class Franchise(LoyaltyShop):
    """``theirs``: the franchisee's account, as people there use it."""

    def __init__(self, hub, urls, vendors):
        super().__init__(hub, urls, vendors | {"crm": None})
        self.urls, self.their_app = urls, vendors["petrov"]

    def theirs(self, method, path, body=None, **params):
        own, self.sklad_url = self.sklad_url, self.urls["petrov"]
        try:
            return self.sklad(method, path, body, **params)
        finally:
            self.sklad_url = own

    def their_base(self):
        """Everything in it, as text; what the hub never wrote is there as well."""
        return json.dumps([self.their_app.store.tables, self.their_app.store.notes], ensure_ascii=False, default=str)

    def sold_there(self, buyer=None):
        shift, goods = (self.theirs("GET", kind)["rows"][0]["meta"] for kind in ("retailshift", "product"))
        lines = [{"quantity": 1, "price": 89000, "assortment": {"meta": goods}}]
        agent = {"agent": {"meta": buyer["meta"]}} if buyer else {}
        return self.theirs("POST", "retaildemand", {"retailShift": {"meta": shift}, "positions": lines} | agent)


@contextmanager
def opened(folder):
    vendors = {"sklad": Moysklad(), "petrov": Moysklad(seed=7), "site": Woocommerce(), "loyalty": Bonusplus()}
    for name in ("sklad", "petrov"):
        vendors[name].limits.enforce = False
    os.environ.update(SECRETS | {"BONUSPLUS_KEY": KEY, "BONUSPLUS_WEBHOOK_SECRET": "hook-d"})
    with ExitStack() as stack:
        urls = {system: stack.enter_context(running(vendor)) for system, vendor in vendors.items()}
        raw = {**example(urls, EXAMPLE), "folder": str(folder)}
        raw["systems"]["petrov"] = {**raw["systems"]["sklad"], "url": urls["petrov"], "realm": "petrov"}
        raw["routes"]["customer"]["petrov"] = MONEY
        raw["routes"]["order"] = {"sklad": MONEY, "petrov": MONEY, "site": MONEY | {"when": "source"}}
        raw["stores"] = {"lenina": {"city": "Уфа", "realm": "petrov", "organisation": "ip"}, "mega": {"city": "Уфа"}}
        raw["stand_ins"] = {"sklad": ["Розничный покупатель"], "petrov": ["Розничный покупатель"]}
        for value, word in (("lenina", "Уфа, Ленина 10"), ("mega", "Уфа, Мега")):
            raw["directories"]["store"][value]["petrov"] = [word]
        raw["directories"]["order_status"] = {
            "new": {"ru": "Новый", "sklad": ["Новый"], "petrov": ["Новый"], "site": ["processing", "pending"]}
        }
        raw["directories"]["payment_kind"] = {"cash": {"ru": "Наличные", "sklad": ["cashSum"], "petrov": ["cashSum"], "site": ["cod"]}}
        chosen = build(ConfigSchema().load(raw), folder, {})
        lay_tables(folder)
        hub = assemble(chosen, open_store("", folder, Clock(tuple(vendors.values()))), lambda _, __: LocalLimiter(()))
        prepare(hub)
        stack.callback(hub.store.dispose)
        shop = Franchise(hub, urls, vendors)
        for post in (shop.sklad, shop.theirs):
            post("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield shop


@pytest.fixture
def shop(tmp_path):
    """Anna registered on the site, Ivan at a till of the shop's own; both have cards and points."""
    with opened(tmp_path) as shop:
        shop.sync()
        address = {"phone": ANNA, "city": "Стерлитамак", "address_1": "Мира, 5"}
        shop.anna = shop.site(
            "POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": address}
        )
        person = {"companyType": "individual", "name": "Грачёв Иван", "legalFirstName": "Иван", "legalLastName": "Грачёв", "phone": IVAN}
        shop.sklad("POST", "counterparty", person)
        settled(shop)
        assert len(shop.members()) == 2
        yield shop


def settled(shop):
    for _ in range(3):
        shop.sync()


def comes(shop, phone, name="Аня"):
    """Somebody gives a phone at the franchisee's till."""
    return shop.theirs("POST", "counterparty", {"companyType": "individual", "name": name, "legalFirstName": name, "phone": phone})


def member(shop, phone):
    return next(one for one in shop.members() if one["phone"] == phone.removeprefix("+"))


def secrets(shop):
    """What is known of the two, but for what a till there was told itself."""
    cards = [one["discountCardNumber"] for one in shop.members()]
    return ["Орлова", "Грачёв", "Иван", "anna@example.ru", "Стерлитамак", "Мира, 5", "160001122", *cards]


def found(shop):
    base = shop.their_base()
    return [text for text in secrets(shop) if text in base]


def told(shop, system, name):
    """The sentence of a customer's page about a system."""
    with shop.hub.store.read() as at:
        rows = at.execute(record.select().where(record.c.entity == "customer")).mappings()
        page = views.record_page(at, next(row["id"] for row in rows if row["data"].get("first_name") == name))
        return next(one.text for one in explain(shop.hub, at, page, Shown(Speech("en"), views.titles(at))) if one.system == system)


def test_nothing_of_the_shops_customers_is_in_the_franchisees_base(shop):
    assert found(shop) == [] and ANNA[2:] not in shop.their_base()
    assert "told of the stores of its realm" in told(shop, "petrov", "Иван")


def test_who_is_asked_for_by_a_phone_there_is_told_nothing_before_she_buys(shop):
    comes(shop, ANNA, "Анна")
    settled(shop)
    assert found(shop) == [], "a phone typed in opens nobody's card"


def test_who_buys_there_brings_her_card_and_her_balance_and_nothing_else(shop):
    buyer = comes(shop, ANNA, "Анна")
    settled(shop)
    shop.sold_there(buyer)
    settled(shop)
    there = shop.theirs("GET", f"counterparty/{buyer['id']}")
    anna = member(shop, ANNA)
    bonus = next(one["value"] for one in there["attributes"] if one["name"] == "Бонусы")
    assert (there["discountCardNumber"], bonus) == (anna["discountCardNumber"], anna["availableBonuses"])
    assert found(shop) == [anna["discountCardNumber"]] and there["name"] == "Анна"
    shop.loyalty("PATCH", f"customer/{ANNA[1:]}/balance", {"amount": -50})
    settled(shop)
    there = shop.theirs("GET", f"counterparty/{buyer['id']}")
    assert next(one["value"] for one in there["attributes"] if one["name"] == "Бонусы") == anna["availableBonuses"] - 50
    report = verify(shop.hub, ["petrov"])
    assert report.drift == [], "what it may not see is no difference"


def test_orders_of_other_stores_stay_away_and_one_of_its_own_comes_without_its_buyer(shop):
    lines = [{"sku": "SV-005", "quantity": 1}]
    for store in ("mega", "lenina"):
        own = [{"key": "store", "value": store}]
        body = {"customer_id": shop.anna["id"], "status": "processing", "created_via": "checkout", "line_items": lines, "meta_data": own}
        shop.site("POST", "orders", body)
    settled(shop)
    (order,) = shop.theirs("GET", "customerorder", expand="agent,store", limit=10)["rows"]
    assert (order["store"]["name"], order["agent"]["name"]) == ("Уфа, Ленина 10", "Розничный покупатель")
    assert found(shop) == []


def test_ids_and_numbers_of_one_base_say_nothing_of_another(shop):
    (ivan,) = [row for row in shop.people() if row["name"] == "Грачёв Иван"]
    twin = {"id": ivan["id"], "companyType": "individual", "name": "Пётр", "legalFirstName": "Пётр", "phone": "+79270000000"}
    with shop.their_app.store.lock:
        shop.their_app.store.put("counterparty", twin)
    settled(shop)
    with shop.hub.store.read() as at:
        names = [row["data"].get("first_name") for row in at.execute(record.select().where(record.c.entity == "customer")).mappings()]
    assert sorted(filter(None, names)) == ["Анна", "Иван", "Пётр"] and found(shop) == []
