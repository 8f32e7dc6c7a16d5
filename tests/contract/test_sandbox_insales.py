"""The stand-in of InSales against the vendor's papers: odd answers, the window of requests, the reading of changes, discounts, webhooks."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from threading import Thread

import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sandbox.frame.server import running
from sandbox.insales.app import KEY, PASSWORD, PEOPLE, Insales

JSON = {"Content-Type": "application/json"}


class Shop:
    def __init__(self, app, url):
        self.app, self.url = app, url

    def call(self, method, path, body=None, who=PEOPLE, headers=None, **params):
        return requests.request(
            method, f"{self.url}/admin/{path}", json=body, params=params, auth=(who, PASSWORD), headers=headers, timeout=5
        )

    def good(self, method, path, body=None, **params):
        answer = self.call(method, f"{path}.json", body, **params)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def placed(self, *lines, **more):
        given = {
            "order_lines_attributes": lines or [{"variant_id": 7701, "quantity": 2}],
            "client": {"name": "Анна", "phone": "+79031234567"},
        }
        return self.good("POST", "orders", {"order": given | more})


@pytest.fixture
def shop():
    app = Insales(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Shop(app, url)


def test_a_writing_request_without_its_content_type_is_refused_even_without_a_body(shop):
    for method, path in (("POST", "clients.json"), ("PUT", "orders/1.json"), ("DELETE", "orders/1.json")):
        answer = shop.call(method, path)
        assert (answer.status_code, answer.json()) == (422, {"message": "incorrect Content-Type, should be application/json"})


def test_what_is_not_there_is_a_page_and_goods_are_deleted_all_the_same(shop):
    answer = shop.call("GET", "orders/5.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert shop.call("DELETE", "products/99999.json", headers=JSON).json() == {"status": "ok"}
    assert shop.call("GET", "account.json", who="nobody").status_code == 401


def test_the_window_begins_with_a_series_and_does_not_slide(shop):
    shop.app.limits.most = 3
    answers = [shop.call("GET", "account.json", who=KEY) for _ in range(4)]
    assert [a.headers["API-Usage-Limit"] for a in answers] == ["1/3", "2/3", "3/3", "3/3"]
    assert answers[-1].status_code == 503
    assert 295 <= int(answers[-1].headers["Retry-After"]) <= 300
    assert shop.call("GET", "account.json").status_code == 200, "another application has its own"
    shop.control("clock", offset=301)
    assert shop.call("GET", "account.json", who=KEY).headers["API-Usage-Limit"] == "1/3"


def test_changes_are_read_by_time_and_id_and_nothing_is_lost_at_equal_times(shop):
    made = [shop.good("POST", "clients", {"client": {"name": f"К{n}"}})["id"] for n in range(7)]
    for ident in made:
        shop.app.shop.tables["clients"][ident]["updated_at"] = "2026-03-04T12:15:02.000+03:00"
    since, after, found = "1970-01-01T00:00:00+00:00", None, []
    while rows := shop.good("GET", "clients", updated_since=since, from_id=after, per_page=3):
        found += [row["id"] for row in rows]
        since, after = rows[-1]["updated_at"], rows[-1]["id"]
    assert found == made
    assert shop.good("GET", "clients/count", updated_since="2026-03-04T09:15:02Z") == {"count": 7}, "inclusive"


def test_the_smallest_page_of_goods_is_ten_and_the_bin_is_read_by_itself(shop):
    assert [len(shop.good("GET", "products", per_page=n)) for n in (1, 12)] == [10, 12]
    shop.good("DELETE", "products/4401", {})
    shown = shop.good("GET", "products", deleted="true")
    assert [(row["id"], row["archived"]) for row in shown] == [(4401, True)]
    assert len(shop.good("GET", "products", with_deleted="true", per_page=250)) == 12
    shop.good("POST", "products/4401/recover", {})
    assert shop.good("GET", "products/4401")["archived"] is False


def test_lines_without_an_id_are_added_each_time_and_the_plain_name_is_ignored(shop):
    order = shop.placed()
    body = {"order": {"order_lines_attributes": [{"variant_id": 7702, "quantity": 1}], "order_lines": []}}
    for _ in range(2):
        order = shop.good("PUT", f"orders/{order['id']}", body)
    assert [one["variant_id"] for one in order["order_lines"]] == [7701, 7702, 7702]
    gone = {"order": {"order_lines_attributes": [{"id": one["id"], "_destroy": True} for one in order["order_lines"][1:]]}}
    assert len(shop.good("PUT", f"orders/{order['id']}", gone)["order_lines"]) == 1


def test_a_discount_of_a_line_waits_until_the_order_is_there(shop):
    off = {"discount": 100, "type_id": 2, "description": "x", "discount_order_lines_ids": [90101]}
    lines = [{"variant_id": 7701, "quantity": 1}, {"variant_id": 7703, "quantity": 1}]
    order = shop.placed(*lines, discounts_attributes=[off])
    assert order["discounts"][0]["discount_order_lines_ids"] == [], "of the whole order"
    assert [one["discounts_amount"] for one in order["order_lines"]] == [30.4, 69.6]
    told = {"id": order["discounts"][0]["id"], "discount_order_lines_ids": [order["order_lines"][1]["id"]]}
    order = shop.good("PUT", f"orders/{order['id']}", {"order": {"discounts_attributes": [told]}})
    assert [one["discounts_amount"] for one in order["order_lines"]] == [0.0, 100.0]
    assert order["total_price"] == order["items_price"] - 100


def test_statuses_of_the_system_and_of_the_merchant_and_who_is_told(shop):
    order = shop.placed()
    body = {"order": {"fulfillment_status": "delivered"}}
    order = shop.good("PUT", f"orders/{order['id']}", body)
    assert (order["custom_status"]["permalink"], bool(order["delivered_at"])) == ("dostavlen", True)
    assert shop.call("PUT", f"orders/{order['id']}.json", {"order": {"custom_status_permalink": "net"}}).status_code == 422
    effects = requests.get(f"{shop.url}/_sandbox/effects", timeout=5).json()
    assert effects == {"mail: new order": 1, "sms: new order": 1, "stock: taken": 1, "mail: order status": 1, "sms: order status": 1}
    assert [one["user_name"] for one in order["order_changes"]][-1] == "Анна Ильина"


def test_an_external_id_is_taken_and_never_shown(shop):
    refused = shop.call("POST", "products.json", {"product": {"title": "x", "variants_attributes": [{"external_id": "1"}]}})
    assert (refused.status_code, refused.json()) == (422, {"variants_attributes": ['undefined keys ["external_id"]']})
    row = shop.good("PUT", "products/4401/variants/7701", {"variant": {"external_id": "1", "quantity": 4}})
    assert "external_id" not in row
    assert (row["quantity"], row["quantity_at_warehouse0"], row["price"]) == (4, "4.0", "3490.0")


def test_a_group_update_works_later_and_tells_nothing(shop):
    body = {"variants": [{"id": 7701, "price": 10}, {"id": 1, "price": 10}]}
    assert shop.good("PUT", "products/variants_group_update", body) == []
    shop.app.hooks.drain()
    assert shop.good("GET", "products/4401")["variants"][0]["price"] == "10.0"


def test_xml_has_dashes_types_and_dates_of_its_own(shop):
    shop.placed()
    (order,) = ET.fromstring(shop.call("GET", "orders.xml").content)
    assert (order.tag, order.find("id").get("type")) == ("order", "integer")
    assert order.find("paid-at").get("nil") == "true"
    assert order.find("order-lines").get("type") == "array" and order.find("order-lines/order-line/sku").text == "SV-001"
    assert len(order.find("updated-at").text) == len("2026-03-04 12:15:02 +0300") and order.find("updated-at").text.endswith(" +0300")


def test_webhooks_bring_one_object_without_a_signature(shop):
    came = []

    @Request.application
    def receiver(request):
        came.append((request.path, request.mimetype, request.get_data(), dict(request.headers)))
        return Response("")

    server = make_server("127.0.0.1", 0, receiver)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for topic, form in (("orders/create", "json"), ("orders/destroy", "xml"), ("client/create", "json")):
        hook = {"address": f"{address}/{topic}", "topic": topic, "format_type": form}
        assert shop.call("POST", "webhooks.json", {"webhook": hook}).status_code == 201
    assert shop.call("POST", "webhooks.json", {"webhook": hook}).status_code == 422, "an address has a topic once"
    assert shop.call("GET", "webhooks.json", who=KEY).json() == [], "an application sees its own alone"
    order = shop.placed()
    shop.good("DELETE", f"orders/{order['id']}", {})
    shop.app.hooks.drain()
    server.shutdown()
    server.server_close()
    by_path = {path: (kind, body) for path, kind, body, _ in came}
    assert set(by_path) == {"/orders/create", "/orders/destroy", "/client/create"}, "a guest's order makes a client"
    kind, body = by_path["/orders/destroy"]
    assert (kind, ET.fromstring(body).find("id").text) == ("application/xml", str(order["id"]))
    assert not [name for *_, headers in came for name in headers if "sign" in name.lower()]


def test_own_fields_are_written_by_handle_and_a_strange_one_is_refused(shop):
    order = shop.placed()
    body = {"order": {"fields_values_attributes": [{"handle": "track", "value": "1234"}]}}
    (value,) = shop.good("PUT", f"orders/{order['id']}", body)["fields_values"]
    assert (value["handle"], value["value"], value["type"]) == ("track", "1234", "Field::TextField")
    body["order"]["fields_values_attributes"][0]["handle"] = "net"
    assert shop.call("PUT", f"orders/{order['id']}.json", body).status_code == 422


def test_registered_clients_share_no_address_and_guests_may(shop):
    for _ in range(2):
        shop.good("POST", "clients", {"client": {"name": "Анна", "email": "anna@example.ru"}})
    shop.good("POST", "clients", {"client": {"name": "Анна", "email": "anna@example.ru", "registered": True}})
    again = shop.call("POST", "clients.json", {"client": {"name": "Анна", "email": "anna@example.ru", "registered": True}})
    assert (again.status_code, again.json()) == (422, {"email": ["уже существует"]})
