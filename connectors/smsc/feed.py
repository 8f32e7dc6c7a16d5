"""What was sent, and what became of it: the history of sent messages by day, read back as far as states may still move.

A page ends where the gateway gives fewer rows than were asked for; the next is asked for by the number of the last row (SMSC.ru docs: get_data).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import Page
from connectors.gateways import back
from connectors.smsc.api import Api
from connectors.smsc.shape import MOSCOW, message, seconds

Json = Any
PAGE = 1000  # rows of a page: the most
DAYS = 180  # half a year is the longest period that may be asked for


def messages(api: Api, cursor: Mapping[str, Json]) -> Iterator[Page]:
    """Pages of the period; the cursor of the last one keeps the time of the newest message."""
    place = dict(cursor) if "from" in cursor else _begun(api, cursor)
    while True:
        before = {"prev_id": str(place["after"])} if place.get("after") else {}
        rows = [
            row for row in _rows(api.ask("get", get_messages="1", start=place["from"], cnt=str(PAGE), **before)) if isinstance(row, dict)
        ]
        after = str(rows[-1].get("int_id") or rows[-1].get("id") or "") if rows else ""
        last = len(rows) < PAGE or not after or after == place.get("after")
        place |= {"after": after, "newest": max([float(place["newest"]), *(float(seconds(row, "send") or 0) for row in rows)])}
        following = {"mark": place["newest"], "deep": place["deep"]} if last else place
        yield Page([one for row in rows if (one := message(row, "list")) is not None], dict(following), last)
        if last:
            return


def _rows(answer: Json) -> list[Json]:
    """One row comes without its list, and none as an empty object."""
    return answer if isinstance(answer, list) else [answer] if answer else []


def _begun(api: Api, cursor: Mapping[str, Json]) -> dict[str, Json]:
    floor, deep = back(cursor, api.now())
    earliest = datetime.fromtimestamp(api.now(), MOSCOW) - timedelta(days=DAYS)
    since = max(datetime.fromtimestamp(floor, MOSCOW), earliest)
    return {"from": since.strftime("%d.%m.%Y"), "after": "", "newest": float(cursor.get("mark", 0)), "deep": deep}
