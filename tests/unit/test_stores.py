"""When a store is open, on its own clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub.config.sections.stores import Store, minutes_of
from hub.language import Speech
from hub.language.shown import Shown
from hub.sync.search_keys import search_keys
from hub.web.story import fields_of
from tests.property.world import World

UFA, MOSCOW = "Asia/Yekaterinburg", "Europe/Moscow"


def moment(text, zone=UFA):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("hours", "zone", "when", "open_"),
    [
        pytest.param(["10:00-22:00"], UFA, "2026-11-25T10:00", True, id="from the minute it opens"),
        pytest.param(["10:00-22:00"], UFA, "2026-11-25T22:00", False, id="until the minute it closes"),
        pytest.param(["mon-fri 10:00-20:00"], UFA, "2026-11-28T12:00", False, id="not on a Saturday"),
        pytest.param(["mon-fri 10:00-20:00", "sat 11:00-15:00"], UFA, "2026-11-28T12:00", True, id="but for its own hours"),
        pytest.param(["sat-mon 10:00-12:00"], UFA, "2026-11-30T11:00", True, id="a span over the week's end"),
        pytest.param(["sun 20:00-04:00"], UFA, "2026-11-30T03:00", True, id="past midnight, into another week"),
        pytest.param(["00:00-24:00"], UFA, "2026-11-30T00:00", True, id="around the clock"),
        pytest.param(["10:00-22:00"], MOSCOW, "2026-11-25T11:00", False, id="eleven in Ufa is nine in Moscow"),
        pytest.param([], UFA, "2026-11-25T12:00", False, id="nobody said when"),
    ],
)
def test_a_store_is_open_by_its_own_clock(hours, zone, when, open_):
    store = Store("mega", zone, tuple(pair for text in hours for pair in minutes_of(text)))
    assert (store.open_since(moment(when), "UTC") is not None) is open_


def test_a_store_without_a_zone_has_the_shops():
    assert Store("mega", "", tuple(minutes_of("10:00-11:00"))).open_since(moment("2026-11-25T10:30"), UFA)


@pytest.mark.parametrize("hours, when, since", [
    pytest.param(["10:00-22:00"], "2026-11-25T12:30", "2026-11-25T10:00", id="this morning"),
    pytest.param(["10:00-22:00"], "2026-11-25T09:59", None, id="not open yet"),
    pytest.param(["sun 20:00-04:00"], "2026-11-30T03:00", "2026-11-29T20:00", id="since last night, over the week's end"),
    pytest.param(["mon 10:00-14:00", "mon 14:00-20:00"], "2026-11-30T15:00", "2026-11-30T10:00", id="shifts that follow each other are one opening"),
    pytest.param(["00:00-24:00"], "2026-11-30T15:00", "2026-11-23T15:00", id="around the clock: a week at most"),
])  # fmt: skip
def test_when_a_store_was_opened(hours, when, since):
    store = Store("mega", UFA, tuple(pair for text in hours for pair in minutes_of(text)))
    assert store.open_since(moment(when), "UTC") == (moment(since) if since else None)


@pytest.mark.parametrize("text", ["9-18", "25:00-26:00", "10:00-10:75", "mon,tue 10:00-12:00"])
def test_other_spellings_are_refused(text):
    with pytest.raises(ValueError):
        minutes_of(text)


def test_an_order_is_shown_by_the_clock_of_its_store_and_its_receipt_belongs_to_the_day_there():
    """22:30 in Moscow is half past midnight in Ufa, the next day."""
    page = {
        "record": {"entity": "order", "data": {"created": "2026-11-25T19:30:00Z", "comment": "x"}, "provenance": {}},
        "problems": (),
        "waiting": (),
        "links": (),
    }
    created, comment = (row.value for row in fields_of(page, Shown(Speech("ru", MOSCOW), {}), UFA))
    assert created == "25.11.2026 22:30:00 (в магазине 26.11.2026 00:30:00)" and comment == "x"
    data = {"receipt.number": "17", "receipt.time": "2026-11-25T19:30:00Z"}
    days = [next(value for kind, value in search_keys("order", data, ZoneInfo(zone)) if kind == "receipt_day") for zone in (MOSCOW, UFA)]
    assert days == ["17|2026-11-25", "17|2026-11-26"]


def test_a_store_that_names_no_zone_has_the_shops_and_others_their_own():
    world = World({}, stores={"mega": Store("mega", UFA), "lenina": Store("lenina")}, timezone=MOSCOW)
    try:
        assert [world.settings.zone_of(store) for store in ("mega", "lenina", "unknown", None)] == [UFA, MOSCOW, MOSCOW, MOSCOW]
    finally:
        world.close()
