"""Codecs of days and moments that many vendors write alike. A canonical moment is ``2026-09-01T12:00:03Z``, a day ``2026-09-01``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from mappings.codec import BadValue, Context, Lens, codec

Json = Any


def unreadable_time() -> BadValue:
    return BadValue("time_unreadable", "Непонятная дата", "Unreadable date")


def moment_text(moment: datetime) -> str:
    """An aware time as the canonical text, in UTC, to the second. Raises BadValue at the ends of the calendar."""
    try:
        return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    except (OverflowError, ValueError):
        raise unreadable_time() from None


def moment_of(value: Json) -> datetime:
    """The canonical text as an aware time. Raises BadValue."""
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        raise unreadable_time() from None


def day_text(value: Json) -> str:
    """The first ten characters as ``YYYY-MM-DD``; times of day and zones mean nothing in a date. Raises BadValue."""
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise unreadable_time() from None


@codec("utc_time", "moment", "datetime string")
class UtcTime(Lens):
    """ISO time without a zone, meant as UTC (``2026-09-01T12:00:03``) <-> the canonical moment."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            raise unreadable_time() from None
        return moment_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "") else None
        return moment_of(value).replace(tzinfo=None).isoformat()


@codec("unix_time", "moment", "integer time string")
class UnixTime(Lens):
    """Seconds since 1970 in UTC, as a number or as text <-> the canonical moment; 0 is none."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        if value in (None, "", 0, "0"):
            return None
        if isinstance(value, bool) or not isinstance(value, (int, str)) or not str(value).isdecimal():
            raise unreadable_time()
        try:
            return moment_text(datetime.fromtimestamp(int(value), UTC))
        except (OverflowError, ValueError, OSError):
            raise unreadable_time() from None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "", 0, "0") else 0
        return int(moment_of(value).timestamp())


@codec("iso_date", "date", "date datetime string")
class IsoDate(Lens):
    """``YYYY-MM-DD``, with or without a time of day behind it <-> ``YYYY-MM-DD``; anything else is a problem of the field."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return day_text(value) if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "") else ""
        return day_text(value)
