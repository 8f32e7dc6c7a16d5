"""The MoySklad sandbox over real HTTP, with raw requests."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from werkzeug.serving import make_server

from sandbox.moysklad.app import TOKEN, Moysklad

ENTITY = "/api/remap/1.2/entity/"


@pytest.fixture
def account():
    account = Moysklad(weight=3, allow_loopback_webhooks=True)
    account.limits.enforce = False
    server = make_server("127.0.0.1", 0, account.flask, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    account.url = f"http://127.0.0.1:{server.server_port}"
    yield account
    server.shutdown()


def call(account, method, path, body=None, **options):
    headers = {"Authorization": f"Bearer {TOKEN}", **options.pop("headers", {})}
    return requests.request(method, account.url + ENTITY + path, json=body, headers=headers, timeout=10, **options)


def first(account, kind):
    return {"meta": call(account, "GET", kind).json()["rows"][0]["meta"]}


def order(account, **more):
    agent = call(account, "POST", "counterparty", {"name": "Анна"}).json()
    return {
        "organization": first(account, "organization"),
        "agent": {"meta": agent["meta"]},
        "positions": [{"quantity": 2, "price": 79500.0, "discount": 10, "assortment": first(account, "product")}],
        **more,
    }


def test_no_gzip_is_415_without_body_and_bad_token_401(account):
    answer = call(account, "GET", "counterparty", headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.content) == (415, b"")
    answer = call(account, "GET", "counterparty", headers={"Authorization": "Bearer other"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, 1056)


def test_repeated_sync_id_answers_with_the_first(account):
    body = order(account, syncId="0d5d0a4e-77c1-4b7e-9a53-2d1b7a8f1f10", externalCode="site:1")
    one, two = (call(account, "POST", "customerorder", body).json() for _ in range(2))
    assert one["id"] == two["id"] and one["sum"] == 143100.0
    assert call(account, "GET", "customerorder?filter=externalCode=site:1").json()["meta"]["size"] == 1


def test_bulk_reports_errors_item_by_item(account):
    answer = call(account, "POST", "counterparty", [{"name": "А"}, {"phone": "1"}])
    assert answer.status_code == 200 and answer.json()[0]["name"] == "А"
    assert answer.json()[1]["errors"][0] | {"moreInfo": ""} == answer.json()[1]["errors"][0] | {
        "code": 3000,
        "parameter": "name",
        "moreInfo": "",
    }


def test_expand_is_ignored_above_100(account):
    call(account, "POST", "customerorder", order(account))
    assert call(account, "GET", "customerorder?limit=100&expand=agent,positions").json()["rows"][0]["agent"]["name"] == "Анна"
    assert "name" not in call(account, "GET", "customerorder?limit=101&expand=agent").json()["rows"][0]["agent"]


def test_rate_limit_answers_429_in_milliseconds(account):
    account.limits.enforce = True
    codes = [call(account, "GET", "store") for _ in range(16)]
    assert [a.status_code for a in codes] == [200] * 15 + [429]
    assert 0 < int(codes[-1].headers["X-Lognex-Retry-After"]) <= 3001 and codes[-1].json()["errors"][0]["code"] == 1049


def test_receipt_needs_matching_payments_and_names_its_order(account):
    made = call(account, "POST", "customerorder", order(account)).json()
    body = {
        "retailShift": first(account, "retailshift"),
        "customerOrder": {"meta": made["meta"]},
        "agent": made["agent"],
        "positions": order(account)["positions"],
    }
    assert call(account, "POST", "retaildemand", body | {"cashSum": 1.0}).json()["errors"][0]["code"] == 18000
    receipt = call(account, "POST", "retaildemand", body | {"cashSum": 143100.0}).json()
    assert receipt["customerOrder"]["meta"]["href"] == made["meta"]["href"] and receipt["sum"] == 143100.0


def test_incremental_list_of_10000_is_fast(account):
    rows = [{"name": str(n), "updated": f"2026-01-01 {n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}.000"} for n in range(10000)]
    requests.post(account.url + "/_sandbox/load", json={"customerorder": rows}, timeout=30)
    started = time.monotonic()
    answer = call(account, "GET", "customerorder?filter=updated>=2026-01-01 02:46:30.000&order=updated,asc;id,asc").json()
    assert answer["meta"]["size"] == 10 and time.monotonic() - started < 0.5


def test_webhook_carries_ids_and_changed_fields(account):
    got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/h"
    call(account, "POST", "webhook", {"url": url, "action": "UPDATE", "entityType": "counterparty", "diffType": "FIELDS"})
    made = call(account, "POST", "counterparty", {"name": "А"}).json()
    call(account, "PUT", "counterparty/" + made["id"], {"phone": "1"})
    account.hooks.drain()
    receiver.shutdown()
    path, body = got[0]
    assert len(got) == 1 and "requestId=" in path
    assert body["events"][0]["updatedFields"] == ["phone"] and body["events"][0]["meta"]["href"] == made["meta"]["href"]
