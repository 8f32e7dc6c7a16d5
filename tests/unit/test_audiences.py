"""Who is told to an advertising system, and as what: pure rules."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from connectors.audiences import Rules, digest
from hub.audiences.consent import NO_CONTACT, NOBODY, REFUSED, UNKNOWN, kept_out, rows_of
from hub.audiences.gathering import SHEETS, Tally, _note, _told_once
from hub.audiences.trouble import under_way
from hub.config.sections.audiences import Audience
from hub.language import Speech
from hub.language.shown import Shown
from hub.words.audiences import LEFT, STATES, left_out

RULES = Rules("sha256", 100, 1000)


def said(value, purpose="advertising", channel="sms", brand=""):
    return {"purpose": purpose, "channel": channel, "value": value, "brand": brand}


@pytest.mark.parametrize(
    ("consents", "channel", "why"),
    [
        pytest.param([said(True)], "", "", id="a yes"),
        pytest.param([], "", UNKNOWN, id="never asked: no answer is no consent"),
        pytest.param([said(None)], "", UNKNOWN, id="asked, and no answer"),
        pytest.param([said(True, purpose="marketing")], "", UNKNOWN, id="a yes to something else"),
        pytest.param([said(False, purpose="marketing"), said(True)], "", "", id="a no to something else"),
        pytest.param([said(True), said(False, channel="email")], "", REFUSED, id="one no outweighs any yes"),
        pytest.param([said(True), said(False, brand="outlet")], "", REFUSED, id="of another brand, too"),
        pytest.param([said(True), said(False, channel="email")], "sms", "", id="of the channel that counts alone"),
        pytest.param([said(True, channel="email")], "sms", UNKNOWN, id="a yes of another channel"),
    ],
)
def test_who_is_kept_out(consents, channel, why):
    assert kept_out({"first_name": "Анна", "consents": consents}, "advertising", channel) == why


def test_who_is_not_known_or_was_erased_is_nobody():
    assert kept_out(None, "advertising", "") == kept_out({}, "advertising", "") == NOBODY


def test_a_person_is_a_row_for_each_phone_and_email_and_bad_ones_are_left_out():
    person = {
        "phones": [{"number": "+79031234567"}, {"number": "+79260000000", "invalid": True}, {"number": "12"}],
        "emails": [{"address": "anna@example.ru"}, {"address": "Work@Example.ru"}, {"address": "анна@пример.рф"}],
    }
    phone, home, work = (digest(text, "sha256") for text in ("79031234567", "anna@example.ru", "work@example.ru"))
    assert rows_of(person, RULES) == [(phone, home), ("", work)]
    assert rows_of({}, RULES) == []


ANNA, MOTHER = "79031234567", "79260000001"
WINTER = Audience("winter", "Зима", "cdp", "winter", ("direct",), "advertising", "", 86400.0)


@pytest.mark.parametrize(
    ("people", "told", "left", "parts"),
    [
        pytest.param([("1", True, [ANNA]), ("1", True, [ANNA])], 1, {}, [ANNA], id="who became of two people is one"),
        pytest.param(
            [("1", True, [ANNA]), ("2", True, [ANNA, MOTHER])], 2, {}, [ANNA, MOTHER], id="a phone of two people stands there once"
        ),
        pytest.param([("1", True, [ANNA]), ("2", False, [ANNA])], 0, {"refused": 2}, [], id="nor at all where one of them refused"),
        pytest.param([("1", False, [ANNA]), ("2", True, [ANNA, MOTHER])], 1, {"refused": 1}, [MOTHER], id="whoever comes first"),
    ],
)
def test_nobody_is_told_twice_and_a_shared_phone_is_of_whoever_refused(people, told, left, parts):
    tally = Tally()
    with closing(sqlite3.connect("", isolation_level=None)) as disk:
        disk.executescript(SHEETS)
        for ident, yes, phones in people:
            customer = {"phones": [{"number": f"+{one}"} for one in phones], "consents": [said(yes)]}
            _note(disk, ident, customer, WINTER, RULES, tally)
        rows = list(_told_once(disk, tally))
    assert sorted(rows) == sorted((digest(one, "sha256"), "") for one in parts)
    assert (tally.told, dict(tally.left), tally.members) == (told, left, len({ident for ident, *_ in people}))


def test_the_version_of_a_list_is_of_its_people_not_of_their_order():
    rows = [(f"{n:064x}", "") for n in range(5)]
    one, other, third = Tally(), Tally(), Tally()
    for row in rows:
        one.take(row)
    for row in reversed(rows):
        other.take(row)
    for row in [*rows[:4], rows[0]]:
        third.take(row)
    assert one.mixed == other.mixed != third.mixed


def test_everything_that_can_be_told_has_words():
    say = Speech("en")
    assert left_out({"left": dict.fromkeys(LEFT, 2)}, say) == (
        "refused: 2; never asked for consent: 2; without a phone or e-mail: 2; not known to the hub: 2"
    )
    assert {NO_CONTACT, NOBODY, REFUSED, UNKNOWN} == LEFT.keys()
    assert {"none", "waits", "processing", "ready", "few", "failed", "short", "stuck", "held", "loading", "refused"} == STATES.keys()


def test_a_membership_that_is_over_says_so():
    shown = Shown(Speech("en"), {})
    assert shown.name("segment_membership", {"segment": "winback", "member": True}) == "winback"
    assert shown.name("segment_membership", {"segment": "winback", "member": False}) == "winback: has left it"


@pytest.mark.parametrize(
    ("row", "going"),
    [
        pytest.param({"state": "ready"}, False, id="it is there"),
        pytest.param({"state": "ready", "place": {"old": [], "lists": {}}}, False, id="no old list is left"),
        pytest.param({"state": "ready", "place": {"old": [7]}}, True, id="an old list still is"),
        pytest.param({"state": "ready", "place": {"begun": {"at": 0}}}, True, id="an upload may have been lost"),
        pytest.param({"state": "processing"}, True, id="it is worked on"),
        pytest.param({"state": "ready", "error": "HTTP 503"}, True, id="the last step failed"),
        pytest.param({"state": "stuck"}, False, id="nothing more is to be done by the hub"),
    ],
)
def test_what_is_under_way(row, going):
    assert under_way({"place": {}, "error": None} | row) is going
