"""What was sent, and what became of it: the list of messages, newest first, read back as far as states may still move.

The gateway's list knows no time of change. A list in another order than the newest first is read to its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.contract import Page
from connectors.gateways import back
from connectors.sms.api import Api
from connectors.sms.shape import created, message

Json = Any


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
    floor, deep = back(cursor, api.now())
    return {"page": 1, "floor": floor, "newest": float(cursor.get("mark", 0)), "deep": deep}
