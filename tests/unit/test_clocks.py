"""What a difference of clocks, and of zones, is told to mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.clocks import clock_finding, shown_zone, whole_hours, zone_finding

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


@pytest.mark.parametrize(
    ("configured", "times", "told", "mend"),
    [
        pytest.param("Europe/Moscow", ["2026-09-01T12:00:03+03:00"], "UTC+3; configured: Europe/Moscow", "", id="as configured"),
        pytest.param("Asia/Yekaterinburg", ["2026-09-01T12:00:03+03:00"], "UTC+3; configured: Asia/Yekaterinburg, +2 h apart", "set the zone Europe/Moscow", id="another"),
        pytest.param("UTC", ["", "2026-09-01T12:00:03", "2026-09-01T12:00:03.5+05:00"], "UTC+5; configured: UTC, -5 h apart", "set the zone Asia/Yekaterinburg", id="the first that bears one"),
        pytest.param("UTC", ["2026-09-01T12:00:03-02:30"], "UTC-2.5; configured: UTC, +2.5 h apart", "set the zone UTC-2.5", id="no zone of Russia"),
    ],
)  # fmt: skip
def test_an_offset_that_the_system_sends_is_compared_with_the_configuration(configured, times, told, mend):
    (found,) = shown_zone(configured, times, system="crm")
    assert found.en.endswith(told) and found.ok is not bool(mend)
    assert not mend or (found.warn and found.fix_en.endswith(f"systems.crm.timezone: {mend}")), (
        "it hinders nothing: each time is read by its own offset"
    )


def test_a_system_that_shows_no_time_says_nothing_of_its_zone():
    assert shown_zone("UTC", ["", None, "yesterday", "2026-09-01"], system="crm") == []
