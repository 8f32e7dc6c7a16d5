"""What the hub asks of Mango Office for people: call-backs said once, recordings on demand, employees."""

from __future__ import annotations

import json
import ssl
import threading
import time

import pytest
import requests
import responses

from connectors.contract import Write
from connectors.errors import Missing, Rejected, Unavailable, Unknown
from connectors.mango.manifest import MANIFEST
from sandbox.frame.server import beside, server
from sandbox.frame.tls import certificate
from sandbox.mango.app import Mango
from sandbox.mango.hooks import summary
from tests.contract.mango_pbx import Exchange, event

ANNA = "79031234567"


def wish(pbx, key="01981c2e-7a10-7b61-9c3e-0d1f5a2b3c4d", **more):
    data = {"to_number": "+79990001122", "extension": "101", "direction": "out", "wanted_at": int(pbx.now().timestamp())}
    return Write(key, None, data | more)


def test_a_call_back_is_commanded_under_the_key_of_its_record(pbx):
    (outcome,) = pbx.made(line_number="74950001122").write("callback", [wish(pbx)])
    assert outcome.remote.id == "01981c2e-7a10-7b61-9c3e-0d1f5a2b3c4d"
    assert pbx.read("commands") == [{
        "command_id": "01981c2e-7a10-7b61-9c3e-0d1f5a2b3c4d", "from": {"extension": "101"}, "to_number": "79990001122", "line_number": "74950001122",
    }]  # fmt: skip


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "late_effect"])
def test_a_call_back_whose_answer_is_lost_is_not_said_again(pbx, kind):
    pbx.faults({"kind": kind, "match": "callback", "count": 1, "seconds": 0.05})
    (outcome,) = pbx.connector.write("callback", [wish(pbx)])
    assert type(outcome.error) is Unknown
    assert MANIFEST.resources["callback"].operations["create"].repeat == "never"
    deadline = time.monotonic() + 5
    while pbx.read("effects").get("call: customer") != 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pbx.read("effects") == {"call: customer": 1, "call: employee": 1} and len(pbx.read("commands")) == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"ended": "answered"}, "finished", id="a call that has been"),
        pytest.param({"direction": "in"}, "finished", id="a call that came"),
        pytest.param({"wanted_at": 1_700_000_000}, "late", id="a wish that has grown old"),
        pytest.param({"extension": ""}, "unsent", id="nobody to ring first"),
        pytest.param({"to_number": "+7 903"}, "unsent", id="no number"),
    ],
)
def test_nobody_is_rung_for_what_is_no_wish_of_now(pbx, more, code):
    (outcome,) = pbx.connector.write("callback", [wish(pbx, **more)])
    assert type(outcome.error) is Rejected and outcome.error.code == code
    assert pbx.read("counters")["requests"] == 0


def test_calls_are_not_written(pbx):
    (outcome,) = pbx.connector.write("call", [wish(pbx)])
    assert type(outcome.error) is Rejected and pbx.read("counters")["requests"] == 0


def test_a_call_back_is_one_outgoing_call_by_either_way(pbx):
    pbx.connector.write("callback", [wish(pbx)])
    pbx.later(300)
    (made,) = pbx.app.pbx.conversations.values()
    (read,), _ = pbx.calls()
    assert (read.data["call_direction"], read.data["number"], read.data["ended"]) == (2, "79990001122", "answered")
    heard = pbx.connector.receive(event(summary(made)))[0]
    assert (heard.id, heard.fact["call_direction"], heard.fact["number"]) == (read.id, 2, "79990001122")


def test_a_recording_is_fetched_anew_for_each_listener_and_kept_nowhere(pbx):
    (ident,) = pbx.control("call", talk=30, recorded=True)["recordings"]
    for _ in range(2):
        sound = pbx.connector.sound(ident)
        assert sound.kind == "audio/mpeg" and sound.data.startswith(b"\xff\xfb")
    assert pbx.read("listened") == [ident, ident] and "files" not in json.dumps(pbx.tokens.value)


def test_a_recording_that_is_not_there_yet(pbx):
    (ident,) = pbx.control("call", talk=30, recorded=True, recorded_after=200)["recordings"]
    for _ in range(4):  # somebody who presses the button again and again silences the rest once
        with pytest.raises(Missing):
            pbx.connector.sound(ident)
        pbx.later(100)
    assert pbx.read("counters")["erroneous"] == 1
    pbx.later(300)
    assert pbx.connector.sound(ident).data


def test_a_link_that_is_spent_is_not_taken_for_a_recording(pbx):
    (ident,) = pbx.control("call", talk=30, recorded=True)["recordings"]
    pbx.faults({"kind": "reset_after", "match": "GET /files", "count": 1})
    with pytest.raises(Unavailable):
        pbx.connector.sound(ident)
    assert pbx.connector.sound(ident).data


@pytest.mark.parametrize("link", ["http://169.254.169.254/latest", "https://mango-office.ru.example.org/x.mp3", "file:///etc/passwd", ""])
def test_a_recording_is_fetched_from_the_vendor_alone(pbx, link):
    with responses.RequestsMock() as mocked:
        mocked.post(f"{pbx.url}/vpbx/queries/recording/post", status=302, headers={"Location": link})
        with pytest.raises(Unavailable, match="somewhere else"):
            pbx.connector.sound("r")


def test_employees_by_internal_number(pbx):
    assert [(one.value, one.title, one.emails) for one in pbx.connector.directory("employee")][0] == (
        "101",
        "Анна Ильина",
        ("anna@lavka.example",),
    )
    assert pbx.connector.directory("store") == []


def test_check_asks_one_thing(pbx):
    health = pbx.connector.check()
    assert health.ok and pbx.read("counters")["requests"] == 1
    bad = pbx.made(salt="other").check()
    assert not bad.ok and "3102" in bad.findings[0].en and "API" in bad.findings[0].fix_ru
    assert "silent" in pbx.connector.check().findings[0].en and pbx.read("counters")["requests"] == 2


def test_tls_is_1_2_as_the_vendor_states():
    """A server that speaks nothing older than 1.3 is not spoken to; one that speaks both is, by 1.2."""
    app = Mango()
    plain = server(app)
    with certificate() as pair:
        tls = beside(plain, pair)
        threading.Thread(target=tls.serve_forever, args=(0.02,), daemon=True).start()
        pbx = Exchange(app, f"https://127.0.0.1:{tls.server_port}")
        pbx.connector.api.http.session.verify = str(pair.path)
        try:
            assert len(pbx.connector.directory("employee")) == 3
            tls.ssl_context.minimum_version = ssl.TLSVersion.TLSv1_3
            pbx.connector.api.http.session.close()
            with pytest.raises(Unavailable):
                pbx.connector.directory("employee")
        finally:
            tls.shutdown()
            tls.server_close()
            plain.server_close()
    requests.session().close()
