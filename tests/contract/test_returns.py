"""Returns as the connectors read them from the stand-ins over HTTP: with the sale that they are of, of every kind that a vendor has."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
import requests

from connectors.contract import SystemSettings, WebhookRequest, Write
from connectors.errors import Rejected
from connectors.limiter import LocalLimiter
from connectors.woocommerce.connector import Woocommerce as Shop
from connectors.woocommerce.manifest import MANIFEST as WOOCOMMERCE
from sandbox.frame.server import running
from sandbox.moysklad.app import PEOPLE, Moysklad
from sandbox.onec.app import Onec
from sandbox.woocommerce.app import Woocommerce
from tests.contract.onec_place import Place
from tests.contract.test_connector_moysklad import SECRET, Account


@pytest.fixture
def account():
    app = Moysklad(weight=4)
    app.limits.enforce = False
    with running(app) as url:
        yield Account(app, url)


class Sold:
    """An order that was shipped, and a receipt, each of two pieces at 100 roubles."""

    def __init__(self, account):
        self.account, user = account, account.user
        self.goods = user("GET", "product")["rows"][0]["meta"]
        self.order = account.order()
        store, shift = (user("GET", kind)["rows"][0]["meta"] for kind in ("store", "retailshift"))
        self.firm, self.agent, self.store = self.order["organization"], self.order["agent"], {"meta": store}
        self.till = {"retailShift": {"meta": shift}, "agent": self.agent}
        self.document = {"organization": self.firm, "agent": self.agent, "store": self.store}
        self.demand = self.made("demand", 2, **self.document, customerOrder={"meta": self.order["meta"]})
        self.receipt = self.made("retaildemand", 2, **self.till)

    def made(self, kind, quantity, **more):
        return self.account.user("POST", kind, {**more, "positions": [self.line(quantity)]})

    def line(self, quantity):
        return {"quantity": quantity, "price": 10000.0, "assortment": {"meta": self.goods}}


def refusal(account, kind, body):
    headers = {"Authorization": f"Bearer {PEOPLE}"}
    answer = requests.post(f"{account.url}/api/remap/1.2/entity/{kind}", json=body, headers=headers, timeout=10)
    return answer.json()["errors"][0]["code"]


def test_moysklad_shows_a_return_with_its_receipt_or_the_order_that_was_shipped(account):
    sold = Sold(account)
    at_till = sold.made("retailsalesreturn", 1, **sold.till, demand={"meta": sold.receipt["meta"]})
    by_post = sold.made("salesreturn", 2, **sold.document, demand={"meta": sold.demand["meta"]})
    bare = sold.made("retailsalesreturn", 1, **sold.till, cashSum=10000.0, noCashSum=0)
    (page,) = account.connector.changes("retailsalesreturn", {})
    named = {one.id: one.data["sold"]["meta"]["href"] if "sold" in one.data else "" for one in page.objects}
    assert named.keys() == {at_till["id"], bare["id"]} and named[bare["id"]] == ""
    assert named[at_till["id"]].endswith(f"/retaildemand/{sold.receipt['id']}")
    assert page.objects[0].data["cheque"]["fiscalDocNumber"] and page.objects[0].data["store"]["name"]
    (one,) = account.connector.fetch("salesreturn", [by_post["id"]])
    assert one.data["sold"]["meta"]["href"].endswith(f"/customerorder/{sold.order['id']}")
    assert [row["quantity"] for row in one.data["positions"]["rows"]] == [2.0]


def test_moysklad_refuses_a_return_that_is_not_of_its_sale(account):
    sold = Sold(account)
    other = {"meta": account.user("POST", "counterparty", {"name": "Пётр"})["meta"]}
    named = {"demand": {"meta": sold.receipt["meta"]}, "positions": [sold.line(1)]}
    assert refusal(account, "retailsalesreturn", sold.till | named | {"agent": other}) == 17010
    assert refusal(account, "salesreturn", sold.document | named | {"agent": other, "demand": {"meta": sold.demand["meta"]}}) == 17010
    assert refusal(account, "retailsalesreturn", sold.till | {"positions": [sold.line(1)]}) == 19001
    assert refusal(account, "retailsalesreturn", sold.till | named | {"cashSum": 500.0}) == 19002
    assert refusal(account, "retailsalesreturn", sold.till | named | {"qrSum": 10000.0}) == 19003


def test_moysklad_tells_of_returns_by_webhook(account):
    kinds = ("retailsalesreturn", "salesreturn")
    events = [{"meta": {"type": kind, "href": f"https://x/entity/{kind}/1"}, "action": "CREATE", "accountId": "a"} for kind in kinds]
    hints = account.connector.receive(WebhookRequest({}, json.dumps({"events": events}).encode(), {"requestId": "1"}, SECRET))
    assert [(one.resource, one.id) for one in hints] == [(kind, "1") for kind in kinds]
    assert {name.split()[0] for name in account.connector.subscribe("http://127.0.0.1:1/webhooks/sklad/s").active} >= set(kinds)


def test_the_hub_makes_no_refund_on_a_site():
    """One that is made by the API may return money through the acquirer: only people make them."""
    assert WOOCOMMERCE.resources["refunds"].operations == {} and not WOOCOMMERCE.resources["refunds"].writable
    app = Woocommerce()
    with running(app) as url:
        connector = Shop(SystemSettings("site", "woocommerce", url, secrets={"consumer_key": "ck_sandbox", "consumer_secret": "cs_sandbox"}, webhook_secret="hook"), LocalLimiter(()), lambda: datetime.now(UTC))  # fmt: skip
        order = requests.post(f"{url}/wp-json/wc/v3/orders", json={"line_items": [{"sku": "SV-001", "quantity": 1}]}, auth=("ck_sandbox", "cs_sandbox"), timeout=5).json()  # fmt: skip
        for ident in (None, f"{order['id']}/1"):
            (outcome,) = connector.write("refunds", [Write("k", ident, {"amount": "50", "order": order["id"]})])
            assert isinstance(outcome.error, Rejected)
        refunds = requests.get(f"{url}/wp-json/wc/v3/orders/{order['id']}/refunds", auth=("ck_sandbox", "cs_sandbox"), timeout=5).json()
    assert refunds == []


def test_woocommerce_shows_refunds_with_the_lines_that_they_are_of():
    app = Woocommerce()
    with running(app) as url:
        connector = Shop(SystemSettings("site", "woocommerce", url, secrets={"consumer_key": "ck_sandbox", "consumer_secret": "cs_sandbox"}, webhook_secret="hook"), LocalLimiter(()), lambda: datetime.now(UTC))  # fmt: skip

        def person(path, body):
            return requests.post(f"{url}/wp-json/wc/v3/{path}", json=body, auth=("ck_sandbox", "cs_sandbox"), timeout=5).json()

        order = person("orders", {"line_items": [{"sku": "SV-001", "quantity": 1}, {"sku": "SV-007", "quantity": 2}]})
        assert [page.objects for page in connector.changes("refunds", {})] == [[]]
        mug = {"id": order["line_items"][1]["id"], "quantity": 1, "refund_total": "890"}
        made = person(f"orders/{order['id']}/refunds", {"line_items": [mug], "reason": "Мало", "api_refund": False})
        bare = person(f"orders/{order['id']}/refunds", {"amount": "50", "api_refund": False})
        (page,) = connector.changes("refunds", {})
        assert {one.id for one in page.objects} == {f"{order['id']}/{made['id']}", f"{order['id']}/{bare['id']}"}
        found = connector.fetch("refunds", [f"{order['id']}/{made['id']}", "77/1", "nonsense"])
        assert [(one.data["order"], one.data["reason"]) for one in found] == [(order["id"], "Мало")]
        (line,) = found[0].data["items"]
        assert (line["sku"], line["quantity"], line["total"], line["sold"]) == ("SV-007", 1, "890.00", 2)
        hints = connector.receive(signed({"id": order["id"], "refunds": [{"id": made["id"]}]}))
        assert [(hint.resource, hint.id) for hint in hints] == [("orders", str(order["id"])), ("refunds", f"{order['id']}/{made['id']}")]


def signed(body):
    raw = json.dumps(body).encode()
    mark = base64.b64encode(hmac.new(b"hook", raw, hashlib.sha256).digest()).decode()
    return WebhookRequest({"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Signature": mark}, raw)


@pytest.fixture(params=["ut", "unf", "retail"])
def place(request):
    app = Onec(profile=request.param)
    with running(app) as url:
        yield Place(app, url)


SALES = {"ut": ("Document_ЧекККМВозврат", "ЧекККМ_Key", "Статус", "Пробит"), "unf": ("Document_ЧекККМВозврат", "ЧекККМ_Key", "Статус", "Пробит"),
         "retail": ("Document_ЧекККМ", "ЧекККМПродажа_Key", "СтатусЧекаККМ", "Пробитый")}  # fmt: skip


def test_1c_shows_a_return_with_its_receipt_in_every_configuration(place):
    profile = place.connector.profile
    where, names, status, rung = SALES[profile.name]
    kind = {"ВидОперации": "Продажа"} if profile.name == "retail" else {}
    goods = next(iter(place.app.base.tables["Catalog_Номенклатура"]))
    line = {"Номенклатура_Key": goods, "Количество": 1, "Цена": 490, "Сумма": 490}
    lines = {profile.places["returns"].lines: [line]}
    sale = place.add("Document_ЧекККМ", Posted=True, СуммаДокумента=490, **{status: rung}, **kind, **lines)
    back = place.add(where, Posted=True, СуммаДокумента=490, **{status: rung, names: sale["Ref_Key"]}, **lines, **({"ВидОперации": "Возврат"} if kind else {}))  # fmt: skip
    (one,) = place.connector.fetch("returns", [back["Ref_Key"]])
    assert (one.data["sold"], one.data["Статус"], one.data["Товары"][0]["goods"]) == (sale["Ref_Key"], rung, goods)
    assert one.data.get("ВидОперации") in (None, "Возврат")
    pages = list(place.connector.changes("returns", {}))
    assert back["Ref_Key"] in [x.id for page in pages for x in page.objects]
    assert all(finding.ok or finding.warn for finding in place.connector.check().findings)


def test_1c_leads_a_return_of_a_shipment_to_its_order(place):
    if place.connector.profile.name != "ut":
        assert [page.objects for page in place.connector.changes("goods_returns", {})] == [[]], "there is no such document"
        assert place.connector.fetch("goods_returns", ["7c1e0000-77aa-11ef-8c35-00155d0102b1"]) == []
        return
    order = place.add("Document_ЗаказКлиента", Posted=True)["Ref_Key"]
    shipped = place.add("Document_РеализацияТоваровУслуг", Posted=True, ЗаказКлиента=order)["Ref_Key"]
    kind = {"ДокументРеализации_Type": "StandardODATA.Document_РеализацияТоваровУслуг"}
    back = place.add("Document_ВозвратТоваровОтКлиента", Posted=True, ДокументРеализации=shipped, ПричинаВозврата="Мало", **kind)["Ref_Key"]
    (one,) = place.connector.fetch("goods_returns", [back])
    assert (one.data["sold"], one.data["ПричинаВозврата"]) == (order, "Мало")
    place.control("publication", hidden=["Document_РеализацияТоваровУслуг"])
    (one,) = place.made().fetch("goods_returns", [back])
    assert one.data["sold"] is None, "shipments are not in the composition"


def test_1c_can_be_worked_with_without_returns_and_the_check_says_that_they_are_not_seen(place):
    hidden = [x.set for x in place.connector.profile.places.values() if x.optional and x.set != "Document_ЧекККМ"]
    place.control("publication", hidden=hidden)
    told = {finding.name: finding for finding in place.made().check().findings if finding.name in hidden}
    assert sorted(told) == sorted(hidden) and all(one.warn for one in told.values())
