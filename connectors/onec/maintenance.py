"""Hours in which a base is not to be called: backups and updates of the night. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

DAY = 86400.0
WINDOW = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")


def parsed(windows: Iterable[object]) -> tuple[tuple[float, float], ...]:
    """``02:00-04:30`` as (begin, end) in seconds of the day; one over midnight ends before it begins. Raises ValueError."""
    found = []
    for text in windows:
        match = WINDOW.fullmatch(str(text).strip())
        if match is None or not all(int(hours) <= 24 and int(minutes) < 60 for hours, minutes in (match.group(1, 2), match.group(3, 4))):
            raise ValueError(f"not a window such as 02:00-04:30: {text}")
        hours = [int(part) for part in match.groups()]
        found.append((hours[0] * 3600.0 + hours[1] * 60.0, hours[2] * 3600.0 + hours[3] * 60.0))
    return tuple(found)


def remains(windows: Iterable[tuple[float, float]], local: datetime) -> float:
    """Seconds until the window around ``local``, a time on the base's own clock, ends; 0 where there is none."""
    now = local.hour * 3600.0 + local.minute * 60.0 + local.second
    left = [(end - now) % DAY for begin, end in windows if (begin <= now < end if begin <= end else now >= begin or now < end)]
    return max(left, default=0.0)
