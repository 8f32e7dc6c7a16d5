"""The WooCommerce sandbox over real HTTP with the independent ``woocommerce`` client, unchanged."""

import pytest
from woocommerce import API

from sandbox.frame.server import running
from sandbox.woocommerce.app import Woocommerce
from sandbox.woocommerce.auth import signature


@pytest.fixture
def client():
    with running(Woocommerce()) as url:
        yield API(url=url, consumer_key="ck_sandbox", consumer_secret="cs_sandbox", version="wc/v3", timeout=10)


def test_signature_of_the_documented_vector():
    pairs = {
        "modified_after": "2026-03-01T00:00:00",
        "oauth_consumer_key": "ck_demo",
        "oauth_nonce": "n0001",
        "oauth_timestamp": "1772409600",
        "oauth_signature_method": "HMAC-SHA256",
    }
    found = signature("GET", "http://shop.test/wp-json/wc/v3/orders", pairs, "cs_demo")
    assert found == "fNViaL/n3L+nZmOWUqVNNq6Tp/EfbYLTMGiZdTy1OjM="


def test_customer_is_created_found_by_email_and_updated_in_part(client):
    made = client.post("customers", {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+7 903 123-45-67"}})
    assert made.status_code == 201
    client.put(f"customers/{made.json()['id']}", {"last_name": "Орлова"})
    (row,) = client.get("customers", params={"email": "ANNA@example.ru"}).json()
    assert (row["first_name"], row["last_name"], row["billing"]["phone"]) == ("Анна", "Орлова", "+7 903 123-45-67")
    again = client.post("customers", {"email": "anna@example.ru"})
    assert (again.status_code, again.json()["code"]) == (400, "registration-error-email-exists")


def test_order_lines_add_change_and_remove(client):
    made = client.post("orders", {"line_items": [{"sku": "SV-007", "quantity": 2}, {"sku": "SV-007", "quantity": 1}]}).json()
    assert made["total"] == "2670.00"
    first, second = made["line_items"]
    changed = client.put(
        f"orders/{made['id']}", {"line_items": [{"id": first["id"], "total": "1500.00"}, {"id": second["id"], "quantity": 0}]}
    ).json()
    assert [(line["id"], line["total"]) for line in changed["line_items"]] == [(first["id"], "1500.00")]
    assert (changed["total"], changed["discount_total"]) == ("1500.00", "280.00")


def test_pages_carry_totals_and_a_batch_keeps_order_and_item_errors(client):
    answer = client.post("customers/batch", {"create": [{"email": f"u{i}@example.ru"} for i in range(3)] + [{"email": "broken"}]}).json()
    assert [("error" in row) for row in answer["create"]] == [False, False, False, True]
    page = client.get("customers", params={"per_page": 2, "page": 2})
    assert (page.headers["X-WP-Total"], page.headers["X-WP-TotalPages"], len(page.json())) == ("3", "2", 1)


def test_wrong_secret_is_refused(client):
    client.consumer_secret = "wrong"
    assert client.get("orders").status_code == 401
