"""The stand-in of SMSC.ru against the vendor's papers, over real HTTP, and an independent client unchanged against it."""

from __future__ import annotations

import hashlib
import logging
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
import requests

from sandbox.frame.server import running
from sandbox.smsc import app as stand_in
from sandbox.smsc.app import KEY, LOGIN, PASSWORD, Smsc

PHONE = "79031234567"


@pytest.fixture
def app():
    return Smsc(allow_loopback_webhooks=True)


@pytest.fixture
def url(app):
    with running(app) as url:
        yield url


def asked(url, method, **said):
    answer = requests.post(f"{url}/sys/{method}.php", data={"apikey": KEY, "fmt": "3", "charset": "utf-8", **said}, timeout=5)
    assert answer.status_code == 200
    return answer.json()


def test_a_refusal_is_answered_200_with_a_code(url):
    wrong = requests.post(f"{url}/sys/balance.php", data={"login": LOGIN, "psw": "wrong", "fmt": "3"}, timeout=5)
    assert (wrong.status_code, wrong.json()["error_code"]) == (200, 2)
    digest = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
    taken = requests.get(f"{url}/sys/balance.php", params={"login": LOGIN, "psw": digest, "fmt": "3"}, timeout=5)
    assert taken.json() == {"balance": "42.50"}, "the digest does, and GET does"


def test_text_is_of_windows_unless_another_charset_is_asked_for(app, url):
    app.account.send([PHONE], "Заказ готов", "SHOP")
    plain = {"apikey": KEY, "get_messages": "1"}
    assert "Заказ готов" in requests.get(f"{url}/sys/get.php", params=plain, timeout=5).content.decode("windows-1251")
    assert "Заказ готов" in requests.get(f"{url}/sys/get.php", params=plain | {"charset": "utf-8"}, timeout=5).content.decode()
    assert requests.get(f"{url}/sys/send.php", params={"apikey": KEY}, timeout=5).text.startswith("ERROR = 1 (")


def test_an_equal_sending_within_a_minute_and_one_under_the_same_id_are_no_second_message(app, url):
    said = {"phones": PHONE, "mes": "Заказ готов", "id": "77"}
    assert asked(url, "send", **said)["id"] == 77
    assert asked(url, "send", **said)["error_code"] == 9
    app.offset += 61
    assert asked(url, "send", **said)["id"] == 77
    assert app.account.effects == {"sms": 1}


def test_a_status_is_asked_for_by_id_and_phone(app, url):
    sending = app.account.send([PHONE, "79261112233"], "Скидки", "SHOP")
    assert asked(url, "status", id=str(sending), phone=PHONE)["status"] == -1
    shown = asked(url, "status", id=str(sending), phone=PHONE, all="2")
    assert "id" not in shown and shown["status_name"] == "Ожидает отправки"
    many = asked(url, "status", id=f"{sending},", phone=f"{PHONE},", all="2")
    assert [(one["id"], one["phone"]) for one in many] == [(sending, PHONE)]
    assert asked(url, "status", id="424242", phone=PHONE)["status"] == -3
    assert asked(url, "status", id=str(sending))["error_code"] == 1


def test_a_history_goes_on_before_the_last_row(app, url):
    for _ in range(5):
        app.account.send([PHONE], "Скидки", "SHOP")
    first = asked(url, "get", get_messages="1", cnt="3")
    second = asked(url, "get", get_messages="1", cnt="3", prev_id=first[-1]["int_id"])
    owns = [int(one["int_id"]) for one in first + second]
    assert owns == sorted(owns, reverse=True) and len(set(owns)) == 5
    assert "send_timestamp" not in first[0]
    assert asked(url, "get", get_messages="1", start="2026-03-04")["error_code"] == 5
    assert asked(url, "get", get_messages="1", start="01.01.2000", end="02.01.2000") == []


@contextmanager
def listener(*answers):
    """Somebody at whom reports arrive, who answers so, the last again and again."""
    heard, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", heard
    server.shutdown()


def test_a_report_is_signed_and_comes_again_until_it_is_answered(app, url, monkeypatch):
    monkeypatch.setattr(stand_in, "AGAIN", 0.02)
    sending = app.account.send([PHONE], "Заказ готов", "SHOP")
    with listener(500, 503, 200) as (address, heard):
        requests.post(f"{url}/_sandbox/callback", json={"url": address, "word": "cb-secret"}, timeout=5).raise_for_status()
        requests.post(f"{url}/_sandbox/report", json={"id": sending, "phone": PHONE, "status": 1}, timeout=5).raise_for_status()
        app.reports.drain()
    assert len(heard) == 3 and len(set(heard)) == 1
    fields = {name: values[0] for name, values in parse_qs(heard[0]).items()}
    signed = hashlib.md5(f"{sending}:{PHONE}:1:cb-secret".encode(), usedforsecurity=False).hexdigest()
    assert fields["md5"] == signed and {"sha1", "crc32", "ts", "err", "cost"} <= fields.keys()


def test_an_independent_client(app, url, monkeypatch):
    """smsc 0.1.1, unchanged: sends, asks for a status, for the balance, and reads a refusal."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)  # it would turn on every log of this process
    api, messages = (
        pytest.importorskip("smsc.api", reason="requirements/clients.lock is not installed"),
        pytest.importorskip("smsc.messages"),
    )
    monkeypatch.setattr(api.SMSC, "_url", f"{url}/sys/")
    client = api.SMSC(LOGIN, PASSWORD, "SHOP")
    sent = client.send(PHONE, messages.SMSMessage("Заказ готов"))
    assert (sent.error, sent.count, sent.cost) == (None, 1, 3.2)
    (status,) = client.get_status(PHONE, str(sent.message_id))
    assert (status.status.status_id, status.status.name) == (-1, "Ожидает отправки")
    assert client.get_balance().balance == pytest.approx(39.3)
    assert api.SMSC(LOGIN, "wrong").get_balance().error.code == 2
