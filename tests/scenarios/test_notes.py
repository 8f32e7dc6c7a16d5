"""The outcome of a call in the CRM becomes one note of the counterparty, whatever happens to the answer."""

from __future__ import annotations

import re

import pytest
import requests

from hub.sync.intake import Intake
from hub.systems import modes
from sandbox.judge.bitrix24 import Exchange
from sandbox.judge.purchases import Talk
from tests.scenarios.shop import opened

NOTE = "POST .*/notes$"


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, crm=True) as shop:
        yield shop


def anna(shop):
    """A client who is known everywhere; her counterparty's id."""
    person = {"name": "Орлова Анна", "companyType": "individual", "legalFirstName": "Анна", "phone": "+7 903 123-45-67"}
    made = shop.sklad("POST", "counterparty", person)
    shop.sync()
    return made["id"]


def call(shop):
    """Ruslan talks with her for 130 seconds, by the telephone exchange of the CRM."""
    exchange = Exchange(shop.crm_url)
    exchange.refresh = "telephony-refresh-token"
    (contact,) = shop.crm("crm.contact.list", filter={"NAME": "Анна"})
    talk = Talk("call-1", 1, "+79031234567", "out", "200", 130, "2026-03-12T16:05:00+05:00")
    exchange.ended(talk, contact["ID"])


def texts(shop, agent):
    return [row["description"] for row in shop.sklad("GET", f"counterparty/{agent}/notes")["rows"]]


def test_a_call_becomes_a_readable_note_once(shop):
    agent = anna(shop)
    call(shop)
    for _ in range(2):
        shop.sync()
    (text,) = texts(shop, agent)
    assert re.fullmatch(
        r"Звонок исходящий 12\.03\.2026 14:05, 2 мин 10 с: поговорили\. Руслан Хабибуллин\. .*\[sverka:[0-9a-f-]{36}\]", text
    ), text


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncated", "html", "late_effect"])
def test_a_note_whose_answer_is_lost_is_written_once(shop, kind):
    agent = anna(shop)
    rule = {"kind": kind, "match": NOTE, "count": 1, "seconds": 0.5}
    requests.post(f"{shop.sklad_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    call(shop)
    shop.poll()
    shop.work(600.0)
    shop.sync()
    assert len(texts(shop, agent)) == 1


def test_a_call_from_before_the_history_is_no_news(tmp_path):
    with opened(tmp_path, crm=True, history_from="2026-03-13") as shop:
        agent = anna(shop)
        call(shop)
        shop.sync()
        assert texts(shop, agent) == []
        assert [row[7] for row in shop.queue() if row[:2] == ("sklad", "call")] == ["from before 2026-03-13"]


def test_a_call_that_came_while_the_system_was_observed_is_not_passed_on_when_it_goes_live(shop):
    agent = anna(shop)
    with shop.hub.store.write() as at:
        assert modes.change(shop.hub, at, "sklad", "observe") == "live"
    call(shop)
    shop.poll()
    while Intake(shop.hub).run():
        pass
    with shop.hub.store.write() as at:
        modes.change(shop.hub, at, "sklad", "live")
    shop.sync()
    assert texts(shop, agent) == []
    assert [row[7] for row in shop.queue() if row[:2] == ("sklad", "call")] == ["came while the system was observed"]
