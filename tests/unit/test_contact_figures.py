"""What calls and messages come to on a customer."""

from __future__ import annotations

import pytest

from hub.entities.customer import CONTACT_COUNTS
from hub.sync.contacts import figures


def call(**data) -> tuple[str, dict]:
    return "call", {"direction": "out", "outcome": "no_answer", "start": "2026-03-01T10:00:00Z"} | data


def message(**data) -> tuple[str, dict]:
    return "message", {"channel": "sms", "state": "sent", "start": "2026-03-02T10:00:00Z"} | data


def test_nobody_was_spoken_to():
    assert figures([]) == {}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([call()], {"calls_made": 1}, id="called in vain"),
        pytest.param([call(outcome="talked"), call()], {"calls_made": 2, "calls_talked": 1}, id="called again, and talked"),
        pytest.param([call(outcome="refused")], {"calls_made": 1, "calls_talked": 1}, id="who refuses has talked"),
        pytest.param([call(direction="in", outcome="talked")], {"calls_received": 1, "calls_talked": 1}, id="the customer called"),
        pytest.param([call(direction=None)], {"calls_made": 1}, id="whose direction nobody told"),
        pytest.param([call(outcome=None, wanted=True), call()], {"calls_made": 1}, id="what was only ordered is no call"),
        pytest.param([message(), message(channel="email")], {"messages_sent": 2, "messages_sms": 1, "messages_email": 1}, id="by channel"),
        pytest.param([message(channel=None)], {"messages_sent": 1, "messages_other": 1}, id="of no known channel"),
        pytest.param([message(state="opened")], {"messages_sent": 1, "messages_sms": 1}, id="read"),
    ],
)
def test_what_counts(facts, expected):
    found = figures(facts)
    assert {name: found[name] for name in CONTACT_COUNTS if found[name]} == expected


@pytest.mark.parametrize("state", ["failed", "expired", "blocked"])
def test_a_message_that_did_not_arrive_was_none(state):
    assert figures([message(state=state)]) == {}


def test_the_last_contact_is_the_latest_of_all_channels():
    assert figures([message(), call(), message(state="failed", start="2026-03-09T10:00:00Z")])["last_contact_at"] == "2026-03-02T10:00:00Z"
