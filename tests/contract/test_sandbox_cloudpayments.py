"""The CloudPayments stand-in over real HTTP, as the vendor's documentation has it."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
import requests

from sandbox.cloudpayments.app import PUBLIC_ID, SECRET, Cloudpayments
from sandbox.frame.server import running
from tests.servers import wait_until


class Served:
    def __init__(self, app, url):
        self.app, self.url = app, url

    def call(self, path, body, pair=(PUBLIC_ID, SECRET), **headers):
        return requests.post(f"{self.url}/{path}", json=body, auth=pair, headers=headers, timeout=5)

    def model(self, path, **body):
        found = self.call(path, body).json()
        assert found["Success"], found
        return found["Model"]

    def refused(self, path, **body):
        answer = self.call(path, body)
        assert (answer.status_code, answer.json()["Success"]) == (200, False)
        return answer.json()["Message"]

    def control(self, what, **body):
        return requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).json()


@pytest.fixture
def kassa():
    app = Cloudpayments(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Served(app, url)


def test_who_is_let_in(kassa):
    assert kassa.call("test", {}).json() == {"Success": True, "Message": None, "Model": None}
    assert kassa.call("test", {}, pair=(PUBLIC_ID, "wrong")).status_code == 401


def test_a_payment_is_found_by_its_order_listed_and_given_back_in_parts(kassa):
    kassa.control("pay", invoice="A-1", amount="1490.00", status="Declined")
    ident = kassa.control("pay", invoice="A-1", amount="1490.00")["TransactionId"]
    found = kassa.model("payments/find", InvoiceId="A-1")
    assert (found["TransactionId"], found["Status"], found["Amount"], found["CreatedDate"][:6]) == (ident, "Completed", 1490.0, "/Date(")
    back = kassa.model("payments/refund", TransactionId=ident, Amount=590.0)["TransactionId"]
    assert kassa.model("v2/payments/find", InvoiceId="A-1")["OriginalTransactionId"] == ident
    assert kassa.model("payments/find", InvoiceId="A-1")["TransactionId"] == ident
    assert kassa.refused("payments/refund", TransactionId=ident, Amount=901.0)
    rows = kassa.model("v2/payments/list", CreatedDateGte="2020-01-01T00:00:00+03:00", CreatedDateLte="2099-01-01T00:00:00+03:00")
    assert [row["TransactionId"] for row in rows][-2:] == [ident, back] and len(rows) == 3
    assert (kassa.refused("payments/get", TransactionId=1), kassa.refused("payments/find", InvoiceId="нет")) == ("Not found", "Not found")


def test_a_hold_is_confirmed_in_part_or_let_go(kassa):
    first, second = (kassa.control("pay", invoice="A-1", amount="100.00", status="Authorized")["TransactionId"] for _ in "ab")
    kassa.model("payments/confirm", TransactionId=first, Amount=90.0)
    kassa.model("payments/void", TransactionId=second)
    assert [kassa.model("payments/get", TransactionId=one)["Status"] for one in (first, second)] == ["Completed", "Cancelled"]
    assert kassa.refused("payments/void", TransactionId=first)


def test_a_refund_said_twice_under_one_id_is_one(kassa):
    ident = kassa.control("pay", invoice="A-1", amount="100.00")["TransactionId"]
    body = {"TransactionId": ident, "Amount": 10.0}
    one, two, other = (kassa.call("payments/refund", body, **{"X-Request-ID": key}).json()["Model"] for key in ("k-1", "k-1", "k-2"))
    assert one == two != other


def test_requests_beyond_those_at_once_are_429(kassa):
    kassa.control("limits", at_once=0)
    assert kassa.call("test", {}).status_code == 429


def test_a_notification_is_signed_and_comes_again_until_it_is_answered_with_code_0(kassa):
    heard, answers = [], [b"ok", b'{"code":13}', b'{"code":0}']

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, self.headers["Content-HMAC"], body))
            said = answers[min(len(heard), 3) - 1]
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/in?kind=pay"
    kassa.control("notifications", urls={"pay": url}, hurry=1000)
    ident = kassa.control("pay", invoice="A-1", amount="100.00")["TransactionId"]
    wait_until(lambda: len(heard) == 3, 5, "three tries")
    (path, hmac, body) = heard[0]
    said = parse_qs(body.decode(), keep_blank_values=True)
    assert (path, said["TransactionId"], said["TestMode"], said["Email"]) == ("/in?kind=pay", [str(ident)], ["0"], [""])
    assert hmac == kassa.app.notifier.signed(body)["Content-HMAC"] and "kind" not in said
    kassa.app.notifier.post.drain()
    assert len(heard) == 3
    server.shutdown()
    server.server_close()
