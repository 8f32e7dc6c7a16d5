"""Which stores new orders and receipts came from: a store that falls silent in its working hours is an alert."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hub.storage.records import Record

Json = Any
MOMENTS = ("receipt.time", "created")  # when an order was placed, best first


def heard(records: Iterable[Record], *, now: float) -> dict[str, float]:
    """Store -> when the newest of these orders was placed there; never in the future, whatever the till's clock says."""
    found: dict[str, float] = {}
    for record in records:
        store = record.data.get("store")
        if record.entity == "order" and store:
            found[str(store)] = max(found.get(str(store), 0.0), _placed(record.data, now))
    return found


def _placed(data: Json, now: float) -> float:
    """When an order was placed; one that does not say came now."""
    for name in MOMENTS:
        try:
            return min(now, datetime.fromisoformat(str(data[name])).timestamp())
        except (KeyError, ValueError):
            continue
    return now
