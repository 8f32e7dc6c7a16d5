"""The stand-in of Mango Office against the vendor's reference: signature, lock-out, limits, reports, events, recordings."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
import requests

from sandbox.frame.server import running
from sandbox.mango.app import API_KEY, SALT, Mango
from sandbox.mango.wire import sign


@pytest.fixture
def pbx():
    app = Mango(allow_loopback_webhooks=True)
    app.limits.enforce = False
    with running(app) as url:
        app.url = url
        yield app


def ask(pbx, path, body, key=API_KEY, salt=SALT, text=None):
    text = json.dumps(body, separators=(",", ":")) if text is None else text
    form = {"vpbx_api_key": key, "sign": sign(key, text, salt), "json": text}
    return requests.post(f"{pbx.url}/vpbx/{path}", data=form, timeout=5, allow_redirects=False)


def control(pbx, what, **body):
    answer = requests.post(f"{pbx.url}/_sandbox/{what}", json=body, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def later(pbx, seconds):
    pbx.offset += seconds


def test_the_signature_is_the_published_one():
    """Check vectors of the protocol's description."""
    assert sign("k7f3example00key", "{}", "s91example00salt") == "93e2094f32e1d18476ec441baa5e1e51375dd8b839f69a48f373d04a9d8351b6"
    text = '{"command_id":"hub-000123","from":{"extension":"101"},"to_number":"79990001122"}'
    assert sign("k7f3example00key", text, "s91example00salt") == "ae2f086849eb2440d8993d3fb37b046909f99dd1b959bad709d4983926e421fd"


@pytest.mark.parametrize(
    ("path", "body", "more", "code"),
    [
        ("config/users/request", {}, {"salt": "other"}, 3102),
        ("config/users/request", {}, {"key": "other"}, 3105),
        ("config/users/request", {}, {"text": "{"}, 3400),
        ("stats/request", {"date_from": 1}, {}, 3103),
        ("stats/request", {"date_from": "yesterday", "date_to": 5}, {}, 3104),
        ("stats/request", {"date_from": 0, "date_to": 40 * 86400}, {}, 3111),
        ("commands/callback", {"command_id": "1", "from": {"extension": "101"}, "to_number": "+79990001122"}, {}, 3136),
        ("queries/recording/post", {"recording_id": "none", "action": "play"}, {}, 3320),
    ],
)
def test_a_wrong_request_is_told_by_its_code_in_either_edition(pbx, path, body, more, code):
    assert ask(pbx, path, body, **more).json()["result"] == code
    later(pbx, 121)
    control(pbx, "habits", edition="2017")
    answer = ask(pbx, path, body, **more)
    assert (answer.status_code, answer.json()["code"]) == (420, code)


def test_the_second_wrong_request_shuts_everything_out_until_two_minutes_after_the_first(pbx):
    assert ask(pbx, "config/users/request", {}, salt="wrong").json()["result"] == 3102
    assert ask(pbx, "config/users/request", {}).status_code == 200, "one alone is forgiven"
    later(pbx, 60)
    assert requests.get(f"{pbx.url}/vpbx/config/users/request", timeout=5).status_code == 401, "another method is a mistake, too"
    assert ask(pbx, "config/users/request", {}).status_code == 401, "whoever asks"
    later(pbx, 61)
    assert ask(pbx, "config/users/request", {}).status_code == 200
    assert (pbx.limits.worst, pbx.limits.locked_out) == (2, 1)


def test_rates_are_kept(pbx):
    pbx.limits.enforce = True
    assert [ask(pbx, "config/users/request", {}).status_code for _ in range(2)] == [200, 429]
    answer = ask(pbx, "config/users/request", {})
    assert answer.json() == {"name": "Service Unavailable", "message": "Rate limit exceeded.", "code": 0, "status": 429}


def test_a_report_is_prepared_and_told_as_csv(pbx):
    made = control(pbx, "call", number="79990001122", talk=61, recorded=True, at=1_780_300_800)
    control(pbx, "call", number="79990001123", reason=1121, at=1_780_300_900)
    key = ask(pbx, "stats/request/", {"date_from": "1780300000", "date_to": "1780310000"}).json()["key"]
    assert ask(pbx, "stats/result", {"key": key}).status_code == 204
    rows = ask(pbx, "stats/result", {"key": key}).text.splitlines()
    assert rows[0].split(";")[:4] == [f"[{made['recordings'][0]}]", "1780300800", "1780300871", "1780300810"]
    assert rows[1].split(";")[3] == "0" and len(rows) == 2
    assert ask(pbx, "stats/result", {"key": "other"}).status_code == 404
    later(pbx, 700)
    assert ask(pbx, "stats/result", {"key": key}).status_code == 404, "kept for some minutes"


def test_fields_are_chosen_as_text_or_list_and_rows_filtered_by_party(pbx):
    made = control(pbx, "call", number="79990001122", talk=10, transferred="102", at=1_780_300_800)
    period = {"date_from": 1_780_300_000, "date_to": 1_780_310_000}
    pbx.reports.polls = 0
    for fields in ("entry_id,answer", ["entry_id", "answer"]):
        key = ask(pbx, "stats/request", period | {"fields": fields}).json()["key"]
        assert [row.split(";")[0] for row in ask(pbx, "stats/result", {"key": key}).text.splitlines()] == [made["entry_id"]] * 2
    key = ask(pbx, "stats/request", period | {"to": {"extension": "102"}}).json()["key"]
    assert len(ask(pbx, "stats/result", {"key": key}).text.splitlines()) == 1


def test_a_recording_is_fetched_once_by_a_link_that_does_not_live_long(pbx):
    (ident,) = control(pbx, "call", talk=30, recorded=True, recorded_after=60)["recordings"]
    body = {"recording_id": ident, "action": "play"}
    assert ask(pbx, "queries/recording/post", body).json()["result"] == 3320, "not there at the moment of hanging up"
    later(pbx, 121)
    link = ask(pbx, "queries/recording/post/", body).headers["Location"]
    assert requests.get(link, timeout=5).headers["Content-Type"] == "audio/mpeg"
    assert requests.get(link, timeout=5).status_code == 404
    spent = ask(pbx, "queries/recording/post", body).headers["Location"]
    later(pbx, 31)
    assert requests.get(spent, timeout=5).status_code == 404


def test_a_signed_address_of_a_recording_holds_until_its_moment_where_it_is_switched_on(pbx):
    (ident,) = control(pbx, "call", talk=30, recorded=True)["recordings"]

    def link(until, salt=SALT):
        told = hashlib.sha256(f"{API_KEY}{until}{ident}{salt}".encode()).hexdigest()
        return requests.get(
            f"{pbx.url}/vpbx/queries/recording/link/{ident}/play/{API_KEY}/{until}/{told}", timeout=5, allow_redirects=False
        )

    moment = int(pbx.pbx.now().timestamp()) + 60
    assert link(moment).json()["result"] == 3102, "off until a person switches it on"
    control(pbx, "habits", links_on=True)
    later(pbx, 50)
    assert link(moment).status_code == 302
    later(pbx, 71)
    assert link(moment).json()["result"] == 3102 and link(moment).status_code == 401, (
        "its moment is over, and a second mistake is a mistake"
    )
    later(pbx, 121)
    assert link(moment + 600, "other").json()["result"] == 3102


def test_events_are_signed_and_come_in_any_order_and_twice(pbx):
    got, lock = [], threading.Lock()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
            with lock:
                got.append((self.path, form))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        control(pbx, "address", url=f"http://127.0.0.1:{server.server_port}/mango/")
        control(pbx, "webhooks", duplicate=1.0)
        for _ in range(4):
            control(pbx, "call", talk=5)
        pbx.hooks.drain()
    finally:
        server.shutdown()
        server.server_close()
    assert all(form["sign"] == sign(API_KEY, form["json"], SALT) for _, form in got)
    paths = [path for path, _ in got]
    assert paths.count("/mango/events/summary") == 8 and paths.count("/mango/events/call") == 24
    seqs = [json.loads(form["json"])["seq"] for path, form in got if path.endswith("/call")]
    assert seqs != sorted(seqs)


def test_a_command_is_carried_out_as_often_as_it_is_said(pbx):
    body = {"command_id": "hub-1", "from": {"extension": "101"}, "to_number": "79990001122"}
    assert [ask(pbx, "commands/callback", body).json() for _ in range(2)] == [{"result": 1000}] * 2
    assert pbx.pbx.effects["call: customer"] == 2
