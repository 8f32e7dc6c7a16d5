"""The time that a vendor gives its objects, as seconds of our own clock."""

from __future__ import annotations

from datetime import UTC, datetime

ROUNDED = 1.5  # seconds: vendors date to the second


def as_seconds(moment: datetime | None, skew: float = 0.0) -> float | None:
    """A vendor's time as seconds since the epoch by our own clock, or None. ``skew``: how far the vendor's clock is ahead."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - skew
