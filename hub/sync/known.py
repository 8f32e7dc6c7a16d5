"""Since when is somebody known? What is given once to new customers is given to nobody who was known before. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hub.storage.links import Link, made_at
from hub.storage.records import Record

Json = Any


def known_since(record: Record, links: Iterable[Link]) -> float:
    """The earliest moment (seconds since the epoch) at which the hub met the record or any of its objects, or at which it bought something.
    Links and ids tell it whatever became of the record: they go along when records are merged or split, and ids outlive a restore."""
    moments = [record.created_at, made_at(record.id), *(made_at(link.id) for link in links), _moment(record.data.get("first_purchase"))]
    return min((moment for moment in moments if moment), default=0.0)


def _moment(value: Json) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp() if value else None
    except ValueError:
        return None
