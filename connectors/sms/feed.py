"""What was sent, and what became of it: the list of messages, newest first, read back as far as states may still move.

The gateway's list knows no time of change. Each pass reads what was sent in the last hour before the mark, and once an hour one goes back a day and
more: reports that were lost on their way are made up for. A list in another order than the newest first is read to its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.contract import Page
from connectors.sms.api import Api
from connectors.sms.shape import created, message

Json = Any
HOUR = 3600.0
LATE = 25 * HOUR  # after a day a gateway gives up on a phone that is off (SMS Aero docs: dateSend, statuses), and a margin


def messages(api: Api, cursor: Mapping[str, Json]) -> Iterator[Page]:
    """Pages from the newest back to where nothing moves any more."""
    place = dict(cursor) if "page" in cursor else _begun(api, cursor)
    while True:
        rows, more, total = api.listed("sms/list", int(place["page"]))
        times = [created(row) for row in rows]
        newest_first = times == sorted(times, reverse=True)
        last = not more or (newest_first and bool(times) and times[-1] < place["floor"])
        place |= {"newest": max([place["newest"], *times]), "page": place["page"] + 1}
        following = {"mark": place["newest"], "deep": place["deep"]} if last else place
        yield Page([message(row, "list") for row in rows], dict(following), last, total)
        if last:
            return


def _begun(api: Api, cursor: Mapping[str, Json]) -> dict[str, Json]:
    mark, deep, now = float(cursor.get("mark", 0)), float(cursor.get("deep", 0)), api.now()
    late = now - deep >= HOUR
    floor = max(0.0, mark - (LATE if late else HOUR)) if mark else 0.0
    return {"page": 1, "floor": floor, "newest": mark, "deep": now if late else deep}
