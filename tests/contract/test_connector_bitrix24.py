"""What is Bitrix24's own in its connector, against scripted answers: limits, events; what every connector does: test_suite_bitrix24.py."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
import responses

from connectors.bitrix24.manifest import MANIFEST
from connectors.contract import WebhookRefused, WebhookRequest, Write
from connectors.errors import Unavailable, Unknown
from tests.contract.bitrix24_scripted import NOW, REST, TIME, app, connector, ok, portal


def test_the_manifest_says_how_each_write_may_be_repeated():
    assert {name: r.entity for name, r in MANIFEST.resources.items()} == {
        "contact": "customer",
        "deal": "order",
        "call": "call",
        "call_task": "call_task",
        "call_deal": "call_task",
        "product": "product",
    }
    for resource in (one for one in MANIFEST.resources.values() if one.writable):
        assert resource.operations["create"].repeat == "findable"
        assert resource.operations["create"].find_by == "hub"
        assert resource.batch <= 50  # of what one request takes; a crash repeats a group, never hundreds
    assert {limit.kind: limit.units / limit.seconds for limit in MANIFEST.limits} == {"bucket": 2.0, "operating": 0.8}
    assert all(op.side_effects for r in MANIFEST.resources.values() for op in r.operations.values())
    assert MANIFEST.resources["call"].fact and "update" not in MANIFEST.resources["call"].operations


def test_an_installation_with_its_own_run_time_settles_by_it():
    made, _ = app(request_seconds=7)
    assert {op.settles_after for r in made.manifest.resources.values() for op in r.operations.values()} == {7.0}


@responses.activate
def test_a_used_up_bucket_makes_everybody_wait():
    portal(lambda *_: (503, {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}))
    made, limiter = connector()
    (outcome,) = made.write("contact", [Write("key", "7", {"name": "А"})])
    assert isinstance(outcome.error, Unavailable)
    assert limiter.penalties[-1][1] == "" and limiter.penalties[-1][0] > 0


@responses.activate
def test_a_method_that_has_used_its_run_time_waits_alone_until_the_portal_frees_it():
    free_at = NOW.timestamp() + 120

    def answer(method, body):
        if method == "profile":
            return 200, {"result": {"ID": "4"}, "time": TIME}
        if "crm.item.update" in str(body):
            return 200, ok({"result": [], "result_error": {k: {"error": "OPERATION_TIME_LIMIT"} for k in body["cmd"]}})
        return 200, {"result": {"items": []}, "time": TIME | {"operating": 470.0, "operating_reset_at": free_at, "finish": NOW.timestamp()}}

    portal(answer)
    made, limiter = connector()
    list(made.changes("contact", {}))
    assert limiter.penalties == [(120.0, "crm.item.list")]  # before the portal has to say no
    made.api._free_at["crm.item.update"] = free_at
    (outcome,) = made.write("contact", [Write("key", "7", {"name": "А"})])
    assert (type(outcome.error), outcome.error.retry_after) == (Unavailable, 120.0)
    assert limiter.penalties[-1] == (120.0, "crm.item.update")


@responses.activate
@pytest.mark.parametrize(("status", "kind"), [(200, Unknown), (503, Unavailable)])
def test_a_page_in_place_of_an_answer_leaves_each_write_unknown_unless_it_turns_away(status, kind):
    responses.add(responses.POST, f"{REST}/1/hook-secret/profile.json", json=ok({"ID": "4"}))
    responses.add(responses.POST, f"{REST}/1/hook-secret/batch.json", body="<html>техработы</html>", status=status)
    outcomes = connector()[0].write("contact", [Write(f"k{i}", None, {"name": "А"}) for i in range(3)])
    assert [type(o.error) for o in outcomes] == [kind] * 3


def event(name, token="app-token-1", **data):
    form = {"event": name, "ts": "1", "auth[application_token]": token} | {f"data{key}": value for key, value in data.items()}
    return WebhookRequest({}, urlencode(form).encode())


EVENTS = [
    ("ONCRMCONTACTUPDATE", {"[FIELDS][ID]": "82"}, [("contact", "82", "changed")]),
    ("onCrmContactDelete", {"[FIELDS][ID]": "82"}, [("contact", "82", "deleted")]),
    ("ONCRMDEALADD", {"[FIELDS][ID]": "5"}, [("deal", "5", "changed"), ("call_deal", "5", "changed")]),
    (
        "ONCRMDEALMOVETOCATEGORY",
        {"[FIELDS][ID]": "5", "[FIELDS][CATEGORY_ID]": "1"},
        [("deal", "5", "changed"), ("call_deal", "5", "changed")],
    ),
    ("ONVOXIMPLANTCALLEND", {"[CALL_ID]": "externalCall.a.1"}, [("call", "externalCall.a.1", "changed")]),
    ("ONCRMACTIVITYUPDATE", {"[FIELDS][ID]": "9"}, [("call", "act:9", "changed"), ("call_task", "9", "changed")]),
    ("ONCRMACTIVITYDELETE", {"[FIELDS][ID]": "9"}, [("call_task", "9", "deleted")]),
    ("ONAPPTEST", {}, []),
    ("ONCRMLEADADD", {"[FIELDS][ID]": "5"}, []),
    ("ONCRMDEALADD", {"[FIELDS][ID]": "5;DROP"}, []),
]


@pytest.mark.parametrize(("name", "data", "hints"), EVENTS, ids=lambda v: v if isinstance(v, str) else "")
def test_an_event_is_a_hint(name, data, hints):
    assert [(h.resource, h.id, h.event) for h in app()[0].receive(event(name, **data))] == hints


@pytest.mark.parametrize("token", ["", "other", "app-token-1 "])
def test_an_event_without_our_token_is_refused(token):
    with pytest.raises(WebhookRefused):
        app()[0].receive(event("ONCRMDEALADD", token, **{"[FIELDS][ID]": "5"}))


def test_without_a_configured_token_every_event_is_refused():
    with pytest.raises(WebhookRefused):
        connector()[0].receive(event("ONCRMDEALADD", "", **{"[FIELDS][ID]": "5"}))
