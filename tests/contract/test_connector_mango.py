"""The connector of Mango Office against the stand-in: two ways to one call, silence after a refusal, commands said once, recordings on demand."""

from __future__ import annotations

import itertools
import json
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import requests
import responses

from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, WebhookUnreadable, Write
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.limiter import LocalLimiter
from connectors.mango import sendable, shape
from connectors.mango.connector import Mango as Connector
from connectors.mango.door import QUIET
from connectors.mango.manifest import MANIFEST
from connectors.mango.signature import holds, signed
from mappings import load
from sandbox.frame.server import beside, running, server
from sandbox.frame.tls import certificate
from sandbox.mango.app import API_KEY, SALT, Mango
from sandbox.mango.hooks import summary
from tests.contract.mango_pbx import Exchange

ANNA = "79031234567"


@pytest.fixture
def pbx():
    app = Mango(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Exchange(app, url)


def event(told, key=API_KEY, salt=SALT, **more):
    """A webhook as the PBX sends it; ``more`` replaces form fields."""
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    form = {"vpbx_api_key": key, "sign": signed(key, text, salt), "json": text} | more
    return WebhookRequest({}, urlencode(form).encode(), {}, "hook-secret-42")


def happened(pbx, **told):
    """A call that has been, and the event of its end."""
    made = pbx.control("call", number=ANNA, **told)
    return made, summary(pbx.app.pbx.conversations[made["entry_id"]], pbx.app.edition)


SUMMARY = {
    "entry_id": "MTIzNDU2", "call_direction": 1, "from": {"number": "79990001122"}, "to": {"extension": "101", "number": "79995550011"},
    "line_number": "74950001122", "create_time": 1780300800, "forward_time": 1780300810, "talk_time": 1780300824, "end_time": 1780300895,
    "entry_result": 1, "disconnect_reason": 1110, "dct": {"type": 0},
}  # fmt: skip
LEG = {
    "entry_id": "MTIzNDU2",
    "call_id": "MTo3Nzc=",
    "timestamp": 1780300810,
    "seq": 1,
    "call_state": "Disconnected",
    "location": "abonent",
}


# events -----------------------------------------------------------------------------------------------------


def test_the_signature_is_the_published_one():
    assert signed("k7f3example00key", "{}", "s91example00salt") == "93e2094f32e1d18476ec441baa5e1e51375dd8b839f69a48f373d04a9d8351b6"
    assert not holds("", "{}", "", "", signed("", "{}", "")), "a PBX without keys believes nobody"


def test_the_end_of_a_call_is_a_fact_taken_from_the_event(pbx):
    (hint,) = pbx.connector.receive(event(SUMMARY))
    assert (hint.resource, hint.id) == ("call", "MTIzNDU2")
    assert hint.fact == {
        "entry_id": "MTIzNDU2", "call_direction": 1, "number": "79990001122", "extension": "101", "line_number": "74950001122",
        "create_time": 1780300800, "talk": 71, "ended": "answered",
    }  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(LEG, id="a leg, even the last one"),
        pytest.param(LEG | {"entry_result": 1}, id="a leg that bears a result"),
        pytest.param({"recording_id": "r", "recording_state": "Completed", "entry_id": "x"}, id="a recording"),
        pytest.param({"command_id": "c", "result": "1000"}, id="the result of a command"),
        pytest.param({}, id="the button that tries the connection"),
        pytest.param(SUMMARY | {"call_direction": 0}, id="a call between employees"),
    ],
)
def test_what_is_no_finished_call_says_nothing(pbx, told):
    assert pbx.connector.receive(event(told)) == []


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(event(SUMMARY, sign="0" * 64), id="another signature"),
        pytest.param(event(SUMMARY, sign="ж"), id="a signature that is no ASCII"),
        pytest.param(event(SUMMARY, salt="other"), id="another signing key"),
        pytest.param(event(SUMMARY, key="other"), id="another PBX"),
        pytest.param(event(SUMMARY, json=json.dumps(SUMMARY | {"talk_time": 0})), id="a body that was changed"),
        pytest.param(event(SUMMARY, json=json.dumps(SUMMARY, indent=1)), id="a body that was written anew"),
        pytest.param(WebhookRequest({}, json.dumps(SUMMARY).encode(), {}, ""), id="JSON without a form"),
        pytest.param(WebhookRequest({}, b"", {}, ""), id="nothing"),
    ],
)
def test_what_is_not_signed_by_this_pbx_is_refused(pbx, request_):
    with pytest.raises(WebhookRefused) as caught:
        pbx.connector.receive(request_)
    assert not isinstance(caught.value, WebhookUnreadable)


@pytest.mark.parametrize("told", ["{", SUMMARY | {"entry_id": ""}, SUMMARY | {"entry_id": "x" * 129}])
def test_what_is_signed_and_makes_no_sense_is_unreadable(pbx, told):
    with pytest.raises(WebhookUnreadable):
        pbx.connector.receive(event(told))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"entry_result": 1, "talk_time": 0}, {"ended": "1110", "talk": 0}),  # a menu took it: nobody talked
        ({"talk_time": 0, "disconnect_reason": "1121"}, {"ended": "1121"}),
        ({"talk_time": 0, "disconnect_reason": 2219}, {"ended": "2210"}),  # an unknown code counts as its parent
        ({"talk_time": 0, "disconnect_reason": 9876}, {"ended": "other"}),
        ({"talk_time": "1780300824", "end_time": "1780300895"}, {"talk": 71}),  # the edition of 2017
        ({"from": {"number": "sip:anna@example.ru"}}, {"number": ""}),
        ({"from": {}}, {"number": ""}),
        ({"to": {}}, {"extension": ""}),
        ({"to": {"extension": 101}}, {"extension": "101"}),
        (
            {"call_direction": 2, "from": {"extension": "102"}, "to": {"number": "79990001122"}},
            {"number": "79990001122", "extension": "102"},
        ),
    ],
)
def test_how_a_call_is_read(change, expected):
    row = shape.of_summary(SUMMARY | change)
    assert {name: row[name] for name in expected} == expected


def test_every_documented_code_has_an_outcome_in_the_mapping():
    (mapping,) = [m for m in load([__import__("pathlib").Path("mappings")]).all if (m.connector, m.resource) == ("mango", "call")]
    (codec,) = [f.codec for f in mapping.fields if f.field == "outcome"]
    assert shape.CODES | {shape.ANSWERED, shape.OTHER} == set(codec.forward)


# the same calls by reports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", ["now", "2017"])
@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"talk": 71}, id="answered"),
        pytest.param({"talk": 0, "reason": 1121}, id="missed"),
        pytest.param({"talk": 0, "extension": "", "reason": 1170}, id="ended in the menu"),
        pytest.param({"direction": "out", "talk": 30}, id="outgoing"),
        pytest.param({"direction": "out", "talk": 0, "reason": 1133}, id="to a number that is not there"),
        pytest.param({"number": "anonymous", "talk": 3}, id="hidden"),
    ],
)
def test_a_call_reads_the_same_by_either_way(pbx, edition, told):
    pbx.control("habits", edition=edition)
    made = pbx.control("call", **{"number": ANNA, **told})
    heard = pbx.connector.receive(event(summary(pbx.app.pbx.conversations[made["entry_id"]], edition)))[0]
    pbx.later(300)
    (read,), _ = pbx.calls()
    assert (read.id, read.data) == (heard.id, heard.fact)


def test_calls_between_employees_are_no_calls_of_customers(pbx):
    pbx.control("call", direction="internal", talk=5)
    pbx.later(300)
    assert pbx.calls()[0] == []


def test_legs_are_one_call_with_its_recordings_in_one_line(pbx):
    made, _ = happened(pbx, talk=40, recorded=True, transferred="103")
    pbx.control("reports", brackets=False, words=True)
    pbx.later(300)
    (read,), _ = pbx.calls()
    assert read.data["extension"] == "101" and "recording" not in read.data, "the second leg's may still come"
    pbx.later(400)
    (read,), _ = pbx.calls()
    assert read.data["recording"] == made["recordings"][0]


def test_a_call_that_ended_a_moment_ago_may_go_on_and_is_left_to_the_next_poll(pbx):
    happened(pbx, talk=5)
    found, cursor = pbx.calls()
    assert found == []
    pbx.later(300)
    assert len(pbx.calls(cursor)[0]) == 1


def test_a_report_that_is_not_ready_is_waited_for_and_resumed_by_another_process(pbx):
    happened(pbx, talk=5)
    pbx.later(300)
    pbx.control("reports", polls=20)
    began = pbx.now()
    pages = pbx.connector.changes("call", {"mark": pbx.now().timestamp() - 3600})
    waiting = next(page for page in pages if page.waits)
    assert waiting.cursor["key"] and not waiting.last
    assert 30 < (pbx.now() - began).total_seconds() < 60, "most are ready within the turn that ordered them"
    pbx.later(5)
    found, cursor = pbx.calls(waiting.cursor, pbx.made())
    assert len(found) == 1 and set(cursor) == {"mark"} and pbx.read("counters")["reports"] == 1


def test_a_report_that_was_not_kept_is_ordered_anew(pbx):
    happened(pbx, talk=5)
    pbx.later(300)
    pbx.control("reports", polls=20)
    cursor = next(page.cursor for page in pbx.connector.changes("call", {}) if page.waits)
    pbx.control("reports", polls=1)
    pbx.later(3600)
    assert len(pbx.calls(cursor)[0]) == 1


def test_a_long_history_is_read_in_reports_whose_edges_lose_and_cut_nothing(pbx):
    start = pbx.now().timestamp() - 84 * 86_400
    connector = pbx.made(history_since=(pbx.now() - timedelta(days=85)).date().isoformat())
    for hours in range(0, 84 * 24 - 5, 5):
        pbx.control("call", number=ANNA, talk=60, transferred="102", at=int(start + hours * 3600))
    cursor, found, whole = {}, {}, 0
    while True:
        for page in itertools.islice(connector.changes("call", cursor), 3):  # broken off and resumed again and again
            found |= {one.id: one.data for one in page.objects}
            whole, cursor = whole + len(page.objects), dict(page.cursor)
        if "mark" in cursor:
            break
    assert len(found) == len(range(0, 84 * 24 - 5, 5)) and {row["talk"] for row in found.values()} == {80}


def test_a_body_that_was_lost_is_no_empty_report(pbx):
    happened(pbx, talk=5)
    pbx.later(300)
    pbx.control("reports", polls=0)
    pbx.faults({"kind": "empty", "match": "stats/result", "count": 1})
    assert len(pbx.calls()[0]) == 1


def test_a_row_that_nobody_can_read_costs_itself_alone(pbx):
    for name in ("101", "10;2", "103"):
        pbx.control("call", number=ANNA, talk=5, extension=name)
    pbx.later(300)
    assert sorted(one.data["extension"] for one in pbx.calls()[0]) == ["101", "103"]
    pbx.app.pbx.conversations = {
        ident: one for ident, one in pbx.app.pbx.conversations.items() if one.legs[0].target["extension"] == "10;2"
    }
    with pytest.raises(Unavailable, match="not what was asked for"):
        pbx.calls()


def test_history_begins_where_it_is_told_to(pbx):
    pbx.control("call", talk=5, at=int(datetime(2026, 1, 15, tzinfo=UTC).timestamp()))
    connector = pbx.made(history_since="2026-01-01")
    assert len(pbx.calls(connector=connector)[0]) == 1 and pbx.calls()[0] == []


# silence: the second mistake is never made ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("stats/calls/request", {}, ""),
        (sendable.REPORT, {"date_from": 1, "date_to": 2}, "fields"),
        (sendable.REPORT, {"date_from": "2026-06-01", "date_to": 2, "fields": "start"}, "date_from"),
        (sendable.REPORT, {"date_from": 2, "date_to": 1, "fields": "start"}, "date_to"),
        (sendable.REPORT, {"date_from": 1, "date_to": 40 * 86_400, "fields": "start"}, "date_to"),
        (sendable.REPORT, {"date_from": 1, "date_to": 2, "fields": "start,price"}, "fields"),
        (sendable.RESULT, {"key": ""}, "key"),
        (sendable.USERS, {"filter": "x"}, "filter"),
        (sendable.CALLBACK, {"command_id": "1", "from": {"extension": "101"}, "to_number": "+79990001122"}, "to_number"),
        (sendable.CALLBACK, {"command_id": "1", "from": {"extension": ""}, "to_number": "79990001122"}, "from"),
        (sendable.CALLBACK, {"command_id": "ж" * 65, "from": {"extension": "101"}, "to_number": "79990001122"}, "command_id"),
        (sendable.RECORDING, {"recording_id": "r\n", "action": "play"}, "recording_id"),
        (sendable.RECORDING, {"recording_id": "r", "action": "delete"}, "action"),
    ],
)
def test_what_is_wrong_never_leaves(pbx, path, fields, named):
    with pytest.raises(Rejected) as caught:
        pbx.connector.api.ask(path, fields)
    assert (caught.value.code, caught.value.field) == ("unsent", named)
    assert pbx.read("counters")["requests"] == 0 and pbx.tokens.value == {}


def test_after_one_refusal_nobody_asks_until_it_counts_no_more(pbx):
    wrong = pbx.made(salt="other")
    with pytest.raises(Unauthorized, match="3102"):
        wrong.directory("employee")
    for connector in (wrong, pbx.connector, pbx.made()):  # other processes, other requests, mended keys
        with pytest.raises(Unavailable) as caught:
            connector.directory("employee")
        assert caught.value.code == "quiet" and 0 < caught.value.retry_after <= QUIET
    assert pbx.read("counters")["requests"] == 1
    pbx.later(QUIET)
    assert len(pbx.connector.directory("employee")) == 3


LOST = [{"kind": kind, "rate": 0.5} for kind in ("reset_after", "truncated", "html", "empty", "late_effect", "error", "reset_before")]


@pytest.mark.parametrize("kind", ["none", *(rule["kind"] for rule in LOST)])
def test_the_lock_is_never_reached_whatever_is_wrong_and_whatever_is_lost(pbx, kind):
    """Keys that are wrong at times, recordings that are gone, answers that are lost, several processes: never two refusals in two minutes."""
    if kind != "none":
        pbx.faults(*(rule | {"seconds": 0.05} for rule in LOST if rule["kind"] == kind))
    right, wrong, other = pbx.made(), pbx.made(salt="other"), pbx.made(key="other")
    write = Write("w", None, {"to_number": "+79990001122", "extension": "101", "direction": "out", "wanted_at": 0})

    def attempt(turn):
        connector = (right, wrong, right, other)[turn % 4]
        todo = (
            lambda: connector.directory("employee"),
            lambda: list(itertools.islice(connector.changes("call", {}), 4)),
            lambda: connector.sound("gone"),
            lambda: connector.write("callback", [write]),
            lambda: connector.check(),
        )
        try:
            todo[turn % len(todo)]()
        except (Unavailable, Unauthorized, Missing, Rejected):
            pass

    for turn in range(120):
        attempt(turn)
        pbx.later(7)
        pbx.read("counters")  # what took effect late has done so by now
    counters = pbx.read("counters")
    assert counters["worst"] <= 1 and counters["locked_out"] == 0
    assert counters["erroneous"] >= 2 or kind in ("html", "empty", "error", "reset_before"), "the test would prove nothing"


def test_a_process_that_died_while_it_asked_leaves_the_door_shut(pbx):
    with pytest.raises(KeyboardInterrupt), pbx.connector.api.door.passing():
        raise KeyboardInterrupt
    with pytest.raises(Unavailable, match="silent"):
        pbx.made().directory("employee")
    pbx.later(QUIET)
    assert pbx.made().directory("employee")


def test_a_request_that_never_left_costs_no_silence(pbx):
    away = Connector(
        SystemSettings("ats", "mango", "http://127.0.0.1:9", "UTC", {"api_key": "k", "salt": "s"}), LocalLimiter(()), pbx.tokens, pbx.now
    )
    with pytest.raises(Unavailable):
        away.directory("employee")
    assert pbx.connector.directory("employee")


def test_401_is_somebody_elses_lock_before_it_is_a_wrong_key(pbx):
    with responses.RequestsMock() as mocked:
        mocked.post(f"{pbx.url}/vpbx/config/users/request", status=401)
        with pytest.raises(Unavailable) as caught:
            pbx.connector.directory("employee")
        assert caught.value.retry_after == QUIET
        pbx.later(QUIET + 1)
        with pytest.raises(Unauthorized):
            pbx.connector.directory("employee")
        assert len(mocked.calls) == 2
    pbx.later(QUIET + 1)
    assert pbx.connector.directory("employee"), "and it is forgotten once it is well"


@pytest.mark.parametrize(
    ("status", "body", "read", "write"),
    [
        pytest.param(200, {"result": 3102}, Unauthorized, Unauthorized, id="the signature"),
        pytest.param(420, {"code": 3105}, Unauthorized, Unauthorized, id="the key, edition of 2017"),
        pytest.param(200, {"result": 3136}, Rejected, Rejected, id="a number"),
        pytest.param(200, {"result": "3320"}, Missing, Missing, id="no such recording"),
        pytest.param(200, {"result": 2240}, Rejected, Rejected, id="no money"),
        pytest.param(200, {"result": 4290}, Unavailable, Unavailable, id="rate of the inside"),
        pytest.param(200, {"result": 5008}, Unavailable, Unavailable, id="rate of the contact centre"),
        pytest.param(200, {"result": 5000}, Unavailable, Unknown, id="a server's error: a command may have been carried out"),
        pytest.param(429, {"name": "Service Unavailable", "code": 0, "status": 429}, Unavailable, Unavailable, id="rate"),
        pytest.param(503, None, Unavailable, Unknown, id="no answer of the vendor's"),
        pytest.param(502, "<html>", Unavailable, Unknown, id="a page"),
        pytest.param(200, {"result": 1001}, None, None, id="done, with remarks"),
    ],
)
def test_what_an_answer_means(pbx, status, body, read, write):
    for path, ask, expected in ((sendable.USERS, pbx.connector.api.ask, read), (sendable.CALLBACK, pbx.connector.api.order, write)):
        fields = {} if path == sendable.USERS else {"command_id": "1", "from": {"extension": "101"}, "to_number": "79990001122"}
        with responses.RequestsMock() as mocked:
            mocked.post(
                f"{pbx.url}/vpbx/{path}", status=status, body="" if body is None else body if isinstance(body, str) else json.dumps(body)
            )
            if expected is None:
                ask(path, fields)
            else:
                with pytest.raises(expected) as caught:
                    ask(path, fields)
                assert type(caught.value) is expected and API_KEY not in caught.value.message
            assert len(mocked.calls) == 1, "asked once"
        pbx.later(2 * QUIET)


def test_the_published_limits_are_kept(pbx):
    app = pbx.app
    app.limits.enforce = True
    limiter = LocalLimiter(MANIFEST.limits, clock=lambda: time.monotonic() + pbx.ahead, sleep=pbx.later)
    connector = pbx.made(limiter=limiter)
    pbx.control("reports", polls=2)
    for _ in range(3):
        connector.directory("employee")
        pbx.calls(connector=connector)
    assert pbx.read("counters")["refused"] == 0 and pbx.read("counters")["requests"] > 12


# call-backs ----------------------------------------------------------------------------------------------------------


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


# recordings ----------------------------------------------------------------------------------------------------------


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


# the rest ------------------------------------------------------------------------------------------------------------


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
