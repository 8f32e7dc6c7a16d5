"""The stand-in of SMS Aero against the vendor's papers, over real HTTP, and the vendor's own client unchanged against it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from sandbox.frame.server import running
from sandbox.sms.app import KEY, LOGIN, Sms

smsaero = pytest.importorskip("smsaero", reason="requirements/clients.lock is not installed")
NUMBER = "79031234567"


@pytest.fixture
def app():
    return Sms(allow_loopback_webhooks=True)


@pytest.fixture
def url(app):
    with running(app) as url:
        yield url


def asked(url, method, expected=200, **said):
    answer = requests.post(f"{url}/v2/{method}", json=said, auth=(LOGIN, KEY), timeout=5)
    assert answer.status_code == expected, answer.text
    return answer.json()


def test_a_wrong_key_and_an_unknown_method_are_refused(url):
    wrong = requests.post(f"{url}/v2/auth", auth=(LOGIN, "wrong"), timeout=5)
    assert (wrong.status_code, wrong.json()["success"]) == (401, False)
    asked(url, "sms/sendd", expected=404)


def test_a_form_and_get_work_too(url):
    made = requests.post(
        f"{url}/v2/sms/send", data={"number": NUMBER, "sign": "SHOP", "text": "Заказ готов"}, auth=(LOGIN, KEY), timeout=5
    ).json()
    shown = requests.get(f"{url}/v2/sms/status", params={"id": made["data"]["id"]}, auth=(LOGIN, KEY), timeout=5).json()["data"]
    assert (made["data"]["number"], made["data"]["cost"]) == (NUMBER, 5.49)
    assert (shown["number"], shown["cost"], shown["extendStatus"]) == (int(NUMBER), "5.49", "moderation"), "types change between methods"


def test_a_repeat_sends_and_bills_again(app, url):
    before = app.cabinet.balance
    for _ in range(2):
        asked(url, "sms/send", number=NUMBER, sign="SHOP", text="Заказ готов")
    assert len(app.cabinet.messages) == 2 and round(before - app.cabinet.balance, 2) == 10.98


def test_a_list_is_an_object_with_numbers_for_names(app, url):
    for _ in range(60):
        app.cabinet.send(NUMBER, "Скидки", "SHOP")
    first = asked(url, "sms/list")["data"]
    assert first["totalCount"] == "60" and first["links"]["next"] == "/v2/sms/list?page=2" and "49" in first and "50" not in first
    second = requests.post(f"{url}/v2/sms/list?page=2", json={}, auth=(LOGIN, KEY), timeout=5).json()["data"]
    assert "next" not in second["links"] and len([name for name in second if name.isdigit()]) == 10
    assert first["0"]["id"] > first["1"]["id"] > second["0"]["id"], "the newest first"


def test_nothing_goes_to_a_phone_on_the_stop_list(app, url):
    entry = asked(url, "blacklist/add", number=NUMBER)["data"]
    assert asked(url, "sms/send", number=NUMBER, sign="SHOP", text="Скидки")["data"]["status"] == 6
    assert app.cabinet.effects == {}
    assert asked(url, "blacklist/delete", id=entry["id"])["data"] is None
    assert asked(url, "blacklist/delete", id=entry["id"])["success"] is False


def test_a_report_goes_to_whom_the_sender_named(app, url):
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for form in ("", "JSON"):
        address = f"http://127.0.0.1:{server.server_port}/hook"
        made = asked(url, "sms/send", number=NUMBER, sign="SHOP", text="Заказ готов", callbackUrl=address, callbackFormat=form)["data"]
        requests.post(f"{url}/_sandbox/report", json={"id": made["id"], "status": 1}, timeout=5).raise_for_status()
        app.reports.drain()
    server.shutdown()
    assert [kind for kind, _ in heard] == ["application/x-www-form-urlencoded", "application/json"]
    assert "status=1" in heard[0][1] and '"status": 1' in heard[1][1]


def test_what_comes_too_fast_is_turned_away(url):
    requests.post(f"{url}/_sandbox/limits", json={"rate": 2}, timeout=5).raise_for_status()
    assert [requests.post(f"{url}/v2/auth", auth=(LOGIN, KEY), timeout=5).status_code for _ in range(3)] == [200, 200, 429]


def test_the_vendors_own_client(app, url, monkeypatch):
    """It tries TLS first, and after its failure goes on to the next gate without. It asks the network for the domain of the e-mail: not here."""
    monkeypatch.setattr("email_validator.CHECK_DELIVERABILITY", False)
    gate = f"@{url.removeprefix('http://')}/v2/"
    monkeypatch.setattr(smsaero.SmsAero, "GATE_URLS", [gate, gate])
    client = smsaero.SmsAero(LOGIN, KEY, signature="SHOP", allow_phone_validation=False)
    assert client.is_authorized()
    made = client.send_sms(int(NUMBER), "Заказ готов")
    assert client.sms_status(made["id"])["number"] == int(NUMBER)
    assert client.sms_list()["0"]["id"] == made["id"]
    assert client.balance()["balance"] == round(app.cabinet.balance, 2)
    entry = client.blacklist_add(int(NUMBER))
    assert client.blacklist_list()["0"]["number"] == NUMBER
    assert client.blacklist_delete(entry["id"])
    with pytest.raises(smsaero.SmsAeroException):
        client.sms_status(1)
