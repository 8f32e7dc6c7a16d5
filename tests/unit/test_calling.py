"""The pure middle of the call loop: words, outcomes, limits, hours, what the seller reads."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.calling import wording
from hub.calling.hours import is_due, is_fresh, opened_since
from hub.calling.limits import Known, why_closed
from hub.calling.outcomes import Settled, Word, of_call, of_stage, settled, word_of
from hub.config.schema import ConfigSchema
from hub.config.sections.campaigns import Campaign, Employee, leave_of
from hub.config.sections.stores import Store, minutes_of

UFA = ZoneInfo("Asia/Yekaterinburg")
NOW = datetime(2026, 12, 14, 13, 0, tzinfo=UFA)
DAY = 86_400.0


@pytest.mark.parametrize(
    ("remark", "outcome"),
    [
        ("Отказ, просила не звонить", "refused"), ("не звонить больше", "refused"), ("недозвон", "no_answer"), ("Не взяла трубку", "no_answer"),
        ("дозвонилась, поговорили", "talked"), ("Не тот номер", "wrong_number"), ("не  тот\nномер", "wrong_number"), ("занято", "busy"),
        ("обещала зайти", "promised"), ("Купила вчера", "bought"), ("уже купила", "bought"), ("перезвонить", "call_later"),
        ("", ""), ("Анна — сестра Ольги", ""), ("она не звонила", ""),
    ],
)  # fmt: skip
def test_a_sellers_word_is_one_of_few(remark, outcome):
    assert word_of(remark, NOW, UFA).outcome == outcome


@pytest.mark.parametrize(
    ("remark", "later"),
    [
        ("перезвонить 15.12 14:30", "2026-12-15T14:30"), ("перезвонить в 18:00", "2026-12-14T18:00"), ("перезвонить 9:00", "2026-12-15T09:00"),
        ("перезвонить 15.12", "2026-12-15T12:00"), ("позже, 03.02.2027", "2027-02-03T12:00"), ("перезвонить 01.02", "2027-02-01T12:00"),
        ("перезвонить", None), ("перезвонить 31.02", None), ("перезвонить 25:00", None), ("перезвонить 14.12.2025", None), ("отказ 15.12", None),
    ],
)  # fmt: skip
def test_the_time_in_a_word_is_the_next_such_moment_of_the_store(remark, later):
    found = word_of(remark, NOW.astimezone(UTC), UFA).later
    assert (found and found.astimezone(UFA).isoformat()[:16]) == later


@pytest.mark.parametrize(
    ("call", "outcome"),
    [({"outcome": "talked", "duration": 19}, "no_answer"), ({"outcome": "talked", "duration": 20}, "talked"), ({"outcome": "busy", "duration": 0}, "busy"),
     ({"outcome": "talked"}, "talked"), ({"outcome": "other"}, ""), ({}, "")],
)  # fmt: skip
def test_a_talk_needs_its_seconds(call, outcome):
    assert of_call(call, 20) == outcome


TALK, RANG = (1000.0, {"outcome": "talked", "duration": 60}), (900.0, {"outcome": "no_answer", "duration": 0})


@pytest.mark.parametrize(
    ("word", "marked", "calls", "now", "found"),
    [
        pytest.param(Word(), None, [], 5000, None, id="nothing has happened"),
        pytest.param(Word(), None, [RANG, TALK], 1100, None, id="a call waits for its word"),
        pytest.param(Word(), None, [RANG, TALK], 1600, Settled("talked", 1000.0), id="none came: the last call says it"),
        pytest.param(Word(), 1010.0, [TALK], 1011, Settled("talked", 1000.0), id="marked without a word: the call says it at once"),
        pytest.param(Word("promised"), 1010.0, [TALK], 1011, Settled("promised", 1010.0), id="the word says more than the call"),
        pytest.param(Word("refused"), None, [], 1011, Settled("refused", 1011), id="a word alone"),
        pytest.param(Word(), 1010.0, [], 1100, None, id="a mark alone waits for the telephony's row"),
        pytest.param(Word(), 1010.0, [], 1700, Settled("talked", 1010.0), id="none came: another telephone"),
        pytest.param(Word(), None, [(1.0, {"outcome": "other"})], 5000, None, id="a code that says nothing"),
    ],
)
def test_what_became_of_a_call(word, marked, calls, now, found):
    assert settled(word, marked, calls, 20, 600.0, now) == found


WINBACK = Campaign("winback", max_calls=2, max_messages=5)
FINE = {"phone": "+79031234567", "consent": True}


@pytest.mark.parametrize(
    ("known", "campaign", "reason"),
    [
        (Known(**FINE), WINBACK, ""),
        (Known(person=False), WINBACK, "nobody"),
        (Known(phone="+7", consent=False), WINBACK, "refused"),
        (Known(phone="+7"), WINBACK, "no_consent"),
        (Known(phone="+7"), Campaign("x", consent="not_refused"), ""),
        (Known(consent=True), WINBACK, "invalid_phone"),
        (Known(**FINE, bought_at=100 * DAY - 0.5 * DAY), WINBACK, "bought"),
        (Known(**FINE, bought_at=100 * DAY + 60), WINBACK, "bought"),
        (Known(**FINE, bought_at=98 * DAY), WINBACK, ""),
        (Known(**FINE, calls=2), WINBACK, "limit"),
        (Known(**FINE, messages=5), WINBACK, "limit"),
        (Known(**FINE, calls=99, messages=99), Campaign("x", max_calls=0), ""),
    ],
)
def test_who_is_left_alone(known, campaign, reason):
    assert why_closed(known, campaign, 100 * DAY, 100.5 * DAY) == reason


def test_a_task_that_came_to_nothing_ends():
    assert why_closed(Known(**FINE), WINBACK, 0.0, 7 * DAY + 1) == "late"


def test_a_task_is_given_out_once_a_day_in_the_stores_own_hours():
    lenina = Store("lenina", "Asia/Yekaterinburg", tuple(minutes_of("10:00-21:00")))
    now = NOW.timestamp()
    opened = opened_since(lenina, WINBACK, now, "Europe/Moscow")
    assert opened == now - 3 * 3600
    assert opened_since(lenina, WINBACK, now + 9 * 3600, "Europe/Moscow") is None
    nowhere = Campaign("x", hours=tuple(minutes_of("12:00-14:00")))
    assert (
        opened_since(None, nowhere, now, "Asia/Yekaterinburg") == now - 3600
        and opened_since(Store("m"), nowhere, now, "Europe/Moscow") is None
    )
    assert is_due(None, None, opened, now) and is_due(now, opened - 1, opened, now)
    assert not is_due(now + 1, None, opened, now) and not is_due(None, opened, opened, now)
    assert is_fresh(now - 60, opened, WINBACK, now) and not is_fresh(opened - 1, opened, Campaign("x", fresh_minutes=999), now)
    assert not is_fresh(now - 3601, opened, WINBACK, now) and not is_fresh(None, opened, WINBACK, now)


def test_the_seller_reads_whom_to_call_why_and_how_new_that_is():
    person = {"last_name": "Орлова", "first_name": "Анна"}
    assert wording.title(person, (3, 7)) == "Позвонить: Орлова Анна (обзвонено 3, осталось 7)"
    assert wording.title({}, None) == "Позвонить: клиент без имени"
    bought = {"at": NOW.timestamp() - DAY, "total": "5400.00"}
    told = wording.text("Зачем", "уже звонили", bought, NOW.timestamp(), UFA).splitlines()
    assert told[:4] == ["Зачем", "уже звонили", "Последняя покупка: 13.12.2026 на 5400.00 ₽.", "Данные на 13:00."]


def test_leave_is_days():
    one = Employee("lenina", leave=(leave_of("2026-12-01/2026-12-14"), leave_of("2026-12-31")))
    days = [datetime.fromisoformat(f"2026-12-{day}").date() for day in ("01", "14", "15", "31")]
    assert [one.is_away(day) for day in days] == [True, True, False, True]
    with pytest.raises(ValueError, match="before"):
        leave_of("2026-12-14/2026-12-01")


def test_a_campaign_or_employee_of_a_store_or_system_that_is_not_there_is_named():
    stores = {"store": {"lenina": {"ru": "Ленина", "en": "Lenina"}}}
    campaigns = {"winback": {"call_centre": "lenin", "segment": {"system": "cpd", "name": "vip"}}}
    raw = {"systems": {"cdp": {"connector": "mindbox", "url": "https://x"}}, "directories": stores}
    found = ConfigSchema().validate(raw | {"campaigns": campaigns, "employees": {"anna": {"store": "mega"}}})
    assert found["campaigns"]["winback"] == {
        "call_centre": ["no such store: lenin; did you mean 'lenina'?"],
        "segment": ["no such system: cpd; did you mean 'cdp'?"],
    }
    assert found["employees"] == {"anna": {"store": ["no such store: mega; there are: lenina"]}}


@pytest.mark.parametrize(
    ("stage", "remark", "outcome"),
    [
        ("", "отказ", "refused"), ("closed", "отказ", "refused"), ("closed", "", ""), ("talked", "", "talked"),
        ("talked", "обещала зайти", "promised"), ("talked", "отказ", "refused"), ("refused", "поговорили", "refused"),
        ("call_later", "просила в 18:30", "call_later"), ("no_answer", "купит потом", "no_answer"),
    ],
)  # fmt: skip
def test_a_stage_was_chosen_and_a_remark_tells_more_of_a_talk_alone(stage, remark, outcome):
    found = of_stage(stage, word_of(remark, NOW, UFA), remark, NOW, UFA)
    assert found.outcome == outcome
    assert (found.later is not None) == ("18:30" in remark)
