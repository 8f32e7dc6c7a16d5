"""One history of contacts: what was said to a customer counts once, whoever said it, on the page and in Mindbox."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import requests

from hub.storage.accounts import set_user
from hub.sync import uniting
from hub.verify import habit, reconcile
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD
from tests.scenarios.cdp_shop import BODY, accepting
from tests.scenarios.contacts_shop import PHONE, WORD, opened

CALLED = {"calls_made": 1, "calls_talked": 1, "last_contact_at": "2026-03-12T11:05:00Z"}


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as shop:
        yield shop


def writes(shop, *messages):
    """Mindbox sends messages; its export of actions shows them once five minutes have passed."""
    person = shop.person(mobilePhone=PHONE[1:])["ids"]["mindboxId"]
    for channel, campaign in messages:
        shop.control("message", customer=person, channel=channel, campaign=campaign)
    shop.later()


def settled(shop, times=2):
    for _ in range(times):
        shop.sync()


def page(shop, record_id):
    """The customer's page as support reads it, without tags."""
    with shop.hub.store.write() as at:
        set_user(at, "support", PASSWORD, "support")
    text = Reader(create_app(shop.hub), "support").get(f"/records/{record_id}").text
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_calls_and_messages_count_on_the_customer_and_in_mindbox(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        contact = shop.person_of_the_crm()
        settled(shop)
        assert shop.figures() == {}
        shop.rings("call-1", contact=contact)
        shop.rings("call-2", contact=contact, code="304", duration=0, start="2026-03-12T17:00:00+05:00")
        settled(shop)
        writes(shop, ("Sms", "winback"), ("Email", "spring"), ("Sms", "spring"))
        settled(shop)
        found = shop.figures()
        last = found.pop("last_contact_at")
        assert found == {"calls_made": 2, "calls_talked": 1, "messages_sent": 3, "messages_sms": 2, "messages_email": 1}
        told = shop.in_mindbox()
        assert (told["callsMade"], told["callsTalked"], told["messagesSent"], told["messagesSms"], told["messagesEmail"]) == (2, 1, 3, 2, 1)
        assert told["lastContactAt"][:16].replace(" ", "T") == last[:16]
        assert [action["customFields"]["callResult"] for action in shop.read("actions")] == ["talked", "noAnswer"]
        writes_so_far = shop.counters()["writes"]
        settled(shop)
        assert shop.counters()["writes"] == writes_so_far, "figures that have come there come back as no edit"


def test_the_page_shows_one_time_line_of_all_channels(shop):
    contact = shop.person_of_the_crm()
    settled(shop)
    shop.rings("call-1", contact=contact, direction="in")
    settled(shop)
    writes(shop, ("Email", "spring"))
    settled(shop)
    (anna,) = shop.records("customer")
    text = page(shop, anna["id"])
    line = text[text.index("Звонки и сообщения") :]
    assert line.index("Сообщение, письмо") < line.index("Звонок, входящий"), "newest first"
    assert "поговорили · 42 с" in line and "spring" in line and "Звонков от клиента" in text


@pytest.mark.parametrize("first", ["crm", "ats"])
def test_one_call_that_two_systems_know_counts_once(tmp_path, first):
    with opened(tmp_path, ats=True) as shop:
        contact = shop.person_of_the_crm()
        settled(shop)
        told = [
            lambda: shop.rings("call-1", contact=contact, start="2026-03-12T16:05:00+05:00"),
            lambda: shop.rings("m-77", shop.ats_url, start="2026-03-12T16:05:09+05:00"),
        ]
        for tell in told if first == "crm" else reversed(told):
            tell()
            settled(shop)
        (call,) = shop.records("call")
        assert (shop.figures()["calls_made"], shop.in_mindbox()["callsMade"], len(shop.read("actions"))) == (1, 1, 1)
        (anna,) = shop.records("customer")
        assert "ats, crm" in page(shop, anna["id"])
        shop.rings("m-78", shop.ats_url, start="2026-03-12T16:05:40+05:00", code="304", duration=0)
        settled(shop)
        assert (shop.figures()["calls_made"], shop.in_mindbox()["callsMade"]) == (2, 2), "dialled again at once"
        assert call["id"] in {one["id"] for one in shop.records("call")}


def test_a_call_of_nobody_counts_on_whoever_turns_out_to_have_the_phone(tmp_path):
    with opened(tmp_path, ats=True) as shop:
        shop.rings("m-77", shop.ats_url, direction="in", code="304", duration=0)
        settled(shop)
        (call,) = shop.records("call")
        assert not call["data"].get("customer") and shop.records("customer") == []
        shop.person_of_the_crm()
        settled(shop, 3)
        assert shop.figures()["calls_received"] == 1
        assert (shop.in_mindbox()["callsReceived"], len(shop.read("actions"))) == (1, 1)


def test_two_who_turn_out_to_be_one_have_the_contacts_of_both(shop):
    anna = shop.person_of_the_crm()
    shop.person_of_the_crm("+79261112233", "Анна-Мария")
    settled(shop)
    other = next(one for one in shop.crm("crm.contact.list", filter={"NAME": "Анна-Мария"}))
    shop.rings("call-1", contact=anna)
    shop.rings("call-2", contact=other["ID"], phone="+79261112233", start="2026-03-13T16:05:00+05:00")
    settled(shop)
    first, second = sorted(one["id"] for one in shop.records("customer"))
    step = uniting.merge(shop.hub, first, second, actor="olga")
    settled(shop)
    assert shop.figures() == {"calls_made": 2, "calls_talked": 2, "last_contact_at": "2026-03-13T11:05:00Z"}
    uniting.undo(shop.hub, step, actor="olga")
    settled(shop)
    assert [one["data"]["calls_made"] for one in shop.records("customer")] == [1, 1]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_effect", "error"])
def test_whatever_happens_to_an_answer_nothing_is_told_twice_or_lost(shop, kind):
    contact = shop.person_of_the_crm()
    settled(shop)
    rule = {"kind": kind, "match": "operation=Sverka", "count": 4, "seconds": 0.2, "status": 503}
    requests.post(f"{shop.cdp_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    for number in range(3):
        shop.rings(f"call-{number}", contact=contact, start=f"2026-03-1{number}T16:05:00+05:00")
    settled(shop, 3)
    assert (shop.figures()["calls_made"], shop.in_mindbox()["callsMade"], len(shop.read("actions"))) == (3, 3, 3)


def test_a_message_of_the_gateway_is_one_fact_by_report_and_by_list(shop):
    shop.person_of_the_crm()
    settled(shop)
    with accepting(shop, "sms/hook-f") as url:
        one = shop.sms_app.cabinet.send(PHONE[1:], "Заказ готов", "SHOP", (url, False))
        shop.sms_app.reports.weather.duplicate = 1.0
        for status in (3, 1):
            requests.post(f"{shop.sms_url}/_sandbox/report", json={"id": one.id, "status": status}, timeout=5).raise_for_status()
            shop.sms_app.reports.drain()
        shop.work()
    settled(shop)
    (message,) = shop.records("message")
    assert (message["data"]["state"], message["data"]["channel"]) == ("delivered", "sms")
    assert shop.figures() == {"messages_sent": 1, "messages_sms": 1, "last_contact_at": message["data"]["start"]}
    (action,) = shop.read("actions")
    assert (action["customFields"]["messageChannel"], shop.in_mindbox()["messagesSms"]) == ("Sms", 1)


def test_a_message_of_the_second_gateway_is_one_fact_by_report_and_by_history(tmp_path, database_url):
    """Two phones of one sending are two messages; a report comes again until it is taken, and twice for nothing."""
    with opened(tmp_path, database_url, smsc=True) as shop:
        shop.person_of_the_crm()
        settled(shop)
        app, other = shop.smsc_app, "79261112233"
        sending = app.account.send([PHONE[1:], other], "Скидки", "SHOP")
        with accepting(shop, "smsc/hook-f") as url:
            app.callback, app.word, app.reports.weather.duplicate = url, WORD, 1.0
            for status in (0, 1):
                app.report(app.account.messages[sending, PHONE[1:]], status)
                app.reports.drain()
            shop.work()
        settled(shop)
        states = {one["data"]["phone"]: one["data"]["state"] for one in shop.records("message")}
        assert states == {PHONE: "delivered", f"+{other}": "queued"}
        assert shop.figures()["messages_sms"] == 1 and shop.in_mindbox()["messagesSms"] == 1
        app.report(
            app.account.messages[sending, PHONE[1:]], 20
        )  # its word was wrong, or a report of before comes late: what is asked for counts
        settled(shop)
        assert "messages_sms" not in shop.figures()


def test_what_becomes_of_a_message_is_told_later_and_what_failed_was_none(shop):
    shop.person_of_the_crm()
    settled(shop)
    one, other = (shop.sms_app.cabinet.send(PHONE[1:], text, "SHOP") for text in ("Заказ готов", "Скидки"))
    one.status = other.status = 3
    settled(shop)
    assert (shop.figures()["messages_sent"], shop.in_mindbox()["messagesSent"], len(shop.read("actions"))) == (2, 2, 2)
    one.status, other.status = 1, 2
    settled(shop)
    assert sorted(one["data"]["state"] for one in shop.records("message")) == ["delivered", "failed"]
    assert (shop.figures()["messages_sent"], shop.in_mindbox()["messagesSent"]) == (1, 1)
    assert len(shop.read("actions")) == 2, "told once"
    (anna,) = shop.records("customer")
    assert "не дошло · failed" in page(shop, anna["id"])


def test_a_comparison_finds_what_became_of_a_message_that_nobody_reported(shop):
    shop.person_of_the_crm()
    settled(shop)
    one = shop.sms_app.cabinet.send(PHONE[1:], "Заказ готов", "SHOP")
    one.status = 3
    settled(shop)
    one.status = 1
    assert [(row["kind"], row["path"]) for row in reconcile.verify(shop.hub, ["sms"]).drift] == [("changed", "state")]
    habit.whole(shop.hub, "sms", "message")
    shop.work()
    assert [one["data"]["state"] for one in shop.records("message")] == ["delivered"] and reconcile.verify(shop.hub, ["sms"]).agrees


def test_calls_wait_for_somebody_whom_mindbox_does_not_know_yet_however_long_that_takes(shop):
    """Longer than anything else would wait: a call is told of somebody, or not at all."""
    contact = shop.person_of_the_crm()
    rule = {"kind": "error", "match": "operations/sync", "status": 503}
    requests.post(f"{shop.cdp_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    shop.rings("call-1", contact=contact)
    shop.poll()
    shop.busy(5.0)
    shop.later(4000.0)
    shop.busy(5.0)
    assert shop.read("actions") == []
    requests.delete(f"{shop.cdp_url}/_sandbox/faults", timeout=5)
    shop.later(4000.0)
    settled(shop)
    assert len(shop.read("actions")) == 1 and shop.in_mindbox()["callsMade"] == 1


def test_calls_of_somebody_whom_mindbox_was_not_to_know_are_told_once_it_does(shop):
    """Nothing would come of waiting: the route keeps her out. Then she registers there by herself."""
    contact = shop.person_of_the_crm()
    with shop.hub.store.read():
        routes = shop.hub.settings.routes["customer"]
    kept = [replace(route, when="`false`") if route.system == "cdp" else route for route in routes]
    shop.hub.settings.routes["customer"] = tuple(kept)
    shop.rings("call-1", contact=contact)
    settled(shop)
    assert shop.read("actions") == []
    shop.cdp("Website.RegisterCustomer", {"customer": {"mobilePhone": PHONE[1:], "firstName": "Анна"}})
    shop.later()
    settled(shop)
    assert len(shop.read("actions")) == 1


def test_a_flow_that_tells_of_messages_too_tells_of_none_twice(shop):
    shop.person_of_the_crm()
    settled(shop)
    body = BODY | {"channel": "${Channel}", "campaign": "${Campaign}"}
    with accepting(shop) as url:
        shop.control("flow", events=["message.sent"], url=url, headers={"Authorization": "Bearer hook-e"}, body=body)
        writes(shop, ("Sms", "winback"))
        shop.cdp_app.hooks.drain()
    settled(shop)
    assert shop.figures()["messages_sent"] == 1
