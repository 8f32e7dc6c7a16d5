"""The InSales connector against the stand-in over HTTP, and the meaning of the vendor's answers."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
import requests
import responses

from connectors import insales as package
from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.insales.api import Api
from connectors.insales.connector import Insales as Connector
from connectors.insales.manifest import MANIFEST
from connectors.kit import Answer, Stand, Suite
from connectors.kit.suite import HOOK as SUITE_SECRET
from connectors.limiter import LocalLimiter
from mappings import custom
from sandbox.frame.server import running
from sandbox.insales import clients, orders, products
from sandbox.insales.app import KEY, PASSWORD, PEOPLE, Insales

SECRET = "hook-secret-42"
HOOK = f"http://127.0.0.1:1/webhooks/site/{SECRET}"


def settings(url, **options):
    pair = {"login": KEY, "password": PASSWORD}
    return SystemSettings(
        "site", "insales", url, secrets=pair, options={"public_url": "http://127.0.0.1:1", **options}, webhook_secret=SECRET
    )


def now():
    return datetime.now(UTC)


class Shop:
    """The stand-in, the hub's connector, and a person of the shop."""

    def __init__(self, app, url):
        self.app, self.url = app, url
        self.connector = Connector(settings(url), LocalLimiter(()), now)

    def user(self, method, path, body=None, **params):
        answer = requests.request(method, f"{self.url}/admin/{path}.json", json=body, params=params, auth=(PEOPLE, PASSWORD), timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def later(self, seconds):
        self.control("clock", offset=seconds)

    def anna(self, **more):
        return self.user("POST", "clients", {"client": {"name": "Анна", "surname": "Орлова", "phone": "8 903 123-45-67"} | more})

    def placed(self, *lines, **more):
        given = {
            "order_lines_attributes": lines or [{"variant_id": 7701, "quantity": 2}],
            "client": {"name": "Анна", "phone": "+79031234567"},
        }
        return self.user("POST", "orders", {"order": given | more})

    def discounted(self, order, off, description="Скидка", **more):
        told = {"discount": off, "type_id": 2, "description": description} | more
        return self.user("PUT", f"orders/{order['id']}", {"order": {"discounts_attributes": [told]}})

    def findings(self):
        return {f.name: f for f in self.connector.check().findings}


@pytest.fixture
def shop():
    app = Insales(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Shop(app, url)


# answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "said", "read", "write"),
    [
        pytest.param(400, {}, {"message": "bad JSON"}, Rejected, Rejected, id="a malformed body"),
        pytest.param(401, {}, "", Unauthorized, Unauthorized, id="the key was removed"),
        pytest.param(403, {}, {"message": "нет прав"}, Rejected, Rejected, id="one right that lacks is not a bad key"),
        pytest.param(423, {}, "", Unauthorized, Unauthorized, id="the plan is not paid"),
        pytest.param(404, {}, "<html>", Missing, Missing, id="a page instead of JSON"),
        pytest.param(422, {}, {"title": ["не может быть пустым"]}, Rejected, Rejected, id="a field"),
        pytest.param(429, {}, "", Unavailable, Unavailable, id="too many, as the vendor's client knows it too"),
        pytest.param(503, {"Retry-After": "7"}, "", Unavailable, Unavailable, id="too many: turned away"),
        pytest.param(503, {}, "<html>", Unavailable, Unknown, id="an outage: it may have taken effect"),
        pytest.param(500, {}, {"error": "x"}, Unavailable, Unknown, id="internal error"),
        pytest.param(504, {}, "<html>", Unavailable, Unknown, id="longer than 50 seconds"),
        pytest.param(200, {}, "<html>works", Unavailable, Unknown, id="a page"),
    ],
)
@responses.activate
def test_what_an_answer_means(status, headers, said, read, write):
    text = said if isinstance(said, str) else json.dumps(said)
    address = "https://lavka.myinsales.ru/admin/orders.json"
    responses.get(address, body=text, status=status, headers=headers)
    responses.post(address, body=text, status=status, headers=headers)
    api = Api(
        settings("https://lavka.myinsales.ru"), LocalLimiter((), sleep=lambda _: None, clock=iter(range(0, 10**7, 600)).__next__), now
    )
    api.http.sleep = lambda _: None
    for expected, call in ((read, lambda: api.get("orders")), (write, lambda: api.send("POST", "orders", {}, safe=False))):
        with pytest.raises(expected) as caught:
            call()
        assert type(caught.value) is expected
        assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "field", "text"),
    [
        ({"title": ["не может быть пустым"]}, "title", "не может быть пустым"),
        ({"status": "error", "errors": {"email": ["уже существует"]}}, "email", "уже существует"),
        ({"message": "incorrect Content-Type"}, "", "incorrect Content-Type"),
        ({"base": ["нельзя удалить"]}, "", "нельзя удалить"),
        ({"order_lines.variant": ["не может быть пустым"]}, "items", "не может быть пустым"),
    ],
)
@responses.activate
def test_a_refusal_names_its_field(said, field, text):
    responses.put("https://lavka.myinsales.ru/admin/orders/1.json", json=said, status=422)
    with pytest.raises(Rejected) as caught:
        Api(settings("https://lavka.myinsales.ru"), LocalLimiter(()), now).send("PUT", "orders/1", {}, safe=True)
    assert (caught.value.field, caught.value.message) == (field, text)


class Noting(LocalLimiter):
    """A limiter that says for how long nobody was to call."""

    def __init__(self):
        super().__init__(())
        self.told = []

    def penalise(self, seconds, method=""):
        self.told.append(seconds)


def test_a_used_up_window_is_waited_for_and_a_nearly_used_one_slows_down(shop):
    noting = Noting()
    connector = Connector(settings(shop.url), noting, now)
    shop.control("limits", used=478)
    connector.api.get("account")
    assert (noting.told, connector.api.usage) == ([], (479, 500))
    connector.api.get("account")
    assert noting.told == [15.0]
    shop.control("limits", used=500)
    with pytest.raises(Unavailable) as caught:
        connector.api.get("account")
    assert 290 <= caught.value.retry_after <= 300
    assert noting.told[-1] == caught.value.retry_after


def test_the_published_window_is_kept_at_full_speed(shop):
    """Asked as fast as its own limiter lets it, the hub is never refused, and comes close to what the shop allows."""
    clock = [0.0]

    def wait(seconds):
        clock[0] += max(seconds, 0.001)  # a clock that moves, as real ones do
        shop.app.offset = clock[0]

    connector = Connector(settings(shop.url), LocalLimiter(MANIFEST.limits, clock=lambda: clock[0], sleep=wait), now)
    used = []
    for _ in range(560):
        connector.api.get("account")
        used.append(connector.api.usage[0])
    assert shop.app.limits.refused == 0 and 350 < max(used) <= 480, "and never so near that it slows down for others"
    assert clock[0] > 300, "more than one window"


# reading ----------------------------------------------------------------------------------------------------


def test_a_sweep_resumes_from_any_page_and_meets_everybody_whatever_moves(shop):
    made = [str(shop.anna(surname=str(n))["id"]) for n in range(30)]
    shop.app.shop.tables["clients"] = dict(sorted(shop.app.shop.tables["clients"].items()))
    pages = list(shop.connector.changes("clients", {}))
    assert {one.id for page in pages for one in page.objects} == set(made)
    assert pages[0].total == 30
    later = str(shop.anna(surname="новая")["id"])
    rest = {one.id for page in shop.connector.changes("clients", pages[0].cursor) for one in page.objects}
    assert later in rest


def test_a_page_of_the_vendor_s_own_size_is_not_the_last(shop, monkeypatch):
    """A shop that gives 25 rows whatever it is asked for: their end is a shorter page."""
    from sandbox.insales import listing

    monkeypatch.setattr(listing, "MOST", 25)
    for n in range(60):
        shop.anna(surname=str(n))
    pages = list(shop.connector.changes("clients", {}))
    assert [len(page.objects) for page in pages] == [25, 25, 10]
    assert [page.last for page in pages] == [False, False, True]
    assert len({one.id for page in pages for one in page.objects}) == 60


def test_changes_come_with_an_overlap_and_orders_of_the_bin_are_gone(shop):
    first, second = shop.placed(), shop.placed()
    cursor = list(shop.connector.changes("orders", {}))[-1].cursor
    shop.later(600)
    shop.user("PUT", f"orders/{second['id']}", {"order": {"comment": "б"}})
    shop.user("DELETE", f"orders/{first['id']}", {})
    (page,) = shop.connector.changes("orders", cursor)
    assert ([one.id for one in page.objects], page.gone) == ([str(second["id"])], [str(first["id"])])
    shop.later(1200)
    (page,) = shop.connector.changes("orders", page.cursor)
    assert ([one.id for one in page.objects], page.gone) == ([str(second["id"])], [str(first["id"])]), "a minute is read again"
    assert [one.id for one in shop.connector.fetch("orders", [str(first["id"]), str(second["id"]), "нет"])] == [str(second["id"])]


def test_an_order_is_shown_with_its_delivery_payment_bonuses_and_contact(shop):
    order = shop.placed(delivery_variant_id=21, payment_gateway_id=31, shipping_address_attributes={"name": "Пётр", "address": "Ленина, 1"})
    shop.user("PUT", f"orders/{order['id']}", {"order": {"financial_status": "paid"}})
    shop.discounted(order, 100, "Бонусы")
    shop.discounted(order, 80, "Промокод")
    (shown,) = shop.connector.fetch("orders", [str(order["id"])])
    line, delivery = shown.data["items"]
    assert (line["sku"], line["quantity"], line["sale_price"], line["sum"]) == ("SV-001", 2, 3490.0, 6900), "before bonuses"
    assert (delivery["type"], delivery["sum"], delivery["title"]) == ("delivery", 300, "Курьер")
    assert (shown.data["bonus_discount"], shown.data["total_price"]) == (100, 6980 - 180 + 300)
    (payment,) = shown.data["payments"]
    assert (payment["kind"], payment["amount"], bool(payment["time"])) == (31, shown.data["total_price"], True)
    assert (shown.data["contact_name"], shown.data["contact_phone"]) == ("Пётр", "+79031234567"), "the client's where the address has none"


# writing ----------------------------------------------------------------------------------------------------


def test_a_client_is_made_changed_and_found_by_the_hub_s_field(shop):
    data = {
        "name": "Анна",
        "email": "anna@example.ru",
        "fields_values": [{"handle": "birthday", "value": "1985-03-08"}, {"handle": "net", "value": "1"}],
    }
    (made,) = shop.connector.write("clients", [Write("k1", None, data)])
    assert made.error is None
    assert {one["handle"]: one["value"] for one in made.remote.data["fields_values"]} == {
        "birthday": "1985-03-08",
        "sverka_client_id": "k1",
    }
    (changed,) = shop.connector.write("clients", [Write("k1", made.remote.id, {"phone": "+79031234567"}, made.remote.data)])
    assert (changed.remote.data["phone"], changed.remote.data["email"]) == ("+79031234567", "anna@example.ru")
    assert [one.id for one in shop.connector.find("clients", "hub", ["k1", "k2"])] == [made.remote.id]


def test_nothing_is_created_where_the_shop_has_no_field_for_the_hub_s_key(shop):
    shop.control("field", kind="orders", handle="sverka_id", drop=True)
    (refused,) = shop.connector.write("orders", [Write("k", None, {"items": []})])
    assert (type(refused.error), refused.error.code) == (Rejected, "no_hub_field")
    assert "sverka_id" in shop.connector.manifest.cures[refused.error.code][0]
    assert shop.app.shop.tables["orders"] == {}
    assert not shop.findings()["fields"].ok


def wanted(*lines, **more):
    return {"items": [{"type": "line", **line} for line in lines], **more}


def test_an_order_is_made_with_discounts_of_its_lines_which_need_their_ids(shop):
    client = shop.anna()
    data = wanted(
        {"variant_id": 7701, "quantity": 2, "sale_price": 3490, "sum": 6880},
        {"variant_id": 7703, "quantity": 1, "sale_price": 7990, "sum": 7990},
        {"type": "delivery", "quantity": 1, "sale_price": 250, "sum": 250},
        client={"id": client["id"]}, contact_name="Пётр Ильин", contact_phone="+79260000000", custom_status={"permalink": "v-rabote"},
        bonus_discount=90, shipping_address={"address": "Ленина, 1"}, delivery_variant_id=22, comment="Позвонить",
    )  # fmt: skip
    (made,) = shop.connector.write("orders", [Write("k1", None, data)])
    assert made.error is None
    shown = made.remote.data
    assert [(one["sku"], one["sum"]) for one in shown["items"][:2]] == [("SV-001", 6880), ("SV-003", 7990)]
    assert (shown["total_price"], shown["bonus_discount"], shown["items"][2]["sum"]) == (6880 + 7990 + 250 - 90, 90, 250)
    assert (shown["client"]["id"], shown["contact_name"], shown["contact_phone"]) == (client["id"], "Пётр Ильин", "+79260000000")
    assert (shown["custom_status"]["permalink"], shown["shipping_address"]["address"], shown["comment"]) == (
        "v-rabote",
        "Ленина, 1",
        "Позвонить",
    )
    assert [one.id for one in shop.connector.find("orders", "hub", ["k1"])] == [made.remote.id]


def test_lines_are_changed_under_their_ids_removed_and_never_doubled(shop):
    order = shop.placed({"variant_id": 7701, "quantity": 1}, {"variant_id": 7702, "quantity": 2}, delivery_variant_id=21)
    (held,) = shop.connector.fetch("orders", [str(order["id"])])
    first, _, delivery = held.data["items"]
    data = wanted(
        first | {"quantity": 2, "sum": 6900},
        {"variant_id": 7703, "quantity": 1, "sale_price": 7990, "sum": 7900},
        delivery | {"sale_price": 400, "sum": 400},
    )
    for _ in range(3):  # said thrice, it is done once: also in the words of before it was done
        (outcome,) = shop.connector.write("orders", [Write("k", held.id, data, held.data)])
        assert outcome.error is None
        shown = outcome.remote.data
        assert [(one["sku"], one["quantity"], one["full_total_price"]) for one in shown["order_lines"]] == [
            ("SV-001", 2, 6900.0),
            ("SV-003", 1, 7900.0),
        ]
        assert (shown["order_lines"][0]["id"], shown["delivery_price"], len(shown["discounts"])) == (first["id"], 400.0, 2)


def test_two_lines_of_the_same_goods_stay_two(shop):
    """A bundle is split into lines that share product and variant: only the id tells them apart."""
    order = shop.placed({"variant_id": 7701, "quantity": 1}, {"variant_id": 7701, "quantity": 5, "sale_price": 10})
    (held,) = shop.connector.fetch("orders", [str(order["id"])])
    first, second = held.data["items"]
    (outcome,) = shop.connector.write("orders", [Write("k", held.id, wanted(first, second | {"quantity": 4, "sum": 40}), held.data)])
    assert [(one["id"], one["quantity"]) for one in outcome.remote.data["order_lines"]] == [(first["id"], 1), (second["id"], 4)]


def test_what_others_took_off_stays_theirs(shop):
    order = shop.placed({"variant_id": 7701, "quantity": 1}, {"variant_id": 7703, "quantity": 1})
    order = shop.discounted(order, 10, "Промокод", type_id=1)
    (held,) = shop.connector.fetch("orders", [str(order["id"])])
    first, second = held.data["items"]
    assert (first["sum"], second["sum"]) == (3141, 7191)
    data = wanted(first | {"sum": 3000}, second)
    for _ in range(2):
        (outcome,) = shop.connector.write("orders", [Write("k", held.id, data, held.data)])
    rows = outcome.remote.data["discounts"]
    assert [(one["description"], one["amount"]) for one in rows] == [("Промокод", 1148.0), ("Скидка на товар", 141.0)]
    (outcome,) = shop.connector.write("orders", [Write("k", held.id, wanted(first, second), held.data)])
    assert [one["description"] for one in outcome.remote.data["discounts"]] == ["Промокод"]


def test_bonuses_beside_a_discount_are_neither_counted_twice_nor_lost(shop):
    order = shop.placed({"variant_id": 7701, "quantity": 1}, {"variant_id": 7703, "quantity": 1})
    (held,) = shop.connector.fetch("orders", [str(order["id"])])
    first, second = held.data["items"]
    data = wanted(first | {"sum": 3400}, second, bonus_discount=500)
    for _ in range(2):
        (outcome,) = shop.connector.write("orders", [Write("k", held.id, data, held.data)])
    shown = outcome.remote.data
    assert ([one["sum"] for one in shown["items"]], shown["bonus_discount"], shown["total_price"]) == ([3400, 7990], 500, 3400 + 7990 - 500)
    (outcome,) = shop.connector.write("orders", [Write("k", held.id, {"bonus_discount": 0}, held.data)])
    assert ([one["sum"] for one in outcome.remote.data["items"]], outcome.remote.data["bonus_discount"]) == ([3400, 7990], None)


def test_an_order_that_was_written_without_its_discounts_is_unknown(shop):
    shop.faults({"kind": "error", "match": "PUT /admin/orders", "status": 422, "count": 1})
    data = wanted({"variant_id": 7701, "quantity": 1, "sale_price": 3490, "sum": 3000}, contact_name="Анна")
    (outcome,) = shop.connector.write("orders", [Write("k1", None, data)])
    assert type(outcome.error) is Unknown
    (found,) = shop.connector.find("orders", "hub", ["k1"])
    assert found.data["items"][0]["sum"] == 3490.0, "what differs is written next"


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "late_effect"])
def test_a_create_whose_answer_is_lost_is_unknown_and_found_again(shop, kind):
    shop.faults({"kind": kind, "match": "POST /admin/clients", "seconds": 0.1, "count": 1})
    (outcome,) = shop.connector.write("clients", [Write("k1", None, {"name": "Анна"})])
    assert type(outcome.error) is Unknown
    deadline = time.monotonic() + 5
    while not (found := shop.connector.find("clients", "hub", ["k1"])):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(found) == 1


def test_an_order_keeps_its_client(shop):
    order, other = shop.placed(), shop.anna()
    (outcome,) = shop.connector.write("orders", [Write("k", str(order["id"]), {"client": {"id": other["id"]}})])
    assert (type(outcome.error), outcome.error.field) == (Rejected, "client.id")


def test_only_a_status_and_money_tell_the_buyer(shop):
    order = shop.placed()
    requests.delete(f"{shop.url}/_sandbox/effects", timeout=5)
    effects = lambda: requests.get(f"{shop.url}/_sandbox/effects", timeout=5).json()  # noqa: E731
    shop.connector.write("orders", [Write("k", str(order["id"]), {"comment": "а", "fields_values": [{"handle": "track", "value": "1"}]})])
    assert effects() == {}
    shop.connector.write(
        "orders", [Write("k", str(order["id"]), {"custom_status": {"permalink": "otgruzhen"}, "financial_status": "paid"})]
    )
    assert effects() == {"mail: order status": 1, "sms: order status": 1}
    update = shop.connector.manifest.resources["orders"].operations["update"]
    assert {kind.partition(":")[0] for kind in effects()} <= {kind.partition(":")[0] for kind in update.side_effects}


# goods ------------------------------------------------------------------------------------------------------


def test_goods_are_variants_and_price_and_stock_are_written_one_by_one(shop):
    pages = list(shop.connector.changes("products", {}))
    found = {one.id: one.data for page in pages for one in page.objects}
    assert len(found) == 12
    assert (found["4401:7701"]["name"], found["4401:7701"]["sku"]) == ("Рубашка льняная", "SV-001")
    outcomes = shop.connector.write(
        "products",
        [
            Write("a", "4401:7701", {"price": "2990.00", "quantity": 4}),
            Write("b", "4401:1", {"quantity": 1}),
            Write("c", "4402:7702", {"price": "дорого"}),
        ],
    )
    assert (outcomes[0].remote.data["price"], outcomes[0].remote.data["quantity"], outcomes[0].remote.representation) == (
        "2990.0",
        4,
        "answer_alone",
    )
    assert (type(outcomes[1].error), type(outcomes[2].error), outcomes[2].error.field) == (Missing, Rejected, "price")
    shop.later(600)
    shop.user("DELETE", "products/4403", {})
    (page,) = shop.connector.changes("products", pages[-1].cursor)
    assert page.gone == ["4403:7703"]
    assert [one.id for one in shop.connector.fetch("products", ["4401:7701", "4403:7703", "4404:1", "нет"])] == ["4401:7701"]


def test_a_sku_is_found_in_an_index_that_asks_for_what_changed_alone(shop):
    assert shop.connector.lookup("goods_by_sku", ["SV-001", "NO"]) == {"SV-001": 7701}
    before = shop.app.requests
    assert shop.connector.lookup_back("goods_by_sku", [7701, 7702]) == {"7701": "SV-001", "7702": "SV-002"}
    assert shop.app.requests == before
    shop.user("POST", "products", {"product": {"title": "Новый", "variants_attributes": [{"sku": "NO"}, {"sku": "SV-001"}]}})
    assert shop.connector.lookup("goods_by_sku", ["NO"]) == {}, "asked for a moment ago"
    shop.connector.goods.clock = lambda: 10**9
    assert shop.connector.lookup("goods_by_sku", ["NO", "SV-001"]) == {"NO": 7713, "SV-001": 7701}, "of two with one SKU the oldest"


# webhooks ---------------------------------------------------------------------------------------------------


def delivery(body, topic, secret=SECRET):
    return WebhookRequest({}, body, {"topic": topic}, secret)


@pytest.mark.parametrize(
    ("request_", "hints"),
    [
        (delivery(b'{"id": 7, "account_id": 700001}', "orders/create"), [("orders", "7", "changed")]),
        (delivery(b'{"id": 7}', "orders/destroy"), [("orders", "7", "deleted")]),
        (delivery(b'{"id": 8}', "client/update"), [("clients", "8", "changed")]),
        (delivery(b'[{"id": 9}]', "products/update"), []),
    ],
)
def test_what_a_delivery_says(request_, hints):
    connector = Connector(settings("https://lavka.myinsales.ru"), LocalLimiter(()), now)
    assert [(h.resource, h.id, h.event) for h in connector.receive(request_)] == hints


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        pytest.param(delivery(b'{"id": 7}', "orders/update", "hook-secret-43"), WebhookRefused, id="another secret in the address"),
        pytest.param(delivery(b'{"id": 7}', "orders/update", ""), WebhookRefused, id="no secret"),
        pytest.param(delivery(b"<order><id type='integer'>7</id></order>", "orders/update"), WebhookUnreadable, id="XML"),
        pytest.param(delivery(b'{"id": null}', "orders/update"), WebhookUnreadable, id="no id"),
        pytest.param(delivery(b"[]", "orders/update"), WebhookUnreadable, id="a list"),
    ],
)
def test_a_delivery_that_proves_nothing_is_refused(request_, kind):
    with pytest.raises(WebhookRefused) as caught:
        Connector(settings("https://lavka.myinsales.ru"), LocalLimiter(()), now).receive(request_)
    assert type(caught.value) is kind


def test_a_shop_is_told_by_its_number_both_ways(shop):
    request = delivery(json.dumps(shop.placed()).encode(), "orders/create")
    assert shop.connector.base() == shop.connector.base_of(request) == "700001"


def test_subscriptions_are_made_once_mended_and_old_ones_go(shop):
    hub = {"auth": (KEY, PASSWORD), "timeout": 5}
    for address, topic, form in (
        (f"{HOOK}-old?topic=orders/create", "orders/create", "json"),
        (f"{HOOK}?topic=client/update", "client/update", "xml"),
    ):
        body = {"webhook": {"address": address, "topic": topic, "format_type": form}}
        requests.post(f"{shop.url}/admin/webhooks.json", json=body, **hub).raise_for_status()
    assert "no" in shop.findings()["webhooks"].en.lower()
    assert shop.connector.subscribe(HOOK).repaired == ("orders/create", "orders/update", "orders/destroy", "client/create", "client/update")
    assert shop.connector.subscribe(HOOK).repaired == ()
    rows = requests.get(f"{shop.url}/admin/webhooks.json", **hub).json()
    assert {(row["address"], row["format_type"]) for row in rows} == {(f"{HOOK}?topic={row['topic']}", "json") for row in rows}
    assert len(rows) == 5
    assert shop.findings()["webhooks"].ok
    requests.delete(f"{shop.url}/admin/webhooks/{rows[0]['id']}.json", json={}, **hub).raise_for_status()
    assert rows[0]["topic"] in shop.findings()["webhooks"].en
    assert shop.connector.subscribe(HOOK).repaired == (rows[0]["topic"],)


# what a system tells of itself --------------------------------------------------------------------------------


def test_a_check_tells_of_rights_fields_usage_and_clock(shop):
    shop.later(-3600)
    shop.control("rights", names=["clients", "products"])
    found = shop.findings()
    assert found["account"].ok and "Лавка" in found["account"].ru
    assert found["clients"].ok and not found["orders"].ok and "Разработчикам" in found["orders"].fix_ru
    assert not found["write"].ok and found["usage"].ok
    assert "1 h behind" in found["clock"].en
    shop.control("rights", names=["clients", "orders", "products"])
    assert shop.findings()["write"].ok
    shop.control("limits", used=490)
    found = shop.findings()
    assert "Another program" in found["usage"].fix_en and "orders" not in found, "what is left of the window is not spent on questions"


def test_a_wrong_password_and_a_wrong_address_are_told_as_such(shop):
    pair = {"login": KEY, "password": "other"}
    other = SystemSettings("site", "insales", shop.url, secrets=pair)
    (finding, *_) = Connector(other, LocalLimiter(()), now).check().findings
    assert not finding.ok and "Applications → Developers" in finding.fix_en
    (finding, *_) = Connector(settings(f"{shop.url}/wrong"), LocalLimiter(()), now).check().findings
    assert "no shop" in finding.en


def test_the_catalogue_has_the_shop_s_own_fields_and_the_directories_its_lists(shop):
    order = shop.placed()
    shop.control("field", kind="orders", handle="gift", title="Подарок")
    shop.user("PUT", f"orders/{order['id']}", {"order": {"fields_values_attributes": [{"handle": "gift", "value": "да"}]}})
    fields = {f.path: f for f in shop.connector.fields("orders")}
    gift = fields["fields_values[handle='gift'].value"]
    assert (gift.type, gift.title) == ("Field::TextField", "Подарок")
    (line,) = custom.propose("insales", [custom.Custom(gift.path, gift.type, gift.title, gift.writable)], {})
    assert (line.name, line.type, line.line) == ("gift", "text", {"remote": gift.path}), "what `sverka discover` proposes"
    assert "v-rabote" in {v.value for v in shop.connector.directory("order_status")}
    assert [(v.value, v.title) for v in shop.connector.directory("payment_kind")] == [(31, "Картой на сайте"), (32, "Наличными")]
    assert shop.connector.directory("employee")[0].emails == ("anna@shop.example.ru",)
    assert {v.value for v in shop.connector.directory("delivery_kind")} == {21, 22} and shop.connector.directory("store") == []


# the suite of every connector ---------------------------------------------------------------------------------


class Person(Stand):
    """A person of the shop, past the connector."""

    def __init__(self, url, app):
        super().__init__(url)
        self.app, self.state, self.numbers = app, app.shop, count(1)

    def add(self, resource):
        with self.state.lock:
            if resource == "clients":
                return str(clients.save(self.state, {"name": f"К{next(self.numbers)}"}, None)["id"])
            if resource == "orders":
                body = {"client": {"name": "Анна"}, "order_lines_attributes": [{"variant_id": 7701, "quantity": 1}]}
                return str(orders.save(self.state, body, None, "Анна")["id"])
            made = products.save(self.state, {"title": f"Т{next(self.numbers)}", "variants_attributes": [{"price": 10}]}, None)
            return f"{made['id']}:{made['variants'][0]['id']}"

    def edit(self, resource, ident):
        with self.state.lock:
            if resource == "clients":
                clients.save(self.state, {"surname": "Иная"}, int(ident))
            elif resource == "orders":
                orders.save(self.state, {"comment": "иное"}, int(ident), "Анна")
            else:
                products.save(self.state, {"title": "Иной"}, int(ident.partition(":")[0]))

    def count(self, resource):
        return len(self.state.tables[resource])

    def create(self, resource):
        if resource == "clients":
            return {"name": "Анна", "phone": f"+7903{next(self.numbers):07d}"}
        if resource == "products":
            return {}
        return wanted({"variant_id": 7701, "quantity": 1, "sale_price": 3490, "sum": 3400}, contact_name="Анна", bonus_discount=50)

    def refused(self, resource):
        return (
            {"email": "не почта"}
            if resource == "clients"
            else wanted({"variant_id": 1, "quantity": 1, "sale_price": 1, "sum": 1}, contact_name="А")
        )

    def update(self, resource):
        return {"clients": {"surname": "Орлова"}, "orders": {"comment": "Позвонить"}, "products": {"price": "12.00"}}[resource]

    def webhook(self, resource, ident):
        topic = {"clients": "client/update", "orders": "orders/update"}[resource]
        return WebhookRequest({}, json.dumps({"id": int(ident)}).encode(), {"topic": topic}, SUITE_SECRET)

    def forged(self, request):
        return replace(request, secret_part="another-secret")


class TestInsales(Suite):
    package = package
    secrets = {"login": KEY, "password": PASSWORD}
    zone = "Europe/Moscow"
    many = 260  # a page has 250
    answers = (
        Answer(401, "", Unauthorized, Unauthorized),
        Answer(403, '{"message": "нет прав"}', Rejected, Rejected),
        Answer(404, "<html>", Missing, Missing),
        Answer(422, '{"title": ["не может быть пустым"]}', Rejected, Rejected),
        Answer(423, "", Unauthorized, Unauthorized),
        Answer(429, "", Unavailable, Unavailable),
        Answer(500, "", Unavailable, Unavailable),  # to the question for the shop's fields, before anything is written
    )

    @pytest.fixture
    def stand(self, shop):
        return Person(shop.url, shop.app)

    def stored(self, connector, resource, data, ident=None, key=""):
        """Goods are made by people alone."""
        if resource == "products" and ident is None:
            return connector.fetch(resource, ["4401:7701"])[0]
        return super().stored(connector, resource, data, ident, key)
