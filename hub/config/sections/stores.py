"""The section `stores`: for each value of the directory of stores its time zone, its opening hours, where it is and whose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields

from hub.config.fields import Strict, about, known_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = re.compile(r"(?:(mon|tue|wed|thu|fri|sat|sun)(?:-(mon|tue|wed|thu|fri|sat|sun))? )?(\d\d):(\d\d)-(\d\d):(\d\d)")
WEEK = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Store:
    """``hours``: (first, last) minutes of the week from Monday 00:00 on the store's own clock; an end before its beginning is after
    midnight. Empty: not said."""

    name: str
    timezone: str = ""
    hours: tuple[tuple[int, int], ...] = ()
    organisation: str = ""
    online: bool = False  # what it holds is sold by the site
    city: str = ""
    realm: str = ""  # of a franchised store: whose

    def open_since(self, moment: float, zone: str) -> float | None:
        """When it was opened, where it is open at that moment; to the minute. ``zone``: the shop's own, for a store that names none. A store without hours never is open: nobody
        said when. Hours that begin where others end are one opening."""
        here = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(self.timezone or zone))
        minute = (here.weekday() * 24 + here.hour) * 60 + here.minute
        passed = self._passed(minute)
        if passed is None:
            return None
        while passed < WEEK and (before := self._passed((minute - passed - 1) % WEEK)) is not None:
            passed += 1 + before
        return moment - moment % 60 - 60.0 * min(passed, WEEK)

    def _passed(self, minute: int) -> int | None:
        """Minutes since the hours began that cover this minute of the week, the longest of them."""
        return max(((minute - first) % WEEK for first, last in self.hours if (minute - first) % WEEK < last - first), default=None)


def known_hours(value: str) -> None:
    try:
        minutes_of(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def minutes_of(text: str) -> list[tuple[int, int]]:
    """``mon-fri 10:00-22:00`` as minutes of the week, one pair a day; without days every day. Raises ValueError."""
    found = HOURS.fullmatch(text.strip().lower())
    if not found:
        raise ValueError('write hours such as "mon-fri 10:00-22:00", or "10:00-22:00" for every day')
    first = DAYS.index(found[1]) if found[1] else 0
    last = DAYS.index(found[2]) if found[2] else (first if found[1] else 6)
    begins, ends = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
    if max(int(found[3]), int(found[5])) > 24 or max(int(found[4]), int(found[6])) > 59:
        raise ValueError("hours go from 00:00 to 24:00")
    days = [day % 7 for day in range(first, last + (1 if last >= first else 8))]
    length = (ends - begins) % (24 * 60) or 24 * 60
    return [(day * 24 * 60 + begins, day * 24 * 60 + begins + length) for day in days]


class StoreSchema(Strict):
    timezone = fields.String(
        load_default="", validate=known_zone, metadata=about("The zone of the store's clock; without it the shop's own (`timezone`).")
    )
    hours = fields.List(
        fields.String(validate=known_hours),
        load_default=list,
        metadata=about('When it is open, such as ["mon-fri 10:00-22:00", "sat-sun 11:00-20:00"].'),
    )
    organisation = fields.String(load_default="", metadata=about("Whose store it is: a value of the directory `organisation`."))
    city = fields.String(load_default="", metadata=about("Where it is."))
    realm = fields.String(
        load_default="", metadata=about("Of a franchised store, whose: a name that `realm` of a system has, too. Empty: the shop's own.")
    )
    online = fields.Boolean(load_default=False, metadata=about("true: the site sells what it holds."))


def build(data: Mapping[str, Mapping[str, Any]]) -> dict[str, Store]:
    """Stores by their value in the directory."""
    return {
        name: Store(
            name,
            one["timezone"],
            tuple(pair for text in one["hours"] for pair in minutes_of(text)),
            one["organisation"],
            one["online"],
            one["city"],
            one["realm"],
        )
        for name, one in data.items()
    }
