"""The WooCommerce sandbox where the plugin's pages and source go into detail, with raw requests."""

import base64
import hashlib
import hmac
import json
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import quote

import pytest
import requests

from sandbox.frame.server import running
from sandbox.woocommerce.app import Woocommerce
from sandbox.woocommerce.auth import signature

API = "/wp-json/wc/v3"
KEYS = ("ck_sandbox", "cs_sandbox")


@pytest.fixture(scope="module")
def shop():
    with running(Woocommerce(allow_loopback_webhooks=True)) as url:
        yield url


@pytest.fixture
def ask(shop):
    def asked(method, path, body=None, **options):
        options.setdefault("auth", KEYS)
        return requests.request(method, path if path.startswith("http") else f"{shop}{API}/{path}", json=body, timeout=10, **options)

    return asked


@pytest.fixture
def order(ask):
    """An order of one line with a value of its own, a delivery and a fee."""
    line = {"sku": "SV-007", "quantity": 2, "meta_data": [{"key": "engraving", "value": "А"}]}
    shipping = {"method_id": "flat_rate", "method_title": "СДЭК", "instance_id": "3", "total": "250"}
    return ask(
        "POST", "orders", {"line_items": [line], "shipping_lines": [shipping], "fee_lines": [{"name": "Сбор", "total": "10"}]}
    ).json()


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_oauth_may_stand_in_a_header(shop, ask):
    said = {
        "oauth_consumer_key": KEYS[0],
        "oauth_nonce": "n1",
        "oauth_timestamp": str(int(time.time())),
        "oauth_signature_method": "HMAC-SHA1",
    }

    def header(**more):
        return {"Authorization": "OAuth " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in (said | more).items())}

    signed = header(oauth_signature=signature("GET", f"{shop}{API}/orders", {**said, "per_page": "1"}, KEYS[1]))
    assert ask("GET", "orders?per_page=1", auth=None, headers=signed).status_code == 200
    again = ask("GET", "orders?per_page=1", auth=None, headers=signed)
    assert again.status_code == 401 and "nonce" in again.json()["message"]
    late = said | {"oauth_timestamp": "yesterday", "oauth_nonce": "n2"}
    wrong = {"oauth_timestamp": "yesterday", "oauth_nonce": "n2", "oauth_signature": signature("GET", f"{shop}{API}/orders", late, KEYS[1])}
    assert ask("GET", "orders", auth=None, headers=header(**wrong)).json()["message"] == "Invalid timestamp."


def test_who_may_what(shop, ask):
    assert ask("GET", f"{shop}/wp-json/", auth=None).json()["namespaces"] == ["wc/v3"]  # anybody
    assert code(ask("GET", "orders", auth=("ck_other", "x"))) == (401, "woocommerce_rest_cannot_view")
    assert code(ask("POST", "orders", {}, auth=("ck_other", "x"))) == (401, "woocommerce_rest_cannot_create")
    assert ask("GET", f"orders?consumer_key={KEYS[0]}&consumer_secret={KEYS[1]}", auth=None).status_code == 200


def test_only_the_fields_asked_for(ask, order):
    assert ask("GET", f"orders/{order['id']}?_fields=id,billing.phone").json() == {"id": order["id"], "billing": {"phone": ""}}
    assert {tuple(row) for row in ask("GET", "orders?_fields=id").json()} == {("id",)}


def test_another_method_than_that_of_http(ask):
    made = ask("POST", "customers", {"email": "del@example.ru"}).json()
    assert ask("POST", f"customers/{made['id']}?_method=DELETE&force=1").status_code == 200
    assert code(ask("GET", f"customers/{made['id']}")) == (404, "woocommerce_rest_invalid_id")
    kept = ask("POST", "customers", {"email": "kept@example.ru"}).json()
    assert ask("POST", f"customers/{kept['id']}", headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 501


def test_bodies_may_be_forms_and_must_be_readable(ask):
    made = ask(
        "POST",
        "customers",
        data={"email": "form@example.ru", "billing[phone]": "8 903", "meta_data[0][key]": "k", "meta_data[0][value]": "v"},
    )
    assert (made.status_code, made.json()["billing"]["phone"], made.json()["meta_data"][0]["value"]) == (201, "8 903", "v")
    broken = ask("POST", "customers", data="{", headers={"Content-Type": "application/json"})
    assert code(broken) == (400, "rest_invalid_json") and broken.json()["data"]["json_error_code"] == 4


def test_a_refused_parameter_says_why(ask):
    answer = ask("GET", "orders?per_page=101").json()
    assert answer["data"]["details"]["per_page"]["code"] == "rest_out_of_bounds" and "per_page" in answer["data"]["params"]


def test_links_walk_the_pages_of_the_same_request(ask):
    ask("POST", "customers/batch", {"create": [{"email": f"walk{n}@example.ru"} for n in range(5)]})
    seen, url = [], "customers?per_page=2&orderby=id&order=asc&search=walk"
    while url:
        page = ask("GET", url)
        seen += [row["email"] for row in page.json()]
        url = page.links.get("next", {}).get("url", "")
    assert seen == [f"walk{n}@example.ru" for n in range(5)] and "prev" in page.links


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("customers?search=lists1", ["lists1@example.ru"]),
        ("customers?search=+7903", []),  # phones of billing are not searched
        ("customers?search=lists&exclude[]={0}&exclude[]={1}&orderby=id", ["lists2@example.ru"]),
        ("customers?include={2},{0}&orderby=include", ["lists2@example.ru", "lists0@example.ru"]),
        ("customers?per_page=50&per_page=1&search=lists&orderby=id", ["lists0@example.ru"]),  # the last of repeated ones
        ("customers?modified_after=2099-01-01T00:00:00&search=lists0", ["lists0@example.ru"]),  # silently ignored
    ],
)
def test_lists_of_customers(ask, asked, found):
    rows = [ask("GET", f"customers?email=lists{n}@example.ru").json() for n in range(3)]
    if not rows[0]:
        rows = [[ask("POST", "customers", {"email": f"lists{n}@example.ru", "billing": {"phone": "+7903"}}).json()] for n in range(3)]
    assert [row["email"] for row in ask("GET", asked.format(*(row[0]["id"] for row in rows))).json()] == found


def test_orders_by_goods_and_by_time_of_change(ask, order):
    goods = order["line_items"][0]["product_id"]
    assert order["id"] in [row["id"] for row in ask("GET", f"orders?product={goods}&parent=0").json()]
    after = f"modified_after={order['date_modified_gmt']}"
    assert order["id"] not in [row["id"] for row in ask("GET", f"orders?{after}&dates_are_gmt=1").json()]  # strictly after


def test_lines_keep_what_was_not_sent_and_go_when_their_name_is_null(ask, order):
    (line,), (shipping,), (fee,) = order["line_items"], order["shipping_lines"], order["fee_lines"]
    assert (line["meta_data"][0]["display_key"], shipping["instance_id"]) == ("engraving", "3")
    change = {"line_items": [{"id": line["id"], "quantity": 3}], "fee_lines": [{"id": fee["id"], "name": None}]}
    after = ask("PUT", f"orders/{order['id']}", change).json()
    assert (after["line_items"][0]["total"], after["fee_lines"]) == ("1780.00", [])
    assert [one["key"] for one in after["line_items"][0]["meta_data"]] == ["engraving"]
    assert after["_links"]["self"][0]["href"].endswith(f"/orders/{order['id']}")


def test_an_order_comes_back_from_the_trash(ask, order):
    assert ask("DELETE", f"orders/{order['id']}").json()["status"] == "trash"
    assert code(ask("DELETE", f"orders/{order['id']}")) == (410, "woocommerce_rest_already_trashed")
    assert ask("PUT", f"orders/{order['id']}", {"status": "processing"}).json()["status"] == "processing"


def test_products_are_made_and_their_articles_are_their_own(ask):
    made = ask("POST", "products", {"name": "Кружка", "sku": "MUG", "regular_price": "590"}).json()
    taken = ask("POST", "products", {"name": "Кружка 2", "sku": "MUG"})
    assert code(taken) == (400, "product_invalid_sku") and taken.json()["data"]["resource_id"] == made["id"]
    assert ask("PUT", f"products/{made['id']}", {"sale_price": "490"}).json()["price"] == "490"
    assert ask("POST", "orders", {"line_items": [{"sku": "MUG", "quantity": 2}]}).json()["total"] == "980.00"


def test_notes_and_refunds(ask, order):
    at = f"orders/{order['id']}"
    note = ask("POST", f"{at}/notes", {"note": "Позвонить", "customer_note": True}).json()
    assert ask("GET", f"{at}/notes?type=internal").json() == [] and ask("GET", f"{at}/notes/{note['id']}").json()["date_created_gmt"]
    assert ask("DELETE", f"{at}/notes/{note['id']}").status_code == 501
    line = order["line_items"][0]["id"]
    refund = ask("POST", f"{at}/refunds", {"line_items": [{"id": line, "quantity": 1, "refund_total": 890}], "api_refund": False}).json()
    assert (refund["amount"], refund["refunded_payment"], refund["line_items"][0]["total"]) == ("890.00", False, "-890.00")
    assert ask("GET", "refunds").json()[0]["parent_id"] == order["id"]
    assert ask("POST", f"{at}/refunds", {"amount": "99999"}).status_code == 500  # a mistake that looks like an outage
    assert ask("DELETE", f"{at}/refunds/{refund['id']}?force=true").status_code == 200 and ask("GET", at).json()["refunds"] == []


@pytest.mark.parametrize(
    ("hook", "error"),
    [
        ({"topic": "customer.restored"}, "woocommerce_rest_webhook_invalid_topic"),
        ({"topic": "order.published"}, "woocommerce_rest_webhook_invalid_topic"),
        ({"delivery_url": "hub"}, "woocommerce_rest_webhook_invalid_delivery_url"),
        ({"status": "on"}, "rest_invalid_param"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(ask, hook, error):
    assert code(ask("POST", "webhooks", {"topic": "order.updated", "delivery_url": "https://hub.example.ru/"} | hook)) == (400, error)


def test_a_webhook_is_pinged_signed_and_shown_without_its_secret(ask):
    got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=receiver.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/"
    made = ask("POST", "webhooks", {"topic": "customer.created", "delivery_url": url, "secret": "hook-secret-42"}).json()
    assert (made["resource"], made["event"], "secret" in made, made["hooks"][0]) == ("customer", "created", False, "user_register")
    ask("POST", "customers", {"email": "hook@example.ru", "first_name": "Анна"})
    deadline = time.monotonic() + 5
    while len(got) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    receiver.shutdown()
    (_, ping), (headers, body) = got  # the redirect is an answer, and is not followed
    assert ping == f"webhook_id={made['id']}".encode() and json.loads(body)["first_name"] == "Анна" and body.isascii()
    assert headers["X-WC-Webhook-Signature"] == base64.b64encode(hmac.new(b"hook-secret-42", body, hashlib.sha256).digest()).decode()
    assert ask("GET", f"webhooks/{made['id']}").json()["status"] == "active"
