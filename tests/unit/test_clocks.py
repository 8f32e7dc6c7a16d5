"""What a difference of clocks, and of zones, is told to mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.clocks import clock_finding, whole_hours, zone_finding

SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("skew", "well", "hours"),
    [
        pytest.param(0.0, True, 0, id="the same"),
        pytest.param(119.0, True, 0, id="under two minutes"),
        pytest.param(-121.0, False, 0, id="over two minutes behind"),
        pytest.param(1800.0, False, 0, id="half an hour is no zone of Russia"),
        pytest.param(3600.0, False, 1, id="one hour ahead"),
        pytest.param(-7190.0, False, -2, id="two hours behind, give or take the measure"),
        pytest.param(3600.0 * 5 + 119, False, 5, id="Ufa's zone for UTC"),
        pytest.param(3600.0 * 5 + 121, False, 0, id="five hours and more: a wrong clock"),
    ],
)
def test_a_difference_is_told_above_two_minutes_and_whole_hours_as_a_zone(skew, well, hours):
    found = clock_finding(skew)
    assert (found.ok, whole_hours(skew)) == (well, hours)
    assert bool(found.fix_ru and found.fix_en) is not well
    assert ("time zone" in found.fix_en) is bool(hours)
    assert found.ok or found.warn, "it hinders nothing: edits lie between two looks, whatever their clock says"


@pytest.mark.parametrize(
    ("skew", "en"),
    [(0.2, "agrees with ours"), (7.0, "7 s ahead of ours"), (-119.0, "119 s behind ours"), (1800.0, "30 min ahead of ours"), (-7190.0, "2 h behind ours: whole hours")],
)  # fmt: skip
def test_a_difference_is_told_as_people_say_it(skew, en):
    assert en in clock_finding(skew).en


@pytest.mark.parametrize(
    ("configured", "theirs", "at", "well"),
    [
        pytest.param("Europe/Moscow", 10800.0, WINTER, True, id="as configured"),
        pytest.param("UTC", 10800.0, WINTER, False, id="nothing was configured"),
        pytest.param("Europe/Berlin", 7200.0, SUMMER, True, id="summer time counts"),
        pytest.param("Europe/Berlin", 7200.0, WINTER, False, id="and only in summer"),
    ],
)
def test_a_zone_is_compared_as_it_is_at_that_moment(configured, theirs, at, well):
    found = zone_finding(configured, theirs, at, name="theirs", system="sklad")
    assert found.ok is well and (well or "systems.sklad.timezone" in found.fix_en)
