"""The connector of Mango Office against the stand-in: two ways to one call, by events and by reports."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.contract import WebhookRefused, WebhookRequest, WebhookUnreadable
from connectors.errors import Unavailable
from connectors.mango import shape
from connectors.mango.history import OVERLAP, PERIOD, STRADDLES
from connectors.mango.signature import holds, signed
from mappings import load
from sandbox.mango.hooks import summary
from tests.contract.mango_pbx import event

ANNA = "79031234567"


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
    first = datetime.combine(pbx.now().date() - timedelta(days=85), time(), ZoneInfo("Europe/Moscow")).timestamp()
    for edge in (first, first + PERIOD - STRADDLES - OVERLAP, first + 2 * (PERIOD - STRADDLES - OVERLAP)):
        pbx.control("call", number=ANNA, talk=60, transferred="102", at=int(edge) - 30)  # its second leg begins in the period
    cursor, found, whole = {}, {}, 0
    while True:
        for page in itertools.islice(connector.changes("call", cursor), 3):  # broken off and resumed again and again
            found |= {one.id: one.data for one in page.objects}
            whole, cursor = whole + len(page.objects), dict(page.cursor)
        if "mark" in cursor:
            break
    assert len(found) == len(range(0, 84 * 24 - 5, 5)) + 2 and {row["talk"] for row in found.values()} == {80}


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
