"""Mango Office shuts everybody out after two mistakes: the connector's second is never made, whatever is wrong and whatever is lost."""

from __future__ import annotations

import itertools
import json
import time

import pytest
import responses

from connectors.contract import SystemSettings, Write
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.limiter import LocalLimiter
from connectors.mango import sendable
from connectors.mango.connector import Mango as Connector
from connectors.mango.door import QUIET
from connectors.mango.manifest import MANIFEST
from sandbox.mango.app import API_KEY


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
