"""What changed: a sweep of the lists once, then the history by ``sinceId``. The history only says whose state to read again.

A list has no order that stands still, so that a sweep begins with the newest id of the history, and reads a page again where objects
went meanwhile. The history's ids may become visible out of order: a cursor trails the newest record by the overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.contract import Page, Remote, SystemSettings
from connectors.retailcrm.api import Api
from connectors.retailcrm.lists import ENTITIES

Json = Any
PAGE = 100
OVERLAP = timedelta(seconds=60)
BACK = timedelta(days=1)  # where the newest record is looked for: more than any zone or clock can be wrong
FORM = "%Y-%m-%d %H:%M:%S"
Read = Callable[[str, Sequence[str]], list[Remote]]
Shown = Callable[[str, Json], Remote]


class Feed:
    """``read``: objects by id as lists show them; ``shown``: a row of a list as mappings see it."""

    def __init__(self, api: Api, settings: SystemSettings, clock: Callable[[], datetime], read: Read, shown: Shown) -> None:
        self.api, self.clock, self.read, self.shown = api, clock, read, shown
        self.zone = ZoneInfo(settings.timezone)
        self.site = str(settings.options.get("site") or "")
        self.shared = bool(settings.options.get("shared_key"))

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        return self._history(resource, cursor) if "since" in cursor or "from" in cursor else self._sweep(resource, cursor)

    def _sweep(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        mark = cursor.get("mark") or self._newest(resource)
        page, before = int(cursor.get("page", 1)), int(cursor.get("total", 0))
        while True:
            body = self.api.get(resource, {"limit": PAGE, "page": page, "filter": {"sites": [self.site] if self.site else []}})
            total, pages = int(body["pagination"]["totalCount"]), int(body["pagination"]["totalPageCount"])
            shrunk = total < before  # what went moved the others up, onto the page before
            last = page >= pages and not shrunk
            page, before = (max(1, page - 1) if shrunk else page + 1), total
            following = mark if last else {"mark": mark, "page": page, "total": total}
            yield Page([self.shown(resource, row) for row in body[resource]], following, last, total)
            if last:
                return

    def _newest(self, resource: str) -> dict[str, Json]:
        """Where the history is to be read on from after a sweep: the newest id of the last day, else that day."""
        start = day_ago(self.clock(), self.zone)
        rows = newest(self.api, resource, start)
        return {"since": rows[-1]["id"]} if rows else {"from": start}

    def _history(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        since, start, trail = cursor.get("since"), cursor.get("from"), cursor.get("trail", cursor.get("since"))
        while True:
            asked = {"sinceId": since} if since is not None else {"startDate": start}  # never with a page: refused since 15 May 2023
            body = self.api.get(f"{resource}/history", {"limit": PAGE, "filter": asked})
            rows = body["history"]
            settled = (datetime.strptime(body["generatedAt"], FORM) - OVERLAP).strftime(FORM)
            trail = max((row["id"] for row in rows if row["createdAt"] <= settled), default=trail)
            since = rows[-1]["id"] if rows else since
            last = not rows or int(body["pagination"]["totalPageCount"]) <= 1
            place = {"since": trail if last else since} if (trail if last else since) is not None else {"from": start}
            changed, gone = touched(ENTITIES[resource], rows, site=self.site, shared=self.shared)
            objects = self.read(resource, changed) if changed else []
            lost = set(changed) - {one.id for one in objects}
            yield Page(objects, place if last else place | {"trail": trail, "from": start}, last, gone=tuple(sorted(lost | gone)))
            if last:
                return


def day_ago(now: datetime, zone: ZoneInfo) -> str:
    return (now.astimezone(zone) - BACK).strftime(FORM)


def newest(api: Api, resource: str, start: str) -> list[Json]:
    """The last page of the history since ``start``: without ``sinceId`` pages may be asked for, but from the account's creation on they are
    far too many."""
    asked = {"limit": PAGE, "filter": {"startDate": start}}
    body = api.get(f"{resource}/history", asked)
    if (pages := int(body["pagination"]["totalPageCount"])) > 1:
        body = api.get(f"{resource}/history", asked | {"page": pages})
    return list(body["history"])


def touched(name: str, rows: Iterable[Mapping[str, Json]], *, site: str, shared: bool) -> tuple[list[str], set[str]]:
    """(ids to read again, ids said to be gone) of a batch. An object is left out only where *every* record of it is of our own key: a
    foreign change before or behind our own one of the same field would else be missed. With a ``shared`` key nothing is our own."""
    foreign: dict[str, bool] = {}
    gone: set[str] = set()
    for row in rows:
        entity = row[name]
        if site and entity.get("site") not in (None, site):
            continue
        ident = str(entity["id"])
        foreign[ident] = foreign.get(ident, False) or shared or not own(row)
        if row.get("deleted") or row.get("combinedTo"):
            gone.add(ident)
    return [ident for ident, counts in foreign.items() if counts and ident not in gone], gone


def own(row: Mapping[str, Json]) -> bool:
    """Whether the key that asks made this change. Creations, losses and external ids count as foreign: they are looked at always."""
    mine = row.get("source") == "api" and (row.get("apiKey") or {}).get("current") is True
    return mine and row.get("field") != "external_id" and not any(row.get(name) for name in ("created", "deleted", "combinedTo"))
