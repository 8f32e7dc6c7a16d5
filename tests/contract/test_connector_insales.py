"""The InSales connector against the stand-in over HTTP, and the meaning of the vendor's answers."""

from __future__ import annotations

import json

import pytest
import requests
import responses

from connectors.contract import SystemSettings, WebhookRefused, WebhookUnreadable
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.insales.api import Api
from connectors.insales.connector import Insales as Connector
from connectors.insales.manifest import MANIFEST
from connectors.limiter import LocalLimiter
from mappings import custom
from sandbox.insales.app import KEY, PASSWORD
from tests.contract.insales_shop import SECRET, delivery, now, opened, settings

HOOK = f"http://127.0.0.1:1/webhooks/site/{SECRET}"


@pytest.fixture
def shop():
    with opened() as shop:
        yield shop


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
    assert "Wait five minutes" in found["usage"].fix_en and "orders" not in found, "what is left of the window is not spent on questions"


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
