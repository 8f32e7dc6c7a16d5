"""The WooCommerce connector against the stand-in over HTTP: what is this vendor's alone beside the cases of every connector."""

from __future__ import annotations

import base64
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
from woocommerce import API

from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, Write
from connectors.errors import Exists, Missing, Rejected, Unavailable
from connectors.limiter import LocalLimiter
from connectors.woocommerce import oauth
from connectors.woocommerce.api import Api
from connectors.woocommerce.connector import Woocommerce as Connector
from connectors.woocommerce.manifest import MANIFEST
from sandbox.frame.server import running
from sandbox.woocommerce.app import Woocommerce

HOOK = "http://127.0.0.1:1/webhooks/site/secret"


def settings(url, **options):
    pair = {"consumer_key": "ck_sandbox", "consumer_secret": "cs_sandbox"}
    return SystemSettings(
        "site", "woocommerce", url, secrets=pair, options={"public_url": "http://127.0.0.1:1", **options}, webhook_secret="hook-secret-42"
    )


def now():
    return datetime.now(UTC)


class Site:
    """The stand-in, the hub's connector, and a user with the vendor's own client."""

    def __init__(self, app, url):
        self.app, self.url = app, url
        self.connector = Connector(settings(url), LocalLimiter(()), now)
        self.api = API(url=url, consumer_key="ck_sandbox", consumer_secret="cs_sandbox", version="wc/v3", timeout=10)

    def user(self, method, path, body=None, **params):
        answer = getattr(self.api, method.lower())(path, *([body] if body is not None else []), params=params)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def effects(self):
        return requests.get(f"{self.url}/_sandbox/effects", timeout=5).json()


@pytest.fixture
def site():
    app = Woocommerce(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Site(app, url)


def test_a_host_that_takes_four_requests_at_once_refuses_none_of_ours(site):
    site.control("limits", at_once=4, seconds=0.05)
    connector = Connector(settings(site.url), LocalLimiter(MANIFEST.limits), now)
    with ThreadPoolExecutor(8) as many:
        assert list(many.map(lambda n: connector.fetch("customers", [str(n)]), range(1000, 1016))) == [[]] * 16
    counters = requests.get(f"{site.url}/_sandbox/counters", timeout=5).json()
    assert (counters["refused"], 2 <= counters["parallel_max"] <= 4) == (0, True)
    site.control("limits", at_once=0)
    with pytest.raises(Unavailable):
        Connector(settings(site.url), LocalLimiter(()), now).fetch("customers", ["1000"])


def test_signature_of_the_documented_vector():
    pairs = {"modified_after": "2026-03-01T00:00:00", "oauth_consumer_key": "ck_demo", "oauth_nonce": "n0001", "oauth_timestamp": "1772409600",
             "oauth_signature_method": "HMAC-SHA256"}  # fmt: skip
    assert (
        oauth.signature("GET", "http://shop.test/wp-json/wc/v3/orders", pairs, "cs_demo") == "fNViaL/n3L+nZmOWUqVNNq6Tp/EfbYLTMGiZdTy1OjM="
    )


@pytest.mark.parametrize("auth", ["basic", "query", "oauth"])
def test_three_ways_to_say_who_calls(site, auth):
    connector = Connector(settings(site.url, auth=auth), LocalLimiter(()), now)
    (made,) = connector.write("customers", [Write("k1", None, {"email": "a@example.ru", "first_name": "Анна & Ко"})])
    assert [o.data["first_name"] for o in connector.find("customers", "email", ["a@example.ru"])] == [made.remote.data["first_name"]]


def test_without_tls_the_request_is_signed_and_the_secret_never_sent():
    api = Api(settings("http://shop.example.ru"), LocalLimiter(()), now)
    assert isinstance(api.http.session.auth, oauth.OneLegged)


def test_a_host_that_drops_the_header_gets_the_pair_in_the_query_once_known(site):
    site.control("key", header_dropped=True)
    assert site.connector.fetch("customers", ["1"]) == []
    before = site.app.requests
    site.connector.fetch("customers", ["1"])
    assert site.app.requests - before == 2 and "ключ в адресе" in site.connector.check().findings[0].ru


def test_a_sweep_of_customers_resumes_from_any_page_and_sees_everybody(site):
    for start in range(0, 250, 100):
        site.user("POST", "customers/batch", {"create": [{"email": f"u{n}@example.ru"} for n in range(start, min(250, start + 100))]})
    pages = list(site.connector.changes("customers", {}))
    everybody = {o.id for page in pages for o in page.objects}
    assert (len(everybody), pages[0].total) == (250, 250)
    site.user("DELETE", f"customers/{pages[0].objects[0].id}", force="true")  # everybody moves up by one
    rest = {o.id for page in site.connector.changes("customers", pages[0].cursor) for o in page.objects}
    assert {o.id for o in pages[0].objects} | rest == everybody and len(rest) < 165


def test_orders_come_by_time_of_change_with_an_overlap(site):
    first = site.user("POST", "orders", {"customer_note": "а"})
    last = list(site.connector.changes("orders", {}))[-1]
    site.control("clock", offset=300)
    second = site.user("POST", "orders", {"customer_note": "б"})
    (page,) = site.connector.changes("orders", last.cursor)
    assert str(second["id"]) in {o.id for o in page.objects}
    site.control("clock", offset=600)
    (page,) = site.connector.changes("orders", page.cursor)
    assert [o.id for o in page.objects] == [str(second["id"])] and page.cursor["mark"] == second["date_modified_gmt"]
    assert [o.id for o in site.connector.fetch("orders", [str(first["id"]), "99999", "нет"])] == [str(first["id"])]


def test_a_trashed_order_is_missing(site):
    made = site.user("POST", "orders", {"customer_note": "а"})
    site.user("DELETE", f"orders/{made['id']}")
    assert site.connector.fetch("orders", [str(made["id"])]) == []


def test_meta_data_that_a_key_may_not_see_is_no_observation(site):
    made = site.user("POST", "customers", {"email": "a@example.ru", "meta_data": [{"key": "card", "value": "27"}]})
    assert site.connector.fetch("customers", [str(made["id"])])[0].representation == "fetch"
    site.control("key", administrator=False)
    (shown,) = site.connector.fetch("customers", [str(made["id"])])
    assert site.connector.manifest.resources["customers"].representations[shown.representation].lacks == {"meta_data"}
    assert not next(f for f in site.connector.check().findings if f.name == "meta_data").ok


def test_bad_items_do_not_stop_the_good_ones_and_name_their_field(site):
    site.user("POST", "customers", {"email": "taken@example.ru"})
    writes = [
        Write("k1", None, {"email": "taken@example.ru"}),
        Write("k2", None, {"email": "new@example.ru"}),
        Write("k3", "99999", {"first_name": "Анна"}),
        Write("k4", None, {"email": "не почта"}),
    ]
    taken, made, gone, wrong = site.connector.write("customers", writes)
    assert (type(taken.error), taken.error.code, taken.error.field) == (Exists, "registration-error-email-exists", "email")
    assert {"key": "sverka_id", "value": "k2"}.items() <= made.remote.data["meta_data"][0].items()
    assert (type(gone.error), type(wrong.error), wrong.error.field) == (Missing, Rejected, "email")


def test_a_shop_that_wants_passwords_gets_random_ones(site):
    site.control("shop", needs_password=True)
    outcomes = site.connector.write(
        "customers", [Write("k1", None, {"email": "a@example.ru"}), Write("k2", None, {"email": "b@example.ru"})]
    )
    assert [o.error for o in outcomes] == [None, None]
    assert site.effects() == {"mail: new account": 2}


def test_lines_are_changed_under_their_ids_removed_and_never_doubled(site):
    made = site.user("POST", "orders", {
        "line_items": [{"sku": "SV-001", "quantity": 1}, {"sku": "SV-002", "quantity": 2}],
        "shipping_lines": [{"method_id": "flat_rate", "method_title": "СДЭК", "total": "250"}], "fee_lines": [{"name": "Упаковка", "total": "50"}],
    })  # fmt: skip
    (held,) = site.connector.fetch("orders", [str(made["id"])])
    items = held.data["items"]
    assert [i["type"] for i in items] == ["line_item", "line_item", "shipping", "fee"]
    wanted = [items[0] | {"quantity": 2, "subtotal": "6980.00", "total": "6980.00"}, items[2] | {"total": "300.00"}]
    wanted.append({"type": "line_item", "sku": "SV-003", "product_id": 43, "quantity": 1, "subtotal": "7990.00", "total": "7990.00"})
    write = Write("k", held.id, {"items": wanted}, held.data)
    for _ in range(2):  # said twice, it is done once
        (outcome,) = site.connector.write("orders", [write])
        shown = outcome.remote.data
        write = Write("k", held.id, {"items": shown["items"]}, shown)
    assert [(line["sku"], line["total"]) for line in shown["line_items"]] == [("SV-001", "6980.00"), ("SV-003", "7990.00")]
    assert (shown["line_items"][0]["id"], shown["shipping_lines"][0]["total"], shown["fee_lines"]) == (
        made["line_items"][0]["id"],
        "300.00",
        [],
    )


def test_goods_that_stay_are_not_named_again(site):
    """Naming the product of an existing line would take away its variation."""
    sent = []
    site.connector.api.send = lambda method, path, body, safe: sent.append(body) or {}
    line = {"type": "line_item", "id": 901, "product_id": 41, "sku": "MUG-R", "quantity": 3, "subtotal": "3.00", "total": "3.00"}
    site.connector.write("orders", [Write("k", "5", {"items": [line]}, {"items": [line | {"quantity": 2}]})])
    assert sent[0]["update"][0]["line_items"] == [{"id": 901, "quantity": 3, "subtotal": "3.00", "total": "3.00"}]


def test_amounts_kept_as_fees_and_a_name_in_two_fields(site):
    (made,) = site.connector.write(
        "orders", [Write("k", None, {"bonus_fee": "-100.00", "rounding_fee": "-0.40", "contact_name": "Анна Ивановна Орлова"})]
    )
    fees = {fee["name"]: fee for fee in made.remote.data["fee_lines"]}
    assert {name: fee["total"] for name, fee in fees.items()} == {"Оплата бонусами": "-100.00", "Округление": "-0.40"}
    billing = made.remote.data["billing"]
    assert (billing["first_name"], billing["last_name"], made.remote.data["contact_name"]) == (
        "Анна",
        "Ивановна Орлова",
        "Анна Ивановна Орлова",
    )
    (changed,) = site.connector.write(
        "orders", [Write("k", made.remote.id, {"bonus_fee": "-150.00", "rounding_fee": ""}, made.remote.data)]
    )
    assert [(fee["id"], fee["total"]) for fee in changed.remote.data["fee_lines"]] == [(fees["Оплата бонусами"]["id"], "-150.00")]


def signed(body, secret="hook-secret-42", topic="order.updated"):
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return WebhookRequest({"X-WC-Webhook-Signature": signature, "X-WC-Webhook-Topic": topic}, body)


def test_the_documented_signature_is_taken():
    headers = {"X-WC-Webhook-Signature": "vgGgYHmgG/66DsDFtkp94yn9aMzwZQoph0zfCMajyUs=", "X-WC-Webhook-Topic": "order.updated"}
    connector = Connector(settings("https://shop.example.ru"), LocalLimiter(()), now)
    assert [(h.resource, h.id) for h in connector.receive(WebhookRequest(headers, b'{"id":501}'))] == [("orders", "501")]


@pytest.mark.parametrize(
    ("request_", "hints"),
    [
        pytest.param(signed(b'{"id": 7, "first_name": "\\u0410\\u043d\\u043d\\u0430"}', topic="customer.created"), [("customers", "7", "changed")], id="over raw bytes"),
        pytest.param(signed(b'{"id": 7}', topic="order.deleted"), [("orders", "7", "deleted")], id="deleted"),
        pytest.param(signed(b'{"id": 7}', topic="order.restored"), [("orders", "7", "changed")], id="taken out of the trash"),
        pytest.param(signed(b'{"id": 41, "type": "simple", "variations": []}', topic="product.updated"), [("products", "41", "changed")], id="goods"),
        pytest.param(signed(b'{"id": 57, "parent_id": 41}', topic="product.updated"), [("products", "41:57", "changed")], id="a variation, under its product"),
        pytest.param(signed(b'{"id": 41, "variations": [57, 58]}', topic="product.updated"), [("products", "41:57", "changed"), ("products", "41:58", "changed")], id="goods with variations"),
        pytest.param(signed(b'{"id": 41}', topic="product.deleted"), [("products", "41", "deleted")], id="goods that are gone"),
        pytest.param(signed(b'{"id": 7}', topic="coupon.updated"), [], id="a topic that nobody needs"),
        pytest.param(signed(b'{"code": "woocommerce_rest_invalid_id", "data": {"status": 404}}'), [], id="the object was gone at delivery"),
        pytest.param(WebhookRequest({"Content-Type": "application/x-www-form-urlencoded"}, b"webhook_id=33"), [], id="the ping"),
    ],
)  # fmt: skip
def test_what_a_delivery_says(request_, hints):
    connector = Connector(settings("https://shop.example.ru"), LocalLimiter(()), now)
    assert [(h.resource, h.id, h.event) for h in connector.receive(request_)] == hints


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(signed(b'{"id": 7}', secret="other"), id="another secret"),
        pytest.param(WebhookRequest(signed(b'{"id": 7}').headers, b'{"id": 8}'), id="another body"),
        pytest.param(WebhookRequest({"X-WC-Webhook-Topic": "order.updated"}, b'{"id": 7}'), id="no signature"),
        pytest.param(signed(b"id=7"), id="no JSON"),
    ],
)
def test_a_forged_delivery_is_refused(request_):
    with pytest.raises(WebhookRefused):
        Connector(settings("https://shop.example.ru"), LocalLimiter(()), now).receive(request_)


def test_topics_of_goods_are_subscribed_to_where_the_shop_wants_them(site):
    wanting = Connector(settings(site.url, goods_webhooks=True), LocalLimiter(()), now)
    assert len(site.connector.subscribe(HOOK).active) == 7
    assert wanting.subscribe(HOOK).repaired == ("product.created", "product.updated", "product.deleted", "product.restored")


def test_subscriptions_are_made_once_revived_and_those_of_others_left(site):
    other = site.user("POST", "webhooks", {"topic": "order.created", "delivery_url": "https://other.example.ru/x"})
    old = site.user("POST", "webhooks", {"topic": "order.created", "delivery_url": HOOK + "-old"})
    assert len(site.connector.subscribe(HOOK).repaired) == 7
    assert site.connector.subscribe(HOOK).repaired == ()
    rows = {row["id"]: row for row in site.user("GET", "webhooks", per_page=100)}
    assert other["id"] in rows and old["id"] not in rows
    site.app.hooks._post = lambda *_: False
    made = site.user("POST", "customers", {"email": "a@example.ru"})
    for n in range(8):  # nobody answers: the shop gives up on the seventh time
        site.user("PUT", f"customers/{made['id']}", {"first_name": str(n)})
        site.app.hooks.drain()
    assert not next(f for f in site.connector.check().findings if f.name == "webhooks").ok
    assert site.connector.subscribe(HOOK).repaired == ("customer.updated",)


def test_a_check_tells_of_keys_rights_clock_and_version(site):
    site.user("POST", "orders", {"customer_note": "а"})
    site.control("clock", offset=-3600)
    site.control("key", write=False)
    health = Connector(settings(site.url), LocalLimiter(()), now).check()
    found = {f.name: f for f in health.findings}
    assert found["orders"].ok and not found["write"].ok and "Чтение/Запись" in found["write"].fix_ru
    assert not found["clock"].ok and abs(health.clock_skew + 3600) < 3 and health.version == "11.0.1"
    assert "1 h behind" in found["clock"].en and "time zone" in found["clock"].fix_en
    assert not found["zone"].ok and "Asia/Yekaterinburg" in found["zone"].fix_en, "the test configures no zone: UTC"


def test_the_catalogue_has_the_keys_of_meta_data_and_the_directories_the_shops_lists(site):
    site.user("POST", "customers", {"email": "a@example.ru", "meta_data": [{"key": "shoe_size", "value": "38"}]})
    assert "meta_data[key='shoe_size'].value" in {f.path for f in site.connector.fields("customers")}
    assert {"cod", "cloudpayments"} <= {v.value for v in site.connector.directory("payment_kind")}
    assert {"flat_rate", "local_pickup"} <= {v.value for v in site.connector.directory("delivery_kind")}
    assert "on-hold" in {v.value for v in site.connector.directory("order_status")} and site.connector.directory("store") == []
