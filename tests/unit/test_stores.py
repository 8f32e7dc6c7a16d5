"""When a store is open, on its own clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub.sections.stores import Store, minutes_of

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
    assert store.open_at(moment(when), "UTC") is open_


def test_a_store_without_a_zone_has_the_shops():
    assert Store("mega", "", tuple(minutes_of("10:00-11:00"))).open_at(moment("2026-11-25T10:30"), UFA)


@pytest.mark.parametrize("text", ["9-18", "25:00-26:00", "10:00-10:75", "mon,tue 10:00-12:00"])
def test_other_spellings_are_refused(text):
    with pytest.raises(ValueError):
        minutes_of(text)
